"""Optimizers: they change parameters in place, given gradients of the same names."""

from collections.abc import Mapping
from math import sqrt

import numpy as np

from pipeline.models.scratch.arrays import Array


class Optimizer:
    """A rule that moves parameters against their gradients."""

    def update(self, parameters: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Change every parameter in place."""
        raise NotImplementedError


class SGD(Optimizer):
    """Plain gradient descent: parameter -= learning_rate * gradient."""

    def __init__(self, learning_rate: float = 0.01) -> None:
        self.learning_rate = learning_rate

    def update(self, parameters: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Take one step."""
        for name, parameter in parameters.items():
            parameter -= self.learning_rate * gradients[name]


class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square, both corrected for starting at zero.

    The corrections are folded into the step size and epsilon is added to the uncorrected root, as Keras does
    (the "epsilon hat" of the paper).

    References
    ----------
    Kingma and Ba (2015), "Adam: a method for stochastic optimization", section 2, last paragraph.
    """

    def __init__(
        self, learning_rate: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7
    ) -> None:
        self.learning_rate, self.beta_1, self.beta_2, self.epsilon = learning_rate, beta_1, beta_2, epsilon
        self.iterations = 0
        self.moments: dict[str, tuple[Array, Array]] = {}

    def update(self, parameters: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Take one step."""
        self.iterations += 1
        t = self.iterations
        step = self.learning_rate * sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        for name, parameter in parameters.items():
            gradient = gradients[name]
            m, v = self.moments.setdefault(name, (np.zeros_like(parameter), np.zeros_like(parameter)))
            m += (1 - self.beta_1) * (gradient - m)
            v += (1 - self.beta_2) * (np.square(gradient) - v)
            parameter -= step * m / (np.sqrt(v) + self.epsilon)
