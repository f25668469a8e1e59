"""What a number is called in files and in MLflow: one table; and nested settings as flat MLflow params."""

import json
from collections.abc import Mapping

MAX_PARAM_LENGTH = 6000

FINAL = {
    "test_accuracy": "test/accuracy",
    "test_loss": "test/loss",
    "test_correct": "test/correct",
    "n_test": "test/n",
    "train_accuracy": "train/accuracy",
    "train_loss": "train/loss",
    "train_seconds": "train/seconds",
    "val_accuracy": "val/accuracy",
    "val_loss": "val/loss",
    "generalization_gap": "train_minus_val/accuracy",
    "weight_norm": "weights/norm",
    "sparsity": "weights/sparsity",
}
"""Name in MLflow of a run's number; one that is not here keeps its own name (`epochs_run`, `parameters`)."""

# Keras measures these while it trains: a running mean, not the trained model's loss, so they stay apart.
EPOCH = {
    "loss": "epoch/loss",
    "accuracy": "epoch/accuracy",
    "val_loss": "epoch/val_loss",
    "val_accuracy": "epoch/val_accuracy",
}
"""Name in MLflow of a column of history.csv."""


def name_final(column: str) -> str:
    """MLflow name of a column of runs.csv or of a metric of metrics/<study>.json."""
    return FINAL.get(column, column)


def name_epoch(column: str) -> str:
    """MLflow name of a column of history.csv."""
    return EPOCH.get(column, f"epoch/{column}")


def flatten(settings: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Settings as MLflow params: nested names joined by dots, behind a prefix; lists and null as JSON.

    ``{"l1": {"amount": 0.001}}`` gives ``{"l1.amount": "0.001"}``.
    """
    params: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            params |= flatten(value, f"{prefix}{name}.")
        else:
            params[f"{prefix}{name}"] = _to_text(value)[:MAX_PARAM_LENGTH]
    return params


def _to_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
