"""Every study's runs: what the store has is reused, the rest is trained once and kept as it finishes."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import layout
from pipeline.data.images import scale_to_unit
from pipeline.files import read_arrays
from pipeline.params.recipe import Search
from pipeline.params.schema import Execution
from pipeline.seeds import repeat_seeds
from pipeline.store import Store
from pipeline.training import train as study
from pipeline.training.data import RunResult, TrainingData
from pipeline.training.pool import News
from pipeline.training.runs import DeclaredRun, Parent
from pipeline.training.train import train_missing
from pipeline.training.work import Job
from tests.builders import build_examples, build_recipe, build_result

HERE = Execution()
RECIPE = build_recipe(optimizer={"name": "sgd", "learning_rate": 0.1}, batch_size=2, epochs=3)


def declared(fingerprint: str, repeat: int = 0, task: str = "mnist", parents: tuple[Parent, ...] = ()) -> DeclaredRun:
    return DeclaredRun("none", repeat, task, RECIPE, None, repeat_seeds(repeat), parents, "recipe", fingerprint)


def data(task: str) -> TrainingData:
    images = np.zeros((4, 2, 2), np.uint8)
    return TrainingData(task, 2, build_examples(images, np.zeros(4)), None, scale_to_unit())


def keep(store: Store, fingerprint: str) -> None:
    store.put(fingerprint, lambda folder: None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def trained_to(job: Job) -> RunResult:
    """A result that tells which job it is of: its weight is the order seed, its trials that and the next number."""
    order = job.seeds.order
    scores = {"val_accuracy": 0.9, "val_loss": 0.1}
    trials = ({"trial": 0, "units": order, **scores}, {"trial": 1, "units": order + 1, **scores})
    return build_result(job.recipe, weights=order, trials=trials, optimizer={"adam/iteration": np.array(order)})


def finished(
    function: Any, jobs: Sequence[Job], pool: Any, bundles: Any, hear: Callable[[News], None]
) -> Iterator[tuple[int, RunResult]]:
    """Results of jobs, of which the last finishes first; each stopped after one of its three epochs."""
    for index, job in reversed(list(enumerate(jobs))):
        hear(News(index, job.image_passes // 3, 1.0))
        yield index, trained_to(job)


def killed_after_one(*arguments: Any) -> Iterator[tuple[int, RunResult]]:
    yield next(finished(*arguments))
    raise KeyboardInterrupt


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Jobs that were sent to workers; the last job finishes first."""
    sent: list[Job] = []

    def run_all(*arguments: Any) -> Iterator[tuple[int, RunResult]]:
        sent.extend(arguments[1])
        return finished(*arguments)

    monkeypatch.setattr(study, "run_all", run_all)
    return sent


def result(store: Store, fingerprint: str) -> float:
    return float(read_arrays(store.path(fingerprint) / layout.WEIGHTS)["conv1/kernel"][0])


def weight(repeat: int) -> float:
    return float(np.float32(repeat_seeds(repeat).order))


def test_each_result_is_kept_under_its_own_fingerprint(store: Store, trained: list[Job]) -> None:
    runs = [declared(name, repeat) for repeat, name in enumerate("abc")]
    assert train_missing(runs, store, data, HERE) == 3
    assert [result(store, name) for name in "abc"] == [weight(repeat) for repeat in range(3)]


