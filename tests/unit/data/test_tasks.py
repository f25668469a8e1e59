"""Tasks: classes kept or merged, limits, sorting, fitted scaling, and the division into parts."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.preprocessing import StandardScaler

from pipeline.data.preparation import divided, fitted_scaling, merge_map, prepared
from pipeline.data.splits import split_indices
from pipeline.errors import UserError
from pipeline.files import Arrays

MERGED = [[0, 6], [1, 7], [2, 3, 5, 8], [4, 9]]  # write-up 003
TASK: dict[str, Any] = {"classes": None, "limit": None, "sorted_by_class": False}


def arrays(n_train: int = 40, n_test: int = 20) -> Arrays:
    """Images whose every pixel holds their own number, labels 0..9 in a scrambled order."""
    generator = np.random.default_rng(3)
    made: Arrays = {}
    for part, n, first in (("train", n_train, 0), ("test", n_test, 100)):
        numbers = np.arange(first, first + n, dtype=np.uint8)
        made[f"x_{part}"] = np.broadcast_to(numbers[:, None, None], (n, 3, 2)).copy()
        made[f"y_{part}"] = generator.permutation(n).astype(np.uint8) % 10
    return made


def numbers(images: npt.NDArray[Any]) -> list[int]:
    return [int(number) for number in images[:, 0, 0, 0]]


def test_threes_become_0_and_sevens_1_in_their_order() -> None:
    raw = arrays()
    made = prepared(raw, {**TASK, "classes": [[3], [7]]}, "here")
    for part, first in (("train", 0), ("test", 100)):
        labels = raw[f"y_{part}"]
        kept = [index for index, label in enumerate(labels) if label in (3, 7)]
        assert numbers(made[f"x_{part}"]) == [first + index for index in kept]
        assert made[f"y_{part}"].tolist() == [{3: 0, 7: 1}[int(labels[index])] for index in kept]
        assert made[f"y_{part}"].dtype == np.uint8


def test_the_order_of_the_groups_is_the_order_of_the_classes() -> None:
    one, other = (prepared(arrays(), {**TASK, "classes": groups}, "h") for groups in ([[3], [7]], [[7], [3]]))
    np.testing.assert_array_equal(one["y_train"], 1 - other["y_train"])
    np.testing.assert_array_equal(one["x_train"], other["x_train"])


def test_the_merge_map_of_write_up_003() -> None:
    """0, 6 to 0; 1, 7 to 1; 2, 3, 5, 8 to 2; 4, 9 to 3 (catalogue, section 4)."""
    found = merge_map(MERGED)
    assert found.shape == (256,)
    assert found[:10].tolist() == [0, 1, 2, 2, 3, 2, 0, 1, 2, 3]
    assert set(found[10:].tolist()) == {-1}


def test_merged_classes_keep_every_image() -> None:
    raw = arrays()
    made = prepared(raw, {**TASK, "classes": MERGED}, "here")
    np.testing.assert_array_equal(made["x_train"][..., 0], raw["x_train"])
    np.testing.assert_array_equal(made["y_train"], merge_map(MERGED)[raw["y_train"]])


def test_without_classes_only_a_channel_is_added() -> None:
    raw = arrays()
    made = prepared(raw, TASK, "here")
    assert made["x_train"].shape == (40, 3, 2, 1)
    for key, array in made.items():
        np.testing.assert_array_equal(array.reshape(raw[key].shape), raw[key])


def test_a_limit_keeps_the_first_development_images_and_every_test_image() -> None:
    made = prepared(arrays(), {**TASK, "limit": 7}, "here")
    assert numbers(made["x_train"]) == list(range(7))
    assert len(made["y_train"]) == 7
    assert len(made["x_test"]) == 20


def test_a_limit_counts_images_of_the_kept_classes() -> None:
    raw = arrays()
    made = prepared(raw, {**TASK, "classes": [[3], [7]], "limit": 5}, "here")
    assert numbers(made["x_train"]) == [i for i, label in enumerate(raw["y_train"]) if label in (3, 7)][:5]


def test_a_limit_beyond_the_images_changes_nothing() -> None:
    assert len(prepared(arrays(), {**TASK, "limit": 1000}, "here")["x_train"]) == 40


def test_sorting_is_by_class_and_keeps_the_order_within_one() -> None:
    raw = arrays()
    made = prepared(raw, {**TASK, "sorted_by_class": True}, "here")
    by_class = sorted(range(40), key=lambda index: (raw["y_train"][index], index))
    assert numbers(made["x_train"]) == by_class
    assert made["y_train"].tolist() == sorted(raw["y_train"].tolist())
    np.testing.assert_array_equal(made["y_test"], raw["y_test"])


def test_the_limit_is_before_the_sorting() -> None:
    made = prepared(arrays(), {**TASK, "limit": 7, "sorted_by_class": True}, "here")
    assert sorted(numbers(made["x_train"])) == list(range(7))


def test_the_tail_of_sorted_data_lacks_classes_in_training() -> None:
    """What the study cifar10_split_order shows."""
    labels = prepared(arrays(), {**TASK, "sorted_by_class": True}, "here")["y_train"]
    split = {"kind": "tail", "fraction": 0.2, "seed": None, "stratified": False}
    train, validation = split_indices(labels, split, "here")
    assert set(labels[train]) == set(range(8))
    assert set(labels[validation]) == {8, 9}


@pytest.mark.parametrize("groups", [[[3], [3, 7]], [[3, 3], [7]], [[-1], [7]], [[256], [7]]])
def test_a_label_in_two_groups_or_none_at_all_is_refused(groups: list[list[int]]) -> None:
    with pytest.raises(UserError, match=r"^params\.yaml: tasks\.t\.classes: expected each label of 0\.\.255"):
        prepared(arrays(), {**TASK, "classes": groups}, "params.yaml: tasks.t")


@pytest.mark.parametrize("groups", [[[3], []], [[3], [11]]])
def test_a_class_without_images_is_refused(groups: list[list[int]]) -> None:
    with pytest.raises(UserError, match=r"^params\.yaml: tasks\.t\.classes: expected images of every class"):
        prepared(arrays(), {**TASK, "classes": groups}, "params.yaml: tasks.t")


def test_a_class_without_test_images_is_refused() -> None:
    raw = arrays()
    raw["y_test"][raw["y_test"] == 7] = 3
    with pytest.raises(UserError, match=r"here\.classes: expected images of every class; received \[4, 0\]"):
        prepared(raw, {**TASK, "classes": [[3], [7]]}, "here")


def colours(n: int, seed: int) -> npt.NDArray[np.uint8]:
    images = np.random.default_rng(seed).integers(0, 256, (n, 4, 3, 2), dtype=np.uint8)
    images[:, 0, 0, 0] = 17  # never varies
    return images


@pytest.mark.parametrize("fit_on", ["train", "development"])
def test_standardising_is_scikit_learns(fit_on: str) -> None:
    development = colours(50, 0)
    train, unseen = development[:30], colours(9, 1)
    scaling = fitted_scaling({"method": "standardize", "fit_on": fit_on}, train, development)
    reference = StandardScaler().fit({"train": train, "development": development}[fit_on].reshape(-1, 24))
    expected = reference.transform(unseen.reshape(-1, 24)).reshape(unseen.shape)
    assert scaling(unseen).dtype == np.float32
    np.testing.assert_allclose(scaling(unseen), expected, rtol=1e-5, atol=2e-6)


def test_standardised_pixels_have_mean_0_and_sd_1_where_they_were_fitted() -> None:
    train = colours(200, 0)
    scaled = fitted_scaling({"method": "standardize", "fit_on": "train"}, train, train)(train).reshape(
        200, -1
    )
    np.testing.assert_allclose(scaled.mean(axis=0, dtype=float), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=0, dtype=float)[1:], 1, atol=1e-6)


def test_a_pixel_that_never_varies_is_only_centred() -> None:
    train = colours(50, 0)
    scaling = fitted_scaling({"method": "standardize", "fit_on": "train"}, train, train)
    assert scaling.offset[0, 0, 0] == 17
    assert scaling.divisor[0, 0, 0] == 1
    np.testing.assert_array_equal(scaling(np.full((1, 4, 3, 2), 18, np.uint8))[0, 0, 0, 0], 1)


def test_unit_scaling_looks_at_no_image() -> None:
    one, other = (fitted_scaling({"method": "unit"}, colours(5, s), colours(5, s)) for s in (0, 1))
    assert one.to_arrays() == other.to_arrays() == {"offset": 0, "divisor": 255}


def parts(kind: str, validation: list[int]) -> dict[str, Arrays]:
    made = prepared(arrays(10, 4), TASK, "here")
    train = [index for index in range(10) if index not in validation]
    indices: Arrays = {"train": np.array(train, np.int64), "validation": np.array(validation, np.int64)}
    return divided(made, indices, kind)


def test_the_parts_hold_their_own_images() -> None:
    found = parts("tail", [8, 9])
    assert {name: numbers(part["x"]) for name, part in found.items()} == {
        "train": list(range(8)),
        "validation": [8, 9],
        "test": [100, 101, 102, 103],
    }
    made = prepared(arrays(10, 4), TASK, "here")
    np.testing.assert_array_equal(found["validation"]["y"], made["y_train"][8:])


def test_without_validation_images_there_is_no_validation_part() -> None:
    found = parts("none", [])
    assert set(found) == {"train", "test"}
    assert numbers(found["train"]["x"]) == list(range(10))


def test_validating_on_the_test_images_trains_on_every_other_and_copies_them() -> None:
    found = parts("test", [])
    assert numbers(found["train"]["x"]) == list(range(10))
    for array in ("x", "y"):
        np.testing.assert_array_equal(found["validation"][array], found["test"][array])


@pytest.mark.parametrize("kind", ["none", "test"])
def test_kinds_without_a_fraction_train_on_every_image(kind: str) -> None:
    split = {"kind": kind, "fraction": None, "seed": None, "stratified": False}
    train, validation = split_indices(np.zeros(12, np.uint8), split, "here")
    assert (train.tolist(), validation.tolist()) == (list(range(12)), [])
