"""A study's evaluations as one table and one set of arrays a variant."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.analysis.evaluation import Labels, confusion
from pipeline.files import Arrays


def table_row(
    about: Mapping[str, Any], fingerprint: str, scalars: Mapping[str, Any], test: Arrays, labels: Labels
) -> dict[str, Any]:
    """One row of evaluations/<study>/runs.csv.

    `generalization_gap` is train minus validation accuracy, both measured in inference mode on the final weights.
    """
    correct = int((test["predicted"] == labels).sum())
    validation = scalars.get("val_accuracy")
    return {
        "variant": about["variant"],
        "repeat": about["repeat"],
        "fingerprint": fingerprint,
        "n_test": len(labels),
        "test_correct": correct,
        "test_accuracy": scalars["test_accuracy"],
        "test_loss": scalars["test_loss"],
        "train_accuracy": scalars["train_accuracy"],
        "train_loss": scalars["train_loss"],
        "val_accuracy": validation,
        "val_loss": scalars.get("val_loss"),
        "generalization_gap": None if validation is None else scalars["train_accuracy"] - validation,
        "epochs_run": about["epochs_run"],
        "stopped_epoch": about["stopped_epoch"],
        "best_epoch": about["best_epoch"],
        "parameters": about["parameters"],
        "trainable_parameters": about["trainable_parameters"],
        "weight_norm": scalars["weight_norm"],
        "sparsity": scalars["sparsity"],
    }


def variant_arrays(tests: Sequence[Arrays], labels: Labels, classes: int) -> Arrays:
    """Per-image results of a variant's repeats: predicted, correct, nll (R, E), confusion (R, C, C), labels (E,)."""
    predicted = np.stack([test["predicted"] for test in tests])
    return {
        "predicted": predicted,
        "correct": (predicted == labels).astype(np.uint8),
        "nll": np.stack([test["nll"] for test in tests]),
        "confusion": np.stack([confusion(one, labels, classes) for one in predicted]),
        "labels": labels,
    }
