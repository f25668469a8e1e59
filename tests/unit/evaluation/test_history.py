"""Metrics of a run's history, on histories small enough to read."""

import math

import pandas as pd
import pytest
from pipeline.evaluation.history import history_metrics, with_history

from pipeline.params.resolve import resolve_recipe
from pipeline.training.orders import updates_of


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


def test_speed_steadiness_and_rise() -> None:
    found = history_metrics(history([0.97, 0.98, 0.99], [0.3, 0.1, 0.25]))
    assert found == pytest.approx(
        {"first_epoch_accuracy": 0.7, "val_accuracy_sd": 0.01, "val_loss_rise": 0.15, "epochs_to_98": 2}
    )


def test_what_is_never_reached_takes_for_ever_and_one_epoch_has_no_spread() -> None:
    found = history_metrics(history([0.9], [0.3]))
    assert math.isinf(found["epochs_to_98"])
    assert found["val_accuracy_sd"] is None
    assert found["val_loss_rise"] == 0


def test_without_validation_images_only_the_first_epoch_is_known() -> None:
    rows = history([0.9], [0.3])[["epoch", "loss", "accuracy"]]
    assert history_metrics(rows) == {
        "first_epoch_accuracy": pytest.approx(0.7),
        "val_accuracy_sd": None,
        "val_loss_rise": None,
        "epochs_to_98": None,
    }


def test_a_diverged_run_has_no_rise() -> None:
    nan = float("nan")
    assert history_metrics(history([0.1, 0.1], [nan, nan]))["val_loss_rise"] is None
    assert math.isnan(history_metrics(history([0.1, 0.1], [0.5, nan]))["val_loss_rise"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 5 * 750),
        ({"batch_size": 512}, 5 * 94),
        ({"batch_size": "full"}, 5),
        ({"updates": 14_000}, 14_000),
    ],
)
def test_updates_count_the_smaller_last_batch(changes: dict[str, object], expected: int) -> None:
    recipe = resolve_recipe(
        {
            "architecture": "mlp",
            "optimizer": {"name": "adam", "learning_rate": 0.001},
            "batch_size": 64,
            "epochs": 9,
            **changes,
        }
    )
    assert updates_of(recipe, 5, 48_000) == expected


def test_a_run_learns_its_updates_from_its_recipe_and_the_number_of_images() -> None:
    recipe = {
        "architecture": "mlp",
        "optimizer": {"name": "adam", "learning_rate": 0.001},
        "batch_size": 10,
        "epochs": 3,
    }
    found = with_history({"recipe": recipe, "epochs_run": 2, "x": 1}, history([0.9, 0.9], [0.3, 0.2]), 95)
    assert found["x"] == 1
    assert found["learned"]["updates"] == 20
    assert found["learned"]["first_epoch_accuracy"] == pytest.approx(0.7)
