"""A study's runs: what the store has is reused, the rest is trained once and kept as it finishes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.data.preparation import unit_scaling
from pipeline.files import write_arrays, write_json
from pipeline.params.resolve import resolve_recipe
from pipeline.seeds import repeat_seeds
from pipeline.training import train as study
from pipeline.training.data import TrainingData
from pipeline.training.runs import DeclaredRun, Parent
from pipeline.training.store import Store
from pipeline.training.train import names, train_missing
from pipeline.training.work import Job

RECIPE = resolve_recipe(
    {"architecture": "cnn3", "optimizer": {"name": "sgd", "learning_rate": 0.1}, "batch_size": 2, "epochs": 3}
)


def declared(
    fingerprint: str, repeat: int = 0, task: str = "mnist", parents: tuple[Parent, ...] = ()
) -> DeclaredRun:
    return DeclaredRun(
        "none", repeat, task, RECIPE, None, repeat_seeds(repeat), parents, "recipe", fingerprint
    )


def data(task: str) -> TrainingData:
    images = np.zeros((4, 2, 2, 1), np.uint8)
    return TrainingData(task, 2, images, np.zeros(4, np.uint8), None, None, unit_scaling())


def keep(store: Store, fingerprint: str) -> None:
    store.put(fingerprint, lambda folder: None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def finished(
    function: Any, jobs: Sequence[Job], workers: int, batches: Any = ()
) -> Iterator[tuple[int, int]]:
    yield from reversed([(index, job.seeds.order) for index, job in enumerate(jobs)])


def killed_after_one(*arguments: Any) -> Iterator[tuple[int, int]]:
    yield next(finished(*arguments))
    raise KeyboardInterrupt


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Jobs that were sent to workers; a job's result is its order seed, and the last job finishes first."""
    sent: list[Job] = []

    def run_all(*arguments: Any) -> Iterator[tuple[int, int]]:
        sent.extend(arguments[1])
        return finished(*arguments)

    def write_run(run: DeclaredRun, result: int, folder: Path) -> None:
        (folder / "result.txt").write_text(str(result))
        write_arrays(folder / "weights.npz", {"conv1/kernel": np.array([result])})
        trials = {"best": {"units": result}, "last": {"units": result + 1}}
        write_json(folder / "run.json", {"trials": trials})

    monkeypatch.setattr(study, "run_all", run_all)
    monkeypatch.setattr(study, "write_run", write_run)
    return sent


def result(store: Store, fingerprint: str) -> int:
    return int((store.path(fingerprint) / "result.txt").read_text())


def test_each_result_is_kept_under_its_own_fingerprint(store: Store, trained: list[Job]) -> None:
    runs = [declared(name, repeat) for repeat, name in enumerate("abc")]
    assert train_missing(runs, store, data, 2, "s") == 3
    assert [result(store, name) for name in "abc"] == [repeat_seeds(repeat).order for repeat in range(3)]


