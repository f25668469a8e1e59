"""The write-ups' data steps on the official MNIST files (catalogue, section 4), where a mirror holds them."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.data.images import Examples, Images, standardize_pixels
from pipeline.data.preparation import choose_rows
from pipeline.data.sources import MIRROR, load
from pipeline.data.splits import split_indices
from pipeline.files import Arrays
from pipeline.params.plan import PlannedSource
from pipeline.params.read import read
from pipeline.params.schema import Params

FILES = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
mirror = Path(os.environ.get(MIRROR) or "/nowhere")
pytestmark = pytest.mark.skipif(
    not all((mirror / name).is_file() for name in FILES),
    reason=f"needs {MIRROR}, a folder with the four official MNIST .gz files",
)


@pytest.fixture(scope="module")
def declared() -> Params:
    return read(Path(__file__).parents[3] / "params.yaml")


@pytest.fixture(scope="module")
def mnist(declared: Params) -> Arrays:
    """Arrays of the files; the pinned digests are checked beside."""
    return load(PlannedSource(name="mnist", stand_in=False, **dict(declared.sources["mnist"])), Path())


def counts(labels: Any) -> list[int]:
    found: list[int] = np.bincount(labels).tolist()
    return found


def chosen(mnist: Arrays, declared: Params, name: str, part: str) -> Examples:
    """Development (`train`) or test examples of a task."""
    task = declared.tasks[name]
    limit, sort = (task.limit, task.sorted_by_class) if part == "train" else (None, False)
    rows = choose_rows(mnist[f"y_{part}"], task.classes, name, limit, sort)
    return Examples(Images(mnist[f"x_{part}"], rows.rows, ""), rows.labels)


def split(mnist: Arrays, declared: Params, name: str) -> tuple[Examples, Examples]:
    development = chosen(mnist, declared, name, "train")
    train, validation = split_indices(development.labels, declared.tasks[name].split, name)
    return development.take(train), development.take(validation)


def test_the_files_are_the_official_ones() -> None:
    found = {name: hashlib.md5((mirror / name).read_bytes()).hexdigest() for name in FILES}
    assert found == FILES


def test_shapes_types_and_first_labels(mnist: Arrays) -> None:
    assert {key: array.shape for key, array in mnist.items()} == {
        "x_train": (60000, 28, 28),
        "y_train": (60000,),
        "x_test": (10000, 28, 28),
        "y_test": (10000,),
    }
    assert {array.dtype for array in mnist.values()} == {np.dtype(np.uint8)}
    assert (mnist["x_train"].min(), mnist["x_train"].max()) == (0, 255)
    assert mnist["y_train"][:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist["y_test"][:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_class_counts(mnist: Arrays) -> None:
    train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert counts(mnist["y_train"]) == train
    assert counts(mnist["y_test"]) == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_pixel_statistics(mnist: Arrays) -> None:
    images = mnist["x_train"]
    assert round(float(images.mean()) / 255, 6) == 0.130660
    assert round(float(images.std()) / 255, 6) == 0.308108
    assert int((images.min(axis=0) == images.max(axis=0)).sum()) == 67


def test_constant_pixels_keep_a_divisor_of_1(mnist: Arrays) -> None:
    images = mnist["x_train"][..., np.newaxis]
    scaling = standardize_pixels(images)
    constant = (images.min(axis=0) == images.max(axis=0))[..., 0]
    assert set(scaling.divisor[constant].ravel().tolist()) == {1.0}


def test_threes_and_sevens(mnist: Arrays, declared: Params) -> None:
    development = chosen(mnist, declared, "three_vs_seven", "train")
    assert development.images.shape == (12396, 28, 28, 1)
    assert counts(development.labels) == [6131, 6265]
    assert counts(chosen(mnist, declared, "three_vs_seven", "test").labels) == [1010, 1028]
    train, validation = split(mnist, declared, "three_vs_seven")
    assert counts(train.labels) == [4911, 5005]
    assert counts(validation.labels) == [1220, 1260]


def test_a_fifth_held_out(mnist: Arrays, declared: Params) -> None:
    train, validation = split(mnist, declared, "mnist")
    assert counts(train.labels) == [4729, 5470, 4762, 4889, 4655, 4324, 4748, 4968, 4653, 4802]
    assert len(validation) == 12000


def test_a_tenth_held_out(mnist: Arrays, declared: Params) -> None:
    train, validation = split(mnist, declared, "mnist_tail10")
    assert len(train) == 54000
    assert counts(validation.labels) == [587, 630, 600, 627, 595, 549, 571, 668, 597, 576]


def test_four_merged_classes(mnist: Arrays, declared: Params) -> None:
    found = {part: counts(chosen(mnist, declared, "mnist_merged", part).labels) for part in ("train", "test")}
    assert found == {"train": [11841, 13007, 23361, 11791], "test": [1938, 2163, 3908, 1991]}


@pytest.mark.parametrize(
    ("task", "batch_size", "steps"),
    [
        ("mnist", 64, 750),
        ("mnist", 32, 1500),
        ("mnist_tail10", 32, 1688),
        ("three_vs_seven", 512, 20),
        ("three_vs_seven", 32, 310),
        ("mnist_all", 20, 3000),
        ("mnist_test_as_validation", 64, 938),
        ("mnist_all", 32, 1875),
        ("mnist_all", 500, 120),
    ],
)
def test_steps_of_an_epoch_are_those_the_write_ups_print(
    mnist: Arrays, declared: Params, task: str, batch_size: int, steps: int
) -> None:
    train, _ = split(mnist, declared, task)
    assert -(-len(train) // batch_size) == steps
