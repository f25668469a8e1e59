"""Losses: what is minimised, its gradient, and how outputs are read as predictions.

A loss takes the network's last linear outputs, so that softmax and logarithm, or sigmoid and logarithm, are
taken together and cannot overflow; `predictions` applies the softmax or the sigmoid alone.
"""

import numpy as np
from scipy.special import expit

from pipeline.models.scratch.arrays import Array, check_option, shape_error

REDUCTIONS = ("mean", "sum")


class Loss:
    """A loss for each example, and its "mean" or "sum" over a batch; the gradient of a sum grows with the batch."""

    def __init__(self, reduction: str = "mean") -> None:
        check_option("reduction", reduction, REDUCTIONS)
        self.reduction = reduction

    def value(self, outputs: Array, targets: Array) -> float:
        """Loss of the batch."""
        losses = self.per_example(outputs, targets)
        return float(losses.mean() if self.reduction == "mean" else losses.sum())

    def gradient(self, outputs: Array, targets: Array) -> Array:
        """Gradient of the batch's loss with respect to the outputs."""
        gradients = self.per_example_gradient(outputs, targets)
        return gradients / len(outputs) if self.reduction == "mean" else gradients

    def per_example(self, outputs: Array, targets: Array) -> Array:
        """Loss of each example, shape (batch,)."""
        raise NotImplementedError

    def per_example_gradient(self, outputs: Array, targets: Array) -> Array:
        """Gradient of each example's own loss with respect to its outputs, shape (batch, outputs)."""
        raise NotImplementedError

    def predictions(self, outputs: Array) -> Array:
        """What the outputs predict, in the units of the targets: the outputs themselves unless a loss says more."""
        return outputs


class SoftmaxCrossEntropy(Loss):
    """Negative log-probability of the true class; targets are class numbers, shape (batch,)."""

    def per_example(self, outputs: Array, targets: Array) -> Array:
        """log(sum(exp(outputs))) - outputs[target], of each example."""
        check_classes(outputs, targets)
        losses: Array = -log_softmax(outputs)[np.arange(len(targets)), targets]
        return losses

    def per_example_gradient(self, outputs: Array, targets: Array) -> Array:
        """softmax(outputs), less 1 at the target: the entries of each row sum to 0."""
        check_classes(outputs, targets)
        gradients = self.predictions(outputs)
        gradients[np.arange(len(targets)), targets] -= 1
        return gradients

    def predictions(self, outputs: Array) -> Array:
        """Probability of each class: softmax(outputs)."""
        probabilities: Array = np.exp(log_softmax(outputs))
        return probabilities


class BinaryCrossEntropy(Loss):
    """Negative log-probability of the true answer, 0 or 1; targets have the shape of the outputs."""

    def per_example(self, outputs: Array, targets: Array) -> Array:
        """log(1 + exp(outputs)) - target * outputs, mean over the outputs of each example."""
        targets = alike(outputs, targets)
        losses: Array = (np.logaddexp(0, outputs) - targets * outputs).mean(axis=1)
        return losses

    def per_example_gradient(self, outputs: Array, targets: Array) -> Array:
        """sigmoid(outputs) - targets, over the number of outputs."""
        gradients: Array = (expit(outputs) - alike(outputs, targets)) / outputs.shape[1]
        return gradients

    def predictions(self, outputs: Array) -> Array:
        """Probability of a 1: sigmoid(outputs)."""
        probabilities: Array = expit(outputs)
        return probabilities


class MeanSquaredError(Loss):
    """Squared difference, mean over the outputs of each example; targets have the shape of the outputs."""

    def per_example(self, outputs: Array, targets: Array) -> Array:
        """(outputs - targets)^2, mean over the outputs of each example."""
        losses: Array = np.square(outputs - alike(outputs, targets)).mean(axis=1)
        return losses

    def per_example_gradient(self, outputs: Array, targets: Array) -> Array:
        """2 (outputs - targets), over the number of outputs."""
        gradients: Array = 2 * (outputs - alike(outputs, targets)) / outputs.shape[1]
        return gradients


class SigmoidSquaredError(MeanSquaredError):
    """Half the squared difference of sigmoid and target, mean over the outputs of each example."""

    def per_example(self, outputs: Array, targets: Array) -> Array:
        """(sigmoid(outputs) - targets)^2 / 2, mean over the outputs of each example."""
        return super().per_example(expit(outputs), targets) / 2

    def per_example_gradient(self, outputs: Array, targets: Array) -> Array:
        """(p - targets) p (1 - p), over the number of outputs; p is sigmoid(outputs)."""
        p = self.predictions(outputs)
        gradients: Array = super().per_example_gradient(p, targets) / 2 * p * (1 - p)
        return gradients

    def predictions(self, outputs: Array) -> Array:
        """Probability of a 1: sigmoid(outputs)."""
        probabilities: Array = expit(outputs)
        return probabilities


def log_softmax(outputs: Array) -> Array:
    """Log-probabilities of the classes; the largest output is taken off first, so that no exp overflows."""
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    log_probabilities: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_probabilities


def accuracy(predictions: Array, targets: Array) -> float:
    """Share of the examples whose predicted class is the true one, in [0, 1]."""
    return float(np.mean(classes(predictions) == classes(targets)))


def classes(values: Array) -> Array:
    """Class numbers, from class numbers, from one probability of a 1, or from one column a class."""
    if values.ndim == 1:
        return values
    found: Array = values[:, 0] > 0.5 if values.shape[1] == 1 else values.argmax(axis=1)
    return found


def check_classes(outputs: Array, targets: Array) -> None:
    """Raise ValueError unless targets are one class number for each row of outputs."""
    if targets.shape != outputs.shape[:1]:
        raise shape_error("loss", f"class numbers of shape {outputs.shape[:1]}", targets.shape)
    if targets.size and not 0 <= targets.min() <= targets.max() < outputs.shape[1]:
        raise ValueError(
            f"loss: Expected class numbers 0 to {outputs.shape[1] - 1}. Received {targets.min()} to {targets.max()}."
        )


def alike(outputs: Array, targets: Array) -> Array:
    """The targets in the dtype of the outputs; ValueError unless they have the shape of the outputs."""
    if targets.shape != outputs.shape:
        raise shape_error("loss", f"targets of shape {outputs.shape}", targets.shape)
    return targets.astype(outputs.dtype)
