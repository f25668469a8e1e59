"""Training data: equal by digest, divided by each repeat's seed, and read without the test images."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import layout
from pipeline.data.images import scale_to_unit
from pipeline.errors import UserError
from pipeline.files import write_array
from pipeline.params.task import Split
from pipeline.training.data import TrainingData
from pipeline.training.train import read_training_data
from tests.builders import build_examples, build_identity, write_data_set, write_task

SPLIT = Split(kind="shuffled", fraction=0.3, seed="repeat")
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 8, 8), np.uint8)
LABELS = np.arange(10, dtype=np.uint8) % 2


def development() -> TrainingData:
    """Ten noisy images that each repeat splits."""
    return TrainingData("d", 2, build_examples(IMAGES, LABELS), None, scale_to_unit(), SPLIT)


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A task of ten development images, of which a file says that two validate, with no test images on disk."""
    monkeypatch.chdir(tmp_path)
    write_data_set("pictures", IMAGES, None)
    write_task("t", LABELS.tolist(), LABELS[:3].tolist(), validating=2)
    return "t"


def test_data_are_equal_when_their_digests_are() -> None:
    one = development()
    other = replace(one, train=build_examples(IMAGES[:3], LABELS[:3]), split=None)
    assert (one == other, hash(one) == hash(other)) == (True, True)
    assert one != replace(one, digest="other")


def test_a_repeats_data_are_told_apart_by_its_seed_and_hold_every_image_once() -> None:
    whole = development()
    one, same, other = (whole.divide(seed) for seed in (1, 1, 2))
    assert one == same
    assert len({one, other, whole}) == 3
    assert one.split is None
    assert one.validation is not None
    assert (len(one.train), len(one.validation)) == (7, 3)
    images = [image.tobytes() for part in (one.train, one.validation) for image in part.images[:]]
    assert sorted(images) == sorted(image.tobytes() for image in whole.train.images[:])
    labels = [*one.train.labels, *one.validation.labels]
    by_image = {image.tobytes(): label for image, label in zip(IMAGES[..., np.newaxis], LABELS, strict=True)}
    assert labels == [by_image[image] for image in images]


def test_training_data_are_read_without_the_test_images(task: str) -> None:
    found = read_training_data(task, build_identity(data_set="pictures", classes=["0", "1"]))
    assert found.validation is not None
    assert (found.digest, found.classes, found.split) == ("a", 2, None)
    np.testing.assert_array_equal(found.train.images[:], IMAGES[:8, ..., np.newaxis])
    np.testing.assert_array_equal(found.validation.images[:], IMAGES[8:, ..., np.newaxis])
    np.testing.assert_array_equal(found.validation.labels, LABELS[8:])


def test_a_task_that_validates_on_its_test_images_opens_them(task: str) -> None:
    identity = build_identity(data_set="pictures", classes=["0", "1"], validation_is_test=True)
    with pytest.raises(UserError, match=r"x_test\.npy"):
        read_training_data(task, identity)
    write_array(layout.raw_array("pictures", "x_test"), IMAGES[5:])
    found = read_training_data(task, identity)
    assert found.validation is not None
    np.testing.assert_array_equal(found.validation.images[:], IMAGES[5:8, ..., np.newaxis])


def test_a_task_split_per_repeat_is_read_whole_and_from_its_train_images_alone(task: str) -> None:
    write_task(task, LABELS.tolist(), LABELS[:3].tolist())
    about: dict[str, Any] = {"data_set": "pictures", "classes": ["0", "1"], "training_digest": "d"}
    identity = build_identity(split_per_repeat=SPLIT, **about)
    found = read_training_data(task, identity)
    assert (found.validation, found.split) == (None, SPLIT)
    assert found.divide(1) == development().divide(1)
    np.testing.assert_array_equal(found.divide(1).train.images[:], development().divide(1).train.images[:])
