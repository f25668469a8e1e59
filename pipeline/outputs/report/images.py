"""Images of a task as grids with titles: the classes, one sample, and what a run made of the test images."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.data.images import Pixels
from pipeline.data.tasks import TaskData
from pipeline.files import digest, hash_json
from pipeline.outputs.figures.images import encode_png, make_contact_sheet
from pipeline.outputs.report.views import ImageGrid, Label

PER_CLASS = 5
SAMPLE = 4  # the image whose label a write-up prints
COLUMNS, SHOWN = 10, 50  # of the predictions
GAP = 6
FONT = 4.6
LINE = 6  # pixels a line of a title
WIDE = 0.62  # a character's width in font heights, at most


@dataclass(frozen=True)
class Samples:
    """The few images of a task that a report shows, uint8 of shape (n, height, width, channels)."""

    identity: str  # equal for tasks with the same images and labels in the same order
    by_class: Pixels  # the first `PER_CLASS` development images of each class; white where a class has fewer
    sample: Pixels  # development image `SAMPLE`, or the last one of a smaller set
    sample_label: int
    test: Pixels  # the first `SHOWN`, at most


def choose_samples(task: TaskData, classes: int) -> Samples:
    """What is shown of a task with so many classes; reads no other images."""
    images, labels = task.development.images, task.development.labels
    tiles = np.full((classes, PER_CLASS, *images.shape[1:]), 255, np.uint8)
    for label in range(classes):
        found = images[np.flatnonzero(labels == label)[:PER_CLASS]]
        tiles[label, : len(found)] = found
    at = min(SAMPLE, len(labels) - 1)
    return Samples(
        identity=_identify(task),
        by_class=tiles.reshape(-1, *images.shape[1:]),
        sample=images[at : at + 1],
        sample_label=int(labels[at]),
        test=task.test.images[:SHOWN],
    )


def _identify(task: TaskData) -> str:
    """Digest of which images a task has, with their labels, in their order."""
    parts = (task.development, task.test)
    return hash_json([(one.images.digest, digest(one.images.rows), digest(one.labels)) for one in parts])


def make_class_grid(shown: Samples, classes: Sequence[str]) -> ImageGrid:
    """Five development images of every class, one row a class."""
    caption = f"The first {PER_CLASS} development images of each class."
    return _grid(shown.by_class, PER_CLASS, caption, names=classes)


def make_sample_image(shown: Samples, classes: Sequence[str]) -> ImageGrid:
    """Development image 4 (from 0) with its label as title."""
    title = f"label {classes[shown.sample_label]}"
    return _grid(shown.sample, 1, f"Development image {SAMPLE}, counted from 0.", titles=[(title,)])


def make_prediction_grid(
    shown: Samples, predicted: Sequence[int], labels: Sequence[int], classes: Sequence[str], who: str
) -> ImageGrid:
    """First test images with true class (GT) and prediction (P); wrong ones are framed and crossed.

    Parameters
    ----------
    shown : Samples
    predicted, labels : sequence of int
        Of all test images, in order.
    classes : sequence of str
    who : str
        Whose predictions.
    """
    pairs = list(zip(labels[:SHOWN], predicted[:SHOWN], strict=True))
    short = all(len(name) <= 2 for name in classes)
    titles = [_title(classes[true], classes[answer], short) for true, answer in pairs]
    wrong = [true != answer for true, answer in pairs]
    caption = (
        f"First {len(pairs)} test images. GT: true class, P: prediction of {who}. "
        f"{sum(wrong)} wrong, framed and marked ✗."
    )
    return _grid(shown.test[: len(pairs)], COLUMNS, caption, titles=titles, wrong=wrong)


def _title(true: str, answer: str, short: bool) -> tuple[str, ...]:
    return (f"GT {true} / P {answer}",) if short else (f"GT {true} /", f"P {answer}")


def _grid(
    images: Pixels,
    columns: int,
    caption: str,
    titles: Sequence[tuple[str, ...]] = (),
    wrong: Sequence[bool] = (),
    names: Sequence[str] = (),
) -> ImageGrid:
    height, width = images.shape[1:3]
    lines = len(titles[0]) if titles else 0
    top = GAP // 2 + LINE * lines
    left = round(WIDE * LINE * max(map(len, names), default=0)) + (GAP // 2 if names else 0)
    sheet = make_contact_sheet(images, columns, GAP, top)
    corners = [
        (left + (i % columns) * (width + GAP), (i // columns) * (top + height) + top)
        for i in range(len(images))
    ]
    flags = wrong or [False] * len(titles)
    return ImageGrid(
        href="data:image/png;base64," + base64.b64encode(encode_png(sheet)).decode(),
        left=left,
        width=left + sheet.shape[1],
        height=sheet.shape[0] + 1,
        font=LINE if names else min(FONT, (width + GAP - 1) / (WIDE * _longest(titles))),
        titles=tuple(
            Label(x, y - 2 - LINE * (lines - 1), text, bad)
            for (x, y), text, bad in zip(corners, titles, flags, strict=False)
        ),
        names=tuple(
            Label(0, y + height / 2, (name,)) for (_, y), name in zip(corners[::columns], names, strict=False)
        ),
        boxes=tuple(
            (x - 0.5, y - 0.5, width + 1, height + 1)
            for (x, y), bad in zip(corners, flags, strict=False)
            if bad
        ),
        caption=caption,
    )


def _longest(titles: Sequence[tuple[str, ...]]) -> int:
    return max((len(line) + 2 for text in titles for line in text), default=1)  # two more: the cross
