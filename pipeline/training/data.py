"""What one run is given: train and validation images with their scaling, never a test image."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt

from pipeline.data.preparation import Images, Scaling
from pipeline.files import read_arrays


@dataclass(frozen=True)
class TrainingData:
    """Arrays of a task that training may see; equal when their digests are equal.

    Attributes
    ----------
    digest : str
        SHA-256 over the digests of all arrays and of the scaling.
    classes : int
        Number of classes.
    x_train, x_validation : ndarray of uint8, shape (n, height, width, channels)
        Unscaled images; `x_validation` is None without a validation set.
    y_train, y_validation : ndarray of uint8, shape (n,)
        Labels.
    scaling : Scaling
        From pixels to what the network is given.
    """

    digest: str
    classes: int
    x_train: Images = field(compare=False, repr=False)
    y_train: npt.NDArray[Any] = field(compare=False, repr=False)
    x_validation: Images | None = field(compare=False, repr=False)
    y_validation: npt.NDArray[Any] | None = field(compare=False, repr=False)
    scaling: Scaling = field(compare=False, repr=False)


def read_training_data(folder: Path, identity: dict[str, Any]) -> TrainingData:
    """Training data of a task's folder, with the identity that `standardize` wrote for it."""
    train = read_arrays(folder / "train.npz")
    validation = read_arrays(folder / "validation.npz") if identity["validation"] else {}
    return TrainingData(
        digest=identity["training_digest"],
        classes=len(identity["classes"]),
        x_train=train["x"],
        y_train=train["y"],
        x_validation=validation.get("x"),
        y_validation=validation.get("y"),
        scaling=Scaling(**read_arrays(folder / "scaling.npz")),
    )
