"""What a run's history says beside its last epoch: how fast it learned, how steadily, and how far it overfitted."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.params.recipe import Recipe
from pipeline.training.orders import updates_of

REACHED = 0.98


def with_history(about: Mapping[str, Any], history: pd.DataFrame, n_train: int) -> dict[str, Any]:
    """A run.json with what its history and recipe say beside it, under `learned`; columns of runs.csv."""
    recipe = Recipe.model_validate(about["recipe"])
    learned = {**history_metrics(history), "updates": updates_of(recipe, about["epochs_run"], n_train)}
    return {**about, "learned": learned}


def history_metrics(history: pd.DataFrame) -> dict[str, Any]:
    """Columns of runs.csv that come from a run's history.csv; None where there are no validation images.

    `first_epoch_accuracy` is Keras's running training accuracy. `val_accuracy_sd` is over epochs, None for a single
    one. `val_loss_rise` is the last epoch's validation loss above the smallest. `epochs_to_98` is the first epoch
    (from 1) whose validation accuracy is at least 0.98, infinite where none is.
    """
    found: dict[str, Any] = {"first_epoch_accuracy": float(history["accuracy"].iloc[0])}
    if "val_accuracy" not in history:
        return {**found, **dict.fromkeys(("val_accuracy_sd", "val_loss_rise", "epochs_to_98"))}
    accuracy, loss = history["val_accuracy"].to_numpy(), history["val_loss"].to_numpy()
    reached = np.flatnonzero(accuracy >= REACHED)
    return {
        **found,
        "val_accuracy_sd": float(accuracy.std(ddof=1)) if len(accuracy) > 1 else None,
        "val_loss_rise": float(loss[-1] - np.nanmin(loss)) if np.isfinite(loss).any() else None,
        "epochs_to_98": int(history["epoch"].iloc[reached[0]]) if len(reached) else math.inf,
    }
