"""Evaluations of finished runs: which a plan wants, what changes their names, and that each is computed once."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import layout
from pipeline.data.images import scale_to_unit
from pipeline.errors import UserError
from pipeline.evaluation import evaluate as study
from pipeline.evaluation.evaluate import (
    Evaluation,
    TrainedRun,
    evaluate_missing,
    fingerprint_evaluation,
    merge_classes,
    plan_evaluations,
    read_images,
)
from pipeline.evaluation.work import Evaluated, Job, Merge, TaskImages
from pipeline.files import read_arrays, read_model, write_arrays
from pipeline.params.plan import TrainingPlan
from pipeline.params.schema import Execution
from pipeline.params.task import Split
from pipeline.seeds import Seeds
from pipeline.store import Store
from pipeline.training.pool import News
from pipeline.training.study_runs import StudyRun
from tests.builders import (
    build_examples,
    build_identity,
    build_plan,
    build_recipe,
    build_study_run,
    write_data_set,
    write_task,
)

MERGED = [[0, 6], [1, 7], [2, 3, 5, 8], [4, 9]]  # write-up 003
TEN = build_identity()
FOUR = build_identity(groups=MERGED, classes=["0+6", "1+7", "2+3+5+8", "4+9"])


def run(fingerprint: str = "f", shifts: tuple[int, ...] = (), merge: Merge | None = None) -> TrainedRun:
    return TrainedRun("none", "mnist", build_study_run(fingerprint=fingerprint), shifts, merge)


def fingerprint(trained: TrainedRun, **identity: Any) -> str:
    return fingerprint_evaluation(trained, build_identity(**identity))


def test_an_evaluations_fingerprint_changes_with_all_it_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    merges = [Merge((0, 1), "argmax"), Merge((0, 1), "sum"), Merge((1, 0), "sum")]
    found = [
        fingerprint(run()),
        fingerprint(run("g")),
        fingerprint(run(shifts=(0, 1))),
        fingerprint(run(shifts=(0, 2))),
        *(fingerprint(run(merge=merge)) for merge in merges),
        fingerprint(run(), training_digest="c"),
        fingerprint(run(), test_digest="c"),
        fingerprint(run(), training_digest="b", test_digest="a"),
    ]
    with monkeypatch.context() as during:
        during.setattr(study, "_code", lambda: "other")
        found.append(fingerprint(run()))
    with monkeypatch.context() as during:
        during.setattr(study, "library_versions", lambda: {"numpy": "0.0"})
        found.append(fingerprint(run()))
    assert len(set(found)) == len(found)
    assert fingerprint(run()) == found[0]


def test_what_a_study_calls_a_run_names_no_evaluation() -> None:
    about = build_study_run(7, study="another", variant="other", task="another", fingerprint="f")
    other = TrainedRun("other", "another", about)
    assert fingerprint(other) == fingerprint(run())


def test_ten_classes_become_four() -> None:
    assert merge_classes("sum", TEN, FOUR) == Merge((0, 1, 2, 2, 3, 2, 0, 1, 2, 3), "sum")


def test_merged_classes_are_merged_again_by_the_labels_they_are_made_of() -> None:
    trained_on = build_identity(groups=[[9], [0, 6], [1]], classes=["9", "0+6", "1"])
    task = build_identity(groups=[[0, 6], [1, 9]], classes=["0+6", "1+9"])
    assert merge_classes("argmax", trained_on, task) == Merge((1, 0, 1), "argmax")


def plan() -> TrainingPlan:
    variants: dict[str, dict[str, Any]] = {
        "ten": {},
        "ten_to_four": {"task": "merged", "merged": {"variant": "ten", "rule": "sum"}},
        "four": {"task": "merged"},
    }
    return build_plan(variants, shifts=[0, 2])


def read(variant: str) -> tuple[StudyRun, ...]:
    task = "mnist" if variant == "ten" else "merged"
    return tuple(build_study_run(repeat, variant=variant, task=task) for repeat in range(2))


def test_trained_variants_come_first_and_derived_ones_are_anothers_runs() -> None:
    found = plan_evaluations(plan(), {"mnist": TEN, "merged": FOUR}, read)
    assert [(one.variant, one.task, one.about.variant, one.about.repeat) for one in found] == [
        ("ten", "mnist", "ten", 0),
        ("ten", "mnist", "ten", 1),
        ("four", "merged", "four", 0),
        ("four", "merged", "four", 1),
        ("ten_to_four", "merged", "ten", 0),
        ("ten_to_four", "merged", "ten", 1),
    ]
    assert {one.shifts for one in found} == {(0, 2)}
    merge = Merge((0, 1, 2, 2, 3, 2, 0, 1, 2, 3), "sum")
    assert [one.merge for one in found] == [None, None, None, None, merge, merge]


def test_without_shifts_none_are_wanted() -> None:
    found = plan_evaluations(build_plan({"ten": {}}), {"mnist": TEN}, read)
    assert {one.shifts for one in found} == {()}


def images(parts: Mapping[str, int], split: Split | None = None) -> TaskImages:
    """So many black images a part."""
    black = {part: build_examples(np.zeros((n, 2, 2), np.uint8), np.zeros(n)) for part, n in parts.items()}
    return TaskImages(black, scale_to_unit(), 2, split)


def test_every_part_of_a_task_is_read_the_test_images_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_data_set("mnist", np.full((4, 2, 2), 1, np.uint8), np.full((3, 2, 2), 2, np.uint8))
    write_task("t", [0, 1, 0, 1], [1, 1, 0], validating=1)
    found = read_images("t", build_identity(classes=["0", "1"]))
    assert {part: len(one) for part, one in found.parts.items()} == {"train": 3, "validation": 1, "test": 3}
    assert found.parts["test"].labels.tolist() == [1, 1, 0]
    assert set(found.parts["test"].images[:].ravel()) == {2}
    assert (found.classes, found.split) == (2, None)
    on_test = read_images("t", build_identity(classes=["0", "1"], validation_is_test=True))
    assert set(on_test.parts["validation"].images[:].ravel()) == {2}


def test_a_task_split_per_repeat_is_read_without_a_validation_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    split = Split(kind="shuffled", fraction=0.5, seed="repeat")
    write_data_set("mnist", np.zeros((4, 2, 2), np.uint8), np.zeros((4, 2, 2), np.uint8))
    write_task("t", [0] * 4, [0] * 4)
    found = read_images("t", build_identity(classes=["0", "1"], split_per_repeat=split))
    assert (list(found.parts), found.split) == (["train", "test"], split)
    assert {part: len(one) for part, one in found.of_repeat(1).items()} == {
        "train": 2,
        "validation": 2,
        "test": 4,
    }


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Jobs that were sent to workers; a job's loss is not a number, as a diverged run's."""
    sent: list[Job] = []

    def run_all(
        function: Any, jobs: Any, pool: Any, bundles: Any, hear: Callable[[News], None]
    ) -> Iterator[tuple[int, Evaluated]]:
        sent.extend(jobs)
        for index in reversed(range(len(jobs))):
            scalars = {"test_accuracy": float(jobs[index].weights["a"]), "test_loss": float("nan")}
            hear(News(index, sum(map(len, jobs[index].images.parts.values())), 1.0))
            yield index, Evaluated(scalars, {"predicted": np.zeros(2, np.uint8)}, 0.5)

    monkeypatch.setattr(study, "run_all", run_all)
    return sent


