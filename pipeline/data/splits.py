"""Which development images train and which validate: by the task, or by each repeat. Pure functions of labels."""

import numpy as np
import numpy.typing as npt

from pipeline.data.images import Examples, Labels
from pipeline.errors import UserError
from pipeline.params.task import Split

Indices = npt.NDArray[np.int64]


def is_per_repeat(split: Split) -> bool:
    """Whether each repeat divides the development images by a seed of its own."""
    return split.seed == "repeat"


def split_examples(development: Examples, split: Split, seed: int) -> tuple[Examples, Examples]:
    """Train and validation examples of a task that each repeat divides, by the seed of its stream `split`."""
    seeded = split.model_copy(update={"seed": seed})
    train, validation = split_indices(development.labels, seeded, "a task split per repeat")
    return development.take(train), development.take(validation)


def split_indices(labels: Labels, split: Split, where: str) -> tuple[Indices, Indices]:
    """Indices of the train and the validation images among the development images.

    Parameters
    ----------
    labels : ndarray of uint8, shape (n,)
        Labels of the development images.
    split : Split
        `kind` tail: the first int(n * (1 - fraction)) images train and the others validate, as with Keras's
        `validation_split`;
        `kind` shuffled: scikit-learn's train_test_split with `seed` as random_state;
        `kind` none or test: every image trains; so too with the `seed` repeat, until a run divides them.
    where : str
        Key of the task, for error messages.

    Raises
    ------
    UserError
        When either part would be empty, or a class is too small to stratify.
    """
    n = len(labels)
    if split.fraction is None or is_per_repeat(split):
        return np.arange(n), np.arange(0)
    if split.kind == "tail":
        first = int(n * (1 - split.fraction))
        train, validation = np.arange(first), np.arange(first, n)
    else:
        train, validation = _shuffle(labels, split, where)
    if not len(train) or not len(validation):
        raise UserError(f"{where}.split.fraction: {split.fraction} of {n} images leaves a part empty.")
    return train, validation


def _shuffle(labels: Labels, split: Split, where: str) -> tuple[Indices, Indices]:
    from sklearn.model_selection import train_test_split  # a second that no worker needs to wait for

    stratify = labels if split.stratified else None
    try:
        train, validation = train_test_split(
            np.arange(len(labels)), test_size=split.fraction, random_state=split.seed, stratify=stratify
        )
    except ValueError as error:
        raise UserError(f"{where}.split: expected a split of {len(labels)} images; {error}") from None
    return train, validation