def test_only_what_the_store_lacks_is_trained_and_the_counts_are_reported(
    store: Store, trained: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(store, "a")
    keep(store, "unrelated")
    runs = [declared(name, repeat) for repeat, name in enumerate("abc")]
    assert train_missing(runs, store, data, HERE) == 2
    assert [job.seeds for job in trained] == [repeat_seeds(1), repeat_seeds(2)]
    assert capsys.readouterr().out == "3 runs declared, 1 reused, 2 to train\n"
    assert train_missing(runs, store, data, HERE) == 0
    assert len(trained) == 2
    assert capsys.readouterr().out == "3 runs declared, 3 reused, 0 to train\n"


def test_equal_runs_are_trained_once(store: Store, trained: list[Job]) -> None:
    assert train_missing([declared("a"), declared("b", 1), declared("a")], store, data, HERE) == 2
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

    train_missing(runs, store, load_data, HERE)
    assert sorted(asked) == ["mnist", "other"]
    assert [job.data.digest for job in trained] == ["mnist", "mnist", "other"]


def test_a_killed_study_resumes_where_it_was(store: Store, trained: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [declared(name, repeat) for repeat, name in enumerate("abc")]
    with monkeypatch.context() as during, pytest.raises(KeyboardInterrupt):
        during.setattr(study, "run_all", killed_after_one)
        train_missing(runs, store, data, HERE)
    assert [store.has(name) for name in "abc"] == [False, False, True]
    assert train_missing(runs, store, data, HERE) == 2
    assert all(store.has(name) for name in "abc")


def test_a_run_that_needs_others_is_trained_after_them(store: Store, trained: list[Job]) -> None:
    runs = [
        declared("grandchild", 2, parents=(Parent("child", "weights"),)),
        declared("child", 1, parents=(Parent("a", "weights"), Parent("b", "best"))),
        declared("a", 0),
        declared("b", 3),
    ]
    assert train_missing(runs, store, data, HERE) == 4
    assert [job.seeds.order for job in trained] == [repeat_seeds(repeat).order for repeat in (0, 3, 1, 2)]


def test_a_run_is_given_what_its_parents_left(store: Store, trained: list[Job]) -> None:
    parents = (Parent("a", "weights"), Parent("b", "last"))
    train_missing([declared("a"), declared("b", 1), declared("c", 2, parents=parents)], store, data, HERE)
    job = trained[-1]
    assert job.start is not None
    assert job.start.optimizer is None
    np.testing.assert_array_equal(job.start.weights["conv1/kernel"], [weight(0)])
    assert job.hyperparameters == {"units": repeat_seeds(1).order + 1}
    assert [(one.start, one.hyperparameters) for one in trained[:2]] == [(None, None)] * 2


def test_the_best_trial_and_the_last_one_are_told_apart(store: Store, trained: list[Job]) -> None:
    for use in ("best", "last"):
        train_missing([declared("b"), declared(use, 1, parents=(Parent("b", use),))], store, data, HERE)
    assert [job.hyperparameters for job in trained[1:]] == [
        {"units": repeat_seeds(0).order},
        {"units": repeat_seeds(0).order + 1},
    ]


def test_a_parent_that_is_there_is_not_waited_for(
    store: Store, trained: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    train_missing([declared("a")], store, data, HERE)
    runs = [declared("a"), declared("c", 2, parents=(Parent("a", "weights"),)), declared("d", 3)]
    assert train_missing(runs, store, data, HERE) == 2
    assert [job.seeds for job in trained[1:]] == [repeat_seeds(2), repeat_seeds(3)]
    assert "of 2)" not in capsys.readouterr().err


def test_a_duplicate_that_others_need_is_trained_once_and_first(store: Store, trained: list[Job]) -> None:
    runs = [declared("c", 1, parents=(Parent("a", "weights"),)), declared("a"), declared("a")]
    assert train_missing(runs, store, data, HERE) == 2
    assert [job.seeds for job in trained] == [repeat_seeds(0), repeat_seeds(1)]


def test_a_study_killed_between_waves_resumes_with_the_second(
    store: Store, trained: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [declared("a"), declared("c", 1, parents=(Parent("a", "weights"),))]
    with monkeypatch.context() as during, pytest.raises(KeyboardInterrupt):
        during.setattr(study, "run_all", killed_after_one)
        train_missing(runs, store, data, HERE)
    assert [store.has(name) for name in "ac"] == [True, False]
    assert train_missing(runs, store, data, HERE) == 1
    assert store.has("c")


def test_one_progress_bar_counts_the_runs_of_every_wave(
    store: Store, trained: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    """Three waves of one run each, of 4 images in one epoch of the 3 that it may take."""
    runs = [
        declared("a"),
        declared("b", 1, parents=(Parent("a", "weights"),)),
        declared("c", 2, parents=(Parent("b", "weights"),)),
    ]
    train_missing(runs, store, data, HERE)
    shown = capsys.readouterr().err
    last = shown.replace("\r", "\n").strip().splitlines()[-1]
    assert "train: 100%" in last
    assert "12.0/12.0" in last
    assert "3 of 3 finished" in last
    assert shown.count("100%") == 1


def test_a_searchs_trials_count_in_its_progress(
    store: Store, trained: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    search = Search(trials=5, learning_rate=[0.1])
    train_missing([replace(declared("a"), search=search)], store, data, HERE)
    assert "0.00/60.0" in capsys.readouterr().err


def test_where_nothing_is_missing_no_bar_is_shown_and_no_data_are_read(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(store, "a")

    def refuse(task: str) -> TrainingData:
        raise AssertionError(task)

    assert train_missing([declared("a")], store, refuse, HERE) == 0
    assert capsys.readouterr().err == ""


def test_a_damaged_run_is_trained_again_and_its_neighbours_are_reused(
    store: Store, trained: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [declared(name, repeat) for repeat, name in enumerate("abcd")]
    train_missing(runs, store, data, HERE)
    as_written = (store.path("a") / layout.HISTORY).read_bytes()
    (store.path("a") / layout.HISTORY).write_bytes(as_written[:10])
    shutil.rmtree(store.path("b"))
    shutil.copytree(store.path("c"), store.path("b"))
    capsys.readouterr()
    assert train_missing(runs, store, data, HERE) == 2
    assert [job.seeds for job in trained[4:]] == [repeat_seeds(0), repeat_seeds(1)]
    said = capsys.readouterr().out
    assert f"{store.path('a')}: {layout.HISTORY} is not as it was written, so it is made again\n" in said
    assert f"{store.path('b')}: it is another result, c, so it is made again\n" in said
    assert "4 runs declared, 2 reused, 2 to train" in said
    assert (store.path("a") / layout.HISTORY).read_bytes() == as_written
    assert [result(store, name) for name in "abcd"] == [weight(repeat) for repeat in range(4)]


def test_a_run_that_builds_on_a_damaged_one_waits_until_that_is_trained_again(store: Store, trained: list[Job]) -> None:
    runs = [declared("a"), declared("c", 2, parents=(Parent("a", "weights"),))]
    train_missing(runs, store, data, HERE)
    store.remove(["c"])
    (store.path("a") / layout.WEIGHTS).write_bytes(b"other weights")
    assert train_missing(runs, store, data, HERE) == 2
    start = trained[-1].start
    assert start is not None
    np.testing.assert_array_equal(start.weights["conv1/kernel"], [weight(0)])


GOES_ON = (Parent("a", "weights"), Parent("a", "optimizer"))


def kept_optimizer(store: Store, fingerprint: str) -> bool:
    return (store.path(fingerprint) / layout.OPTIMIZER).is_file()


def test_the_optimizer_is_kept_only_of_a_run_that_another_goes_on_from(store: Store, trained: list[Job]) -> None:
    runs = [declared("a"), declared("b", 1), declared("c", 2, parents=GOES_ON)]
    assert train_missing(runs, store, data, HERE) == 3
    assert [kept_optimizer(store, name) for name in "abc"] == [True, False, False]
    start = trained[-1].start
    assert start is not None
    assert start.optimizer is not None
    np.testing.assert_array_equal(start.weights["conv1/kernel"], [weight(0)])
    assert start.optimizer == {"adam/iteration": repeat_seeds(0).order}
    assert train_missing(runs, store, data, HERE) == 0


def test_a_kept_run_without_the_optimizer_that_another_needs_is_trained_again(store: Store, trained: list[Job]) -> None:
    assert train_missing([declared("a"), declared("b", 1)], store, data, HERE) == 2
    runs = [declared("c", 2, parents=GOES_ON), declared("a"), declared("b", 1)]
    assert train_missing(runs, store, data, HERE) == 2
    assert [job.seeds for job in trained[2:]] == [repeat_seeds(0), repeat_seeds(2)]
    assert kept_optimizer(store, "a")
    assert result(store, "a") == weight(0)
