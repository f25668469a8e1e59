"""Preparation: splits as Keras and scikit-learn make them, scaling by 255, and the description of the data."""

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.data.images import Examples, Images, scale_to_unit
from pipeline.data.preparation import describe_examples
from pipeline.data.splits import split_examples, split_indices
from pipeline.errors import UserError
from pipeline.params.task import Split

Labels = npt.NDArray[np.uint8]


def tail(fraction: float) -> Split:
    return Split(kind="tail", fraction=fraction)


def shuffled(fraction: float, seed: int, stratified: bool = False) -> Split:
    return Split(kind="shuffled", fraction=fraction, seed=seed, stratified=stratified)


def unlabelled(n: int) -> Labels:
    return np.zeros(n, np.uint8)


@pytest.mark.parametrize(
    ("n", "fraction", "train", "validation"),
    [(60000, 0.2, 48000, 12000), (12396, 0.2, 9916, 2480), (60000, 0.1, 54000, 6000)],
)
def test_the_tail_is_keras_validation_split(n: int, fraction: float, train: int, validation: int) -> None:
    """Sizes from the write-ups' step counts: 750 of 64, 20 of 512, 1688 of 32 (catalogue, section 4)."""
    first, last = split_indices(unlabelled(n), tail(fraction), "here")
    np.testing.assert_array_equal(first, np.arange(train))
    np.testing.assert_array_equal(last, np.arange(train, train + validation))


def test_shuffled_is_the_write_ups_train_test_split_of_cifar_10() -> None:
    """train_test_split(..., test_size=0.2, random_state=42) of 50,000 (catalogue, section 4; scikit-learn 1.9)."""
    train, validation = split_indices(unlabelled(50000), shuffled(0.2, 42), "here")
    assert train[:5].tolist() == [39087, 30893, 45278, 16398, 13653]
    assert validation[:5].tolist() == [33553, 9427, 199, 12447, 39489]
    assert (len(train), int(train.sum())) == (40000, 1_001_646_249)
    assert (len(validation), int(validation.sum())) == (10000, 248_328_751)


def test_another_seed_is_another_split_and_the_same_seed_the_same() -> None:
    drawn = [split_indices(unlabelled(100), shuffled(0.2, seed), "here")[1].tolist() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("split", [tail(0.3), shuffled(0.3, 5), shuffled(0.3, 5, stratified=True)])
def test_every_image_is_in_one_part(split: Split) -> None:
    labels = np.arange(101, dtype=np.uint8) % 4
    train, validation = split_indices(labels, split, "here")
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), np.arange(101))


def test_stratified_parts_keep_the_proportions_of_the_classes() -> None:
    labels = np.repeat(np.arange(3, dtype=np.uint8), (500, 300, 200))
    train, validation = split_indices(labels, shuffled(0.2, 3, stratified=True), "here")
    assert np.bincount(labels[train]).tolist() == [400, 240, 160]
    assert np.bincount(labels[validation]).tolist() == [100, 60, 40]


@pytest.mark.parametrize("kind", ["none", "test"])
def test_kinds_without_a_fraction_train_on_every_image(kind: str) -> None:
    split = Split.model_validate({"kind": kind})
    train, validation = split_indices(np.zeros(12, np.uint8), split, "here")
    assert (train.tolist(), validation.tolist()) == (list(range(12)), [])


@pytest.mark.parametrize(
    ("n", "split"), [(1, tail(0.2)), (4, tail(1e-17)), (1, shuffled(0.2, 0)), (2, shuffled(0.99, 0))]
)
def test_a_part_without_images_is_a_users_error(n: int, split: Split) -> None:
    with pytest.raises(UserError, match=rf"params\.yaml: tasks\.t\.split.*{n} images"):
        split_indices(unlabelled(n), split, "params.yaml: tasks.t")


def test_a_class_too_small_to_stratify_is_a_users_error() -> None:
    with pytest.raises(UserError, match=r"params\.yaml: tasks\.t\.split"):
        split_indices(np.array([0, 0, 0, 1], np.uint8), shuffled(0.5, 0, stratified=True), "params.yaml: tasks.t")


def test_pixels_are_divided_by_255_in_float32() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    scaled = scale_to_unit()(pixels)
    assert (str(scaled.dtype), scaled.shape) == ("float32", pixels.shape)
    np.testing.assert_array_equal(scaled.ravel(), np.arange(256, dtype=np.float32) / np.float32(255))
    assert scale_to_unit().to_arrays() == {"offset": 0, "divisor": 255}


def examples(pixels: npt.NDArray[np.uint8], labels: Labels) -> Examples:
    return Examples(Images(pixels, np.arange(len(pixels), dtype=np.int32), ""), labels)


def test_the_description_counts_what_is_there() -> None:
    images = np.full((4, 2, 2), 9, np.uint8)
    images[0, 0, 0] = 255
    assert describe_examples(examples(images, np.array([0, 2, 2, 3], np.uint8))) == {
        "x": {"shape": [4, 2, 2, 1], "dtype": "uint8", "nulls": 0, "minimum": 9, "maximum": 255},
        "y": {
            "shape": [4],
            "dtype": "uint8",
            "nulls": 0,
            "minimum": 0,
            "maximum": 3,
            "class_counts": [1, 0, 2, 1],
        },
    }


def per_repeat(fraction: float, stratified: bool = False) -> Split:
    return Split(kind="shuffled", fraction=fraction, seed="repeat", stratified=stratified)


def test_before_a_run_divides_them_all_images_of_a_task_split_per_repeat_are_in_train() -> None:
    train, validation = split_indices(unlabelled(10), per_repeat(0.2), "here")
    assert (train.tolist(), len(validation)) == (list(range(10)), 0)


@pytest.mark.parametrize("stratified", [False, True])
def test_a_repeats_own_split_is_the_shuffled_one_of_its_seed(stratified: bool) -> None:
    labels = np.arange(60, dtype=np.uint8) % 4
    pixels = np.arange(100, 160, dtype=np.uint8).reshape(60, 1, 1, 1)
    for seed in (0, 7, 2**31 - 1):
        found = split_examples(examples(pixels, labels), per_repeat(0.2, stratified), seed)
        indices = split_indices(labels, shuffled(0.2, seed, stratified), "here")
        for part, chosen in zip(found, indices, strict=True):
            np.testing.assert_array_equal(part.images[:].ravel(), 100 + chosen)
            np.testing.assert_array_equal(part.labels, chosen % 4)
