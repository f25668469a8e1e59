"""Trouble with MLflow's store is one message in seconds; whatever it was, the next `track` catches up."""

import http.server
import os
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.errors import UserError
from pipeline.outputs.tracking import local_store, mlflow_store
from pipeline.outputs.tracking.local_store import find_database
from pipeline.outputs.tracking.mlflow_store import open_store
from pipeline.outputs.tracking.trouble import explained
from pipeline.stages.track import track
from tests.unit.outputs.tracked_files import STUDY, Files, artifacts_of, client, only, runs, shown

SAFE = "Results are safe, in files: `make track` (python -m pipeline.stages.track) brings them into MLflow later."
LIMIT = 20.0


def database() -> Path:
    return Path(os.environ["DVC_ROOT"]) / "mlflow.db"


def overwrite(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def flip(path: Path) -> None:
    """Zeros in every page but the first, as after a failed disk."""
    whole = bytearray(path.read_bytes())
    for page in range(4096, len(whole), 8192):
        whole[page : page + 4096] = bytes(4096)
    path.write_bytes(whole)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [overwrite, flip, cut])
def test_a_damaged_store_is_named_and_left_as_it_is(files: Files, damage: Callable[[Path], None]) -> None:
    damage(database())
    before = database().read_bytes()
    with pytest.raises(UserError) as caught:
        files.track()
    (line,) = str(caught.value).splitlines()
    assert str(database()) in line and ("database" in line) and line.endswith(SAFE)
    assert database().read_bytes() == before
    database().unlink()
    assert files.track().added == 7


def test_a_store_that_something_else_keeps_locked(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_store, "SECONDS_FOR_A_LOCK", 0.2)
    with closing(sqlite3.connect(database(), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UserError, match=r"mlflow\.db: .*database is locked"):
            files.track()
    assert files.track().added == 7
    assert local_store.SECONDS_FOR_A_LOCK < LIMIT


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("nosuch://store", "nosuch"),
        ("postgresql://me:secret@127.0.0.1/runs", r"://\*\*\*@127.0.0.1/runs: .*psycopg"),
        ("sqlite:////dev/null/mlflow.db", "/dev/null"),
    ],
)
def test_a_store_that_no_client_can_open(files: Files, monkeypatch: pytest.MonkeyPatch, uri: str, reason: str) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(UserError, match=reason) as caught:
        files.track()
    assert str(caught.value).endswith(SAFE) and "secret" not in str(caught.value)


def test_a_dead_server_is_known_to_be_within_the_limit(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    began = time.monotonic()
    with pytest.raises(UserError, match="Connection refused"):
        track()
    assert time.monotonic() - began < LIMIT
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert files.track().added == 7


def test_a_server_that_says_nothing_is_given_up(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_store, "SECONDS_TO_ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(UserError, match="no answer within"):
            files.track()
    tries = int(os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"]) + 1
    assert tries * int(os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"]) < LIMIT  # where it falls silent later


@pytest.fixture
def no_mlflow() -> Iterator[str]:
    """URI of a server that is none of MLflow's."""

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_server_that_is_not_mlflows(no_mlflow: str) -> None:
    with pytest.raises(UserError, match=r"127\.0\.0\.1.*404"), open_store(no_mlflow):
        raise AssertionError("opened")


def test_a_disk_that_is_full_while_artifacts_are_written(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_artifact", full)
        with pytest.raises(UserError, match="No space left on device"):
            files.track()
    assert files.track().runs == 7
    assert len(runs()) == 7


def test_an_error_of_the_projections_own_is_no_trouble_of_mlflows() -> None:
    with pytest.raises(ZeroDivisionError), explained("sqlite:///mlflow.db"):
        1 / 0  # noqa: B018


def test_which_stores_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_database("sqlite:///mlflow.db") == tmp_path / "mlflow.db"
    assert find_database("sqlite+pysqlite:////a/b c.db?timeout=3") == Path("/a/b c.db")
    assert find_database("http://localhost/sqlite:///x") is None


def test_a_store_killed_at_first_use_is_not_there(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    database().unlink()

    def killed(uri: str, _: str) -> None:
        Path(uri.removeprefix("sqlite:///")).write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(local_store, "SqlAlchemyStore", killed)
        with pytest.raises(KeyboardInterrupt):
            files.track()
    assert not database().exists()
    assert files.track().added == 7


@pytest.mark.parametrize(("there", "synchronous"), [(True, 2), (False, 0)])
def test_the_disk_is_waited_for_but_in_a_store_that_was_just_made(
    files: Files, tmp_path: Path, there: bool, synchronous: int
) -> None:
    path = database() if there else tmp_path / "new" / "mlflow.db"
    with open_store(f"sqlite:///{path}") as opened:
        assert opened.search_experiments()
        with opened._tracking_client.store.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == synchronous


@pytest.mark.parametrize("how", [shutil.move, shutil.copytree])
def test_artifacts_are_found_where_the_folder_went(
    files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: Callable[[Path, Path], object]
) -> None:
    files.track()
    how(Path(os.environ["DVC_ROOT"]), tmp_path / "elsewhere")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "elsewhere"))
    assert files.track().added == 0
    run = only("/none/0@")
    assert run.info.artifact_uri == artifacts_of(run).as_uri()
    assert (artifacts_of(only("/none@")) / "runs.json").is_file()
    experiment = client().get_experiment_by_name(STUDY)
    assert experiment.artifact_location == (tmp_path / "elsewhere/mlartifacts" / STUDY).as_uri()
    assert shown(run)