@pytest.fixture
def trained(tmp_path: Path) -> Store:
    """A store of runs that has those of the weights 0, 1 and 2."""
    store = Store(tmp_path / "trained")
    for number in range(3):
        store.put(f"run{number}", _writer(number))
    return store


def _writer(number: int) -> Callable[[Path], None]:
    return lambda folder: write_arrays(folder / layout.WEIGHTS, {"a": np.array(number)})


def wanted(number: int, **changes: Any) -> TrainedRun:
    seeds = Seeds(0, 0, 0, split=3)
    about = build_study_run(number, fingerprint=f"run{number}", seeds=seeds)
    return TrainedRun(**{"variant": "none", "task": "mnist", "about": about, **changes})


def test_only_what_the_store_lacks_is_evaluated_each_once(
    tmp_path: Path, trained: Store, evaluated: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / "store")
    runs = {name: wanted(number) for number, name in enumerate("xyz")}
    asked: list[str] = []

    def load_images(task: str) -> TaskImages:
        asked.append(task)
        return images({"test": 2})

    arguments = (trained, store, load_images, Execution())
    assert evaluate_missing({"x": runs["x"]}, *arguments) == 1
    assert evaluate_missing(runs, *arguments) == 2
    assert asked == ["mnist", "mnist"]
    assert [int(job.weights["a"]) for job in evaluated] == [0, 1, 2]
    assert {job.split_seed for job in evaluated} == {3}
    assert "3 evaluations, 2 to compute" in capsys.readouterr().out
    for number, name in enumerate("xyz"):
        about = read_model(store.path(name) / layout.EVALUATION, Evaluation)
        test = read_arrays(store.path(name) / layout.ANSWERS)
        assert (about.fingerprint, about.run) == (name, f"run{number}")
        assert about.scalars == {"test_accuracy": number, "test_loss": None}
        assert about.inference_seconds == 0.5
        assert test["predicted"].tolist() == [0, 0]
    assert evaluate_missing(runs, *arguments) == 0
    assert len(asked) == 2


