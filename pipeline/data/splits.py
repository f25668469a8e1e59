"""Which development images train and which validate: by the task, or by each repeat. Pure functions of labels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.files import Arrays

Indices = npt.NDArray[np.int64]
PER_REPEAT = "repeat"  # the seed of a split that each repeat draws anew


def is_per_repeat(split: dict[str, Any]) -> bool:
    """Whether each repeat divides the development images by a seed of its own."""
    return split.get("seed") == PER_REPEAT


def resplit(development: Arrays, split: dict[str, Any], seed: int) -> dict[str, Arrays]:
    """Train and validation part, images `x` and labels `y` each, of a task that each repeat divides.

    Parameters
    ----------
    development : dict of ndarray
        `x` and `y` of all development images.
    split : dict
        See `split_indices`.
    seed : int
        The repeat's, of its stream `split`.
    """
    indices = split_indices(development["y"], {**split, "seed": seed}, "a task split per repeat")
    return {
        part: {name: array[chosen] for name, array in development.items()}
        for part, chosen in zip(("train", "validation"), indices, strict=True)
    }


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
        `kind` shuffled: scikit-learn's train_test_split with `seed` as random_state;
        `kind` none or test: every image trains; so too with the `seed` repeat, until a run divides them: `resplit`.

    Raises
    ------
    UserError
        When either part would be empty, or a class is too small to stratify.
    """
    n = len(labels)
    if split["kind"] in ("none", "test") or is_per_repeat(split):
        return np.arange(n), np.arange(0)
    if split["kind"] == "tail":
        first = int(n * (1 - split["fraction"]))
        train, validation = np.arange(first), np.arange(first, n)
    else:
        train, validation = _shuffled(labels, split, where)
    if not len(train) or not len(validation):
        raise UserError(f"{where}.split.fraction: {split['fraction']} of {n} images leaves a part empty.")
    return train, validation


def _shuffled(labels: npt.NDArray[np.uint8], split: dict[str, Any], where: str) -> tuple[Indices, Indices]:
    from sklearn.model_selection import train_test_split  # a second that no worker needs to wait for

    stratify = labels if split["stratified"] else None
    try:
        train, validation = train_test_split(
            np.arange(len(labels)), test_size=split["fraction"], random_state=split["seed"], stratify=stratify
        )
    except ValueError as error:
        raise UserError(f"{where}.split: expected a split of {len(labels)} images; {error}") from None
    return train, validation
