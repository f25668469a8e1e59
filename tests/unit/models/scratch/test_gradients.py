"""Gradients against central differences along random directions, in float64."""

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.models.scratch.architectures import cnn3, mlp
from pipeline.models.scratch.arrays import Array, Shape
from pipeline.models.scratch.convolution import Conv2D
from pipeline.models.scratch.layers import Dense, Flatten, Layer, ReLU, Sigmoid
from pipeline.models.scratch.losses import (
    BinaryCrossEntropy,
    Loss,
    MeanSquaredError,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
)
from pipeline.models.scratch.network import Network
from pipeline.models.scratch.pooling import AveragePooling2D, MaxPooling2D

STEP = 1e-6
TOLERANCE = 1e-6

LAYERS: list[tuple[Layer, Shape]] = [
    (Dense("dense", 5), (7,)),
    (Conv2D("conv", 4, 3), (6, 5, 2)),
    (Conv2D("conv", 3, (2, 3), strides=(2, 1), padding="same"), (7, 6, 2)),
    (Conv2D("conv", 2, 2, strides=3), (8, 9, 1)),
    (MaxPooling2D(), (7, 6, 3)),
    (MaxPooling2D(3, strides=2, padding="same"), (6, 7, 2)),
    (MaxPooling2D(2, strides=1), (4, 5, 2)),
    (AveragePooling2D(), (6, 6, 2)),
    (AveragePooling2D((2, 3), strides=(1, 2), padding="same"), (5, 6, 2)),
    (Flatten(), (3, 2, 2)),
    (ReLU(), (4, 3)),
    (Sigmoid(), (4, 3)),
]


def slope(function: Callable[[], float], array: Array, direction: Array) -> float:
    """Central difference of a function that reads an array, along a direction."""
    start = array.copy()
    array[...] = start + STEP * direction
    above = function()
    array[...] = start - STEP * direction
    below = function()
    array[...] = start
    return (above - below) / (2 * STEP)


def check(function: Callable[[], float], array: Array, gradient: Array, generator: np.random.Generator) -> None:
    """The gradient gives the slope along three random directions."""
    assert gradient.shape == array.shape
    for _ in range(3):
        direction = generator.standard_normal(array.shape)
        assert np.sum(gradient * direction) == pytest.approx(slope(function, array, direction), rel=TOLERANCE)


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda value: getattr(value, "name", str(value)))
def test_layer(layer: Layer, shape: Shape) -> None:
    generator = np.random.default_rng(1)
    output_shape = layer.build(shape, generator, "float64")
    x, weights = generator.standard_normal((3, *shape)), generator.standard_normal((3, *output_shape))

    def weighted_sum() -> float:
        return float(np.sum(layer(x) * weights))

    weighted_sum()
    layer.backward(weights)
    check(weighted_sum, x, layer.input_gradient(weights), generator)
    assert layer.gradients.keys() == layer.parameters.keys()
    for name, parameter in layer.parameters.items():
        check(weighted_sum, parameter, layer.gradients[name], generator)


LOSSES = [SoftmaxCrossEntropy, BinaryCrossEntropy, MeanSquaredError, SigmoidSquaredError]


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("kind", LOSSES)
def test_loss(kind: type[Loss], reduction: str) -> None:
    generator, loss = np.random.default_rng(2), kind(reduction)
    outputs = generator.standard_normal((6, 4))
    targets = generator.integers(2, size=(6, 4)).astype("float64")
    if kind is SoftmaxCrossEntropy:
        targets = generator.integers(4, size=6)
    check(lambda: loss.value(outputs, targets), outputs, loss.gradient(outputs, targets), generator)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("build", [mlp, cnn3])
def test_whole_network(build: Callable[[], list[Layer]], reduction: str) -> None:
    generator = np.random.default_rng(3)
    network = Network(build(), SoftmaxCrossEntropy(reduction), (28, 28, 1), generator, "float64")
    x, y = generator.random((4, 28, 28, 1)), generator.integers(10, size=4)

    def value() -> float:
        return network.loss.value(network.forward(x), y)

    network.backward(network.loss.gradient(network.forward(x), y))
    assert network.gradients.keys() == network.parameters.keys()
    for name, gradient in network.gradients.items():
        check(value, network.parameters[name], gradient, generator)
