"""A study's evaluations: which runs a plan wants, what changes their names, and that each is computed once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.data.preparation import unit_scaling
from pipeline.evaluation import evaluate as study
from pipeline.evaluation.evaluate import (
    TrainedRun,
    evaluate_missing,
    evaluation_fingerprint,
    merge_of,
    planned_runs,
    read_images,
)
from pipeline.evaluation.work import Evaluated, Merge, TaskImages
from pipeline.files import read_arrays, read_json, write_arrays
from pipeline.training.store import Store

MERGED = [[0, 6], [1, 7], [2, 3, 5, 8], [4, 9]]  # write-up 003
TEN: dict[str, Any] = {"groups": None, "classes": [str(label) for label in range(10)]}
IDENTITY: dict[str, Any] = {"training_digest": "a", "test_digest": "b"}
RECIPE: dict[str, Any] = {
    "architecture": "cnn3",
    "optimizer": {"name": "adam", "learning_rate": 0.001},
    "batch_size": 64,
    "epochs": 5,
}


def run(fingerprint: str = "f", shifts: tuple[int, ...] = (), merge: Merge | None = None) -> TrainedRun:
    about = {"fingerprint": fingerprint, "recipe": RECIPE}
    return TrainedRun("none", 0, "mnist", Path("folder"), about, shifts, merge)


def fingerprint(trained: TrainedRun, code: str = "code", **identity: str) -> str:
    return evaluation_fingerprint(trained, {**IDENTITY, **identity}, code)


def test_an_evaluations_fingerprint_changes_with_all_it_depends_on() -> None:
    merges = [Merge((0, 1), "argmax"), Merge((0, 1), "sum"), Merge((1, 0), "sum")]
    found = [
        fingerprint(run()),
        fingerprint(run("g")),
        fingerprint(run(shifts=(0, 1))),
        fingerprint(run(shifts=(0, 2))),
        *(fingerprint(run(merge=merge)) for merge in merges),
        fingerprint(run(), "other"),
        fingerprint(run(), training_digest="c"),
        fingerprint(run(), test_digest="c"),
        fingerprint(run(), training_digest="b", test_digest="a"),
    ]
    assert len(set(found)) == len(found)


def test_what_a_study_calls_a_run_names_no_evaluation() -> None:
    other = TrainedRun("other", 7, "another", Path("elsewhere"), {"fingerprint": "f"})
    assert fingerprint(other) == fingerprint(run())


def test_ten_classes_become_four() -> None:
    task = {"groups": MERGED, "classes": ["0+6", "1+7", "2+3+5+8", "4+9"]}
    assert merge_of("sum", TEN, task) == Merge((0, 1, 2, 2, 3, 2, 0, 1, 2, 3), "sum")


def test_merged_classes_are_merged_again_by_the_labels_they_are_made_of() -> None:
    trained_on = {"groups": [[9], [0, 6], [1]], "classes": ["9", "0+6", "1"]}
    assert merge_of("argmax", trained_on, {"groups": [[0, 6], [1, 9]]}) == Merge((1, 0, 1), "argmax")


def plan() -> dict[str, Any]:
    return {
        "shifts": [0, 2],
        "repeats": 2,
        "variants": {"ten": {"task": "mnist", "merged": None}, "four": {"task": "merged", "merged": None}},
        "derived": {"ten_to_four": {"task": "merged", "merged": {"variant": "ten", "rule": "sum"}}},
    }


def test_trained_variants_come_first_and_derived_ones_are_anothers_runs() -> None:
    identities = {"mnist": TEN, "merged": {"groups": MERGED, "classes": list("abcd")}}

    def read_run(variant: str, repeat: int) -> tuple[Path, dict[str, Any]]:
        return Path(variant, str(repeat)), {"task": "mnist" if variant == "ten" else "merged"}

    found = planned_runs(plan(), identities, read_run)
    assert [(one.variant, one.repeat, one.task, one.folder.as_posix()) for one in found] == [
        ("ten", 0, "mnist", "ten/0"),
        ("ten", 1, "mnist", "ten/1"),
        ("four", 0, "merged", "four/0"),
        ("four", 1, "merged", "four/1"),
        ("ten_to_four", 0, "merged", "ten/0"),
        ("ten_to_four", 1, "merged", "ten/1"),
    ]
    assert {one.shifts for one in found} == {(0, 2)}
    merge = Merge((0, 1, 2, 2, 3, 2, 0, 1, 2, 3), "sum")
    assert [one.merge for one in found] == [None, None, None, None, merge, merge]


def test_a_task_split_per_repeat_has_no_validation_file(tmp_path: Path) -> None:
    split = {"kind": "shuffled", "fraction": 0.5, "seed": "repeat", "stratified": False}
    for part in ("train", "test"):
        write_arrays(tmp_path / f"{part}.npz", {"x": np.zeros((4, 2, 2, 1)), "y": np.zeros(4)})
    write_arrays(tmp_path / "scaling.npz", unit_scaling().to_arrays())
    parts = {part: {"n": 2} for part in ("train", "validation", "test")}
    images = read_images(tmp_path, {**parts, "classes": ["0", "1"], "split_per_repeat": split})
    assert (list(images.parts), images.split) == (["train", "test"], split)
    assert {part: len(one["y"]) for part, one in images.of_repeat(1).items()} == {
        "train": 2,
        "validation": 2,
        "test": 4,
    }


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Jobs that were sent to workers; a job's loss is not a number, as a diverged run's."""
    sent: list[Any] = []

    def run_all(function: Any, jobs: Any, workers: int, batches: Any) -> Iterator[tuple[int, Evaluated]]:
        sent.extend(jobs)
        for index in reversed(range(len(jobs))):
            scalars = {"test_accuracy": float(jobs[index].weights["a"]), "test_loss": float("nan")}
            yield index, Evaluated(scalars, {"predicted": np.zeros(2, np.uint8)}, 0.5)

    monkeypatch.setattr(study, "run_all", run_all)
    return sent


def test_only_what_the_store_lacks_is_evaluated_each_once(
    tmp_path: Path, evaluated: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / "store")
    about = {"fingerprint": "f", "recipe": RECIPE, "seeds": {"split": 3}}
    runs = []
    for number in range(3):
        write_arrays(tmp_path / str(number) / "weights.npz", {"a": np.array(number)})
        runs.append(TrainedRun("none", number, "mnist", tmp_path / str(number), about))
    images = TaskImages({"test": {"x": np.zeros((2, 2, 2, 1)), "y": np.zeros(2)}}, unit_scaling(), 2)
    asked: list[str] = []

    def load_images(task: str) -> TaskImages:
        asked.append(task)
        return images

    arguments = (store, load_images, 1, "s")
    assert evaluate_missing(runs[:1], ["x"], *arguments) == 1
    assert evaluate_missing([*runs, runs[1]], ["x", "y", "z", "y"], *arguments) == 2
    assert asked == ["mnist", "mnist"]
    assert [int(job.weights["a"]) for job in evaluated] == [0, 1, 2]
    assert {job.split_seed for job in evaluated} == {3}
    assert "s: 4 evaluations, 2 to compute" in capsys.readouterr().out
    for number, name in enumerate("xyz"):
        scalars = read_json(store.path(name) / "scalars.json")
        assert scalars == {"test_accuracy": number, "test_loss": None}
        assert read_arrays(store.path(name) / "test.npz")["predicted"].tolist() == [0, 0]
    assert evaluate_missing(runs, list("xyz"), *arguments) == 0
    assert len(asked) == 2
