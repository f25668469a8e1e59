"""One run's evaluation: shifts and merged predictions, with made-up probabilities in the network's place."""

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.model_selection import train_test_split

from pipeline.data.images import Examples, scale_to_unit
from pipeline.evaluation.work import Evaluated, Job, Merge, TaskImages, perform, shift_images
from pipeline.files import Arrays
from pipeline.params.recipe import Recipe
from pipeline.params.task import Split
from tests.builders import build_examples, build_recipe

RECIPE = build_recipe()
WEIGHTS: Arrays = {"conv1/kernel": np.array([3.0, 0.0], np.float32), "conv1/bias": np.ones(1, np.float32)}


def rolled(images: npt.NDArray[np.uint8], down: int, right: int) -> npt.NDArray[np.uint8]:
    """numpy.roll, with zeros in the place of what came around."""
    moved = np.roll(images, (down, right), axis=(1, 2))
    if down:
        moved[:, :down] = 0 if down > 0 else moved[:, :down]
        moved[:, down:] = 0 if down < 0 else moved[:, down:]
    if right:
        moved[:, :, :right] = 0 if right > 0 else moved[:, :, :right]
        moved[:, :, right:] = 0 if right < 0 else moved[:, :, right:]
    return moved


@pytest.mark.parametrize("down", range(-4, 5))
@pytest.mark.parametrize("right", range(-5, 6))
def test_shifting_is_rolling_with_zeros(down: int, right: int) -> None:
    images = np.random.default_rng(0).integers(1, 256, (3, 5, 6, 2), dtype=np.uint8)
    before = images.copy()
    np.testing.assert_array_equal(shift_images(images, down, right), rolled(images, down, right))
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize(("down", "right"), [(5, 0), (-5, 0), (0, 6), (0, -6)])
def test_a_shift_by_the_whole_image_leaves_nothing(down: int, right: int) -> None:
    assert not shift_images(np.ones((1, 5, 6, 1), np.uint8), down, right).any()


def test_down_is_down_and_right_is_right() -> None:
    image = np.zeros((1, 3, 3, 1), np.uint8)
    image[0, 1, 1] = 9
    assert shift_images(image, 1, 0)[0, 2, 1, 0] == 9
    assert shift_images(image, 0, 1)[0, 1, 2, 0] == 9


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[npt.NDArray[np.uint8], int]]:
    """Images and classes that the network was asked for; it answers from the row that a middle pixel names."""
    calls: list[tuple[npt.NDArray[np.uint8], int]] = []

    def probabilities(
        recipe: Recipe, weights: Arrays, images: npt.NDArray[np.uint8], scaling: Any, classes: int
    ) -> npt.NDArray[np.float32]:
        calls.append((images, classes))
        return ANSWERS[classes][images[:, 1, 1, 0]]

    fake = SimpleNamespace(probabilities=probabilities)
    monkeypatch.setitem(sys.modules, "pipeline.models.predict", fake)  # importing it takes TensorFlow
    return calls


ANSWERS: dict[int, npt.NDArray[np.float32]] = {
    2: np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]], np.float32),
    4: np.array(
        [
            [0.40, 0.10, 0.35, 0.15],  # by argmax the first pair; summed the pairs (0, 1) .5 and (2, 3) .5
            [0.35, 0.05, 0.30, 0.30],  # by argmax the first pair, summed the second
            [0.05, 0.05, 0.50, 0.40],  # by both the second
        ],
        np.float32,
    ),
}


def part(numbers: list[int], labels: list[int]) -> Examples:
    images = np.zeros((len(numbers), 3, 3), np.uint8)
    images[:, 1, 1] = numbers
    return build_examples(images, labels)


def evaluated(parts: dict[str, Examples], shifts: tuple[int, ...] = (), merge: Merge | None = None) -> Evaluated:
    return perform(Job(RECIPE, WEIGHTS, TaskImages(parts, scale_to_unit(), 2), 0, shifts, merge))


