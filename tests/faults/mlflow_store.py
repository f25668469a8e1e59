"""Trouble with MLflow's store, inflicted on a finished checkout: one message in time, and `track` catches up after it.

Every function lets one fault happen once and returns what was lost or wrong, a line each; the checkout's store is whole
and complete afterwards. `FAULTS` names them, with how many tries each is.
"""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

from pipeline import layout
from pipeline.outputs.tracking.trouble import CATCH_UP
from tests.end_to_end.conftest import Checkout

TRACK = ("python", "-m", "pipeline.stages.track")
LIMIT = 20.0  # seconds from MLflow's trouble to the message
SECONDS_TO_IMPORT = 20.0  # of a stage, before it asks MLflow anything
COUNT = (
    "select count(*), count(distinct t.value), sum(status = 'FINISHED') from runs r join tags t "
    "on t.run_uuid = r.run_uuid and t.key = 'claimcheck.key' where r.lifecycle_stage = 'active'"
)


class Row(NamedTuple):
    """A fault: how many tries one call is, and the function that lets it happen."""

    tries: int
    inflict: Callable[[Checkout], list[str]]


def lose_store(checkout: Checkout) -> list[str]:
    """Database and artifacts are gone."""
    (checkout.folder / layout.MLFLOW).unlink()
    shutil.rmtree(checkout.folder / layout.MLFLOW_ARTIFACTS)
    return _catch_up(checkout)


def damage_store(checkout: Checkout) -> list[str]:
    """The database is cut, filled with zeros, and no database, each in turn."""
    wrong, store = [], checkout.folder / layout.MLFLOW
    whole = store.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:4096] + bytes(len(whole) - 4096), b"no database" * 1000):
        store.write_bytes(damaged)
        wrong += _refused(checkout, str(store))
        if store.read_bytes() != damaged:
            wrong.append("a damaged database was written to")
    store.write_bytes(whole)
    return wrong + _catch_up(checkout)


