"""What one run is given: train and validation images with their scaling, never a test image."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from pipeline.data.preparation import Images, Scaling
from pipeline.data.splits import resplit
from pipeline.files import read_arrays


@dataclass(frozen=True)
class TrainingData:
    """Arrays of a task that training may see; equal when their digests are equal.

    Attributes
    ----------
    digest : str
        SHA-256 over the digests of all arrays and of the scaling; after a division, with its seed.
    classes : int
        Number of classes.
    x_train, x_validation : ndarray of uint8, shape (n, height, width, channels)
        Unscaled images; `x_validation` is None without a validation set.
    y_train, y_validation : ndarray of uint8, shape (n,)
        Labels.
    scaling : Scaling
        From pixels to what the network is given.
    split : dict or None
        How each repeat divides `x_train`, which is then all development images; see `divided`.
    """

    digest: str
    classes: int
    x_train: Images = field(compare=False, repr=False)
    y_train: npt.NDArray[Any] = field(compare=False, repr=False)
    x_validation: Images | None = field(compare=False, repr=False)
    y_validation: npt.NDArray[Any] | None = field(compare=False, repr=False)
    scaling: Scaling = field(compare=False, repr=False)
    split: dict[str, Any] | None = field(default=None, compare=False)

    def divided(self, seed: int) -> "TrainingData":
        """Train and validation images of the repeat whose stream `split` has this seed; needs a `split`."""
        assert self.split is not None
        parts = resplit({"x": self.x_train, "y": self.y_train}, self.split, seed)
        return replace(
            self,
            digest=f"{self.digest}/{seed}",
            x_train=parts["train"]["x"],
            y_train=parts["train"]["y"],
            x_validation=parts["validation"]["x"],
            y_validation=parts["validation"]["y"],
            split=None,
        )


def read_training_data(folder: Path, identity: dict[str, Any]) -> TrainingData:
    """Training data of a task's folder, with the identity that `standardize` wrote for it."""
    train, split = read_arrays(folder / "train.npz"), identity["split_per_repeat"]
    stored = identity["validation"] and not split
    validation = read_arrays(folder / "validation.npz") if stored else {}
    return TrainingData(
        digest=identity["training_digest"],
        classes=len(identity["classes"]),
        x_train=train["x"],
        y_train=train["y"],
        x_validation=validation.get("x"),
        y_validation=validation.get("y"),
        scaling=Scaling(**read_arrays(folder / "scaling.npz")),
        split=split,
    )
