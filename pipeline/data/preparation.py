"""From raw arrays to what training is given: classes, scaling, parts. Pure functions of arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.files import Arrays

Images = npt.NDArray[np.uint8]


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


def prepared(arrays: Arrays, task: dict[str, Any], where: str) -> Arrays:
    """A task's images and labels: classes kept or merged, cut to a number, sorted, with a channel axis.

    Parameters
    ----------
    arrays : dict of ndarray
        x_train, y_train, x_test, y_test of a source.
    task : dict
        `classes`: groups of the source's labels, each of which becomes one class, others are left out;
        `limit`: how many of the first development images are used; `sorted_by_class`: whether they are sorted.
    where : str
        Key of the task, for error messages.

    Raises
    ------
    UserError
        When a class would have no images, or a label is in two groups.
    """
    development = _with_classes(arrays["x_train"], arrays["y_train"], task["classes"], where)
    test = _with_classes(arrays["x_test"], arrays["y_test"], task["classes"], where)
    images, labels = (one[: task["limit"]] for one in development)
    if task["sorted_by_class"]:
        order = np.argsort(labels, kind="stable")
        images, labels = images[order], labels[order]
    return {
        "x_train": with_channels(images),
        "y_train": labels,
        "x_test": with_channels(test[0]),
        "y_test": test[1],
    }


def _with_classes(
    images: Images, labels: npt.NDArray[np.uint8], groups: list[list[int]] | None, where: str
) -> tuple[Images, npt.NDArray[np.uint8]]:
    if groups is None:
        return images, labels
    merged = merge_map(groups, where)[labels]
    kept = merged >= 0
    counts = np.bincount(merged[kept], minlength=len(groups))
    if not counts.all():
        raise UserError(f"{where}.classes: expected images of every class; received {counts.tolist()}.")
    return images[kept], merged[kept].astype(np.uint8)


def merge_map(groups: list[list[int]], where: str = "") -> npt.NDArray[np.int64]:
    """New class of each label 0..255, shape (256,): its group's position, or -1 for a label in no group.

    Raises
    ------
    UserError
        When a label is in two groups or is no label.
    """
    labels = [label for group in groups for label in group]
    if len(set(labels)) < len(labels) or not all(0 <= label < 256 for label in labels):
        raise UserError(f"{where}.classes: expected each label of 0..255 at most once; received {groups}.")
    found = np.full(256, -1)
    for position, group in enumerate(groups):
        found[group] = position
    return found


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


def fitted_scaling(scaling: dict[str, Any], train: Images, development: Images) -> Scaling:
    """Scaling of a task: pixels / 255, or each pixel's mean and sd over the images it is fitted on.

    A pixel that never varies keeps a divisor of 1, as in scikit-learn's StandardScaler.
    """
    if scaling["method"] == "unit":
        return unit_scaling()
    from sklearn.preprocessing import StandardScaler

    fitted_on = train if scaling["fit_on"] == "train" else development
    scaler = StandardScaler().fit(fitted_on.reshape(len(fitted_on), -1))
    shape = fitted_on.shape[1:]
    return Scaling(
        scaler.mean_.reshape(shape).astype(np.float32), scaler.scale_.reshape(shape).astype(np.float32)
    )


def unit_scaling() -> Scaling:
    """Pixels 0..255 to 0..1."""
    return Scaling(np.zeros((), np.float32), np.full((), 255, np.float32))


def divided(arrays: Arrays, indices: Arrays, kind: str) -> dict[str, Arrays]:
    """Train, validation and test images `x` and labels `y`; no validation part where it would be empty.

    With `kind` test the validation part is a copy of the test part, so that training never opens the latter.
    """
    parts = {
        part: {"x": arrays["x_train"][chosen], "y": arrays["y_train"][chosen]}
        for part, chosen in indices.items()
        if len(chosen)
    }
    parts["test"] = {"x": arrays["x_test"], "y": arrays["y_test"]}
    if kind == "test":
        parts["validation"] = parts["test"]
    return parts
