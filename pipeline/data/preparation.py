"""Which images of a data set make a task, and what they are like. Pure functions of arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.data.images import Examples, Labels, Rows
from pipeline.errors import UserError


@dataclass(frozen=True)
class ChosenRows:
    """Which rows of a data set's part a task uses, in order, and the class of each."""

    rows: Rows
    labels: Labels


def choose_rows(
    labels: Labels, groups: list[list[int]] | None, where: str, limit: int | None = None, sort: bool = False
) -> ChosenRows:
    """Rows and classes of the images that a task keeps.

    Parameters
    ----------
    labels : ndarray of uint8, shape (n,)
        Labels of all images of a part.
    groups : list of list of int or None
        Labels that become one class each; images with labels in no group are left out. None keeps all as they are.
    where : str
        Key of the task, for the error where a class would have no images, or a label is in two groups.
    limit, sort : int, bool
        How many of the first images are used; whether these are then sorted by class.
    """
    rows = np.arange(len(labels))
    if groups is not None:
        merged = merge_map(groups, where)[labels]
        rows = np.flatnonzero(merged >= 0)
        counts = np.bincount(merged[rows], minlength=len(groups))
        if not counts.all():
            raise UserError(f"{where}.classes: expected images of every class; received {counts.tolist()}.")
        labels = merged.astype(np.uint8)
    rows = rows[:limit]
    if sort:
        rows = rows[np.argsort(labels[rows], kind="stable")]
    return ChosenRows(rows.astype(np.int32), labels[rows])


def merge_map(groups: list[list[int]], where: str = "") -> npt.NDArray[np.int64]:
    """New class of each label 0..255, shape (256,): its group's position, or -1 for a label in no group."""
    labels = [label for group in groups for label in group]
    if len(set(labels)) < len(labels) or not all(0 <= label < 256 for label in labels):
        raise UserError(f"{where}.classes: expected each label of 0..255 at most once; received {groups}.")
    found = np.full(256, -1)
    for position, group in enumerate(groups):
        found[group] = position
    return found


def describe_examples(examples: Examples) -> dict[str, dict[str, Any]]:
    """Shape, dtype, nulls, range of images (`x`) and labels (`y`), and the images of each class."""
    x, y = _describe(examples.images[:]), _describe(examples.labels)
    return {"x": x, "y": {**y, "class_counts": np.bincount(examples.labels).tolist()}}


def _describe(array: npt.NDArray[Any]) -> dict[str, Any]:
    return {
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "nulls": int(np.isnan(array).sum()),
        "minimum": int(array.min()),
        "maximum": int(array.max()),
    }
