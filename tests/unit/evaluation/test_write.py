"""A study's files of evaluations: every variant by its own task and threshold, repeats in order."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipeline.evaluation.write import with_inference_seconds, write_study

from pipeline.evaluation.evaluate import TrainedRun
from pipeline.evaluation.work import Evaluated
from pipeline.files import Arrays, read_arrays

ABOUT: dict[str, Any] = {
    "fingerprint": "f",
    **dict.fromkeys(("epochs_run", "stopped_epoch", "best_epoch", "parameters", "trainable_parameters"), 1),
    "learned": {"updates": 40},
}
SCALARS = {
    **{"test_loss": 0.4, "train_accuracy": 1.0, "train_loss": 0.0, "weight_norm": 2.0, "sparsity": 0.1},
    "probability_sum_error": 0.0,
}
PLAN = {"variants": {"plain": {"threshold": None}, "strict": {"threshold": 0.9}}, "derived": {}}
IDENTITIES = {"two": {"classes": ["3", "7"]}, "again": {"classes": ["0", "1"]}}
LABELS = {"two": np.array([1, 0], np.uint8), "again": np.array([1, 1], np.uint8)}


def evaluated(variant: str, repeat: int, task: str, positive: list[float]) -> tuple[TrainedRun, Evaluated]:
    probability = np.array(positive, np.float32)
    test: Arrays = {
        "predicted": (probability > 0.5).astype(np.uint8),
        "nll": np.full(2, repeat, np.float32),
        "positive": probability,
    }
    return TrainedRun(variant, repeat, task, Path(), ABOUT), Evaluated(SCALARS, test, 0.5 + repeat)


EVALUATED = [
    evaluated("plain", 0, "two", [0.8, 0.2]),
    evaluated("plain", 1, "two", [0.2, 0.8]),
    evaluated("strict", 0, "again", [0.8, 0.95]),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_study(tmp_path, PLAN, IDENTITIES, LABELS, EVALUATED)
    return tmp_path


def test_every_run_has_its_row_by_its_variants_labels_and_threshold(folder: Path) -> None:
    with (folder / "runs.csv").open() as file:
        rows = [(row["variant"], row["repeat"], row["test_accuracy"]) for row in csv.DictReader(file)]
    assert rows == [("plain", "0", "1.0"), ("plain", "1", "0.0"), ("strict", "0", "0.5")]


def test_every_variant_has_the_arrays_of_its_repeats_in_order(folder: Path) -> None:
    plain, strict = (read_arrays(folder / f"{name}.npz") for name in ("plain", "strict"))
    np.testing.assert_array_equal(plain["correct"], [[1, 1], [0, 0]])
    np.testing.assert_array_equal(plain["nll"], [[0, 0], [1, 1]])
    np.testing.assert_array_equal(strict["correct"], [[0, 1]])
    np.testing.assert_array_equal(strict["labels"], LABELS["again"])


def test_inference_seconds_join_the_timings_of_training() -> None:
    timings = {"plain": {"0": {"train_seconds": 3.0}}}
    assert with_inference_seconds(timings, EVALUATED) == {
        "plain": {"0": {"train_seconds": 3.0, "inference_seconds": 0.5}, "1": {"inference_seconds": 1.5}},
        "strict": {"0": {"inference_seconds": 0.5}},
    }
    assert timings == {"plain": {"0": {"train_seconds": 3.0}}}
