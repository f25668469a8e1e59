"""Where MLflow keeps things, and who may write there: one process at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, Run, ViewType

from pipeline import layout

PAGE = 1000
STATE = "claimcheck.state"


def resolve_tracking_uri(root: Path) -> str:
    """URI of the MLflow store: what MLFLOW_TRACKING_URI says, otherwise `mlflow.db` in the main checkout.

    That is also where `mlflow ui`, typed in the main checkout, looks.
    """
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(root / layout.MLFLOW).as_posix()}"


def locate_artifacts(root: Path, uri: str, study: str) -> str | None:
    """Folder for one study's artifacts, as a URI; None where a tracking server decides.

    Absolute, because `dvc exp run --temp` works in a folder that vanishes.
    """
    if urlsplit(uri).scheme.startswith(("http", "databricks")):
        return None
    return (root / layout.MLFLOW_ARTIFACTS / study).as_uri()


@contextmanager
def open_store(root: Path, uri: str) -> Iterator[MlflowClient]:
    """Client of the store while no other process of this checkout writes to it.

    The store's tables are created by the first client, hence inside the lock.
    """
    with FileLock(root / layout.MLFLOW_LOCK):
        yield MlflowClient(uri)


def ensure_experiment(client: MlflowClient, root: Path, study: str, question: str) -> str:
    """Id of a study's MLflow experiment, created or brought back from the bin when need be."""
    found = client.get_experiment_by_name(study)
    if found is None:
        location = locate_artifacts(root, client.tracking_uri, study)
        created: str = client.create_experiment(study, location, {"mlflow.note.content": question})
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
