"""What a worker does to evaluate one run: probabilities of every image, then numbers."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.data.images import Examples, Labels, Pixels, Scaling
from pipeline.data.splits import split_examples
from pipeline.evaluation import scores
from pipeline.params.recipe import Recipe
from pipeline.params.task import Split
from pipeline.training.data import Tell, Weights, untold

Answers = dict[str, npt.NDArray[Any]]
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1))


@dataclass(frozen=True)
class TaskImages:
    """All images of a task, by part: train, validation where there is one, and test.

    With a `split`, the part train is all development images, which each repeat divides by its own seed.
    """

    parts: dict[str, Examples]
    scaling: Scaling
    classes: int
    split: Split | None = None

    def of_repeat(self, seed: int) -> dict[str, Examples]:
        """Parts as the repeat whose stream `split` has this seed had them."""
        if self.split is None:
            return self.parts
        train, validation = split_examples(self.parts["train"], self.split, seed)
        return {**self.parts, "train": train, "validation": validation}


@dataclass(frozen=True)
class Merge:
    """How another task's classes become this one's: the new class of each, and the rule of prediction."""

    new_class: tuple[int, ...]
    rule: str


@dataclass(frozen=True)
class Job:
    """What a worker is sent."""

    recipe: Recipe
    weights: Weights
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
    test: Answers
    inference_seconds: float


def perform(job: Job, tell: Tell = untold) -> Evaluated:
    """Evaluation of one run; `tell` is told of every part's images."""
    scalars: dict[str, float] = {}
    parts = job.images.of_repeat(job.split_seed)
    for part, short in (("train", "train"), ("validation", "val")):
        if part in parts:
            accuracy, loss = scores.score_answers(*_answer(job, parts[part].images[:]), parts[part].labels)
            scalars |= {f"{short}_accuracy": accuracy, f"{short}_loss": loss}
            tell(len(parts[part]))
    images, labels = parts["test"].images[:], parts["test"].labels
    start = time.perf_counter()
    probabilities, predicted = _answer(job, images)
    seconds = time.perf_counter() - start
    accuracy, loss = scores.score_answers(probabilities, predicted, labels)
    scalars |= {"test_accuracy": accuracy, "test_loss": loss, **scores.summarize_kernels(job.weights)}
    sums = probabilities.sum(axis=1, dtype=np.float64)
    scalars["probability_sum_error"] = float(np.abs(sums - 1).max())
    for distance in job.shifts:
        scalars[f"test_accuracy_shift_{distance}"] = _shifted_accuracy(job, images, labels, distance)
    test: Answers = {"predicted": predicted, "nll": scores.negative_log_likelihood(probabilities, labels)}
    if job.images.classes == 2:
        test["positive"] = probabilities[:, 1]
    tell(len(labels))
    return Evaluated(scalars, test, seconds)


def _answer(job: Job, images: Pixels) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Probabilities and predictions of images in the task's own classes."""
    from pipeline.models.predict import probabilities

    classes = len(job.merge.new_class) if job.merge else job.images.classes
    answers = probabilities(job.recipe, job.weights, images, job.images.scaling, classes)
    if job.merge is None:
        return answers, scores.predict_labels(answers)
    new_class = np.array(job.merge.new_class, np.uint8)
    summed = scores.merge_probabilities(answers, new_class)
    by_argmax = new_class[scores.predict_labels(answers)]
    return summed, by_argmax if job.merge.rule == "argmax" else scores.predict_labels(summed)


def _shifted_accuracy(job: Job, images: Pixels, labels: Labels, distance: int) -> float:
    """Mean accuracy over the four directions in which the test images are moved by a number of pixels."""
    directions = DIRECTIONS if distance else DIRECTIONS[:1]
    moved = (shift_images(images, down * distance, right * distance) for down, right in directions)
    return float(np.mean([(_answer(job, one)[1] == labels).mean() for one in moved]))


def shift_images(images: Pixels, down: int, right: int) -> Pixels:
    """Images (n, height, width, channels) moved by whole pixels; zeros move in, what leaves is lost."""
    moved = np.zeros_like(images)
    height, width = images.shape[1:3]
    (to_rows, from_rows), (to_columns, from_columns) = _overlap(down, height), _overlap(right, width)
    moved[:, to_rows, to_columns] = images[:, from_rows, from_columns]
    return moved


def _overlap(distance: int, size: int) -> tuple[slice, slice]:
    return slice(max(distance, 0), size + min(distance, 0)), slice(max(-distance, 0), size + min(-distance, 0))
