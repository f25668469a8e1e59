"""Workers of this machine: every bundle once, what is told of it meanwhile, and how many workers there are."""

import inspect
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import joblib
import psutil
import pytest

from pipeline import backend, layout
from pipeline.backend import take_gpu, visible_gpus
from pipeline.errors import UserError
from pipeline.params.schema import Execution
from pipeline.training import pool
from pipeline.training.data import RunResult, Tell
from pipeline.training.grid import run_all
from pipeline.training.pool import WORKERS, LocalPool, News, local_pool


def negate(job: int, tell: Tell) -> int:
    tell(1)
    return -job


def alone(count: int) -> list[list[int]]:
    return [[index] for index in range(count)]


def unheard(news: News) -> None:
    """Nobody listens."""


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers that are threads and start no TensorFlow, which takes seconds."""
    monkeypatch.setattr(pool, "_prepare_worker", lambda parent: None)
    with joblib.parallel_config(backend="threading"):
        yield


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("workers", [1, 2, 50])
def test_every_job_gives_its_own_result_once(workers: int) -> None:
    results = list(run_all(negate, range(20), LocalPool(workers), alone(20), unheard))
    assert sorted(results) == sorted((job, -job) for job in range(20))


@pytest.mark.usefixtures("threads")
def test_a_result_is_there_as_soon_as_it_is_finished() -> None:
    first_may_end = threading.Event()

    def wait(job: int, tell: Tell) -> int:
        if job == 0:
            assert first_may_end.wait(60)
        return job

    results = run_all(wait, range(4), LocalPool(2), alone(4), unheard)
    assert {next(results)[0] for _ in range(3)} == {1, 2, 3}
    first_may_end.set()
    assert list(results) == [(0, 0)]


@pytest.mark.usefixtures("threads")
def test_a_jobs_error_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        list(run_all(lambda job, tell: 1 // job, [1, 0, 1], LocalPool(2), alone(3), unheard))


def test_without_jobs_no_worker_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joblib, "Parallel", None)
    assert list(run_all(negate, [], LocalPool(2), [], unheard)) == []


@pytest.mark.usefixtures("threads")
def test_what_a_job_tells_is_heard_while_it_is_under_way() -> None:
    """The job goes on only once its first images have been heard of."""
    heard: list[News] = []
    was_heard = threading.Event()

    def hear(news: News) -> None:
        heard.append(news)
        was_heard.set()

    def work(job: int, tell: Tell) -> int:
        tell(3)
        assert was_heard.wait(60)
        tell(4)
        return job

    assert list(run_all(work, [7], LocalPool(1), [[0]], hear)) == [(0, 7)]
    assert (heard[0].index, heard[0].images) == (0, 3)
    assert (heard[-1].index, heard[-1].images) == (0, 7)
    assert 0 < heard[0].seconds <= heard[-1].seconds


@pytest.mark.usefixtures("threads")
def test_the_last_news_of_every_job_is_heard_however_short_it_was() -> None:
    heard: list[News] = []
    list(run_all(negate, range(5), LocalPool(2), [[0, 1, 2], [3, 4]], heard.append))
    last = {news.index: news.images for news in heard}
    assert last == dict.fromkeys(range(5), 1)


def test_a_job_in_ones_own_process_does_not_tie_it_to_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study started with nohup survives the shell that started it, even with one run left to train."""
    watched: list[int] = []
    monkeypatch.setattr(pool, "_prepare_worker", inspect.unwrap(pool._prepare_worker))  # past its cache
    monkeypatch.setattr(pool, "start_tensorflow", lambda: None)
    monkeypatch.setattr(pool, "end_with", watched.append)
    assert list(run_all(negate, [1], LocalPool(1), [[0]], unheard)) == [(0, -1)]
    assert os.getppid() not in watched


HANGING = (
    "import time; from pipeline.training.pool import Bundle, LocalPool;"
    "list(LocalPool(2).run([Bundle(lambda *_: time.sleep(1000), [0], [0])], print))"
)


def find_workers(main: subprocess.Popen[bytes]) -> list[psutil.Process]:
    children = psutil.Process(main.pid).children(recursive=True)
    return [one for one in children if any("popen_loky" in word for word in one.cmdline())]


def test_a_worker_that_has_no_job_yet_ends_with_the_main_process(tmp_path: Path) -> None:
    """One of two that share one job."""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen([sys.executable, "-c", HANGING], cwd=tmp_path, env=environment) as main:
        while len(workers := find_workers(main)) < 2:
            time.sleep(0.05)
        main.kill()
    left = psutil.wait_procs(workers, timeout=60)[1]
    for one in left:
        one.kill()
    assert not left


