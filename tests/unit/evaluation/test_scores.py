"""What a finished run achieved, from its probabilities and weights, by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, precision_score, recall_score

from pipeline.evaluation.scores import (
    count_confusion,
    merge_probabilities,
    negative_log_likelihood,
    precision,
    predict_labels,
    recall,
    score_answers,
    summarize_kernels,
)

LABELS = np.array([0, 0, 1, 1, 1, 2], np.uint8)
PREDICTED = np.array([0, 1, 1, 1, 0, 1], np.uint8)


def test_the_loss_is_scikit_learns_log_loss() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), 6).astype(np.float32)
    found = score_answers(probabilities, predict_labels(probabilities), LABELS)[1]
    exact = probabilities.astype(float)
    exact /= exact.sum(axis=1, keepdims=True)  # float32 rows add up to 1 within 1e-7 only
    assert found == pytest.approx(log_loss(LABELS, exact), rel=1e-5)


def test_certain_answers_are_clipped_as_keras_clips_them() -> None:
    """Keras's epsilon of 1e-7: at the worst -ln(1e-7) = 16.118 nats."""
    found = negative_log_likelihood(np.array([[1, 0], [1, 0]], np.float32), np.array([0, 1], np.uint8))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [0, 16.118095], atol=2e-7)


def test_the_first_of_equals_is_predicted_and_a_diverged_run_is_scored() -> None:
    nan = float("nan")
    probabilities = np.array([[0.2, 0.4, 0.4], [nan, nan, nan], [0.1, nan, 0.2]], np.float32)
    assert predict_labels(probabilities).tolist() == [1, 0, 2]
    assert np.isnan(negative_log_likelihood(probabilities, np.array([0, 1, 1], np.uint8))).tolist() == [
        False,
        True,
        True,
    ]


def test_confusion_has_the_truth_in_rows() -> None:
    assert count_confusion(PREDICTED, LABELS, 4).tolist() == [
        [1, 1, 0, 0],
        [1, 2, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 0, 0],
    ]


def test_recall_and_precision_are_scikit_learns() -> None:
    counts = count_confusion(PREDICTED, LABELS, 3)
    np.testing.assert_allclose(recall(counts), recall_score(LABELS, PREDICTED, average=None))
    expected = precision_score(LABELS, PREDICTED, average=None, zero_division=np.nan)
    np.testing.assert_allclose(precision(counts), expected)
    assert np.isnan(precision(counts)).tolist() == [False, False, True]
    assert np.isnan(recall(count_confusion(PREDICTED, LABELS, 4))).tolist() == [False, False, False, True]


def test_the_write_ups_confusion_matrix() -> None:
    """Write-up 001: [[1010, 0], [7, 1021]], precision 1, recall .99319 (catalogue, section 1)."""
    counts = np.array([[1010, 0], [7, 1021]])
    assert precision(counts)[1] == 1
    assert round(float(recall(counts)[1]), 5) == 0.99319


def test_merged_probabilities_are_sums_over_members() -> None:
    found = merge_probabilities(
        np.array([[0.1, 0.2, 0.3, 0.4]], np.float32), np.array([1, 0, 1, 2], np.uint8)
    )
    np.testing.assert_allclose(found, [[0.2, 0.4, 0.4]], rtol=1e-6)
    assert found.dtype == np.float32


def test_merged_probabilities_have_the_classes_of_write_up_003() -> None:
    new_class = np.array([0, 1, 2, 2, 3, 2, 0, 1, 2, 3], np.uint8)
    found = merge_probabilities(np.eye(10, dtype=np.float32), new_class)
    assert found.argmax(axis=1).tolist() == new_class.tolist()
    np.testing.assert_array_equal(found.sum(axis=1), 1)


def test_kernel_statistics_leave_biases_out() -> None:
    weights = {
        "conv1/kernel": np.array([[3.0, 0.0009], [-0.0009, 0.001]], np.float32),
        "conv1/bias": np.full(9, 100.0, np.float32),
        "output/kernel": np.array([4.0], np.float32),
        "bn/gamma": np.ones(3, np.float32),
    }
    found = summarize_kernels(weights)
    assert found["weight_norm"] == pytest.approx(5, rel=1e-6)
    assert found["sparsity"] == 2 / 5
