"""Parameters of networks by formula: the counts of the write-ups' tables, and what Keras counts."""

from typing import Any

import pytest

from pipeline.claims.operands import count_parameters
from pipeline.claims.vocabulary import Network

GREY, COLOUR = [28, 28, 1], [32, 32, 3]


def count(architecture: str, input_shape: list[int], **changes: Any) -> int:
    return count_parameters(Network(architecture=architecture, input_shape=input_shape, **changes))


@pytest.mark.parametrize(
    ("architecture", "shape", "changes", "expected"),
    [  # totals printed in the write-ups, or of the same tables
        ("mlp", GREY, {}, 109_386),
        ("mlp", COLOUR, {}, 402_250),
        ("cnn3", GREY, {}, 93_322),
        ("cnn3", COLOUR, {}, 122_570),
        ("cnn2", GREY, {}, 515_146),
        ("lenet", COLOUR, {}, 62_006),
        ("cnn753", GREY, {}, 6_270),
        ("cnn753", GREY, {"classes": 4}, 5_088),
        ("tuned_mlp", GREY, {"units": 256}, 203_530),
        ("tuned_cnn", GREY, {"units": 100}, 514_514),
        ("cnn3", GREY, {"pooling": False}, 2_038_922),
        ("cnn753", GREY, {"layer": "conv1"}, 800),
        ("cnn753", GREY, {"layer": "conv2"}, 3_208),
        ("cnn753", GREY, {"layer": "conv3"}, 292),
        ("cnn3", GREY, {"layer": "conv1_pool"}, 0),
        ("cnn3", GREY, {"layer": "conv1", "as_dense": True}, 785 * 26 * 26 * 32),
    ],
)
def test_counts(architecture: str, shape: list[int], changes: dict[str, Any], expected: int) -> None:
    assert count(architecture, shape, **changes) == expected


def test_a_filter_is_the_same_at_every_place_and_a_dense_layer_sees_every_pixel() -> None:
    assert count("lenet", [64, 64, 3], layer="conv2") == count("lenet", COLOUR, layer="conv2")
    assert count("mlp", [64, 64, 3]) == count("mlp", COLOUR) + (64**2 - 32**2) * 3 * 128
