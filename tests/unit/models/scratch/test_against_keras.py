"""Layers, losses and optimizers against Keras: forward in float32, training in float64."""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.models.scratch.architectures import cnn3, mlp
from pipeline.models.scratch.arrays import Array, Shape
from pipeline.models.scratch.convolution import Conv2D
from pipeline.models.scratch.layers import Dense, Flatten, Layer, ReLU, Sigmoid
from pipeline.models.scratch.losses import BinaryCrossEntropy, Loss, MeanSquaredError, SoftmaxCrossEntropy
from pipeline.models.scratch.network import Network
from pipeline.models.scratch.optimizers import SGD, Adam, Optimizer
from pipeline.models.scratch.pooling import AveragePooling2D, MaxPooling2D

LAYERS: list[tuple[Layer, Any, Shape]] = [
    (Dense("d", 128), keras.layers.Dense(128), (784,)),
    (Conv2D("c", 32, 3), keras.layers.Conv2D(32, 3), (28, 28, 1)),
    (Conv2D("c", 64, 3), keras.layers.Conv2D(64, 3), (13, 13, 32)),
    (Conv2D("c", 6, 5, padding="same"), keras.layers.Conv2D(6, 5, padding="same"), (32, 32, 3)),
    (
        Conv2D("c", 4, (2, 4), strides=2, padding="same"),
        keras.layers.Conv2D(4, (2, 4), strides=2, padding="same"),
        (9, 8, 3),
    ),
    (Conv2D("c", 4, 7, strides=(2, 3)), keras.layers.Conv2D(4, 7, strides=(2, 3)), (28, 28, 2)),
    (MaxPooling2D(), keras.layers.MaxPooling2D(), (13, 13, 8)),
    (MaxPooling2D(2, strides=1), keras.layers.MaxPooling2D(2, strides=1), (22, 22, 16)),
    (
        MaxPooling2D(3, strides=2, padding="same"),
        keras.layers.MaxPooling2D(3, strides=2, padding="same"),
        (8, 9, 4),
    ),
    (AveragePooling2D(), keras.layers.AveragePooling2D(2), (14, 14, 4)),
    (
        AveragePooling2D(3, strides=2, padding="same"),
        keras.layers.AveragePooling2D(3, strides=2, padding="same"),
        (8, 9, 4),
    ),
    (Flatten(), keras.layers.Flatten(), (3, 3, 64)),
    (ReLU(), keras.layers.ReLU(), (5, 5, 3)),
    (Sigmoid(), keras.layers.Activation("sigmoid"), (20,)),
]


def assert_close(ours: Array, theirs: Any) -> None:
    """Within 1e-5 of the largest value."""
    expected = np.asarray(theirs)
    assert ours.dtype == expected.dtype == "float32"
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize(("layer", "theirs", "shape"), LAYERS, ids=lambda value: getattr(value, "name", ""))
def test_layer_and_its_gradients(layer: Layer, theirs: Any, shape: Shape) -> None:
    generator = np.random.default_rng(0)
    layer.build(shape, generator, "float32")
    x = generator.standard_normal((16, *shape), dtype="float32")
    theirs.build(x.shape)
    theirs.set_weights(list(layer.parameters.values()))
    with tf.GradientTape() as tape:
        images = tf.Variable(x)
        y = theirs(images)
        dy = generator.standard_normal(y.shape, dtype="float32")
        total = tf.reduce_sum(y * dy)
    variables = [variable.value for variable in theirs.trainable_variables]
    dx, *gradients = tape.gradient(total, [images, *variables])
    assert_close(layer(x), y)
    layer.backward(dy)
    assert_close(layer.input_gradient(dy), dx)
    for ours, expected in zip(layer.gradients.values(), gradients, strict=True):
        assert_close(ours, expected)


def test_tied_values_in_a_pool() -> None:
    generator = np.random.default_rng(1)
    layer = MaxPooling2D(3, strides=2)
    layer.build((9, 9, 2), generator, "float32")
    x = generator.integers(3, size=(4, 9, 9, 2)).astype("float32")
    dy = generator.standard_normal(layer(x).shape, dtype="float32")
    with tf.GradientTape() as tape:
        images = tf.Variable(x)
        total = tf.reduce_sum(keras.layers.MaxPooling2D(3, strides=2)(images) * dy)
    assert_close(layer.input_gradient(dy), tape.gradient(total, images))


