"""What a finished run is measured by: the names that claims may use, with their words and units."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from pipeline.errors import hint


@dataclass(frozen=True)
class Metric:
    """A quantity of one run: how it is called in a sentence, its unit, and whether it is a share shown in points."""

    label: str
    unit: str = ""
    share: bool = False
    timed: bool = False  # measured apart, as no two machines give the same
    counted: bool = (
        False  # the same in every repeat, whatever the seeds, but where a search chose the network
    )


METRICS = {
    "test_accuracy": Metric("test accuracy", share=True),
    "test_loss": Metric("test loss", "nats"),
    "train_accuracy": Metric("training accuracy in inference mode", share=True),
    "train_loss": Metric("training loss in inference mode", "nats"),
    "val_accuracy": Metric("validation accuracy", share=True),
    "val_loss": Metric("validation loss", "nats"),
    "generalization_gap": Metric("gap between training and validation accuracy", share=True),
    "test_gap": Metric("gap between training and test accuracy", share=True),
    "first_epoch_accuracy": Metric("training accuracy of the first epoch", share=True),
    "val_accuracy_sd": Metric("standard deviation of validation accuracy over epochs", share=True),
    "val_loss_rise": Metric("rise of validation loss above its smallest epoch", "nats"),
    "best_epoch": Metric("epoch of the smallest validation loss", "epochs"),
    "epochs_run": Metric("epochs trained", "epochs"),
    "epochs_to_98": Metric("epochs until validation accuracy reaches 98 %", "epochs"),
    "updates": Metric("number of weight updates"),
    "parameters": Metric("number of parameters", counted=True),
    "trainable_parameters": Metric("number of trainable parameters", counted=True),
    "weight_norm": Metric("L2 norm of all kernels"),
    "sparsity": Metric("share of kernel weights below 0.001", share=True),
    "false_positives": Metric("false positives", "images"),
    "false_negatives": Metric("false negatives", "images"),
    "probability_sum_error": Metric("largest distance of an image's probabilities from a sum of 1"),
    "split_checksum": Metric("images that train", counted=True),
    "train_seconds": Metric("training time", "s", timed=True),
    "inference_seconds": Metric("inference time", "s", timed=True),
    "seconds_per_update": Metric("training time per update", "s", timed=True),
    "seconds_per_image": Metric("training time per image", "s", timed=True),
}
BY_CLASS = {
    "recall": Metric("recall of class {}", share=True),
    "precision": Metric("precision of class {}", share=True),
    "recall_rank": Metric("rank of class {} by recall, 1 the lowest"),
}
BY_SHIFT = {
    "test_accuracy_shift": Metric("test accuracy on images shifted by {} pixels", share=True),
    "accuracy_drop_shift": Metric("loss of test accuracy by a shift of {} pixels", share=True),
}
NUMBERED = {**BY_CLASS, **BY_SHIFT}


def metric(name: str) -> Metric | None:
    """The metric of a name such as `test_loss`, `recall_8` or `accuracy_drop_shift_1`; None for any other."""
    found = re.fullmatch(r"([a-z_]+)_(0|[1-9][0-9]*)", name)
    if name in METRICS or found is None or found[1] not in NUMBERED:
        return METRICS.get(name)
    numbered = NUMBERED[found[1]]
    return Metric(numbered.label.format(found[2]), numbered.unit, numbered.share)


def _known(received: str) -> str:
    if metric(received) is None:
        legal = [*METRICS, *(f"{name}_0" for name in NUMBERED)]
        raise PydanticCustomError("unknown_name", "{hint}", {"hint": hint(received, legal)})
    return received


MetricName = Annotated[str, AfterValidator(_known)]
