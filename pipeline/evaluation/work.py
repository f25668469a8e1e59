"""What a worker does to evaluate one run: probabilities of every image, then numbers."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.data.preparation import Images, Scaling
from pipeline.data.splits import resplit
from pipeline.evaluation.scores import (
    accuracy_and_loss,
    kernel_statistics,
    merged_probabilities,
    negative_log_likelihood,
    predicted_labels,
)
from pipeline.files import Arrays
from pipeline.params.recipe import Recipe

DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1))


@dataclass(frozen=True)
class TaskImages:
    """All images of a task, by part; a part without images is absent.

    With a `split`, the part train is all development images, which each repeat divides by its own seed.
    """

    parts: dict[str, Arrays]
    scaling: Scaling
    classes: int
    split: dict[str, Any] | None = None

    def of_repeat(self, seed: int) -> dict[str, Arrays]:
        """Parts as the repeat whose stream `split` has this seed had them."""
        return {**self.parts, **resplit(self.parts["train"], self.split, seed)} if self.split else self.parts


@dataclass(frozen=True)
class Merge:
    """How another task's classes become this one's: the new class of each, and the rule of prediction."""

    new_class: tuple[int, ...]
    rule: str


@dataclass(frozen=True)
class Job:
    """What a worker is sent."""

    recipe: Recipe
    weights: Arrays
    images: TaskImages
    split_seed: int
    shifts: tuple[int, ...] = ()
    merge: Merge | None = None


@dataclass(frozen=True)
class Evaluated:
    """Scalars of one run, and what it said of each test image.

    `test` holds the prediction and its negative log-likelihood, and with two classes the probability of the
    second; `inference_seconds` is what predicting the test images took.
    """

    scalars: dict[str, float]
    test: Arrays
    inference_seconds: float


def perform(job: Job) -> Evaluated:
    """Evaluation of one run."""
    scalars: dict[str, float] = {}
    parts = job.images.of_repeat(job.split_seed)
    for part in ("train", "validation"):
        if part in parts:
            arrays = parts[part]
            accuracy, loss = accuracy_and_loss(*_answers(job, arrays["x"]), arrays["y"])
            short = "val" if part == "validation" else part
            scalars |= {f"{short}_accuracy": accuracy, f"{short}_loss": loss}
    test = parts["test"]
    start = time.perf_counter()
    probabilities, predicted = _answers(job, test["x"])
    seconds = time.perf_counter() - start
    accuracy, loss = accuracy_and_loss(probabilities, predicted, test["y"])
    scalars |= {"test_accuracy": accuracy, "test_loss": loss, **kernel_statistics(job.weights)}
    sums = probabilities.sum(axis=1, dtype=np.float64)
    scalars["probability_sum_error"] = float(np.abs(sums - 1).max())
    for distance in job.shifts:
        scalars[f"test_accuracy_shift_{distance}"] = _shifted_accuracy(job, test, distance)
    arrays = {"predicted": predicted, "nll": negative_log_likelihood(probabilities, test["y"])}
    if job.images.classes == 2:
        arrays["positive"] = probabilities[:, 1]
    return Evaluated(scalars, arrays, seconds)


def _answers(job: Job, images: Images) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Probabilities and predictions of images in the task's own classes."""
    from pipeline.models.predict import probabilities

    classes = len(job.merge.new_class) if job.merge else job.images.classes
    answers = probabilities(job.recipe, job.weights, images, job.images.scaling, classes)
    if job.merge is None:
        return answers, predicted_labels(answers)
    new_class = np.array(job.merge.new_class, np.uint8)
    summed = merged_probabilities(answers, new_class)
    by_argmax = new_class[predicted_labels(answers)]
    return summed, by_argmax if job.merge.rule == "argmax" else predicted_labels(summed)


def _shifted_accuracy(job: Job, test: Arrays, distance: int) -> float:
    """Mean accuracy over the four directions in which the test images are moved by a number of pixels."""
    directions = DIRECTIONS if distance else DIRECTIONS[:1]
    found = [
        (_answers(job, shifted(test["x"], down * distance, right * distance))[1] == test["y"]).mean()
        for down, right in directions
    ]
    return float(np.mean(found))


def shifted(images: Images, down: int, right: int) -> Images:
    """Images (n, height, width, channels) moved by whole pixels; zeros move in, what leaves is lost."""
    moved = np.zeros_like(images)
    height, width = images.shape[1:3]
    to_rows, from_rows = _overlap(down, height)
    to_columns, from_columns = _overlap(right, width)
    moved[:, to_rows, to_columns] = images[:, from_rows, from_columns]
    return moved


def _overlap(distance: int, size: int) -> tuple[slice, slice]:
    return (
        slice(max(distance, 0), size + min(distance, 0)),
        slice(max(-distance, 0), size + min(-distance, 0)),
    )
