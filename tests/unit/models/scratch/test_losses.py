"""Losses: closed forms, sums of gradients, extreme outputs, refusals."""

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.models.scratch.losses import (
    BinaryCrossEntropy,
    Loss,
    MeanSquaredError,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
    accuracy,
)


def test_equal_outputs_cost_the_log_of_the_number_of_classes() -> None:
    assert SoftmaxCrossEntropy().value(np.full((3, 10), 7.0), np.arange(3)) == pytest.approx(np.log(10))


def test_rows_of_the_softmax_gradient_sum_to_zero() -> None:
    generator = np.random.default_rng(0)
    outputs, targets = 5 * generator.standard_normal((50, 10)), generator.integers(10, size=50)
    for reduction in ("mean", "sum"):
        gradient = SoftmaxCrossEntropy(reduction).gradient(outputs, targets)
        assert np.abs(gradient.sum(axis=1)).max() < 1e-14
        assert (gradient[np.arange(50), targets] < 0).all()


def test_sum_is_the_mean_times_the_number_of_examples() -> None:
    generator = np.random.default_rng(1)
    outputs, targets = generator.standard_normal((8, 3)), generator.integers(3, size=8)
    mean, total = SoftmaxCrossEntropy("mean"), SoftmaxCrossEntropy("sum")
    assert total.value(outputs, targets) == pytest.approx(8 * mean.value(outputs, targets))
    np.testing.assert_allclose(total.gradient(outputs, targets), 8 * mean.gradient(outputs, targets))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_outputs_stay_finite(dtype: str) -> None:
    outputs = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype)
    assert SoftmaxCrossEntropy("sum").value(outputs, np.array([0, 0])) == pytest.approx(2e4)
    assert BinaryCrossEntropy("sum").value(outputs, np.array([[1, 0], [1, 0]])) == pytest.approx(1e4)
    assert SoftmaxCrossEntropy().gradient(outputs, np.array([0, 0])).dtype == dtype


def test_binary_cross_entropy_is_softmax_over_two_classes() -> None:
    generator = np.random.default_rng(2)
    z, y = generator.standard_normal((9, 1)), generator.integers(2, size=9)
    both = np.hstack([np.zeros_like(z), z])
    expected = SoftmaxCrossEntropy().value(both, y)
    assert BinaryCrossEntropy().value(z, y[:, None]) == pytest.approx(expected, rel=1e-12)
    probabilities = SoftmaxCrossEntropy().predictions(both)[:, 1:]
    np.testing.assert_allclose(BinaryCrossEntropy().predictions(z), probabilities)


def test_mean_squared_error_by_hand() -> None:
    outputs, targets = np.array([[1.0, 2.0], [0.0, 4.0]]), np.array([[1, 0], [3, 4]])
    assert MeanSquaredError().value(outputs, targets) == (4 / 2 + 9 / 2) / 2
    np.testing.assert_array_equal(MeanSquaredError("sum").gradient(outputs, targets), [[0, 2], [-3, 0]])


def test_sigmoid_squared_error_by_hand() -> None:
    outputs, targets = np.array([[0.0, np.log(3)]]), np.array([[1, 0]])  # sigmoids 1/2 and 3/4
    loss = SigmoidSquaredError()
    assert loss.value(outputs, targets) == pytest.approx((1 / 4 + 9 / 16) / 2 / 2)
    np.testing.assert_allclose(loss.predictions(outputs), [[0.5, 0.75]])
    np.testing.assert_allclose(loss.gradient(outputs, targets), [[-1 / 16, 9 / 128]])


def test_accuracy_of_each_kind_of_prediction() -> None:
    assert accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1])) == 0.5
    assert accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([[0, 1], [1, 0]])) == 1.0
    assert accuracy(np.array([[0.9], [0.8], [0.2], [0.4]]), np.array([[1], [0], [0], [0]])) == 0.75


@pytest.mark.parametrize(
    ("loss", "targets", "message"),
    [
        (SoftmaxCrossEntropy(), np.zeros((4, 3)), r"class numbers of shape \(4,\)\. Received shape \(4, 3\)"),
        (SoftmaxCrossEntropy(), np.array([0, 1, 2, 3]), "class numbers 0 to 2. Received 0 to 3"),
        (SoftmaxCrossEntropy(), np.array([0, 1, 2, -1]), "class numbers 0 to 2. Received -1 to 2"),
        (MeanSquaredError(), np.zeros(4), r"targets of shape \(4, 3\)\. Received shape \(4,\)"),
        (BinaryCrossEntropy(), np.zeros((4, 1)), r"targets of shape \(4, 3\)\. Received shape \(4, 1\)"),
    ],
)
def test_targets_that_do_not_fit_are_refused(loss: Loss, targets: np.ndarray, message: str) -> None:
    outputs = np.zeros((4, 3))
    with pytest.raises(ValueError, match=message):
        loss.value(outputs, targets)
    with pytest.raises(ValueError, match=message):
        loss.gradient(outputs, targets)


def test_unknown_reduction_is_refused() -> None:
    with pytest.raises(UserError, match=r"'mean' or 'sum'. Received 'meen'. Did you mean 'mean'\?"):
        SoftmaxCrossEntropy("meen")