def test_only_what_the_store_lacks_is_trained_and_the_counts_are_reported(
    store: Store, trained: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(store, "a")
    keep(store, "unrelated")
    runs = [declared(name, repeat) for repeat, name in enumerate("abc")]
    assert train_missing(runs, store, data, 2, "s") == 2
    assert [job.seeds for job in trained] == [repeat_seeds(1), repeat_seeds(2)]
    assert capsys.readouterr().out == "s: 3 runs declared, 1 reused, 2 to train\n"
    assert train_missing(runs, store, data, 2, "s") == 0
    assert len(trained) == 2
    assert capsys.readouterr().out == "s: 3 runs declared, 3 reused, 0 to train\n"


def test_equal_runs_are_trained_once(store: Store, trained: list[Job]) -> None:
    assert train_missing([declared("a"), declared("b", 1), declared("a")], store, data, 2, "s") == 2
    assert len(trained) == 2
    assert store.has("a")
    assert store.has("b")


def test_data_are_read_once_a_task_and_only_where_a_run_is_missing(store: Store, trained: list[Job]) -> None:
    keep(store, "c")
    runs = [declared("a"), declared("b", 1), declared("c", task="kept"), declared("d", task="other")]
    asked = []

    def load_data(task: str) -> TrainingData:
        asked.append(task)
        return data(task)

    train_missing(runs, store, load_data, 2, "s")
    assert sorted(asked) == ["mnist", "other"]
    assert [job.data.digest for job in trained] == ["mnist", "mnist", "other"]


def test_a_killed_study_resumes_where_it_was(
    store: Store, trained: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [declared(name, repeat) for repeat, name in enumerate("abc")]
    with monkeypatch.context() as during, pytest.raises(KeyboardInterrupt):
        during.setattr(study, "run_all", killed_after_one)
        train_missing(runs, store, data, 2, "s")
    assert [store.has(name) for name in "abc"] == [False, False, True]
    assert train_missing(runs, store, data, 2, "s") == 2
    assert all(store.has(name) for name in "abc")


def test_names_are_what_the_fingerprint_leaves_out() -> None:
    assert names("s", declared("a", 4)) == {"study": "s", "variant": "none", "repeat": 4, "task": "mnist"}


def test_a_run_that_needs_others_is_trained_after_them(store: Store, trained: list[Job]) -> None:
    runs = [
        declared("grandchild", 2, parents=(Parent("child", "weights"),)),
        declared("child", 1, parents=(Parent("a", "weights"), Parent("b", "best"))),
        declared("a", 0),
        declared("b", 3),
    ]
    assert train_missing(runs, store, data, 2, "s") == 4
    assert [job.seeds.order for job in trained] == [repeat_seeds(repeat).order for repeat in (0, 3, 1, 2)]


def test_a_run_is_given_what_its_parents_left(store: Store, trained: list[Job]) -> None:
    parents = (Parent("a", "weights"), Parent("b", "last"))
    train_missing([declared("a"), declared("b", 1), declared("c", 2, parents=parents)], store, data, 2, "s")
    job = trained[-1]
    assert job.start is not None
    np.testing.assert_array_equal(job.start["conv1/kernel"], [repeat_seeds(0).order])
    assert job.hyperparameters == {"units": repeat_seeds(1).order + 1}
    assert [(one.start, one.hyperparameters) for one in trained[:2]] == [(None, None)] * 2


def test_the_best_trial_and_the_last_one_are_told_apart(store: Store, trained: list[Job]) -> None:
    for use in ("best", "last"):
        train_missing([declared("b"), declared(use, 1, parents=(Parent("b", use),))], store, data, 2, "s")
    assert [job.hyperparameters for job in trained[1:]] == [
        {"units": repeat_seeds(0).order},
        {"units": repeat_seeds(0).order + 1},
    ]


def test_a_parent_that_is_there_is_not_waited_for(
    store: Store, trained: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    train_missing([declared("a")], store, data, 2, "s")
    runs = [declared("a"), declared("c", 2, parents=(Parent("a", "weights"),)), declared("d", 3)]
    assert train_missing(runs, store, data, 2, "s") == 2
    assert [job.seeds for job in trained[1:]] == [repeat_seeds(2), repeat_seeds(3)]
    assert "of 2)" not in capsys.readouterr().err


def test_a_duplicate_that_others_need_is_trained_once_and_first(store: Store, trained: list[Job]) -> None:
    runs = [declared("c", 1, parents=(Parent("a", "weights"),)), declared("a"), declared("a")]
    assert train_missing(runs, store, data, 2, "s") == 2
    assert [job.seeds for job in trained] == [repeat_seeds(0), repeat_seeds(1)]


def test_a_study_killed_between_waves_resumes_with_the_second(
    store: Store, trained: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [declared("a"), declared("c", 1, parents=(Parent("a", "weights"),))]
    with monkeypatch.context() as during, pytest.raises(KeyboardInterrupt):
        during.setattr(study, "run_all", killed_after_one)
        train_missing(runs, store, data, 2, "s")
    assert [store.has(name) for name in "ac"] == [True, False]
    assert train_missing(runs, store, data, 2, "s") == 1
    assert store.has("c")
