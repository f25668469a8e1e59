"""Trouble with MLflow's store, inflicted on a finished checkout: one message in time, and `track` catches up after it.

Every function lets one fault happen once and returns what was lost or wrong, a line each; the scene's store is whole
and complete afterwards.
"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

from pipeline import layout
from pipeline.outputs.tracking.trouble import CATCH_UP
from tests.end_to_end.conftest import Checkout
from tests.faults.scene import Fault, Outcome, Scene, count_in_mlflow

TRACK = ("python", "-m", "pipeline.stages.track")
LIMIT = 20.0  # seconds from MLflow's trouble to the message


class Refusal(NamedTuple):
    """How a stage ended that couldn't write: seconds until it did, and what is wrong with that."""

    seconds: float
    wrong: list[str]


def lose_store(scene: Scene) -> list[str]:
    """Database and artifacts are gone."""
    (scene.folder / layout.MLFLOW).unlink()
    shutil.rmtree(scene.folder / layout.MLFLOW_ARTIFACTS)
    return _catch_up(scene, [])


def damage_store(scene: Scene) -> list[str]:
    """The database is cut, filled with zeros, and no database, each in turn."""
    refusals, changed, store = [], [], scene.folder / layout.MLFLOW
    whole = store.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:4096] + bytes(len(whole) - 4096), b"no database" * 1000):
        store.write_bytes(damaged)
        refusals.append(_refused(scene, str(store)))
        changed += [] if store.read_bytes() == damaged else ["a damaged database was written to"]
    store.write_bytes(whole)
    return changed + _catch_up(scene, refusals)


def lock_store(scene: Scene) -> list[str]:
    """Something else keeps the database locked."""
    with closing(sqlite3.connect(scene.folder / layout.MLFLOW, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        refusal = _refused(scene, "database is locked")
    return _catch_up(scene, [refusal])


def name_no_store(scene: Scene) -> list[str]:
    """A scheme that no store has."""
    return _catch_up(scene, [_refused(scene, "nosuch", MLFLOW_TRACKING_URI="nosuch://store")])


def call_dead_server(scene: Scene) -> list[str]:
    """Somebody listens who never says a word; then nobody."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        unanswered = _refused(scene, uri, MLFLOW_TRACKING_URI=uri)
    return _catch_up(scene, [unanswered, _refused(scene, "Connection refused", MLFLOW_TRACKING_URI=uri)])


def kill_server(scene: Scene) -> list[str]:
    """A server is killed while runs are written to it; one that is started again on its store gets the rest."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / layout.MLFLOW
        with _serve(Path(folder)) as server:
            process = scene.start(*TRACK, MLFLOW_TRACKING_URI=server.uri)
            while process.poll() is None and not count_in_mlflow(store)[0]:
                time.sleep(0.05)
            os.killpg(server.process.pid, signal.SIGKILL)
            refusal = _await_refusal(process, "127.0.0.1")
        with _serve(Path(folder)) as server:
            return _catch_up(scene, [refusal], store, MLFLOW_TRACKING_URI=server.uri)


def share_between_clones(scene: Scene) -> list[str]:
    """Two checkouts bring their runs into one new store at the same time."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        shutil.copytree(scene.folder, clone, symlinks=True, ignore=shutil.ignore_patterns(layout.MLFLOW.name))
        return _share(scene, [scene.folder, clone], Path(folder) / "shared" / layout.MLFLOW)


def share_among_eight(scene: Scene) -> list[str]:
    """Eight processes are the first to use a new store."""
    with tempfile.TemporaryDirectory() as folder:
        return _share(scene, [scene.folder] * 8, Path(folder) / layout.MLFLOW)


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


def _refused(scene: Scene, reason: str, **environment: str) -> Refusal:
    return _await_refusal(scene.start(*TRACK, **environment), reason)


def _await_refusal(process: subprocess.Popen[str], reason: str) -> Refusal:
    """A stage is to say why it can't write, and what catches up, once."""
    began = time.monotonic()
    said = process.communicate()[0]
    clear = process.returncode == 1 and "Traceback" not in said and said.count(CATCH_UP) == 1 and reason in said
    wrong = [] if clear else [f"{reason}: exit code {process.returncode}, {said[-600:]}"]
    return Refusal(time.monotonic() - began, wrong)


def _catch_up(scene: Scene, refusals: list[Refusal], store: Path = layout.MLFLOW, **environment: str) -> list[str]:
    """What is wrong with refusals, and with what a stage adds that can write.

    That one says how long it takes to start, here and now: so much later a refusal may come.
    """
    began = time.monotonic()
    wrong = scene.run(*TRACK, **environment) + scene.find_wrong_in_mlflow(store)
    limit = LIMIT + time.monotonic() - began
    late = [f"{one.seconds:.0f} s until a message, not {limit:.0f}" for one in refusals if one.seconds > limit]
    return wrong + late + [line for one in refusals for line in one.wrong]


def _share(scene: Scene, folders: list[Path], store: Path) -> list[str]:
    """Processes that write to one store at once; then one alone, which is to find all as it should be."""
    uri = f"sqlite:///{store}"
    started = [Scene.start(replace(scene, checkout=Checkout(one)), *TRACK, MLFLOW_TRACKING_URI=uri) for one in folders]
    said = [process.communicate()[0] for process in started]
    wrong = [
        f"exit code {one.returncode}: {text[-600:]}" for one, text in zip(started, said, strict=True) if one.returncode
    ]
    wrong += scene.find_wrong_in_mlflow(store)
    return wrong + scene.run(*TRACK, MLFLOW_TRACKING_URI=uri) + scene.find_wrong_in_mlflow(store)


def _inflict(tries: int, fault: Callable[[Scene], list[str]], scene: Scene) -> Outcome:
    return Outcome(tries, fault(scene))


MLFLOW = [
    Fault(f"MLflow store {name}", 1, partial(_inflict, tries, fault), slow)
    for name, tries, fault, slow in (
        ("missing", 1, lose_store, False),
        ("damaged", 3, damage_store, True),
        ("locked", 1, lock_store, True),
        ("of an unknown kind", 1, name_no_store, True),
        ("behind a dead server, or a silent one", 2, call_dead_server, True),
        ("behind a server that is killed", 1, kill_server, True),
        ("new, shared by two clones", 1, share_between_clones, True),
        ("new, shared by eight processes", 1, share_among_eight, True),
    )
]
