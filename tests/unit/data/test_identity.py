"""Identity: a digest changes with everything that its readers can see, and with nothing else."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import layout
from pipeline.data.identity import Identities, Identity, identify, read_identities
from pipeline.data.images import Examples, Images, Scaling, scale_to_unit
from pipeline.files import Arrays, digest, hash_json, write_model
from pipeline.params.plan import PlannedSource
from pipeline.params.task import Preparation, Split

SOURCE = PlannedSource(name="mine", stand_in=False, loader="npz", description="Mine", path="mine.npz", sha256={})
TASK: dict[str, Any] = {
    "data": "pictures",
    "split": {"kind": "tail", "fraction": 0.4},
    "scaling": {"method": "unit"},
}
SIZES = {"train": 9, "validation": 6, "test": 6}
PLACES = {"train": slice(0, 9), "validation": slice(9, 15), "test": slice(0, 6)}
ARRAYS = {"train": "train", "validation": "train", "test": "test"}  # train and validation are of one array
Parts = dict[str, Examples]


def arrays(classes: int = 3) -> Arrays:
    """Arrays of a data set: nine images to train, six to validate, six to test."""
    generator = np.random.default_rng(0)
    made: Arrays = {}
    for part, sizes in (("train", (9, 6)), ("test", (6,))):
        made[f"x_{part}"] = generator.integers(0, 256, (sum(sizes), 4, 4), dtype=np.uint8)
        made[f"y_{part}"] = np.concatenate([np.arange(n, dtype=np.uint8) % classes for n in sizes])
    return made


def parts(raw: Arrays) -> Parts:
    """The parts of a task, as rows of the arrays."""
    found = {}
    for part, place in PLACES.items():
        pixels, labels = raw[f"x_{ARRAYS[part]}"], raw[f"y_{ARRAYS[part]}"]
        rows = np.arange(len(pixels), dtype=np.int32)[place]
        found[part] = Examples(Images(pixels, rows, digest(pixels)), labels[place])
    return found


def identity_of(content: Parts, scaling: Scaling | None = None, **task: Any) -> Identity:
    planned = Preparation.model_validate({**TASK, **task})
    return identify(planned, SOURCE, content, scaling or scale_to_unit())


def digests(raw: Arrays, scaling: Scaling | None = None) -> tuple[str, str]:
    identity = identity_of(parts(raw), scaling)
    return identity.training_digest, identity.test_digest


def test_identity_says_what_the_data_are() -> None:
    raw = arrays()
    identity = identity_of(parts(raw))
    assert (identity.data_set, identity.source, identity.stand_in) == ("pictures", "mine", False)
    assert identity.classes == ["0", "1", "2"]
    rows = hashlib.sha256(np.arange(9, dtype=np.int32).tobytes()).hexdigest()
    assert identity.train.model_dump() == {
        "n": 9,
        "shape": [4, 4, 1],
        "x": hash_json([hashlib.sha256(raw["x_train"].tobytes()).hexdigest(), rows]),
        "y": hashlib.sha256(raw["y_train"][:9].tobytes()).hexdigest(),
    }
    found = (identity.train, identity.validation, identity.test)
    assert [part and part.n for part in found] == list(SIZES.values())


def test_equal_arrays_rows_and_labels_have_equal_digests() -> None:
    assert digests(arrays()) == digests(arrays())


@pytest.mark.parametrize("part", ["train", "validation"])
@pytest.mark.parametrize("array", ["x", "y"])
@pytest.mark.parametrize("place", [0, -1])
def test_any_training_or_validation_value_changes_the_training_digest_only(part: str, array: str, place: int) -> None:
    changed = arrays()
    changed[f"{array}_train"][PLACES[part]].flat[place] ^= 1
    (training, test), (training_before, test_before) = digests(changed), digests(arrays())
    assert training != training_before
    assert test == test_before


@pytest.mark.parametrize("array", ["x", "y"])
def test_any_test_value_changes_the_test_digest_only(array: str) -> None:
    changed = arrays()
    changed[f"{array}_test"].flat[0] ^= 1
    (training, test), (training_before, test_before) = digests(changed), digests(arrays())
    assert training == training_before
    assert test != test_before


@pytest.mark.parametrize("array", ["x", "y"])
def test_a_test_value_that_validates_changes_both_digests(array: str) -> None:
    found = []
    for change in (0, 1):
        raw = arrays()
        raw[f"{array}_test"].flat[0] ^= change
        content = parts(raw)
        content["validation"] = content["test"]
        found.append(identity_of(content, split={"kind": "test"}))
    assert found[0].training_digest != found[1].training_digest
    assert found[0].test_digest != found[1].test_digest


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4, 5, 6, 7], [1, 0, 2, 3, 4, 5, 6, 7, 8], [9, 1, 2, 3, 4, 5, 6, 7, 8]])
def test_other_rows_or_another_order_of_them_are_other_training_data(rows: list[int]) -> None:
    raw, content = arrays(), parts(arrays())
    chosen = Images(raw["x_train"], np.array(rows, np.int32), digest(raw["x_train"]))
    content["train"] = Examples(chosen, content["train"].labels[: len(rows)])
    assert identity_of(content).training_digest != digests(raw)[0]
    assert identity_of(content).test_digest == digests(raw)[1]


@pytest.mark.parametrize("statistic", ["offset", "divisor"])
def test_scaling_changes_both_digests(statistic: str) -> None:
    statistics = scale_to_unit().to_arrays()
    statistics[statistic] = np.asarray(statistics[statistic] + np.float32(1))
    for now, before in zip(digests(arrays(), Scaling(**statistics)), digests(arrays()), strict=True):
        assert now != before


def without_validation(content: Parts) -> None:
    del content["validation"]


def validation_as_training(content: Parts) -> None:
    content["train"], content["validation"] = content["validation"], content["train"]


def reshaped(content: Parts) -> None:
    images = content["train"].images
    other = Images(images.pixels.reshape(-1, 2, 8), images.rows, images.digest)
    content["train"] = Examples(other, content["train"].labels)


@pytest.mark.parametrize("change", [without_validation, validation_as_training, reshaped])
def test_equal_bytes_in_another_role_or_shape_are_other_training_data(
    change: Callable[[Parts], None],
) -> None:
    changed = parts(arrays())
    change(changed)
    assert identity_of(changed).training_digest != digests(arrays())[0]


def test_without_validation_there_is_none() -> None:
    content = parts(arrays())
    del content["validation"]
    assert identity_of(content).validation is None


def test_the_number_of_classes_is_part_of_the_training_digest() -> None:
    """It is the number of outputs of the network, and a class may occur among the test images only."""
    changed = arrays()
    changed["y_test"][0] = 7
    assert digests(changed)[0] != digests(arrays())[0]


def test_classes_are_named_by_the_labels_they_are_made_of() -> None:
    """The groups of write-up 003: 0 and 6, 1 and 7, 2, 3, 5 and 8, 4 and 9."""
    groups = [[0, 6], [1, 7], [2, 3, 5, 8], [4, 9]]
    identity = identity_of(parts(arrays(4)), classes=groups)
    assert identity.classes == ["0+6", "1+7", "2+3+5+8", "4+9"]
    assert identity.groups == groups
    assert identity_of(parts(arrays())).groups is None


def test_a_validation_on_test_images_is_declared() -> None:
    splits: dict[str, dict[str, Any]] = {
        "tail": {"fraction": 0.4},
        "shuffled": {"fraction": 0.4, "seed": 0},
        "none": {},
        "test": {},
    }
    told = {
        kind: identity_of(parts(arrays()), split={"kind": kind, **more}).validation_is_test
        for kind, more in splits.items()
    }
    assert told == {"tail": False, "shuffled": False, "none": False, "test": True}


def test_the_scalings_digests_are_listed() -> None:
    assert identity_of(parts(arrays())).scaling == {
        name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in scale_to_unit().to_arrays().items()
    }


RESPLIT: dict[str, Any] = {"kind": "shuffled", "fraction": 0.25, "seed": "repeat", "stratified": False}


def resplit_identity(raw: Arrays, **split: Any) -> Identity:
    """Identity of a task of nine images that each repeat splits: all development images are in train."""
    content = parts(raw)
    del content["validation"]
    return identity_of(content, split={**RESPLIT, **split})


def test_a_task_split_per_repeat_counts_its_images_after_the_split() -> None:
    """Of 9 images scikit-learn holds out ceil(9 / 4) = 3."""
    raw = arrays()
    found = resplit_identity(raw)
    assert found.validation is not None
    assert (found.train.n, found.validation.n, found.test.n) == (6, 3, 6)
    assert found.train.x == found.validation.x == identity_of(parts(raw)).train.x
    assert found.train.y == found.validation.y == digest(raw["y_train"][:9])
    assert found.split_per_repeat == Split.model_validate(RESPLIT)
    assert identity_of(parts(raw)).split_per_repeat is None


def test_how_each_repeat_splits_is_part_of_the_training_digest() -> None:
    found = [resplit_identity(arrays(), **split) for split in ({}, {"fraction": 0.3}, {"stratified": True})]
    assert [one.train.n for one in found] == [6, 6, 6]
    assert len({one.training_digest for one in found}) == 3
    assert len({one.test_digest for one in found}) == 1


@pytest.mark.parametrize("array", ["x", "y"])
def test_any_development_value_changes_the_training_digest_of_a_task_split_per_repeat(array: str) -> None:
    changed = arrays()
    changed[f"{array}_train"][:9].flat[-1] ^= 1
    assert resplit_identity(changed).training_digest != resplit_identity(arrays()).training_digest


def test_identities_are_read_as_they_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    merged = identity_of(parts(arrays(4)), classes=[[0, 1], [2], [3]])
    made = {"plain": identity_of(parts(arrays())), "resplit": resplit_identity(arrays()), "merged": merged}
    write_model(layout.IDENTITIES, Identities(tasks=made))
    assert read_identities() == made
    assert list(read_identities()) == list(made)
