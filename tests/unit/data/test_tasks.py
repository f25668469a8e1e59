"""Tasks: classes kept or merged, limits, sorting, and scaling fitted to images."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.preprocessing import StandardScaler

from pipeline.data.images import Examples, Images, standardize_pixels
from pipeline.data.preparation import choose_rows, merge_map
from pipeline.data.splits import split_indices
from pipeline.errors import UserError
from pipeline.files import Arrays
from pipeline.params.task import Split

MERGED = [[0, 6], [1, 7], [2, 3, 5, 8], [4, 9]]  # write-up 003
Groups = list[list[int]]


def arrays(n_train: int = 40, n_test: int = 20) -> Arrays:
    """Images whose every pixel holds their own number, labels 0..9 in a scrambled order."""
    generator = np.random.default_rng(3)
    made: Arrays = {}
    for part, n, first in (("train", n_train, 0), ("test", n_test, 100)):
        numbers = np.arange(first, first + n, dtype=np.uint8)
        made[f"x_{part}"] = np.broadcast_to(numbers[:, None, None], (n, 3, 2)).copy()
        made[f"y_{part}"] = generator.permutation(n).astype(np.uint8) % 10
    return made


def prepare(
    raw: Arrays, classes: Groups | None = None, where: str = "here", part: str = "train", **options: Any
) -> Examples:
    """Development or test examples of a task; a limit and a sorting are of the development images only."""
    chosen = choose_rows(raw[f"y_{part}"], classes, where, **options)
    return Examples(Images(raw[f"x_{part}"], chosen.rows, ""), chosen.labels)


def numbers(examples: Examples) -> list[int]:
    return [int(number) for number in examples.images[:][:, 0, 0, 0]]


@pytest.mark.parametrize(("part", "first"), [("train", 0), ("test", 100)])
def test_threes_become_0_and_sevens_1_in_their_order(part: str, first: int) -> None:
    raw = arrays()
    made = prepare(raw, [[3], [7]], part=part)
    labels = raw[f"y_{part}"]
    kept = [index for index, label in enumerate(labels) if label in (3, 7)]
    assert numbers(made) == [first + index for index in kept]
    assert made.labels.tolist() == [{3: 0, 7: 1}[int(labels[index])] for index in kept]
    assert made.labels.dtype == np.uint8


def test_the_order_of_the_groups_is_the_order_of_the_classes() -> None:
    one, other = (prepare(arrays(), groups) for groups in ([[3], [7]], [[7], [3]]))
    np.testing.assert_array_equal(one.labels, 1 - other.labels)
    np.testing.assert_array_equal(one.images[:], other.images[:])


def test_the_merge_map_of_write_up_003() -> None:
    """0, 6 to 0; 1, 7 to 1; 2, 3, 5, 8 to 2; 4, 9 to 3 (catalogue, section 4)."""
    found = merge_map(MERGED)
    assert found.shape == (256,)
    assert found[:10].tolist() == [0, 1, 2, 2, 3, 2, 0, 1, 2, 3]
    assert set(found[10:].tolist()) == {-1}


def test_merged_classes_keep_every_image() -> None:
    raw = arrays()
    made = prepare(raw, MERGED)
    np.testing.assert_array_equal(made.images[:][..., 0], raw["x_train"])
    np.testing.assert_array_equal(made.labels, merge_map(MERGED)[raw["y_train"]])


@pytest.mark.parametrize("part", ["train", "test"])
def test_without_classes_only_a_channel_is_added(part: str) -> None:
    raw = arrays()
    made = prepare(raw, part=part)
    assert made.images.shape == (len(raw[f"x_{part}"]), 3, 2, 1)
    np.testing.assert_array_equal(made.images[:][..., 0], raw[f"x_{part}"])
    np.testing.assert_array_equal(made.labels, raw[f"y_{part}"])


def test_a_limit_keeps_the_first_images() -> None:
    made = prepare(arrays(), limit=7)
    assert numbers(made) == list(range(7))
    assert len(made.labels) == 7


def test_a_limit_counts_images_of_the_kept_classes() -> None:
    raw = arrays()
    made = prepare(raw, [[3], [7]], limit=5)
    assert numbers(made) == [i for i, label in enumerate(raw["y_train"]) if label in (3, 7)][:5]


def test_a_limit_beyond_the_images_changes_nothing() -> None:
    assert len(prepare(arrays(), limit=1000).images) == 40


def test_sorting_is_by_class_and_keeps_the_order_within_one() -> None:
    raw = arrays()
    made = prepare(raw, sort=True)
    by_class = sorted(range(40), key=lambda index: (raw["y_train"][index], index))
    assert numbers(made) == by_class
    assert made.labels.tolist() == sorted(raw["y_train"].tolist())


def test_sorting_is_by_the_classes_that_labels_become() -> None:
    raw = arrays()
    made = prepare(raw, [[7], [3]], sort=True)
    sevens, threes = (np.flatnonzero(raw["y_train"] == label).tolist() for label in (7, 3))
    assert numbers(made) == [*sevens, *threes]
    assert made.labels.tolist() == [0] * len(sevens) + [1] * len(threes)


def test_the_limit_is_before_the_sorting() -> None:
    made = prepare(arrays(), limit=7, sort=True)
    assert sorted(numbers(made)) == list(range(7))


def test_the_tail_of_sorted_data_lacks_classes_in_training() -> None:
    """What the study cifar10_split_order shows."""
    labels = prepare(arrays(), sort=True).labels
    train, validation = split_indices(labels, Split(kind="tail", fraction=0.2), "here")
    assert set(labels[train]) == set(range(8))
    assert set(labels[validation]) == {8, 9}


@pytest.mark.parametrize("groups", [[[3], [3, 7]], [[3, 3], [7]], [[-1], [7]], [[256], [7]]])
def test_a_label_in_two_groups_or_none_at_all_is_refused(groups: Groups) -> None:
    with pytest.raises(UserError, match=r"^params\.yaml: tasks\.t\.classes: expected each label of 0\.\.255"):
        prepare(arrays(), groups, "params.yaml: tasks.t")


@pytest.mark.parametrize("groups", [[[3], []], [[3], [11]]])
def test_a_class_without_images_is_refused(groups: Groups) -> None:
    with pytest.raises(UserError, match=r"^params\.yaml: tasks\.t\.classes: expected images of every class"):
        prepare(arrays(), groups, "params.yaml: tasks.t")


def test_a_class_without_test_images_is_refused() -> None:
    raw = arrays()
    raw["y_test"][raw["y_test"] == 7] = 3
    assert len(prepare(raw, [[3], [7]]))
    with pytest.raises(UserError, match=r"here\.classes: expected images of every class; received \[4, 0\]"):
        prepare(raw, [[3], [7]], part="test")


def colours(n: int, seed: int) -> npt.NDArray[np.uint8]:
    images = np.random.default_rng(seed).integers(0, 256, (n, 4, 3, 2), dtype=np.uint8)
    images[:, 0, 0, 0] = 17  # never varies
    return images


def test_standardising_is_scikit_learns() -> None:
    train, unseen = colours(30, 0), colours(9, 1)
    scaling = standardize_pixels(train)
    reference = StandardScaler().fit(train.reshape(-1, 24))
    expected = reference.transform(unseen.reshape(-1, 24)).reshape(unseen.shape)
    assert scaling(unseen).dtype == np.float32
    np.testing.assert_allclose(scaling(unseen), expected, rtol=1e-5, atol=2e-6)


def test_standardised_pixels_have_mean_0_and_sd_1_where_they_were_fitted() -> None:
    train = colours(200, 0)
    scaled = standardize_pixels(train)(train).reshape(200, -1)
    np.testing.assert_allclose(scaled.mean(axis=0, dtype=float), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=0, dtype=float)[1:], 1, atol=1e-6)


def test_a_pixel_that_never_varies_is_only_centred() -> None:
    scaling = standardize_pixels(colours(50, 0))
    assert scaling.offset[0, 0, 0] == 17
    assert scaling.divisor[0, 0, 0] == 1
    np.testing.assert_array_equal(scaling(np.full((1, 4, 3, 2), 18, np.uint8))[0, 0, 0, 0], 1)
