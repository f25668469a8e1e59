"""Identity: a digest changes with everything that its readers can see, and with nothing else."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.data.identity import identify
from pipeline.data.preparation import unit_scaling
from pipeline.files import Arrays, digest

Parts = dict[str, Arrays]
SOURCE = {"name": "mine", "stand_in": False, "loader": "npz"}
TASK: dict[str, Any] = {"data": "pictures", "classes": None, "split": {"kind": "tail", "fraction": 0.4}}


def parts(classes: int = 3) -> Parts:
    generator = np.random.default_rng(0)
    return {
        part: {
            "x": generator.integers(0, 256, (n, 4, 4, 1), dtype=np.uint8),
            "y": np.arange(n, dtype=np.uint8) % classes,
        }
        for part, n in {"train": 9, "validation": 6, "test": 6}.items()
    }


def digests(content: Parts, scaling: Arrays | None = None) -> tuple[str, str]:
    identity = identify(TASK, SOURCE, content, scaling or unit_scaling().to_arrays())
    return identity["training_digest"], identity["test_digest"]


def test_identity_says_what_the_data_are() -> None:
    content = parts()
    identity = identify(TASK, SOURCE, content, unit_scaling().to_arrays())
    assert (identity["data_set"], identity["source"], identity["stand_in"]) == ("pictures", "mine", False)
    assert identity["classes"] == ["0", "1", "2"]
    assert identity["train"] == {
        "n": 9,
        "shape": [4, 4, 1],
        "x": hashlib.sha256(content["train"]["x"].tobytes()).hexdigest(),
        "y": hashlib.sha256(content["train"]["y"].tobytes()).hexdigest(),
    }


def test_equal_data_have_equal_digests() -> None:
    assert digests(parts()) == digests(parts())


@pytest.mark.parametrize("part", ["train", "validation"])
@pytest.mark.parametrize("array", ["x", "y"])
@pytest.mark.parametrize("place", [0, -1])
def test_any_training_or_validation_value_changes_the_training_digest_only(
    part: str, array: str, place: int
) -> None:
    changed = parts()
    changed[part][array].flat[place] ^= 1
    (training, test), (training_before, test_before) = digests(changed), digests(parts())
    assert training != training_before
    assert test == test_before


@pytest.mark.parametrize("array", ["x", "y"])
def test_any_test_value_changes_the_test_digest_only(array: str) -> None:
    changed = parts()
    changed["test"][array].flat[0] ^= 1
    (training, test), (training_before, test_before) = digests(changed), digests(parts())
    assert training == training_before
    assert test != test_before


@pytest.mark.parametrize("statistic", ["offset", "divisor"])
def test_scaling_changes_both_digests(statistic: str) -> None:
    scaling = unit_scaling().to_arrays()
    scaling[statistic] = scaling[statistic] + np.float32(1)
    for now, before in zip(digests(parts(), scaling), digests(parts()), strict=True):
        assert now != before


def without_validation(content: Parts) -> None:
    del content["validation"]


def validation_as_training(content: Parts) -> None:
    content["train"], content["validation"] = content["validation"], content["train"]


def reshaped(content: Parts) -> None:
    content["train"]["x"] = content["train"]["x"].reshape(9, 2, 8, 1)


@pytest.mark.parametrize("change", [without_validation, validation_as_training, reshaped])
def test_equal_bytes_in_another_role_or_shape_are_other_training_data(
    change: Callable[[Parts], None],
) -> None:
    changed = parts()
    change(changed)
    assert digests(changed)[0] != digests(parts())[0]


def test_without_validation_there_is_none() -> None:
    content = parts()
    del content["validation"]
    assert identify(TASK, SOURCE, content, unit_scaling().to_arrays())["validation"] is None


def test_the_number_of_classes_is_part_of_the_training_digest() -> None:
    """It is the number of outputs of the network, and a class may occur among the test images only."""
    changed = parts()
    changed["test"]["y"][0] = 7
    assert digests(changed)[0] != digests(parts())[0]


def test_classes_are_named_by_the_labels_they_are_made_of() -> None:
    """The groups of write-up 003: 0 and 6, 1 and 7, 2, 3, 5 and 8, 4 and 9."""
    groups = [[0, 6], [1, 7], [2, 3, 5, 8], [4, 9]]
    identity = identify({**TASK, "classes": groups}, SOURCE, parts(4), unit_scaling().to_arrays())
    assert identity["classes"] == ["0+6", "1+7", "2+3+5+8", "4+9"]
    assert identity["groups"] == groups
    assert identify(TASK, SOURCE, parts(), unit_scaling().to_arrays())["groups"] is None


def test_a_validation_on_test_images_is_declared() -> None:
    scaling = unit_scaling().to_arrays()
    told = {
        kind: identify({**TASK, "split": {"kind": kind}}, SOURCE, parts(), scaling)["validation_is_test"]
        for kind in ("tail", "shuffled", "none", "test")
    }
    assert told == {"tail": False, "shuffled": False, "none": False, "test": True}


def test_the_scalings_digests_are_listed() -> None:
    scaling = unit_scaling().to_arrays()
    assert identify(TASK, SOURCE, parts(), scaling)["scaling"] == {
        name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in scaling.items()
    }


RESPLIT: dict[str, Any] = {"kind": "shuffled", "fraction": 0.25, "seed": "repeat", "stratified": False}


def resplit_identity(content: Parts, **split: Any) -> dict[str, Any]:
    """Identity of a task that each repeat splits: all development images are in train."""
    task = {**TASK, "split": {**RESPLIT, **split}}
    return identify(task, SOURCE, {k: content[k] for k in ("train", "test")}, unit_scaling().to_arrays())


def test_a_task_split_per_repeat_counts_its_images_after_the_split() -> None:
    """Of 9 images scikit-learn holds out ceil(9 / 4) = 3."""
    content = parts()
    found = resplit_identity(content)
    assert (found["train"]["n"], found["validation"]["n"], found["test"]["n"]) == (6, 3, 6)
    assert found["train"]["x"] == found["validation"]["x"] == digest(content["train"]["x"])
    assert found["split_per_repeat"] == RESPLIT
    assert identify(TASK, SOURCE, content, unit_scaling().to_arrays())["split_per_repeat"] is None


def test_how_each_repeat_splits_is_part_of_the_training_digest() -> None:
    found = [resplit_identity(parts(), **split) for split in ({}, {"fraction": 0.3}, {"stratified": True})]
    assert [one["train"]["n"] for one in found] == [6, 6, 6]
    assert len({one["training_digest"] for one in found}) == 3
    assert len({one["test_digest"] for one in found}) == 1


@pytest.mark.parametrize("array", ["x", "y"])
def test_any_development_value_changes_the_training_digest_of_a_task_split_per_repeat(array: str) -> None:
    changed = parts()
    changed["train"][array].flat[-1] ^= 1
    assert resplit_identity(changed)["training_digest"] != resplit_identity(parts())["training_digest"]
