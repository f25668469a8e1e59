"""Stand-ins: the same bits everywhere, in the shape of what they stand for."""

from typing import Any

import numpy as np
import pytest

from pipeline.data.standins import digits, pictures
from pipeline.files import digest


@pytest.mark.parametrize(("name", "make"), [("digits", digits), ("pictures", pictures)])
def test_a_stand_in_is_what_params_yaml_pins(name: str, make: Any, params: dict[str, Any]) -> None:
    assert {key: digest(array) for key, array in make().items()} == params["sources"][name]["sha256"]


def test_pictures_are_ten_classes_of_250_in_cifar_10s_shape() -> None:
    made = pictures()
    assert made["x_train"].shape == (2000, 32, 32, 3)
    assert made["x_test"].shape == (500, 32, 32, 3)
    assert {array.dtype for array in made.values()} == {np.dtype(np.uint8)}
    assert np.bincount(np.concatenate([made["y_train"], made["y_test"]])).tolist() == [250] * 10
    assert set(made["y_test"]) == set(range(10))


def test_pictures_are_drawn_alike_whatever_was_drawn_before() -> None:
    first = pictures()
    np.random.default_rng().random(5)
    for key, array in pictures().items():
        np.testing.assert_array_equal(array, first[key])


def test_no_picture_is_both_training_and_test() -> None:
    made = pictures()
    assert len({image.tobytes() for part in ("x_train", "x_test") for image in made[part]}) == 2500


def test_digits_are_those_of_scikit_learn_in_mnists_shape() -> None:
    made = digits()
    assert made["x_train"].shape == (1437, 28, 28)
    assert made["x_test"].shape == (360, 28, 28)
    assert (made["x_train"].min(), made["x_train"].max()) == (0, 255)
