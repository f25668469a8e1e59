"""Initial values: their limits, their moments, and where they come from."""

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.models.scratch.architectures import cnn3
from pipeline.models.scratch.arrays import glorot_uniform, kernel_fans
from pipeline.models.scratch.convolution import Conv2D
from pipeline.models.scratch.layers import Dense
from pipeline.models.scratch.losses import SoftmaxCrossEntropy
from pipeline.models.scratch.network import Network


def test_fans() -> None:
    assert kernel_fans((784, 128)) == (784, 128)
    assert kernel_fans((3, 3, 32, 64)) == (288, 576)


def test_glorot_uniform_is_uniform_within_its_limit() -> None:
    limit = np.sqrt(6 / (784 + 128))
    values = glorot_uniform(np.random.default_rng(0), (784, 128), (784, 128), "float64")
    assert limit * 0.9999 < np.abs(values).max() <= limit
    # 100,352 draws: five standard errors of the mean and of the variance of a uniform
    assert abs(values.mean()) < 5 * limit / np.sqrt(3 * values.size)
    assert values.var() == pytest.approx(limit**2 / 3, rel=5 * np.sqrt(0.8 / values.size))


def test_bias_can_share_the_limits_of_its_kernel() -> None:
    # The from-scratch network of write-up 000 draws biases as it draws weights.
    layer = Dense("dense", 2000, bias_initializer="glorot_uniform")
    layer.build((1000,), np.random.default_rng(0), "float64")
    limit = np.sqrt(6 / 3000)
    assert limit * 0.98 < np.abs(layer.parameters["bias"]).max() <= limit


def test_convolution_uses_the_fans_of_its_window() -> None:
    layer = Conv2D("conv", 64, 3)
    layer.build((9, 9, 32), np.random.default_rng(0), "float64")
    limit = np.sqrt(6 / (288 + 576))
    assert limit * 0.99 < np.abs(layer.parameters["kernel"]).max() <= limit
    assert not layer.parameters["bias"].any()


def test_same_seed_gives_the_same_values_in_both_dtypes() -> None:
    single, double = (
        Network(cnn3(), SoftmaxCrossEntropy(), (28, 28, 1), np.random.default_rng(4), dtype)
        for dtype in ("float32", "float64")
    )
    for name, value in double.parameters.items():
        np.testing.assert_array_equal(single.parameters[name], value.astype("float32"))


def test_unknown_initializer_is_refused() -> None:
    with pytest.raises(UserError, match=r"Received 'glorot_unifrom'\. Did you mean 'glorot_uniform'"):
        Dense("dense", 3, kernel_initializer="glorot_unifrom")
