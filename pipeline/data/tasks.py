"""The files of a task: rows and labels, split and scaling. Pixels stay in the data set's arrays, memory-mapped."""

from pathlib import Path
from typing import NamedTuple

from pipeline import layout
from pipeline.data.images import Examples, Images, Labels, Scaling
from pipeline.data.preparation import ChosenRows
from pipeline.data.splits import Indices
from pipeline.files import Arrays, read_array, read_arrays, read_model, write_arrays
from pipeline.params.plan import PlannedSource


class TaskData(NamedTuple):
    """All images of a task before they are split, read where they are asked for."""

    development: Examples
    test: Examples


def read_labels(data_set: str, part: str) -> Labels:
    """Labels of a data set's part, `train` or `test`, as its source has them."""
    return read_array(layout.raw_array(data_set, f"y_{part}"))


def write_rows(path: Path, train: ChosenRows, test: ChosenRows) -> None:
    """Write which rows a task uses, and their classes."""
    arrays: Arrays = {"train_rows": train.rows, "train_labels": train.labels}
    write_arrays(path, arrays | {"test_rows": test.rows, "test_labels": test.labels})


def read_task(task: str, data_set: str) -> TaskData:
    """Development and test examples of a task."""
    return TaskData(read_examples(task, data_set, "train"), read_examples(task, data_set, "test"))


def read_examples(task: str, data_set: str, part: str) -> Examples:
    """Examples of a task's part, `train` (all development images) or `test`; opens no other part's images."""
    arrays, name = read_arrays(layout.task_rows(task)), f"x_{part}"
    digest = read_model(layout.raw_source(data_set), PlannedSource).sha256[name]  # type: ignore[index]
    images = Images(read_array(layout.raw_array(data_set, name)), arrays[f"{part}_rows"], digest)
    return Examples(images, arrays[f"{part}_labels"])


def write_split(path: Path, train: Indices, validation: Indices) -> None:
    """Write which development images of a task train and which validate."""
    write_arrays(path, {"train": train, "validation": validation})


def read_split(task: str) -> tuple[Indices, Indices]:
    """Indices of the train and of the validation images among a task's development images."""
    arrays = read_arrays(layout.task_split(task))
    return arrays["train"], arrays["validation"]


def read_scaling(task: str) -> Scaling:
    """Scaling of a task's pixels."""
    return Scaling(**read_arrays(layout.task_scaling(task)))


def read_trained_on(task: str, data_set: str, validation_is_test: bool) -> tuple[Examples, Examples | None]:
    """Train and validation examples of a task; None without a validation part.

    Opens the test images of no task but one that validates on them, as one write-up did.
    """
    development, (train, validation) = read_examples(task, data_set, "train"), read_split(task)
    if validation_is_test:
        return development.take(train), read_examples(task, data_set, "test")
    return development.take(train), development.take(validation) if len(validation) else None
