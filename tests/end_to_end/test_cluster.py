"""A real Dask cluster on this machine: the bits of one's own workers, and a killed worker's jobs done again."""

import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline import layout
from pipeline.data.images import scale_to_unit
from pipeline.errors import UserError
from pipeline.files import Arrays, read_arrays
from pipeline.params.schema import Execution
from pipeline.seeds import repeat_seeds
from pipeline.store import Store
from pipeline.training.data import TrainingData
from pipeline.training.letters import LARGE, pack
from pipeline.training.pool import Bundle
from pipeline.training.runs import DeclaredRun
from pipeline.training.train import train_missing
from pipeline.training.work import perform
from tests.builders import build_examples, build_recipe

distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
cluster = importlib.import_module("pipeline.training.cluster").cluster
ROOT = Path(__file__).parents[2]
SECONDS = 1800  # that a loaded machine may take; a quiet one is done with everything in a minute
RECIPES = {
    "dense": build_recipe(architecture="mlp", batch_size=16, epochs=3),
    "single": build_recipe(architecture="mlp", batch_size=1, epochs=2),
    "convolutions": build_recipe(architecture="lenet", batch_size=16, epochs=2),
}
RUNS = [
    DeclaredRun(name, repeat, "mnist", recipe, None, repeat_seeds(repeat), (), name, f"{name}{repeat}")
    for repeat in range(2)
    for name, recipe in RECIPES.items()
]


def data(task: str) -> TrainingData:
    """200 images of noise, of which 40 validate: arrays that are sent by their digests."""
    pixels = np.random.default_rng(0).integers(0, 256, (200, 28, 28), np.uint8)
    every = build_examples(pixels, np.arange(200) % 10)
    return TrainingData(task, 10, every.take(np.arange(160)), every.take(np.arange(160, 200)), scale_to_unit())


def trained(folder: Path, execution: Execution) -> dict[str, tuple[Arrays, str]]:
    """Weights and history of every run, trained into a new store."""
    store = Store(folder)
    assert train_missing(RUNS, store, data, execution) == len(RUNS)
    return {
        run.fingerprint: (
            read_arrays(store.path(run.fingerprint) / layout.WEIGHTS),
            (store.path(run.fingerprint) / layout.HISTORY).read_text(),
        )
        for run in RUNS
    }


def assert_same(one: dict[str, tuple[Arrays, str]], other: dict[str, tuple[Arrays, str]]) -> None:
    assert one.keys() == other.keys()
    for run, (weights, history) in one.items():
        assert history == other[run][1]
        assert weights.keys() == other[run][0].keys()
        for name, value in weights.items():
            np.testing.assert_array_equal(value, other[run][0][name], err_msg=f"{run} {name}")


@contextmanager
def started(*words: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command of Dask's, as one types it; it ends with the block, and what it started with it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    with (folder / f"{words[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *words], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """Address of a scheduler with two workers, at free ports of this machine alone."""
    place = tmp_path / "scheduler.json"
    own = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
    with started("scheduler", "--port", "0", "--scheduler-file", str(place), *own, folder=tmp_path):
        wait_for(place.is_file)
        address = json.loads(place.read_text())["address"]
        workers = ["--nworkers", "2", "--nthreads", "1", "--local-directory", str(tmp_path)]
        with started("worker", address, *workers, *own, folder=tmp_path):
            with distributed.Client(address, set_as_default=False) as client:
                client.wait_for_workers(2, timeout=SECONDS)
            yield address


def kill_one_at_work(address: str, store: Store, killed: list[int]) -> None:
    """Kill a worker that has a job, once another job is finished."""
    with distributed.Client(address, set_as_default=False) as client:
        wait_for(store.folder.is_dir)
        wait_for(store.list_results)
        processes = client.run(os.getpid)
        wait_for(lambda: any(client.processing().values()))
        busy = next(worker for worker, jobs in client.processing().items() if jobs and worker in processes)
        os.kill(processes[busy], signal.SIGKILL)
        killed.append(processes[busy])


def given(dask_worker: Any) -> list[str]:
    """Arrays that a worker has been given and not forgotten."""
    return [name for name in dask_worker.plugins if name.startswith("claimcheck-")]


def arrays_at(address: str) -> list[list[str]]:
    with distributed.Client(address, set_as_default=False) as client:
        return list(client.run(given).values())


@pytest.mark.timeout(2 * SECONDS)
def test_a_cluster_gives_the_same_bits_even_where_a_worker_is_killed(scheduler: str, tmp_path: Path) -> None:
    """XLA and not, one worker and two, with fresh traces and reused ones, and jobs that are done again."""
    folder, killed = tmp_path / "killed", list[int]()
    killer = threading.Thread(target=kill_one_at_work, args=(scheduler, Store(folder), killed))
    killer.start()
    with_a_loss = trained(folder, Execution(backend="dask", scheduler=scheduler))
    killer.join()
    assert killed
    two = trained(tmp_path / "two", Execution(workers=2))
    assert_same(with_a_loss, two)
    assert_same(trained(tmp_path / "dask", Execution(backend="dask", scheduler=scheduler)), two)
    assert arrays_at(scheduler) == [[], []]
    assert_same(trained(tmp_path / "one", Execution(workers=1)), two)


def test_every_worker_is_given_an_array_once_whoever_needs_it(scheduler: str) -> None:
    pixels = np.arange(LARGE)
    bundles = [Bundle(perform, [pixels], [0]), Bundle(perform, [pixels.copy(), np.ones(LARGE)], [1, 2])]
    with cluster(scheduler) as pool:
        for _ in range(2):
            pool._share([letter.arrays for letter in pack(bundles)])
            assert [len(names) for names in arrays_at(scheduler)] == [1, 1]  # the other goes with its only bundle
        assert len(pool.shared) == 1
    assert arrays_at(scheduler) == [[], []]


def test_a_worker_with_other_code_or_libraries_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    (letter,) = pack([Bundle(perform, [], [])])
    module = sys.modules["pipeline.training.cluster"]
    monkeypatch.setattr(module, "get_worker", lambda: SimpleNamespace(address="tcp://elsewhere:1", plugins={}))
    monkeypatch.setattr(module, "code_of", lambda bundle: "other")
    with pytest.raises(UserError, match=r"the same code and libraries.*tcp://elsewhere:1"):
        module._work(letter.content, {}, "topic")


def test_no_scheduler_or_no_workers_is_a_users_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.training.cluster.SECONDS_TO_ANSWER", 1)
    nobody = Execution(backend="dask", scheduler="tcp://127.0.0.1:9")
    with pytest.raises(UserError, match=r"expected a Dask scheduler at tcp://127.0.0.1:9"):
        trained(tmp_path / "a", nobody)
    place = tmp_path / "scheduler.json"
    words = ["--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(place)]
    with started("scheduler", *words, folder=tmp_path):
        wait_for(place.is_file)
        address = json.loads(place.read_text())["address"]
        with pytest.raises(UserError, match="received 0 workers"):
            trained(tmp_path / "b", Execution(backend="dask", scheduler=address))