def test_a_job_has_the_recipe_the_shifts_and_the_merge_of_its_run(
    tmp_path: Path, trained: Store, evaluated: list[Job]
) -> None:
    merge = Merge((0, 0, 1), "sum")
    recipe = build_recipe(dropout=0.5)
    about = build_study_run(fingerprint="run1", recipe=recipe)
    one = TrainedRun("derived", "merged", about, (0, 4), merge)
    evaluate_missing({"x": one}, trained, Store(tmp_path / "store"), lambda task: images({"test": 2}), Execution())
    (job,) = evaluated
    assert (job.recipe, job.shifts, job.merge) == (recipe, (0, 4), merge)


def test_one_progress_bar_counts_the_images_of_every_part(
    tmp_path: Path, trained: Store, evaluated: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    runs = {name: wanted(number) for number, name in enumerate("xyz")}
    parts = {"train": 6, "validation": 3, "test": 2}
    evaluate_missing(runs, trained, Store(tmp_path / "store"), lambda task: images(parts), Execution())
    shown = capsys.readouterr().err
    assert "evaluate: 100%" in shown
    assert "33.0/33.0" in shown


def test_runs_without_weights_in_the_store_are_refused_with_what_to_do(
    tmp_path: Path, trained: Store, evaluated: list[Job]
) -> None:
    """runs/ comes with the results, from DVC's cache or a colleague; the weights do not."""
    store = Store(tmp_path / "store")
    runs = {"x": wanted(0), "y": wanted(7), "z": wanted(8), "again": wanted(8, shifts=(1,))}
    with pytest.raises(UserError) as refused:
        evaluate_missing(runs, trained, store, _refuse, Execution())
    message = str(refused.value)
    assert message.startswith(f"{trained.folder}: expected the weights of 2 runs")
    assert "`dvc repro --force train`" in message
    assert evaluated == []
    assert not any(store.has(name) for name in runs)


def test_what_is_evaluated_already_needs_no_weights(tmp_path: Path, trained: Store, evaluated: list[Job]) -> None:
    store = Store(tmp_path / "store")
    assert evaluate_missing({"x": wanted(0)}, trained, store, lambda task: images({"test": 2}), Execution()) == 1
    trained.remove(trained.list_results())
    assert evaluate_missing({"x": wanted(0)}, trained, store, _refuse, Execution()) == 0


def test_an_evaluation_that_is_not_as_it_was_written_is_computed_again(
    tmp_path: Path, trained: Store, evaluated: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / "store")
    runs = {name: wanted(number) for number, name in enumerate("xyz")}
    arguments = (trained, store, lambda task: images({"test": 2}), Execution())
    evaluate_missing(runs, *arguments)
    edited = store.path("y") / layout.EVALUATION
    edited.write_text(edited.read_text().replace('"test_accuracy": 1', '"test_accuracy": 9'))
    capsys.readouterr()
    assert evaluate_missing(runs, *arguments) == 1
    assert (
        f"{store.path('y')}: evaluation.json is not as it was written, so it is made again" in capsys.readouterr().out
    )
    assert [read_model(store.path(name) / layout.EVALUATION, Evaluation).scalars for name in "xyz"] == [
        {"test_accuracy": number, "test_loss": None} for number in range(3)
    ]


def test_no_run_is_evaluated_by_weights_that_are_not_as_they_were_written(
    tmp_path: Path, trained: Store, evaluated: list[Job]
) -> None:
    write_arrays(trained.path("run1") / layout.WEIGHTS, {"a": np.array(2)})
    runs = {name: wanted(number) for number, name in enumerate("xyz")}
    with pytest.raises(UserError, match=r"expected the weights of 1 runs.*run1: weights\.npz is not as it was written"):
        evaluate_missing(runs, trained, Store(tmp_path / "store"), _refuse, Execution())
    assert evaluated == []


def _refuse(task: str) -> TaskImages:
    raise AssertionError(task)
