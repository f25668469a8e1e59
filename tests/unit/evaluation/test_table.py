"""A study's table of evaluations: its columns, decisions at a threshold, and what a run's history says."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.evaluation.table import Row, decide, make_row, stack_repeats, summarize_history
from pipeline.files import Arrays
from tests.builders import build_recipe, build_study_run

LEARNED: dict[str, float | None] = {"first_epoch_accuracy": 0.7, "updates": 40, "diverged": 0}
SCALARS: dict[str, Any] = {
    "train_accuracy": 0.75,
    "train_loss": 0.2,
    "val_accuracy": 0.5,
    "val_loss": 0.3,
    "test_accuracy": 0.123,  # at 0.5; the row says what the variant decides
    "test_loss": 0.4,
    "weight_norm": 2.0,
    "sparsity": 0.1,
    "probability_sum_error": 1e-7,
}
COLUMNS = [
    *("variant", "repeat", "fingerprint", "weights_digest", "diverged"),
    *("n_test", "test_correct", "test_accuracy", "test_loss"),
    *("train_accuracy", "train_loss", "val_accuracy", "val_loss", "generalization_gap"),
    *("epochs_run", "stopped_epoch", "best_epoch", "parameters", "trainable_parameters"),
    *("first_epoch_accuracy", "updates", "weight_norm", "sparsity", "probability_sum_error"),
]
AT_THRESHOLDS = [
    *("test_accuracy_at_50", "false_positives_at_50", "false_negatives_at_50"),
    *("test_accuracy_at_90", "false_positives_at_90", "false_negatives_at_90"),
]
POSITIVE = np.array([0.1, 0.5, 0.6, 0.95, 0.2, 0.7, 0.9, 0.99], np.float32)
LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 1], np.uint8)
PREDICTED = np.array([0, 0, 1, 1, 0, 1, 1, 1], np.uint8)  # argmax: the first of equals


def two_classes() -> Arrays:
    return {"predicted": PREDICTED, "nll": np.ones(8, np.float32), "positive": POSITIVE}


def row(test: Arrays, threshold: float | None = None, **scalars: Any) -> Row:
    return make_row("none", build_study_run(2), {**SCALARS, **scalars}, LEARNED, test, LABELS, threshold)


def test_columns_of_many_classes() -> None:
    found = row({"predicted": PREDICTED, "nll": np.ones(8, np.float32)})
    assert list(found) == COLUMNS
    assert (found["variant"], found["repeat"], found["fingerprint"]) == ("none", 2, "f")
    assert (found["n_test"], found["test_correct"], found["test_accuracy"]) == (8, 5, 0.625)
    assert found["generalization_gap"] == 0.25
    assert (found["stopped_epoch"], found["best_epoch"]) == (None, 3)


def test_a_derived_variants_row_has_its_own_name_and_its_sources_run() -> None:
    run = build_study_run(1, variant="ten", fingerprint="g")
    found = make_row("four", run, SCALARS, LEARNED, two_classes(), LABELS, None)
    assert (found["variant"], found["repeat"], found["fingerprint"]) == ("four", 1, "g")


def test_what_a_run_says_of_itself_is_in_its_row() -> None:
    found = row(two_classes())
    assert (found["epochs_run"], found["parameters"], found["trainable_parameters"]) == (4, 20417, 20400)
    assert (found["first_epoch_accuracy"], found["updates"]) == (0.7, 40)


def test_a_run_whose_loss_is_not_finite_has_diverged_whatever_its_accuracy() -> None:
    """In training, by its history, or on the test images; an evaluation writes None for what is not finite."""
    assert (row(two_classes())["diverged"], row(two_classes())["weights_digest"]) == (0, "w")
    assert row(two_classes(), test_loss=None)["diverged"] == 1
    trained = make_row("none", build_study_run(), SCALARS, LEARNED | {"diverged": 1}, two_classes(), LABELS, None)
    assert (trained["diverged"], trained["test_accuracy"]) == (1, 0.625)


def test_shifts_and_thresholds_add_columns() -> None:
    found = row(two_classes(), test_accuracy_shift_0=0.5, test_accuracy_shift_4=0.25)
    shifts = ["test_accuracy_shift_0", "test_accuracy_shift_4"]
    assert list(found) == [*COLUMNS, *shifts, *AT_THRESHOLDS]
    assert [found[name] for name in shifts] == [0.5, 0.25]


def test_without_validation_there_is_no_gap() -> None:
    scalars = {name: value for name, value in SCALARS.items() if not name.startswith("val_")}
    found = make_row("none", build_study_run(), scalars, LEARNED, two_classes(), LABELS, None)
    assert found["val_accuracy"] is found["val_loss"] is found["generalization_gap"] is None
    assert list(found) == [*COLUMNS, *AT_THRESHOLDS]


@pytest.mark.parametrize("threshold", [None, 0.5, 0.9])
def test_both_thresholds_are_counted_whatever_a_variant_decides_by(threshold: float | None) -> None:
    """At 0.5 the positives .6 and .95 are false, .2 is missed; at 0.9 only .95 is false, .2, .7 and .9 are missed."""
    found = row(two_classes(), threshold)
    expected = [5 / 8, 2, 1, 4 / 8, 1, 3]
    assert [found[name] for name in AT_THRESHOLDS] == expected
    assert found["test_correct"] == {None: 5, 0.5: 5, 0.9: 4}[threshold]
    assert found["test_accuracy"] == found["test_correct"] / 8


def test_a_probability_at_the_threshold_does_not_exceed_it() -> None:
    exactly: Arrays = {"predicted": PREDICTED, "positive": np.array([0.5, 0.50001], np.float32)}
    assert decide(exactly, 0.5).tolist() == [0, 1]


def test_the_arrays_of_a_variant_agree_with_its_rows() -> None:
    tests = [two_classes(), {**two_classes(), "predicted": LABELS}]
    found = stack_repeats(tests, LABELS, 2, None)
    assert found["predicted"].tolist() == [PREDICTED.tolist(), LABELS.tolist()]
    assert found["correct"].sum(axis=1).tolist() == [5, 8]
    assert found["confusion"].tolist() == [[[2, 2], [1, 3]], [[4, 0], [0, 4]]]
    assert found["nll"].shape == (2, 8)
    assert {name: str(array.dtype) for name, array in found.items()} == {
        "predicted": "uint8",
        "correct": "uint8",
        "nll": "float32",
        "confusion": "int64",
        "labels": "uint8",
    }


def test_the_arrays_decide_by_the_threshold_too() -> None:
    found = stack_repeats([two_classes()], LABELS, 2, 0.9)
    assert found["confusion"].tolist() == [[[3, 1], [3, 1]]]
    assert found["correct"].sum() == row(two_classes(), 0.9)["test_correct"] == 4


def history(val_accuracy: list[float], val_loss: list[float]) -> pd.DataFrame:
    n = len(val_accuracy)
    return pd.DataFrame(
        {
            "epoch": range(1, n + 1),
            "loss": [0.5] * n,
            "accuracy": [0.7 + 0.1 * epoch for epoch in range(n)],
            "val_loss": val_loss,
            "val_accuracy": val_accuracy,
        }
    )


def number(value: float | None) -> float:
    assert value is not None
    return value


def summarized(rows: pd.DataFrame) -> dict[str, float | None]:
    """What the history of a run on 95 images says, but for its number of updates."""
    found = summarize_history(build_study_run(), rows, 95)
    del found["updates"]
    return found


def test_speed_steadiness_and_rise() -> None:
    found = summarized(history([0.97, 0.98, 0.99], [0.3, 0.1, 0.25]))
    assert found == pytest.approx(
        {"first_epoch_accuracy": 0.7, "val_accuracy_sd": 0.01, "val_loss_rise": 0.15, "epochs_to_98": 2, "diverged": 0}
    )


def test_what_is_never_reached_takes_for_ever_and_one_epoch_has_no_spread() -> None:
    found = summarized(history([0.9], [0.3]))
    assert math.isinf(number(found["epochs_to_98"]))
    assert found["val_accuracy_sd"] is None
    assert found["val_loss_rise"] == 0


def test_without_validation_images_only_the_first_epoch_is_known() -> None:
    rows = history([0.9], [0.3])[["epoch", "loss", "accuracy"]]
    assert summarized(rows) == {
        "first_epoch_accuracy": pytest.approx(0.7),
        "val_accuracy_sd": None,
        "val_loss_rise": None,
        "epochs_to_98": None,
        "diverged": 0,
    }


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_any_epoch_without_a_finite_training_loss_is_a_divergence(loss: float) -> None:
    rows = history([0.9, 0.9, 0.9], [0.3, 0.2, 0.1])
    rows.loc[1, "loss"] = loss
    assert summarized(rows)["diverged"] == 1


def test_a_diverged_run_has_no_rise() -> None:
    nan = float("nan")
    assert summarized(history([0.1, 0.1], [nan, nan]))["val_loss_rise"] is None
    assert math.isnan(number(summarized(history([0.1, 0.1], [0.5, nan]))["val_loss_rise"]))


def test_a_run_learns_its_updates_from_its_recipe_and_the_number_of_images() -> None:
    run = build_study_run(recipe=build_recipe(architecture="mlp", batch_size=10, epochs=3), epochs_run=2)
    found = summarize_history(run, history([0.9, 0.9], [0.3, 0.2]), 95)
    assert found["updates"] == 20
    assert found["first_epoch_accuracy"] == pytest.approx(0.7)


def test_a_run_without_validation_images_learns_its_updates_too() -> None:
    rows = history([0.9], [0.3])[["epoch", "loss", "accuracy"]]
    run = build_study_run(recipe=build_recipe(updates=7), epochs_run=1)
    assert summarize_history(run, rows, 95)["updates"] == 7