@pytest.mark.usefixtures("asked")
def test_every_part_is_scored_on_its_own() -> None:
    parts = {
        "train": part([0, 1], [0, 1]),
        "validation": part([0], [1]),
        "test": part([0, 1, 1, 1], [0, 1, 0, 0]),
    }
    result = evaluated(parts)
    assert result.scalars["train_accuracy"] == 1
    assert result.scalars["val_accuracy"] == 0
    assert result.scalars["test_accuracy"] == 0.5
    assert result.scalars["train_loss"] == pytest.approx(-(np.log(0.9) + np.log(0.8)) / 2, rel=1e-6)
    assert result.scalars["val_loss"] == pytest.approx(-np.log(0.1), rel=1e-6)
    assert result.scalars["test_loss"] == pytest.approx(-(np.log(0.9) + np.log(0.8) + 2 * np.log(0.2)) / 4, rel=1e-6)
    assert result.scalars["weight_norm"] == 3
    assert result.scalars["sparsity"] == 0.5
    assert result.test["predicted"].tolist() == [0, 1, 1, 1]
    np.testing.assert_allclose(result.test["positive"], [0.1, 0.8, 0.8, 0.8], rtol=1e-6)


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_repeats_own_split_is_divided_by_its_seed_and_scored_apart(seed: int) -> None:
    """Image number 0 is taken for class 0 and number 1 for class 1, so that each part's accuracy shows who is in it."""
    labels = np.arange(20) % 3 == 0
    split = Split(kind="shuffled", fraction=0.3, seed="repeat")
    parts = {"train": part([0] * 20, labels.astype(int).tolist()), "test": part([0], [0])}
    scalars = perform(Job(RECIPE, WEIGHTS, TaskImages(parts, scale_to_unit(), 2, split), seed)).scalars
    train, validation = train_test_split(np.arange(20), test_size=0.3, random_state=seed)
    assert scalars["train_accuracy"] == pytest.approx(1 - labels[train].mean())
    assert scalars["val_accuracy"] == pytest.approx(1 - labels[validation].mean())
    assert scalars["test_accuracy"] == 1


@pytest.mark.usefixtures("asked")
def test_without_validation_images_nothing_is_said_of_them() -> None:
    scalars = evaluated({"train": part([0], [0]), "test": part([0], [0])}).scalars
    assert {name for name in scalars if name.startswith("val_")} == set()


@pytest.mark.parametrize(("rule", "predicted"), [("argmax", [0, 0, 1]), ("sum", [0, 1, 1])])
def test_merged_predictions_by_either_rule(
    asked: list[tuple[npt.NDArray[np.uint8], int]], rule: str, predicted: list[int]
) -> None:
    """Row 0 is a tie of the sums, which the first class takes."""
    tests = part([0, 1, 2], [0, 1, 1])
    result = evaluated({"train": tests, "test": tests}, merge=Merge((0, 0, 1, 1), rule))
    assert {classes for _, classes in asked} == {4}
    assert result.test["predicted"].tolist() == predicted
    assert result.scalars["test_accuracy"] == np.mean(np.array(predicted) == [0, 1, 1])
    summed = [0.5, 0.6, 0.9]  # of the true class
    np.testing.assert_allclose(result.test["nll"], -np.log(summed), rtol=1e-6)
    np.testing.assert_allclose(result.test["positive"], [0.5, 0.6, 0.9], rtol=1e-6)


@pytest.mark.usefixtures("asked")
def test_a_merge_need_not_be_of_neighbours() -> None:
    tests = part([0, 1, 2], [0, 0, 0])
    result = evaluated({"train": tests, "test": tests}, merge=Merge((0, 1, 0, 1), "sum"))
    np.testing.assert_allclose(result.test["nll"], -np.log([0.75, 0.65, 0.55]), rtol=1e-6)
    assert result.test["predicted"].tolist() == [0, 0, 0]


def test_a_shifted_accuracy_is_the_mean_over_four_directions(
    asked: list[tuple[npt.NDArray[np.uint8], int]],
) -> None:
    tests = part([1], [1])
    tests.images.pixels[0, 0, 1] = 2  # comes to the middle when moved down: a tie, answered 0
    tests.images.pixels[0, 1, 0] = 1  # comes to the middle when moved right: answered 1
    scalars = evaluated({"train": part([0], [0]), "test": tests}, shifts=(0, 1)).scalars
    assert scalars["test_accuracy_shift_0"] == scalars["test_accuracy"] == 1
    assert scalars["test_accuracy_shift_1"] == 0.25
    moved = [images for images, _ in asked[3:]]
    assert len(moved) == 4
    expected = [shift_images(tests.images[:], down, right) for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    for found, each in zip(moved, expected, strict=True):
        np.testing.assert_array_equal(found, each)


@pytest.mark.usefixtures("asked")
def test_without_shifts_no_shifted_accuracy_is_said() -> None:
    tests = part([0], [0])
    assert not [name for name in evaluated({"train": tests, "test": tests}).scalars if "shift" in name]