def lock_store(checkout: Checkout) -> list[str]:
    """Something else keeps the database locked."""
    with closing(sqlite3.connect(checkout.folder / layout.MLFLOW, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        wrong = _refused(checkout, "database is locked")
    return wrong + _catch_up(checkout)


def name_no_store(checkout: Checkout) -> list[str]:
    """A scheme that no store has."""
    return _refused(checkout, "nosuch", MLFLOW_TRACKING_URI="nosuch://store") + _catch_up(checkout)


def call_dead_server(checkout: Checkout) -> list[str]:
    """Nobody listens; then somebody who never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        wrong = _refused(checkout, uri, MLFLOW_TRACKING_URI=uri)
    return wrong + _refused(checkout, "Connection refused", MLFLOW_TRACKING_URI=uri) + _catch_up(checkout)


def kill_server(checkout: Checkout) -> list[str]:
    """A server is killed while runs are written to it; one that is started again on its store gets the rest."""
    with tempfile.TemporaryDirectory() as folder:
        with _serve(Path(folder)) as server:
            process = _start(checkout, MLFLOW_TRACKING_URI=server.uri)
            while process.poll() is None and not _count(Path(folder) / layout.MLFLOW)[0]:
                time.sleep(0.05)
            os.killpg(server.process.pid, signal.SIGKILL)
            began = time.monotonic()
            wrong = _judge_refusal(process, "127.0.0.1", began)
        with _serve(Path(folder)) as server:
            wrong += _run(checkout, MLFLOW_TRACKING_URI=server.uri)
        return wrong + _compare(checkout, Path(folder) / layout.MLFLOW)


def share_between_clones(checkout: Checkout) -> list[str]:
    """Two checkouts bring their runs into one new store at the same time."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        shutil.copytree(checkout.folder, clone, symlinks=True, ignore=shutil.ignore_patterns(layout.MLFLOW.name))
        return _share(checkout, [checkout.folder, clone], Path(folder) / "shared" / layout.MLFLOW)


def share_among_eight(checkout: Checkout) -> list[str]:
    """Eight processes are the first to use a new store."""
    with tempfile.TemporaryDirectory() as folder:
        return _share(checkout, [checkout.folder] * 8, Path(folder) / layout.MLFLOW)


FAULTS: Mapping[str, Row] = {
    "MLflow store missing": Row(1, lose_store),
    "MLflow store damaged": Row(3, damage_store),
    "MLflow store locked": Row(1, lock_store),
    "MLflow store of an unknown kind": Row(1, name_no_store),
    "MLflow server dead, or silent": Row(2, call_dead_server),
    "MLflow server killed while it is written to": Row(1, kill_server),
    "MLflow store new, shared by two clones": Row(1, share_between_clones),
    "MLflow store new, shared by eight processes": Row(1, share_among_eight),
}


class Server(NamedTuple):
    """A process group of MLflow's, and where it answers."""

    process: subprocess.Popen[bytes]
    uri: str


@contextmanager
def _serve(folder: Path) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    words = ["--host", "127.0.0.1", "--port", port, "--workers", "1", "--artifacts-destination", str(folder / "served")]
    words += ["--backend-store-uri", f"sqlite:///{folder / layout.MLFLOW}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", *words],
        env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    server = Server(process, f"http://127.0.0.1:{port}")
    try:
        while not _answers(server):
            time.sleep(0.2)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(server: Server) -> bool:
    if server.process.poll() is not None:
        raise RuntimeError("mlflow server ended before it answered")
    try:
        with urlopen(f"{server.uri}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _start(checkout: Checkout, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        TRACK,
        cwd=checkout.folder,
        env={**checkout.environment, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _refused(checkout: Checkout, reason: str, **environment: str) -> list[str]:
    began = time.monotonic() + SECONDS_TO_IMPORT
    return _judge_refusal(_start(checkout, **environment), reason, began)


def _judge_refusal(process: subprocess.Popen[str], reason: str, began: float) -> list[str]:
    """What is wrong with how a stage ended that couldn't write: it says why, and what catches up, once and in time."""
    said = process.communicate()[0]
    seconds = time.monotonic() - began
    wrong = [f"{seconds:.0f} s until a message"] if seconds > LIMIT else []
    if process.returncode != 1 or "Traceback" in said or said.count(CATCH_UP) != 1 or reason not in said:
        wrong.append(f"{reason}: exit code {process.returncode}, {said[-600:]}")
    return wrong


def _run(checkout: Checkout, **environment: str) -> list[str]:
    done = checkout.run(*TRACK, **environment)
    return [f"track fails afterwards: {(done.stdout + done.stderr)[-600:]}"] if done.returncode else []


def _catch_up(checkout: Checkout) -> list[str]:
    return _run(checkout) + _compare(checkout, checkout.folder / layout.MLFLOW)


def _share(checkout: Checkout, folders: list[Path], store: Path) -> list[str]:
    """Processes that write to one store at once; then one alone, which is to find all as it should be."""
    uri = f"sqlite:///{store}"
    started = [_start(Checkout(folder), MLFLOW_TRACKING_URI=uri) for folder in folders]
    said = [process.communicate()[0] for process in started]
    wrong = [
        f"exit code {one.returncode}: {text[-600:]}" for one, text in zip(started, said, strict=True) if one.returncode
    ]
    wrong += _compare(checkout, store)
    return wrong + _run(checkout, MLFLOW_TRACKING_URI=uri) + _compare(checkout, store)


def _compare(checkout: Checkout, store: Path) -> list[str]:
    """Runs that a store shows twice, not at all, or as unfinished."""
    expected = sum(study["runs"] for study in json.loads((checkout.folder / layout.RECEIPT).read_text()).values())
    found = _count(store)
    return [] if found == (expected,) * 3 else [f"MLflow shows {found} (runs, keys, finished), not {expected}"]


def _count(store: Path) -> tuple[int, int, int]:
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
            runs, keys, finished = database.execute(COUNT).fetchone()
    except sqlite3.OperationalError:  # it has no tables yet
        return 0, 0, 0
    return runs, keys, finished or 0
