"""Pooling: slow reference, conservation of gradients, ties, and ReLU before or after."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.models.scratch.arrays import Array
from pipeline.models.scratch.layers import ReLU
from pipeline.models.scratch.pooling import AveragePooling2D, MaxPooling2D, Pooling2D

OPTIONS = {
    "pool_size": st.tuples(st.integers(1, 4), st.integers(1, 4)),
    "strides": st.none() | st.tuples(st.integers(1, 3), st.integers(1, 3)),
    "padding": st.sampled_from(["valid", "same"]),
}
LAYERS = st.builds(MaxPooling2D, **OPTIONS) | st.builds(AveragePooling2D, **OPTIONS)
SHAPES = st.tuples(st.integers(4, 8), st.integers(4, 8), st.integers(1, 3))


def built(layer: Pooling2D, shape: tuple[int, ...]) -> Pooling2D:
    layer.build(shape, np.random.default_rng(0), "float64")
    return layer


def naive(layer: Pooling2D, x: Array) -> Array:
    """Each window cut out by itself, clipped to the image."""
    axes = []
    for size, window, stride in zip(x.shape[1:3], layer.pool_size, layer.strides, strict=True):
        starts = range(0, size - window + 1, stride)
        if layer.padding == "same":
            count = -(-size // stride)
            before = max((count - 1) * stride + window - size, 0) // 2
            starts = range(-before, -before + count * stride, stride)
        axes.append([slice(max(start, 0), start + window) for start in starts])
    pool = np.max if isinstance(layer, MaxPooling2D) else np.mean
    return np.stack([np.stack([pool(x[:, r, c], axis=(1, 2)) for c in axes[1]], 1) for r in axes[0]], 1)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(layer=LAYERS, shape=SHAPES, seed=st.integers(0, 2**16))
def test_windows_are_those_of_the_slow_reference(layer: Pooling2D, shape: tuple[int, ...], seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal((2, *shape))
    np.testing.assert_allclose(built(layer, shape)(x), naive(layer, x), rtol=0, atol=1e-14)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(layer=LAYERS, shape=SHAPES, seed=st.integers(0, 2**16))
def test_gradients_conserve_their_sum(layer: Pooling2D, shape: tuple[int, ...], seed: int) -> None:
    generator = np.random.default_rng(seed)
    x = generator.integers(3, size=(2, *shape)).astype(float)  # many ties
    y = built(layer, shape)(x)
    dy = generator.standard_normal(y.shape)
    dx = layer.input_gradient(dy)
    assert dx.shape == x.shape
    np.testing.assert_allclose(dx.sum(axis=(1, 2)), dy.sum(axis=(1, 2)), rtol=0, atol=1e-12)


def test_worked_average() -> None:
    # Average of the 2x2 windows of the map of write-up 000, question 1: catalogue, 2.1.
    x = np.array([[2, 4, 2], [-3, -1, 6], [-1, -1, 4]], float)[None, :, :, None]
    y = built(AveragePooling2D(2, strides=1), (3, 3, 1))(x)
    np.testing.assert_array_equal(y[0, :, :, 0], [[0.5, 2.75], [-1.5, 2]])


def test_first_of_equal_values_gets_the_gradient() -> None:
    layer = built(MaxPooling2D(), (2, 4, 1))
    layer(np.array([[1, 2, 5, 5], [2, 0, 5, 5]], float)[None, :, :, None])
    dx = layer.input_gradient(np.array([3.0, 4.0]).reshape(1, 1, 2, 1))
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0, 3, 4, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize("strides", [1, 2])
def test_relu_before_or_after_max_pooling_is_the_same(strides: int) -> None:
    generator = np.random.default_rng(7)
    x = generator.integers(-3, 3, size=(4, 8, 8, 3)).astype(float)  # ties and zeros
    pool, relu_before, relu_after = MaxPooling2D(2, strides=strides), ReLU(), ReLU()
    relu_before.build((8, 8, 3), generator, "float64")
    relu_after.build(built(pool, (8, 8, 3)).build((8, 8, 3), generator, "float64"), generator, "float64")

    before = pool(relu_before(x))
    dy = generator.standard_normal(before.shape)
    gradient_before = relu_before.input_gradient(pool.input_gradient(dy))
    after = relu_after(pool(x))
    gradient_after = pool.input_gradient(relu_after.input_gradient(dy))
    np.testing.assert_array_equal(after, before)
    np.testing.assert_array_equal(gradient_after, gradient_before)
