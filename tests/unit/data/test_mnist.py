"""The write-ups' data steps on the official MNIST files (catalogue, section 4), where a mirror holds them."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.data.preparation import divided, fitted_scaling, prepared
from pipeline.data.sources import MIRROR, load
from pipeline.data.splits import split_indices
from pipeline.files import Arrays

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
def mnist() -> Arrays:
    """Arrays of the files; the pinned digests are checked beside."""
    return load({"name": "mnist", "loader": "mnist", "sha256": _pinned()}, Path())


def _pinned() -> dict[str, str]:
    from pipeline.params.read import read

    pinned = read(Path(__file__).parents[3] / "params.yaml").sources["mnist"].sha256
    return {str(key): value for key, value in pinned.items()}


def task_of(params: dict[str, Any], name: str) -> dict[str, Any]:
    task = params["tasks"][name]
    split = {"fraction": None, "seed": None, "stratified": False, **task["split"]}
    return {"classes": None, "limit": None, "sorted_by_class": False, **task, "split": split}


def counts(labels: Any) -> list[int]:
    found: list[int] = np.bincount(labels).tolist()
    return found


def parts(mnist: Arrays, params: dict[str, Any], name: str) -> dict[str, Arrays]:
    task = task_of(params, name)
    arrays = prepared(mnist, task, name)
    train, validation = split_indices(arrays["y_train"], task["split"], name)
    return divided(arrays, {"train": train, "validation": validation}, task["split"]["kind"])


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
    scaling = fitted_scaling({"method": "standardize", "fit_on": "development"}, images, images)
    constant = (images.min(axis=0) == images.max(axis=0))[..., 0]
    assert set(scaling.divisor[constant].ravel().tolist()) == {1.0}


def test_threes_and_sevens(mnist: Arrays, params: dict[str, Any]) -> None:
    arrays = prepared(mnist, task_of(params, "three_vs_seven"), "here")
    assert arrays["x_train"].shape == (12396, 28, 28, 1)
    assert counts(arrays["y_train"]) == [6131, 6265]
    assert counts(arrays["y_test"]) == [1010, 1028]
    found = parts(mnist, params, "three_vs_seven")
    assert counts(found["train"]["y"]) == [4911, 5005]
    assert counts(found["validation"]["y"]) == [1220, 1260]


def test_a_fifth_held_out(mnist: Arrays, params: dict[str, Any]) -> None:
    found = parts(mnist, params, "mnist")
    train = [4729, 5470, 4762, 4889, 4655, 4324, 4748, 4968, 4653, 4802]
    assert counts(found["train"]["y"]) == train
    assert len(found["validation"]["y"]) == 12000


def test_a_tenth_held_out(mnist: Arrays, params: dict[str, Any]) -> None:
    found = parts(mnist, params, "mnist_tail10")
    assert len(found["train"]["y"]) == 54000
    assert counts(found["validation"]["y"]) == [587, 630, 600, 627, 595, 549, 571, 668, 597, 576]


def test_four_merged_classes(mnist: Arrays, params: dict[str, Any]) -> None:
    arrays = prepared(mnist, task_of(params, "mnist_merged"), "here")
    assert counts(arrays["y_train"]) == [11841, 13007, 23361, 11791]
    assert counts(arrays["y_test"]) == [1938, 2163, 3908, 1991]


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
    mnist: Arrays, params: dict[str, Any], task: str, batch_size: int, steps: int
) -> None:
    assert -(-len(parts(mnist, params, task)["train"]["y"]) // batch_size) == steps
