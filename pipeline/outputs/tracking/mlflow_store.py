"""Where MLflow keeps things, and who may write there: one process at a time."""

import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, Run, ViewType

from pipeline import layout
from pipeline.outputs.tracking.local_store import artifacts_of, find_database, prepared
from pipeline.outputs.tracking.locks import claimed, locked
from pipeline.outputs.tracking.trouble import explained

PAGE = 1000
STATE = "mlflow.claimcheck.state"  # MLflow shows no tag of such a name: this one is for machines
SECONDS_TO_ANSWER = 15.0


def resolve_tracking_uri(root: Path) -> str:
    """URI of the MLflow store: what MLFLOW_TRACKING_URI says, otherwise `mlflow.db` in the main checkout.

    That is also where `mlflow ui`, typed in the main checkout, looks.
    """
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(root / layout.MLFLOW).as_posix()}"


def locate_artifacts(uri: str, study: str) -> str | None:
    """Folder for one study's artifacts, as a URI; None where not this process but a server decides.

    Absolute, because `dvc exp run --temp` works in a folder that vanishes.
    """
    database = find_database(uri)
    return None if database is None else (artifacts_of(database) / study).as_uri()


@contextmanager
def open_store(uri: str) -> Iterator[MlflowClient]:
    """Client of the store while no other process, of this checkout or another, writes to it.

    Raises
    ------
    UserError
        When the store can't be reached, is damaged, or is locked by something else, now or while it is open.
    """
    with explained(uri):
        if database := find_database(uri):
            with locked(database), prepared(database):
                yield MlflowClient(uri)
        else:
            client = _connect(uri)
            with claimed(client):
                yield client


def _connect(uri: str) -> MlflowClient:
    """Client of a store elsewhere that answers in time: MLflow itself would try for minutes, or for hours."""
    answers: queue.Queue[MlflowClient | Exception] = queue.Queue()

    def ask() -> None:
        try:
            client = MlflowClient(uri)
            client.search_experiments(max_results=1)
            answers.put(client)
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=SECONDS_TO_ANSWER)
    except queue.Empty:
        raise TimeoutError(f"no answer within {SECONDS_TO_ANSWER:.0f} seconds") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def ensure_experiment(client: MlflowClient, study: str) -> str:
    """Id of a study's MLflow experiment, created or brought back from the bin when need be."""
    found = client.get_experiment_by_name(study)
    if found is None:
        location = locate_artifacts(client.tracking_uri, study)
        created: str = client.create_experiment(study, location)
        return created
    if found.lifecycle_stage == LifecycleStage.DELETED:
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def find_state(client: MlflowClient, study: str) -> str:
    """What the store says it shows of a study, see `set_state`; empty where it says nothing, or was changed since."""
    found = client.get_experiment_by_name(study)
    if found is None or found.lifecycle_stage == LifecycleStage.DELETED:
        return ""
    state, _, deleted = found.tags.get(STATE, "").partition(" ")
    return state if deleted == str(_count_deleted(client, found.experiment_id)) else ""


def set_state(client: MlflowClient, experiment_id: str, state: str) -> None:
    """Say what the store shows of a study; when a run is deleted, it no longer does."""
    client.set_experiment_tag(experiment_id, STATE, f"{state} {_count_deleted(client, experiment_id)}")


def _count_deleted(client: MlflowClient, experiment_id: str) -> int:
    return sum(1 for _ in list_runs(client, experiment_id, ViewType.DELETED_ONLY))


def list_runs(client: MlflowClient, experiment_id: str, view: int = ViewType.ACTIVE_ONLY) -> Iterator[Run]:
    """Every run of an MLflow experiment that is not deleted, or of another view, page by page."""
    token: str | None = None
    while token != "":
        page = client.search_runs([experiment_id], run_view_type=view, max_results=PAGE, page_token=token)
        yield from page
        token = page.token or ""
