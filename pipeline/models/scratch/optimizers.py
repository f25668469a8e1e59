"""Optimizers: they change parameters in place, given gradients of the same names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from pipeline.models.scratch.arrays import Array


@dataclass
class SGD:
    """Plain gradient descent: parameter -= learning_rate * gradient."""

    learning_rate: float = 0.01

    def update(self, parameters: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Take one step."""
        for name, parameter in parameters.items():
            parameter -= self.learning_rate * gradients[name]


@dataclass
class Adam:
    """Steps scaled by running means of the gradient and of its square, both corrected for starting at zero.

    The corrections are folded into the step size and epsilon is added to the uncorrected root, as Keras does
    (the "epsilon hat" of the paper).

    References
    ----------
    Kingma and Ba (2015), "Adam: a method for stochastic optimization", section 2, last paragraph.
    """

    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    iterations: int = field(default=0, init=False)
    moments: dict[str, tuple[Array, Array]] = field(default_factory=dict, init=False)

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


Optimizer = SGD | Adam