LOSSES: list[tuple[type[Loss], Callable[[str], Any]]] = [
    (
        SoftmaxCrossEntropy,
        lambda r: keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=r),
    ),
    (BinaryCrossEntropy, lambda r: keras.losses.BinaryCrossentropy(from_logits=True, reduction=r)),
    (MeanSquaredError, lambda r: keras.losses.MeanSquaredError(reduction=r)),
]


@pytest.mark.parametrize(("reduction", "theirs"), [("mean", "sum_over_batch_size"), ("sum", "sum")])
@pytest.mark.parametrize(("kind", "build"), LOSSES)
def test_loss(kind: type[Loss], build: Callable[[str], Any], reduction: str, theirs: str) -> None:
    generator = np.random.default_rng(2)
    outputs = 3 * generator.standard_normal((12, 5), dtype="float32")
    targets = generator.integers(2, size=(12, 5)).astype("float32")
    if kind is SoftmaxCrossEntropy:
        targets = generator.integers(5, size=12)
    expected = float(build(theirs)(targets, outputs))
    assert kind(reduction).value(outputs, targets) == pytest.approx(expected, rel=1e-5)


@pytest.fixture
def double_precision() -> Iterator[None]:
    """Keras in float64 while a test runs."""
    keras.config.set_dtype_policy("float64")  # set_floatx alone does not reach a policy already in use
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def keras_mlp() -> Any:
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu", name="dense1"),
            keras.layers.Dense(64, activation="relu", name="dense2"),
            keras.layers.Dense(10, activation="softmax", name="output"),
        ]
    )


def keras_cnn3() -> Any:
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu", name="conv1"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu", name="conv2"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu", name="conv3"),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu", name="dense1"),
            keras.layers.Dense(10, activation="softmax", name="output"),
        ]
    )


NETWORKS: list[tuple[Callable[[], list[Layer]], Callable[[], Any]]] = [(mlp, keras_mlp), (cnn3, keras_cnn3)]
# Keras rounds the betas to float32 in its corrections, even in float64, which moves a step by 7e-6 of its
# size. Both sides get betas that float32 holds exactly, so that only the formula is compared.
BETAS = {"beta_1": float(np.float32(0.9)), "beta_2": float(np.float32(0.999))}
OPTIMIZERS: list[tuple[Callable[[], Optimizer], Callable[[], Any]]] = [
    (lambda: SGD(0.05), lambda: keras.optimizers.SGD(0.05)),
    (lambda: Adam(**BETAS), lambda: keras.optimizers.Adam(**BETAS)),
]


def give_weights(network: Network, model: Any) -> None:
    """Set the weights of a Keras model, by the names of its layers."""
    for name, weights in network.parameters.items():
        layer, kind = name.split("/")
        getattr(model.get_layer(layer), kind).assign(weights)


@pytest.mark.usefixtures("double_precision")
@pytest.mark.parametrize(("build", "build_keras"), NETWORKS, ids=["mlp", "cnn3"])
@pytest.mark.parametrize(("optimizer", "build_theirs"), OPTIMIZERS, ids=["SGD", "Adam"])
def test_hundred_steps_track_keras(
    build: Callable[[], list[Layer]],
    build_keras: Callable[[], Any],
    optimizer: Callable[[], Optimizer],
    build_theirs: Callable[[], Any],
) -> None:
    generator = np.random.default_rng(3)
    network = Network(build(), SoftmaxCrossEntropy(), (28, 28, 1), generator, "float64")
    model = build_keras()
    ours = optimizer()
    model.compile(build_theirs(), "sparse_categorical_crossentropy")
    assert model.compute_dtype == "float64"
    give_weights(network, model)
    x, y = generator.random((64, 28, 28, 1)), generator.integers(10, size=64)
    for _ in range(100):
        batch = generator.choice(64, 16, replace=False)
        model.reset_metrics()
        expected = model.train_on_batch(x[batch], y[batch])
        assert network.train_on_batch(x[batch], y[batch], ours)[0] == pytest.approx(expected, rel=1e-9)
    np.testing.assert_allclose(network.predict(x), model.predict_on_batch(x), rtol=0, atol=1e-9)
