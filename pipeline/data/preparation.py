"""From raw arrays to what training is given: classes, split, scaling. Pure functions of arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split

from pipeline.errors import UserError
from pipeline.files import Arrays

Images = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Scaling:
    """Pixels x become (x - offset) / divisor in float32; both broadcast over one image's shape."""

    offset: npt.NDArray[np.float32]
    divisor: npt.NDArray[np.float32]

    def __call__(self, images: Images) -> npt.NDArray[np.float32]:
        """Scaled images, float32, of the same shape."""
        scaled: npt.NDArray[np.float32] = (images.astype(np.float32) - self.offset) / self.divisor
        return scaled

    def to_arrays(self) -> Arrays:
        """The two statistics by name."""
        return {"offset": self.offset, "divisor": self.divisor}


def with_channels(images: Images) -> Images:
    """Images of shape (n, height, width, channels); greyscale images get one channel."""
    return images[..., np.newaxis] if images.ndim == 3 else images


def describe(arrays: Arrays) -> dict[str, Any]:
    """Shape, dtype, nulls, range and class counts of a task's arrays, for metrics/data.json."""
    return {name: _describe_one(name, array) for name, array in arrays.items()}


def _describe_one(name: str, array: npt.NDArray[Any]) -> dict[str, Any]:
    about = {
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "nulls": int(np.isnan(array).sum()),
        "minimum": int(array.min()),
        "maximum": int(array.max()),
    }
    if name.startswith("y_"):
        about["class_counts"] = np.bincount(array).tolist()
    return about


def split_indices(
    labels: npt.NDArray[np.uint8], split: dict[str, Any], where: str
) -> tuple[Indices, Indices]:
    """Indices of the train and the validation images among the development images.

    Parameters
    ----------
    labels : ndarray of uint8, shape (n,)
        Labels of the development images.
    split : dict
        `kind` tail: the first int(n * (1 - fraction)) images train and the others validate, as with Keras's
        `validation_split`;
        `kind` shuffled: scikit-learn's train_test_split with `seed` as random_state.

    Raises
    ------
    UserError
        When either part would be empty, or a class is too small to stratify.
    """
    n = len(labels)
    if split["kind"] == "tail":
        first = int(n * (1 - split["fraction"]))
        train, validation = np.arange(first), np.arange(first, n)
    else:
        train, validation = _shuffled(labels, split, where)
    if not len(train) or not len(validation):
        raise UserError(f"{where}.split.fraction: {split['fraction']} of {n} images leaves a part empty.")
    return train, validation


def _shuffled(labels: npt.NDArray[np.uint8], split: dict[str, Any], where: str) -> tuple[Indices, Indices]:
    stratify = labels if split["stratified"] else None
    try:
        train, validation = train_test_split(
            np.arange(len(labels)), test_size=split["fraction"], random_state=split["seed"], stratify=stratify
        )
    except ValueError as error:
        raise UserError(f"{where}.split: expected a split of {len(labels)} images; {error}") from None
    return train, validation


def unit_scaling() -> Scaling:
    """Pixels 0..255 to 0..1."""
    return Scaling(np.zeros((), np.float32), np.full((), 255, np.float32))
