"""Initial values of parameters, drawn from an explicit generator."""

from math import prod
from typing import Protocol

import numpy as np

from pipeline.errors import UserError, hint
from pipeline.models.scratch.arrays import Array, Shape

Fans = tuple[int, int]


class Initializer(Protocol):
    """Draws an array of the given shape; the fans are those of the layer's kernel, also for its bias."""

    def __call__(self, generator: np.random.Generator, shape: Shape, fans: Fans, dtype: str) -> Array:
        """Array of that shape and dtype."""


def glorot_uniform(generator: np.random.Generator, shape: Shape, fans: Fans, dtype: str) -> Array:
    """Uniform values within sqrt(6 / (fan_in + fan_out)) of zero.

    Drawn in float64 and then rounded, so that both dtypes start from the same numbers.

    References
    ----------
    Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks",
    equation 16.
    """
    limit = np.sqrt(6 / sum(fans))
    return generator.uniform(-limit, limit, shape).astype(dtype)


def zeros(generator: np.random.Generator, shape: Shape, fans: Fans, dtype: str) -> Array:
    """Zeros; nothing is drawn."""
    return np.zeros(shape, dtype)


INITIALIZERS: dict[str, Initializer] = {"glorot_uniform": glorot_uniform, "zeros": zeros}


def get_initializer(name: str) -> Initializer:
    """Initialiser of that name.

    Raises
    ------
    UserError
        When there is none.
    """
    if name not in INITIALIZERS:
        raise UserError(f"Expected the name of an initializer. Received '{name}'. {hint(name, INITIALIZERS)}")
    return INITIALIZERS[name]


def kernel_fans(shape: Shape) -> Fans:
    """Inputs a unit sees and units an input reaches, for a kernel of shape (..., in, out)."""
    field = prod(shape[:-2])
    return field * shape[-2], field * shape[-1]
