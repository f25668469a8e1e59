"""Pipelines that share one MLflow store: nothing twice, nothing half, nobody's live runs deleted."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import ViewType

from pipeline.outputs.tracking import locks
from pipeline.outputs.tracking.locks import CLAIM, claimed
from pipeline.outputs.tracking.mlflow_store import open_store
from pipeline.outputs.tracking.writers import lives, name_writer
from tests.unit.outputs.test_tracking import test_every_number_of_a_run_is_in_mlflow as check_numbers
from tests.unit.outputs.tracked_files import REPOSITORY, STUDY, Files, client, keyed, only, runs

PROGRAM = (
    "from pipeline.outputs.tracking import projection;"
    "projection.log_model = lambda *_: 'm-0';"
    f"print(projection.update_mlflow(None)['{STUDY}'].added)"
)
DEAD = name_writer().rpartition("/")[0] + "/1.00"  # this process's id, as another one had it


def start(files: Files, **environment: str) -> subprocess.Popen[str]:
    """A process that tracks the same files."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=files.folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def unfinished(writer: str) -> str:
    """Run that a process has begun to write; its id."""
    tags = {"claimcheck.key": f"{STUDY}/none@0", "claimcheck.writer": writer}
    run_id: str = client().create_run(client().get_experiment_by_name(STUDY).experiment_id, tags=tags).info.run_id
    return run_id


def test_what_lives() -> None:
    own = name_writer()
    assert lives(own) is True
    assert lives(DEAD) is False
    assert lives(f"elsewhere/{own.partition('/')[2]}") is None
    assert lives("") is None


def test_unfinished_runs_of_the_dead_are_deleted_and_of_the_living_left_alone(files: Files) -> None:
    files.track()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        import psutil

        host = name_writer().partition("/")[0]
        living = unfinished(f"{host}/{other.pid}/{psutil.Process(other.pid).create_time():.2f}")
        dead, own = unfinished(DEAD), unfinished(name_writer())
        files.claims("refuted")
        files.track()
        stage = {run_id: client().get_run(run_id).info.lifecycle_stage for run_id in (living, dead, own)}
        assert stage == {living: "active", dead: "deleted", own: "deleted"}
        other.communicate(b"\n")
    files.claims("supported")
    files.track()
    assert client().get_run(living).info.lifecycle_stage == "deleted"


def test_runs_that_are_there_twice_are_healed_by_the_next_track(files: Files) -> None:
    """As two pipelines left them that wrote at the same time, each with its own lock."""
    files.track()
    before, repeats = {key: run.info.run_id for key, run in runs().items()}, keyed("/none/")
    experiment_id = client().get_experiment_by_name(STUDY).experiment_id
    parent = client().create_run(experiment_id, tags=dict(only("/none@").data.tags)).info.run_id
    for key, run in repeats.items():
        tags = {**run.data.tags, "mlflow.parentRunId": parent}
        client().create_run(experiment_id, start_time=run.info.start_time - 1000, tags=tags)
        client().set_tag(before[key], "mlflow.parentRunId", parent)
    files.claims("refuted")
    assert files.track().added == 1  # the comparison
    by_key = runs()  # asserts that no key is there twice
    assert len(by_key) == 8
    kept = only("/none@").info.run_id
    assert kept == before[only("/none@").data.tags["claimcheck.key"]]
    assert {run.data.tags["mlflow.parentRunId"] for run in keyed("/none/").values()} == {kept}


@pytest.mark.parametrize("processes", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_processes_at_once_add_every_run_once(files: Files, processes: int) -> None:
    (Path(os.environ["DVC_ROOT"]) / "mlflow.db").unlink()  # so that they also race for creating the store
    every = [start(files) for _ in range(processes)]
    added = sorted(int(process.communicate()[0]) for process in every)
    assert added == [0] * (processes - 1) + [7]
    assert len(runs()) == 7
    check_numbers(files)


@pytest.mark.slow
def test_clones_that_share_a_store_add_every_run_once(files: Files, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'shared/mlflow.db'}"
    for clone in ("one", "two"):
        (tmp_path / clone).mkdir()
    both = [start(files, DVC_ROOT=str(tmp_path / one), MLFLOW_TRACKING_URI=uri) for one in ("one", "two")]
    assert sorted(int(process.communicate()[0]) for process in both) == [0, 7]


@pytest.fixture
def store(files: Files) -> Iterator[MlflowClient]:
    """The store by a client, as a server's would be; the claim is in no need of a server."""
    yield client()


def held(store: MlflowClient) -> list[str]:
    return [one.tags["claimcheck.writer"] for one in store.search_registered_models() if one.name == CLAIM]


def test_a_claim_is_one_process_s_and_leaves_nothing(store: MlflowClient) -> None:
    with claimed(store):
        assert held(store) == [name_writer()]
    assert held(store) == []


def test_a_claim_is_waited_for_and_said_so(
    store: MlflowClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(locks, "SECONDS_OF_PATIENCE", 0.0)
    store.create_registered_model(CLAIM, {"claimcheck.writer": "elsewhere/1/1.00", "claimcheck.beat": "0"})
    entered = threading.Event()

    def claim() -> None:
        with claimed(store):
            entered.set()

    waiting = threading.Thread(target=claim)
    waiting.start()
    assert not entered.wait(2)
    store.delete_registered_model(CLAIM)
    waiting.join()
    assert entered.is_set() and held(store) == []
    assert capsys.readouterr().err.count("elsewhere/1/1.00 is writing to this MLflow store") == 1


def test_a_dead_process_s_claim_is_taken_over_at_once(store: MlflowClient) -> None:
    store.create_registered_model(CLAIM, {"claimcheck.writer": DEAD, "claimcheck.beat": "0"})
    began = time.monotonic()
    with claimed(store):
        assert held(store) == [name_writer()]
    assert time.monotonic() - began < locks.SECONDS_WITHOUT_BEAT


def test_a_claim_that_no_longer_beats_is_taken_over(store: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "SECONDS_WITHOUT_BEAT", 1.0)
    store.create_registered_model(CLAIM, {"claimcheck.writer": "elsewhere/1/1.00", "claimcheck.beat": "0"})
    with claimed(store):
        assert held(store) == [name_writer()]


def test_whoever_holds_a_claim_beats(store: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "SECONDS_BETWEEN_BEATS", 0.1)
    with claimed(store):
        end = time.monotonic() + 60
        while store.get_registered_model(CLAIM).tags["claimcheck.beat"] == "0" and time.monotonic() < end:
            time.sleep(0.1)
        assert store.get_registered_model(CLAIM).tags["claimcheck.beat"] != "0"


def test_a_claim_ends_with_an_interrupted_block(store: MlflowClient) -> None:
    with pytest.raises(KeyboardInterrupt), claimed(store):
        raise KeyboardInterrupt
    assert held(store) == []


def test_a_store_s_lock_is_beside_it_whatever_its_uri_and_checkout(
    files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database = Path(os.environ["DVC_ROOT"]) / "mlflow.db"
    (tmp_path / "link").symlink_to(database.parent)
    taken: list[Path] = []

    def record(path: Path) -> FileLock:
        taken.append(path)
        return FileLock(path)

    monkeypatch.setattr(locks, "FileLock", record)
    for folder in (database.parent, tmp_path / "link"):
        with open_store(f"sqlite:///{folder}/mlflow.db") as opened:
            assert opened.search_experiments(view_type=ViewType.ALL) is not None
    assert set(taken) == {database.with_name(".mlflow.lock")}
