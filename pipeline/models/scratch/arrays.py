"""Arrays: their types, how a shape is refused, and initial values drawn from an explicit generator."""

from collections.abc import Callable, Iterable
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError, hint

Array = npt.NDArray[Any]
Shape = tuple[int, ...]
Fans = tuple[int, int]  # of a layer's kernel, also for its bias
Initializer = Callable[[np.random.Generator, Shape, Fans, str], Array]


def shape_error(where: str, expected: str, received: Shape) -> ValueError:
    """Error naming where a shape was refused, what was expected there and the shape received."""
    return ValueError(f"{where}: Expected {expected}. Received shape {received}.")


def check_option(option: str, received: str, legal: Iterable[str], where: str = "") -> None:
    """Raise UserError unless an option has one of its legal values."""
    if received not in legal:
        expected = " or ".join(f"'{name}'" for name in legal)
        raise UserError(f"{where}Expected {option} {expected}. Received '{received}'. {hint(received, legal)}")


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
    """Initialiser of that name; UserError when there is none."""
    check_option("initializer", name, INITIALIZERS)
    return INITIALIZERS[name]


def kernel_fans(shape: Shape) -> Fans:
    """Inputs a unit sees and units an input reaches, for a kernel of shape (..., in, out)."""
    field = prod(shape[:-2])
    return field * shape[-2], field * shape[-1]
