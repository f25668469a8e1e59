"""Images of a task as grids with titles: the classes, one sample, and what a run made of the test images."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from pipeline.data.images import Pixels
from pipeline.data.tasks import TaskData
from pipeline.files import digest, hash_json
from pipeline.outputs.report.views import ImageGrid, Label

PER_CLASS = 5
SAMPLE = 4  # the image whose label a write-up prints
COLUMNS, SHOWN = 10, 50  # of the predictions
GAP = 6
FONT = 4.6
LINE = 6  # pixels a line of a title
WIDE = 0.62  # a character's width in font heights, at most
MOST_BYTES = 40_000  # of a PNG
COLOURS = (256, 128, 64, 32, 16, 8, 4, 2)  # tried in turn until the file is small enough


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
    at, parts = min(SAMPLE, len(labels) - 1), (task.development, task.test)
    return Samples(
        identity=hash_json([(one.images.digest, digest(one.images.rows), digest(one.labels)) for one in parts]),
        by_class=tiles.reshape(-1, *images.shape[1:]),
        sample=images[at : at + 1],
        sample_label=int(labels[at]),
        test=task.test.images[:SHOWN],
    )


def make_class_grid(shown: Samples, classes: Sequence[str]) -> ImageGrid:
    """Five development images of every class, one row a class."""
    caption = f"The first {PER_CLASS} development images of each class."
    return make_grid(shown.by_class, PER_CLASS, caption, names=classes)


def make_sample_image(shown: Samples, classes: Sequence[str]) -> ImageGrid:
    """Development image 4 (from 0) with its label as title."""
    title = f"label {classes[shown.sample_label]}"
    return make_grid(shown.sample, 1, f"Development image {SAMPLE}, counted from 0.", titles=[(title,)])


def make_prediction_grid(
    shown: Samples, predicted: Sequence[int], labels: Sequence[int], classes: Sequence[str], who: str
) -> ImageGrid:
    """First test images with true class (GT) and prediction (P); wrong ones are framed and crossed.

    `predicted` and `labels` are of all test images, in order; `who` says whose predictions.
    """
    pairs = list(zip(labels[:SHOWN], predicted[:SHOWN], strict=True))
    short = all(len(name) <= 2 for name in classes)
    titles = [_title(classes[true], classes[answer], short) for true, answer in pairs]
    wrong = [true != answer for true, answer in pairs]
    told = f"GT: true class, P: prediction of {who}. {sum(wrong)} wrong, framed and marked ✗."
    caption = f"First {len(pairs)} test images. {told}"
    return make_grid(shown.test[: len(pairs)], COLUMNS, caption, titles=titles, wrong=wrong)


def _title(true: str, answer: str, short: bool) -> tuple[str, ...]:
    return (f"GT {true} / P {answer}",) if short else (f"GT {true} /", f"P {answer}")


def make_grid(
    images: Pixels,
    columns: int,
    caption: str,
    titles: Sequence[tuple[str, ...]] = (),
    wrong: Sequence[bool] = (),
    names: Sequence[str] = (),
) -> ImageGrid:
    """Images in one grid, with titles above them, names before the rows, and marks on the wrong ones."""
    height, width = images.shape[1:3]
    lines = len(titles[0]) if titles else 0
    top = GAP // 2 + LINE * lines
    left = GAP // 2 + round(WIDE * LINE * max(map(len, names))) if names else 0
    longest = max((len(line) + 2 for text in titles for line in text), default=1)  # two more: the cross
    sheet = make_contact_sheet(images, columns, GAP, top)
    flags = wrong or [False] * len(titles)
    xs = [left + column * (width + GAP) for column in range(columns)]
    ys = range(top, sheet.shape[0], top + height)
    corners = [(x, y) for y in ys for x in xs][: len(images)]
    return ImageGrid(
        href="data:image/png;base64," + base64.b64encode(encode_png(sheet)).decode(),
        left=left,
        width=left + sheet.shape[1],
        height=sheet.shape[0] + 1,
        font=LINE if names else min(FONT, (width + GAP - 1) / (WIDE * longest)),
        titles=tuple(
            Label(x, y - 2 - LINE * (lines - 1), text, bad)
            for (x, y), text, bad in zip(corners, titles, flags, strict=False)
        ),
        names=tuple(Label(0, y + height / 2, (name,)) for y, name in zip(ys, names, strict=False)),
        boxes=tuple(
            (x - 0.5, y - 0.5, width + 1, height + 1) for (x, y), bad in zip(corners, flags, strict=False) if bad
        ),
        caption=caption,
    )


def make_contact_sheet(images: Pixels, columns: int, gap: int, title: int) -> Pixels:
    """Images side by side, row by row, unscaled: (rows * (title + height), columns * (width + gap), channels), uint8.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels), uint8
        One channel or three. n at least 1.
    columns : int
        Images in a row; the last row may have fewer.
    gap, title : int
        White pixels to the right of each image and above it.
    """
    n, height, width, channels = images.shape
    rows = -(-n // columns)
    cells = np.full((rows * columns, title + height, width + gap, channels), 255, np.uint8)
    cells[:n, title:, :width] = images
    grid = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    return grid.reshape(rows * (title + height), columns * (width + gap), channels)


def encode_png(pixels: Pixels, most_bytes: int = MOST_BYTES) -> bytes:
    """Portable network graphic of (height, width, channels), uint8, with as many colours as fit into so many bytes.

    Grey pictures and small ones keep every value; above the limit, colours (or greys) are merged, by halves, down to
    two. One channel or three. Equal pixels give equal bytes.
    """
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    found = _encode(picture)
    for colours in COLOURS:
        if len(found) <= most_bytes:
            break
        found = _encode(picture.quantize(colours, dither=Image.Dither.NONE))
    return found


def _encode(picture: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
