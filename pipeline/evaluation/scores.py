"""What a finished run achieved, from its probabilities and weights; numpy only."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

EPSILON = 1e-7  # Keras clips probabilities to [1e-7, 1 - 1e-7] before taking the logarithm
SPARSE_BELOW = 1e-3

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]


def negative_log_likelihood(probabilities: Floats, labels: Labels) -> Floats:
    """Cross-entropy of each image in nats, float32 of shape (n,); its mean is Keras's loss without penalties."""
    of_truth = probabilities[np.arange(len(labels)), labels]
    losses: Floats = -np.log(np.clip(of_truth, EPSILON, 1 - EPSILON))
    return losses


def predict_labels(probabilities: Floats) -> Labels:
    """Most probable class of each image, uint8 of shape (n,); the first of equals.

    A diverged run's NaN probabilities count as class 0, so that it is scored and not dropped.
    """
    best: Labels = np.nan_to_num(probabilities, nan=-1.0).argmax(axis=1).astype(np.uint8)
    return best


def score_answers(probabilities: Floats, predicted: Labels, labels: Labels) -> tuple[float, float]:
    """Share of images answered right, and mean cross-entropy in nats."""
    losses = negative_log_likelihood(probabilities, labels)
    return float((predicted == labels).mean()), float(losses.mean(dtype=np.float64))


def merge_probabilities(probabilities: Floats, new_class: Labels) -> Floats:
    """Probabilities of merged classes, float32 (n, new classes): the sum over the classes that each is made of."""
    merged = np.zeros((len(probabilities), int(new_class.max()) + 1), np.float32)
    for column, of in zip(probabilities.T, new_class, strict=True):  # in this order: BLAS has one of its own
        merged[:, of] += column
    return merged


def count_confusion(predicted: Labels, labels: Labels, classes: int) -> npt.NDArray[np.int64]:
    """Counts of shape (classes, classes): rows are the truth, columns the prediction."""
    pairs = np.bincount(labels.astype(np.int64) * classes + predicted, minlength=classes**2)
    return pairs.reshape(classes, classes)


def recall(counts: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Share of each class's images that were recognised; NaN for a class without images."""
    return _ratio(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1))


def precision(counts: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Share of each class's predictions that were right; NaN for a class never predicted."""
    return _ratio(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-2))


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    undefined = np.full(part.shape, np.nan)
    shares: npt.NDArray[np.float64] = np.divide(part, whole, out=undefined, where=whole > 0)
    return shares


def summarize_kernels(weights: Mapping[str, Floats]) -> dict[str, float]:
    """L2 norm over all kernel weights, and share of them below 1e-3 in absolute value."""
    values = np.concatenate([one.ravel() for name, one in weights.items() if name.endswith("/kernel")])
    return {
        "weight_norm": math.sqrt(math.fsum(np.square(values.astype(np.float64)).tolist())),  # BLAS sums by threads
        "sparsity": float((np.abs(values) < SPARSE_BELOW).mean()),
    }
