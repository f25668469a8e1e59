"""The grid of runs: every job once, under its own number, whoever finishes first."""

import inspect
import math
import operator
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator

import joblib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.training import grid
from pipeline.training.data import RunResult
from pipeline.training.grid import WORKERS, count_workers, group_jobs, run_all, show_progress


def alone(count: int) -> list[list[int]]:
    return [[index] for index in range(count)]


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers that are threads and start no TensorFlow, which takes seconds."""
    monkeypatch.setattr(grid, "_prepare_worker", lambda parent: None)
    with joblib.parallel_config(backend="threading"):
        yield


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("workers", [1, 2, 50])
def test_every_job_gives_its_own_result_once(workers: int) -> None:
    results = list(run_all(lambda job: job * job, range(20), workers, alone(20)))
    assert sorted(results) == [(job, job * job) for job in range(20)]


@pytest.mark.usefixtures("threads")
def test_a_result_is_there_as_soon_as_it_is_finished() -> None:
    first_may_end = threading.Event()

    def wait(job: int) -> int:
        if job == 0:
            assert first_may_end.wait(60)
        return job

    results = run_all(wait, range(4), 2, alone(4))
    assert {next(results)[0] for _ in range(3)} == {1, 2, 3}
    first_may_end.set()
    assert list(results) == [(0, 0)]


@pytest.mark.usefixtures("threads")
def test_a_jobs_error_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        list(run_all(lambda job: 1 // job, [1, 0, 1], 2, alone(3)))


def test_without_jobs_no_worker_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joblib, "Parallel", None)
    assert list(run_all(operator.neg, [], 2, [])) == []


def test_a_job_in_ones_own_process_does_not_tie_it_to_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study started with nohup survives the shell that started it, even with one run left to train."""
    watched: list[int] = []
    monkeypatch.setattr(grid, "_prepare_worker", inspect.unwrap(grid._prepare_worker))  # past its cache
    monkeypatch.setattr(grid, "start_tensorflow", lambda: None)
    monkeypatch.setattr(grid, "end_with", watched.append)
    assert list(run_all(operator.neg, [1], 1, [[0]])) == [(0, -1)]
    assert os.getppid() not in watched


@pytest.mark.slow
def test_worker_processes_give_what_one_process_gives() -> None:
    assert sorted(run_all(operator.neg, range(5), 2, [[0, 1, 2], [3, 4]])) == [(job, -job) for job in range(5)]


def test_progress_passes_results_on_and_counts_their_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(show_progress(iter([30, 10, 20]), 60, lambda result: result, "s")) == [30, 10, 20]
    shown = capsys.readouterr().err
    assert "s: 100%" in shown
    assert "60.0/60.0" in shown
    assert "3 finished" in shown


def test_progress_shows_a_result_before_the_next_is_asked_for() -> None:
    asked = []

    def results() -> Iterator[int]:
        for number in range(3):
            asked.append(number)
            yield number

    passed = show_progress(results(), 3, lambda result: 1, "s")
    assert next(passed) == 0
    assert asked == [0]
    assert list(passed) == [1, 2]


def test_workers_are_as_many_as_asked_for_or_one_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joblib, "cpu_count", lambda: 6)
    for value, expected in {"3": 3, "": 6}.items():
        monkeypatch.setenv(WORKERS, value)
        assert count_workers() == expected
    monkeypatch.delenv(WORKERS)
    assert count_workers() == 6


@pytest.mark.parametrize("value", ["two", "1.5", "0", "-1"])
def test_a_number_of_workers_that_is_none_is_a_users_error(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(WORKERS, value)
    with pytest.raises(UserError, match=rf"{WORKERS}.*{value}"):
        count_workers()


def test_small_jobs_of_one_key_go_together_and_large_ones_alone() -> None:
    assert group_jobs("aabb", [30, 30, 5, 5], most=20) == [[0], [1], [2, 3]]
    assert group_jobs("aba", [1, 1, 1], most=20) == [[0, 2], [1]]
    assert group_jobs("", []) == []


def test_jobs_of_one_key_are_divided_evenly() -> None:
    assert group_jobs("a" * 6, [10] * 6, most=50) == [[0, 1, 2], [3, 4, 5]]


def test_the_longest_batch_comes_first() -> None:
    assert group_jobs("abbc", [5, 4, 4, 20], most=20) == [[3], [1, 2], [0]]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 60)), max_size=12))
def test_batches_hold_every_job_once_with_others_of_its_key(jobs: list[tuple[str, int]]) -> None:
    keys, costs = [key for key, _ in jobs], [cost for _, cost in jobs]
    batches = group_jobs(keys, costs, most=50)
    assert sorted(index for batch in batches for index in batch) == list(range(len(jobs)))
    sums = [sum(costs[index] for index in batch) for batch in batches]
    assert sums == sorted(sums, reverse=True)
    for batch in batches:
        assert len({keys[index] for index in batch}) == 1
    for key in set(keys):
        of_key = [batch for batch in batches if keys[batch[0]] == key]
        assert len(of_key) <= max(1, math.ceil(sum(cost for k, cost in jobs if k == key) / 50))


def test_the_main_process_receives_results_without_tensorflow() -> None:
    """Its import takes seconds, and one process of every stage only passes results on."""
    code = "import sys, pipeline.training.train, pipeline.evaluation.evaluate; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    result = RunResult(**dict.fromkeys(RunResult.__dataclass_fields__))  # type: ignore[arg-type]
    unpickle = f"import pickle, sys; pickle.loads({pickle.dumps(result)!r}); sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", unpickle], check=False).returncode == 0
