"""Convolution: a slow reference beside the fast path, worked examples, linearity, shifts."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.models.scratch.arrays import Array
from pipeline.models.scratch.convolution import Conv2D

IMAGE = np.array([[1, 2, 2], [1, 3, 4], [1, 0, 0]], float)
KERNEL = np.array([[1, -1], [1, -1], [0, 1]], float)

LAYERS = st.builds(
    Conv2D,
    name=st.just("conv"),
    filters=st.integers(1, 3),
    kernel_size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    strides=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.sampled_from(["valid", "same"]),
    bias_initializer=st.just("glorot_uniform"),
)
SHAPES = st.tuples(st.integers(4, 8), st.integers(4, 8), st.integers(1, 3))


def built(layer: Conv2D, shape: tuple[int, int, int], generator: np.random.Generator) -> Conv2D:
    layer.build(shape, generator, "float64")
    return layer


def with_kernel(kernel: Array, padding: str) -> Conv2D:
    """A convolution of one map by one kernel, for 3x3 images."""
    layer = built(Conv2D("conv", 1, kernel.shape, padding=padding), (3, 3, 1), np.random.default_rng(0))
    layer.parameters["kernel"][..., 0, 0] = kernel
    return layer


def naive(layer: Conv2D, x: Array) -> Array:
    """The layer's definition, one multiplication at a time; padding as TensorFlow documents it."""
    kernel, bias = layer.parameters["kernel"], layer.parameters["bias"]
    before, counts = [], []
    for size, window, stride in zip(x.shape[1:3], layer.kernel_size, layer.strides, strict=True):
        same = layer.padding == "same"
        count = -(-size // stride) if same else -(-(size - window + 1) // stride)
        before.append(max((count - 1) * stride + window - size, 0) // 2 if same else 0)
        counts.append(count)
    y = np.zeros((len(x), *counts, layer.units))
    for n, row, column, f in np.ndindex(*y.shape):
        y[n, row, column, f] = bias[f]
        for i, j, c in np.ndindex(*kernel.shape[:3]):
            h = row * layer.strides[0] + i - before[0]
            w = column * layer.strides[1] + j - before[1]
            if 0 <= h < x.shape[1] and 0 <= w < x.shape[2]:
                y[n, row, column, f] += x[n, h, w, c] * kernel[i, j, c, f]
    return y


@settings(deadline=None, max_examples=50, derandomize=True)
@given(layer=LAYERS, shape=SHAPES, seed=st.integers(0, 2**16))
def test_fast_path_is_the_slow_reference(layer: Conv2D, shape: tuple[int, int, int], seed: int) -> None:
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((2, *shape))
    y = built(layer, shape, generator)(x)
    np.testing.assert_allclose(y, naive(layer, x), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("padding", "expected"),
    [("valid", [[-3, -1]]), ("same", [[2, 4, 2], [-3, -1, 6], [-1, -1, 4]])],
)
def test_worked_example(padding: str, expected: list[list[int]]) -> None:
    # The image and kernel of write-up 000, question 1; values recomputed by hand and in the catalogue, 2.1.
    y = with_kernel(KERNEL, padding)(IMAGE[None, :, :, None])
    np.testing.assert_array_equal(y[0, :, :, 0], expected)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(layer=LAYERS, shape=SHAPES, seed=st.integers(0, 2**16))
def test_linear_in_the_images(layer: Conv2D, shape: tuple[int, int, int], seed: int) -> None:
    generator = np.random.default_rng(seed)
    built(layer, shape, generator).parameters["bias"][...] = 0
    x, z = generator.standard_normal((2, 3, *shape))
    np.testing.assert_allclose(layer(2 * x - 3 * z), 2 * layer(x) - 3 * layer(z), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("down", "right"), list(product((1, 2, 3), repeat=2)))
def test_shifting_the_image_shifts_the_map(down: int, right: int) -> None:
    generator = np.random.default_rng(5)
    layer = built(Conv2D("conv", 4, 3), (12, 12, 2), generator)
    x = np.zeros((2, 12, 12, 2))
    x[:, 3:6, 3:6] = generator.standard_normal((2, 3, 3, 2))
    shifted = np.roll(x, (down, right), axis=(1, 2))
    np.testing.assert_allclose(layer(shifted), np.roll(layer(x), (down, right), axis=(1, 2)), atol=1e-14)
    assert np.abs(layer(shifted) - layer(x)).max() > 0.1


def test_input_gradient_is_the_adjoint_of_the_forward_pass() -> None:
    generator = np.random.default_rng(6)
    layer = built(Conv2D("conv", 3, (3, 2), strides=2, padding="same"), (7, 8, 2), generator)
    x = generator.standard_normal((4, 7, 8, 2))
    y = layer(x)
    dy = generator.standard_normal(y.shape)
    assert np.sum(layer.input_gradient(dy) * x) == pytest.approx(np.sum(dy * y), rel=1e-12)