def end_worker(job: int, tell: Tell) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return job


def test_a_killed_worker_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = rf"^A worker was killed.*Finished runs are kept; run it again.*{WORKERS}=1\.$"
    with pytest.raises(UserError, match=said) as caught:
        list(run_all(end_worker, range(3), LocalPool(2), alone(3), unheard))
    assert caught.value.__suppress_context__
    assert not list((tmp_path / layout.UNFINISHED).iterdir())


@pytest.mark.slow
def test_worker_processes_give_what_one_process_gives() -> None:
    found = sorted(run_all(negate, range(5), LocalPool(2), [[0, 1, 2], [3, 4]], unheard))
    assert found == [(job, -job) for job in range(5)]


def count(execution: Execution | None = None) -> int:
    return local_pool(execution or Execution()).workers


def test_workers_are_as_many_as_asked_for_or_one_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joblib, "cpu_count", lambda: 6)
    monkeypatch.setattr(pool, "visible_gpus", list)
    for value, expected in {"3": 3, "auto": 6, "": 6}.items():
        monkeypatch.setenv(WORKERS, value)
        assert count() == expected
    monkeypatch.setenv(WORKERS, "3")
    assert count(Execution(workers=5)) == 3
    monkeypatch.delenv(WORKERS)
    assert count() == 6
    assert count(Execution(workers=5)) == 5


def test_with_gpus_there_is_one_worker_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WORKERS, raising=False)
    monkeypatch.setattr(joblib, "cpu_count", lambda: 6)
    monkeypatch.setattr(pool, "visible_gpus", lambda: ["0", "1", "2"])
    assert count() == 3


@pytest.mark.parametrize("value", ["two", "1.5", "0", "-1"])
def test_a_number_of_workers_that_is_none_is_a_users_error(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(WORKERS, value)
    with pytest.raises(UserError, match=rf"{WORKERS}.*{value}"):
        count()


@pytest.mark.parametrize(("declared", "found"), [("", []), ("-1", []), ("2", ["2"]), ("0, 3", ["0", "3"])])
def test_the_gpus_that_may_be_used_are_those_that_cuda_may_see(
    monkeypatch: pytest.MonkeyPatch, declared: str, found: list[str]
) -> None:
    monkeypatch.setenv(backend.GPUS, declared)
    assert visible_gpus() == found


def test_without_a_word_of_cudas_every_gpu_of_the_machine_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(backend.GPUS, raising=False)
    monkeypatch.setattr(backend, "DRIVERS", tmp_path)
    assert visible_gpus() == []
    for bus in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / bus).mkdir()
    assert visible_gpus() == ["0", "1"]


def test_workers_take_one_gpu_each_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    for number in range(1, 5):
        monkeypatch.setenv(backend.GPUS, "4,5")
        monkeypatch.setattr(multiprocessing.current_process(), "_identity", (number,))
        take_gpu()
        taken.append(os.environ[backend.GPUS])
    assert sorted(taken[:2]) == ["4", "5"]
    assert taken[:2] == taken[2:]


def test_without_a_gpu_none_is_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(backend.GPUS, raising=False)
    monkeypatch.setattr(backend, "DRIVERS", tmp_path)
    take_gpu()
    assert backend.GPUS not in os.environ


def test_the_main_process_receives_results_without_tensorflow() -> None:
    """Its import takes seconds, and one process of every stage only passes results on."""
    code = "import sys, pipeline.training.train, pipeline.evaluation.evaluate; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    result = RunResult(**dict.fromkeys(RunResult.__dataclass_fields__))  # type: ignore[arg-type]
    unpickle = f"import pickle, sys; pickle.loads({pickle.dumps(result)!r}); sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", unpickle], check=False).returncode == 0


def test_a_worker_may_grow_by_more_than_loky_allows() -> None:
    """loky would end it after a few traces; a start costs as much as they do."""
    code = (
        "import os; from joblib.externals.loky import process_executor as loky; from pipeline.training import pool; "
        "before = loky._MAX_MEMORY_LEAK_SIZE; pool._prepare_worker(os.getppid()); "
        "print(before < loky._MAX_MEMORY_LEAK_SIZE == pool.MAY_GROW)"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120)
    assert found.stdout == "True\n"
