"""A study's evaluations as one table and one set of arrays a variant."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.evaluation.scores import Labels, count_confusion
from pipeline.files import Arrays
from pipeline.training.recipes import count_updates
from pipeline.training.study_runs import StudyRun

THRESHOLDS = (0.5, 0.9)  # at which a two-class task is reported, whatever a variant decides by
REACHED = 0.98
OF_VALIDATION = ("val_accuracy_sd", "val_loss_rise", "epochs_to_98")
OF_RUN = ("epochs_run", "stopped_epoch", "best_epoch", "parameters", "trainable_parameters")
Row = dict[str, str | int | float | None]


def make_row(
    variant: str,
    run: StudyRun,
    scalars: Mapping[str, float | None],
    learned: Mapping[str, float | None],
    test: Arrays,
    labels: Labels,
    threshold: float | None,
) -> Row:
    """One row of evaluations/<study>/runs.csv.

    `generalization_gap` is train minus validation accuracy, both measured in inference mode on the final weights.
    `test_accuracy` decides by the variant's `threshold`, where it has one. The run is the one whose weights answered,
    another variant's where one is derived; `scalars` is what its evaluation measured, `learned` what its history says,
    see `summarize_history`. `diverged` is 1 where a loss of training or of the test images is not finite: its
    accuracy is the argmax of nothing. `test` has the answers on the test images: `predicted`, `nll`, and `positive` of
    a two-class task; `labels` are the right ones.
    """
    correct = int((decide(test, threshold) == labels).sum())
    train, validation = scalars["train_accuracy"], scalars.get("val_accuracy")
    shifts = [name for name in scalars if name.startswith("test_accuracy_shift_")]
    return {
        "variant": variant,
        "repeat": run.repeat,
        "fingerprint": run.fingerprint,
        "weights_digest": run.weights_digest,
        "diverged": int(bool(learned["diverged"]) or scalars["test_loss"] is None),
        "n_test": len(labels),
        "test_correct": correct,
        "test_accuracy": correct / len(labels),
        "test_loss": scalars["test_loss"],
        "train_accuracy": train,
        "train_loss": scalars["train_loss"],
        "val_accuracy": validation,
        "val_loss": scalars.get("val_loss"),
        "generalization_gap": None if train is None or validation is None else train - validation,
        **{name: getattr(run, name) for name in OF_RUN},
        **{name: value for name, value in learned.items() if name != "diverged"},
        **{name: scalars[name] for name in ("weight_norm", "sparsity", "probability_sum_error", *shifts)},
        **_at_thresholds(test, labels),
    }


def summarize_history(run: StudyRun, history: pd.DataFrame, n_train: int) -> dict[str, float | None]:
    """What a run's history says beside its last epoch; None where there are no validation images.

    `first_epoch_accuracy` is Keras's running training accuracy. `val_accuracy_sd` is over epochs, None for a single
    one. `val_loss_rise` is the last epoch's validation loss above the smallest. `epochs_to_98` is the first epoch
    (from 1) whose validation accuracy is at least 0.98, infinite where none is. `updates` counts weight updates.
    `diverged` is 1 where the training loss of any epoch is not finite.
    """
    updates = count_updates(run.recipe, run.epochs_run, n_train)
    found: dict[str, float | None] = dict.fromkeys(("first_epoch_accuracy", *OF_VALIDATION, "updates"))
    diverged = int(not np.isfinite(history["loss"].to_numpy(float)).all())
    found |= {"first_epoch_accuracy": float(history["accuracy"].iloc[0]), "updates": updates, "diverged": diverged}
    if "val_accuracy" not in history:
        return found
    accuracy, loss = history["val_accuracy"].to_numpy(), history["val_loss"].to_numpy()
    reached = np.flatnonzero(accuracy >= REACHED)
    return found | {
        "val_accuracy_sd": float(accuracy.std(ddof=1)) if len(accuracy) > 1 else None,
        "val_loss_rise": float(loss[-1] - np.nanmin(loss)) if np.isfinite(loss).any() else None,
        "epochs_to_98": int(history["epoch"].iloc[reached[0]]) if len(reached) else math.inf,
    }


def decide(test: Arrays, threshold: float | None) -> Labels:
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
        predicted, name = decide(test, threshold), f"at_{round(100 * threshold)}"
        found[f"test_accuracy_{name}"] = float((predicted == labels).mean())
        found[f"false_positives_{name}"] = int(((predicted == 1) & (labels == 0)).sum())
        found[f"false_negatives_{name}"] = int(((predicted == 0) & (labels == 1)).sum())
    return found


def stack_repeats(tests: Sequence[Arrays], labels: Labels, classes: int, threshold: float | None) -> Arrays:
    """Per-image results of a variant's repeats: predicted, correct, nll (R, E), confusion (R, C, C), labels (E,)."""
    predicted = np.stack([decide(test, threshold) for test in tests])
    return {
        "predicted": predicted,
        "correct": (predicted == labels).astype(np.uint8),
        "nll": np.stack([test["nll"] for test in tests]),
        "confusion": np.stack([count_confusion(one, labels, classes) for one in predicted]),
        "labels": labels,
    }
