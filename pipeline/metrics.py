"""Every quantity that is recorded of a run or an epoch: its name, its words, its unit, and which way is better."""

import re
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from pipeline.errors import hint

SHARE = "share"  # a fraction of images or weights, shown in percent; its differences in percentage points
BARE = ""  # a number without a unit


@dataclass(frozen=True)
class Metric:
    """A quantity of one run: how it is called in a sentence, its unit, and which way is better, if either is."""

    label: str
    unit: str
    higher_is_better: bool | None = None
    gap: bool = False  # a difference of two shares: in percentage points, never in percent
    spread: bool = False  # a standard deviation of shares: in percentage points too, and without a sign
    timed: bool = False  # measured apart, as no two machines give the same
    counted: bool = False  # the same in every repeat, but where a search chose the network
    identity: bool = False  # what differs from it is rounding alone: the largest of all runs stands for it, untested

    @property
    def share(self) -> bool:
        """Whether it is a fraction, shown in percent."""
        return self.unit == SHARE


METRICS = {
    "n_test": Metric("number of test images", "images", counted=True),
    "test_correct": Metric("test images classified correctly", "images", True),
    "test_accuracy": Metric("test accuracy", SHARE, True),
    "test_loss": Metric("test loss", "nats", False),
    "train_accuracy": Metric("training accuracy in inference mode", SHARE, True),
    "train_loss": Metric("training loss in inference mode", "nats", False),
    "val_accuracy": Metric("validation accuracy", SHARE, True),
    "val_loss": Metric("validation loss", "nats", False),
    "generalization_gap": Metric("gap between training and validation accuracy", SHARE, False, gap=True),
    "test_gap": Metric("gap between training and test accuracy", SHARE, False, gap=True),
    "first_epoch_accuracy": Metric("training accuracy of the first epoch", SHARE, True),
    "val_accuracy_sd": Metric(
        "standard deviation of validation accuracy over epochs", SHARE, False, gap=True, spread=True
    ),
    "val_loss_rise": Metric("rise of validation loss above its smallest epoch", "nats", False),
    "best_epoch": Metric("epoch of the smallest validation loss", "epochs"),
    "stopped_epoch": Metric("epoch at which training stopped early", "epochs"),
    "epochs_run": Metric("epochs trained", "epochs"),
    "epochs_to_98": Metric("epochs until validation accuracy reaches 98 %", "epochs", False),
    "updates": Metric("number of weight updates", BARE),
    "parameters": Metric("number of parameters", BARE, counted=True),
    "trainable_parameters": Metric("number of trainable parameters", BARE, counted=True),
    "weight_norm": Metric("L2 norm of all kernels", BARE),
    "sparsity": Metric("share of kernel weights below 0.001", SHARE),
    "false_positives": Metric("false positives", "images", False),
    "false_negatives": Metric("false negatives", "images", False),
    "probability_sum_error": Metric("largest distance of a sum of probabilities from 1", BARE, False, identity=True),
    "split_checksum": Metric("images that train", BARE, counted=True),
    "train_seconds": Metric("training time", "s", False, timed=True),
    "inference_seconds": Metric("inference time", "s", False, timed=True),
    "seconds_per_update": Metric("training time per update", "s", False, timed=True),
    "seconds_per_image": Metric("training time per image", "s", False, timed=True),
}
"""Of a finished run, by name."""

BY_CLASS = {
    "recall": Metric("recall of class {}", SHARE, True),
    "precision": Metric("precision of class {}", SHARE, True),
    "recall_rank": Metric("rank of class {} by recall, 1 the lowest", BARE, True),
}
NUMBERED = {
    **BY_CLASS,
    "test_accuracy_shift": Metric("test accuracy on images shifted by {} pixels", SHARE, True),
    "accuracy_drop_shift": Metric("loss of test accuracy by a shift of {} pixels", SHARE, False, gap=True),
    "test_accuracy_at": Metric("test accuracy at a threshold of {} %", SHARE, True),
    "false_positives_at": Metric("false positives at a threshold of {} %", "images", False),
    "false_negatives_at": Metric("false negatives at a threshold of {} %", "images", False),
}
"""Of a finished run, with the number of a class, a shift in pixels or a threshold in percent behind the name."""

EPOCH_METRICS = {
    "accuracy": Metric("running training accuracy", SHARE, True),
    "loss": Metric("running training loss", "nats", False),
    "val_accuracy": METRICS["val_accuracy"],
    "val_loss": METRICS["val_loss"],
}
"""Of one epoch: columns of history.csv. Keras measures the first two while it trains."""


def metric(name: str) -> Metric | None:
    """The metric of a name such as `test_loss`, `recall_8` or `accuracy_drop_shift_1`; None for any other."""
    return _metric_of_run(name) or EPOCH_METRICS.get(name)


def _metric_of_run(name: str) -> Metric | None:
    found = re.fullmatch(r"([a-z_]+)_(0|[1-9][0-9]{0,3})", name)
    if name in METRICS or found is None or found[1] not in NUMBERED:
        return METRICS.get(name)
    numbered = NUMBERED[found[1]]
    return replace(numbered, label=numbered.label.format(found[2]))


def words(name: str) -> str:
    """A metric's label; any other name, such as a setting's, with spaces in place of underscores."""
    found = metric(name)
    return found.label if found else name.replace("_", " ")


def unit(name: str) -> str:
    """A metric's unit, `share` for a fraction; nothing for a bare number and for what is no metric."""
    found = metric(name)
    return found.unit if found else BARE


def is_share(name: str) -> bool:
    """Whether a name is a metric's that is a fraction of images or weights, shown in percent."""
    return unit(name) == SHARE


def is_gap(name: str) -> bool:
    """Whether a metric is a difference or a spread of shares, shown in percentage points."""
    found = metric(name)
    return bool(found and (found.gap or found.spread))


def is_spread(name: str) -> bool:
    """Whether a metric is a spread of shares, shown without a sign."""
    found = metric(name)
    return bool(found and found.spread)


def _require_known(received: str) -> str:
    if _metric_of_run(received) is None:
        legal = [*METRICS, *(f"{name}_0" for name in NUMBERED)]
        raise PydanticCustomError("unknown_name", "{hint}", {"hint": hint(received, legal)})
    return received


MetricName = Annotated[str, AfterValidator(_require_known)]
"""A quantity of a finished run, which claims may ask about."""
