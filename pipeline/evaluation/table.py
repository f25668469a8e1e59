"""A study's evaluations as one table and one set of arrays a variant."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.evaluation.evaluate import TrainedRun
from pipeline.evaluation.scores import Labels, confusion
from pipeline.files import Arrays

THRESHOLDS = (0.5, 0.9)  # at which a two-class task is reported, whatever a variant decides by


def table_row(
    run: TrainedRun, scalars: Mapping[str, Any], test: Arrays, labels: Labels, threshold: float | None
) -> dict[str, Any]:
    """One row of evaluations/<study>/runs.csv.

    `generalization_gap` is train minus validation accuracy, both measured in inference mode on the final weights.
    `test_accuracy` decides by the variant's `threshold`, where it has one.
    """
    correct = int((decided(test, threshold) == labels).sum())
    validation = scalars.get("val_accuracy")
    row = {
        "variant": run.variant,
        "repeat": run.repeat,
        "fingerprint": run.about["fingerprint"],
        "n_test": len(labels),
        "test_correct": correct,
        "test_accuracy": correct / len(labels),
        "test_loss": scalars["test_loss"],
        "train_accuracy": scalars["train_accuracy"],
        "train_loss": scalars["train_loss"],
        "val_accuracy": validation,
        "val_loss": scalars.get("val_loss"),
        "generalization_gap": None if validation is None else scalars["train_accuracy"] - validation,
    }
    about = ("epochs_run", "stopped_epoch", "best_epoch", "parameters", "trainable_parameters")
    shifts = [name for name in scalars if name.startswith("test_accuracy_shift_")]
    return {
        **row,
        **{name: run.about[name] for name in about},
        **run.about["learned"],
        **{name: scalars[name] for name in ("weight_norm", "sparsity", "probability_sum_error", *shifts)},
        **_at_thresholds(test, labels),
    }


def decided(test: Arrays, threshold: float | None) -> Labels:
    """Predicted labels: the most probable class, or the second of two where its probability exceeds a threshold."""
    if threshold is None:
        predicted: Labels = test["predicted"]
        return predicted
    return (test["positive"] > threshold).astype(np.uint8)


def _at_thresholds(test: Arrays, labels: Labels) -> dict[str, float]:
    """Accuracy, false positives and false negatives of a two-class task at each threshold, named in percent."""
    if "positive" not in test:
        return {}
    found: dict[str, float] = {}
    for threshold in THRESHOLDS:
        predicted, name = decided(test, threshold), f"at_{round(100 * threshold)}"
        found[f"test_accuracy_{name}"] = float((predicted == labels).mean())
        found[f"false_positives_{name}"] = int(((predicted == 1) & (labels == 0)).sum())
        found[f"false_negatives_{name}"] = int(((predicted == 0) & (labels == 1)).sum())
    return found


def variant_arrays(tests: Sequence[Arrays], labels: Labels, classes: int, threshold: float | None) -> Arrays:
    """Per-image results of a variant's repeats: predicted, correct, nll (R, E), confusion (R, C, C), labels (E,)."""
    predicted = np.stack([decided(test, threshold) for test in tests])
    return {
        "predicted": predicted,
        "correct": (predicted == labels).astype(np.uint8),
        "nll": np.stack([test["nll"] for test in tests]),
        "confusion": np.stack([confusion(one, labels, classes) for one in predicted]),
        "labels": labels,
    }
