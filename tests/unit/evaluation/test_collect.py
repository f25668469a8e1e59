"""A study's files of evaluations: every variant by its own task and threshold, repeats in order."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline import layout
from pipeline.evaluation.collect import write_study
from pipeline.evaluation.evaluate import Evaluation, TrainedRun
from pipeline.files import Arrays, csv_text, read_arrays, write_arrays, write_model, write_text
from pipeline.store import Store
from tests.builders import build_identity, build_plan, build_study_run, write_data_set, write_task

SCALARS: dict[str, float | None] = {
    **{"test_loss": 0.4, "train_accuracy": 1.0, "train_loss": 0.0, "weight_norm": 2.0, "sparsity": 0.1},
    "probability_sum_error": 0.0,
}
HISTORY = [{"epoch": 1, "loss": 0.5, "accuracy": 0.75}]
PLAN = build_plan({"plain": {"task": "two"}, "strict": {"task": "again", "threshold": 0.9}})
IDENTITIES = {
    "two": build_identity(95, classes=["3", "7"]),
    "again": build_identity(95, classes=["0", "1"]),
}
BLACK = np.zeros((2, 2, 2), np.uint8)
LABELS = {"two": np.array([1, 0], np.uint8), "again": np.array([1, 1], np.uint8)}


def write_evaluation(name: str, positive: list[float], nll: float) -> Callable[[Path], None]:
    probability = np.array(positive, np.float32)
    test: Arrays = {
        "predicted": (probability > 0.5).astype(np.uint8),
        "nll": np.full(2, nll, np.float32),
        "positive": probability,
    }

    def write(folder: Path) -> None:
        about = Evaluation(fingerprint=name, run="f", scalars=SCALARS, inference_seconds=0.5)
        write_model(folder / layout.EVALUATION, about)
        write_arrays(folder / layout.ANSWERS, test)

    return write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The study's folder, from a store of evaluations, histories in runs/, and labels of the tasks' test images."""
    monkeypatch.chdir(tmp_path)
    write_data_set("mnist", BLACK, BLACK)
    for task, labels in LABELS.items():
        write_task(task, labels.tolist(), labels.tolist())
    store, runs = Store(tmp_path / "store"), []
    for variant, repeat, task, positive in (
        ("plain", 0, "two", [0.8, 0.2]),
        ("plain", 1, "two", [0.2, 0.8]),
        ("strict", 0, "again", [0.8, 0.95]),
    ):
        name = f"{variant}{repeat}"
        store.put(name, write_evaluation(name, positive, repeat))
        about = build_study_run(repeat, variant=variant, task=task)
        runs.append((name, TrainedRun(variant, task, about)))
        epochs = [{"repeat": one, **row} for one in range(repeat + 1) for row in HISTORY]
        write_text(layout.variant_runs("s", variant) / layout.HISTORY, csv_text(epochs))
    write_study(store, PLAN, IDENTITIES, runs, tmp_path / "s")
    return tmp_path / "s"


def test_every_run_has_its_row_by_its_variants_labels_and_threshold(folder: Path) -> None:
    with (folder / "runs.csv").open() as file:
        rows = [(row["variant"], row["repeat"], row["test_accuracy"]) for row in csv.DictReader(file)]
    assert rows == [("plain", "0", "1.0"), ("plain", "1", "0.0"), ("strict", "0", "0.5")]


def test_every_run_learns_from_its_own_history(folder: Path) -> None:
    """4 epochs of 95 images in batches of 64."""
    with (folder / "runs.csv").open() as file:
        learned = {(row["first_epoch_accuracy"], row["updates"]) for row in csv.DictReader(file)}
    assert learned == {("0.75", "8")}


def test_every_variant_has_the_arrays_of_its_repeats_in_order(folder: Path) -> None:
    plain, strict = (read_arrays(folder / f"{name}.npz") for name in ("plain", "strict"))
    np.testing.assert_array_equal(plain["correct"], [[1, 1], [0, 0]])
    np.testing.assert_array_equal(plain["nll"], [[0, 0], [1, 1]])
    np.testing.assert_array_equal(strict["correct"], [[0, 1]])
    np.testing.assert_array_equal(strict["labels"], LABELS["again"])


def test_a_study_writes_one_table_and_the_arrays_of_its_variants_and_no_seconds(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["plain.npz", "runs.csv", "strict.npz"]
    assert "seconds" not in (folder / "runs.csv").read_text()
