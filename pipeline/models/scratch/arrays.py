"""Names for array types, and the one way a shape is refused."""

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]
Shape = tuple[int, ...]


def shape_error(where: str, expected: str, received: Shape) -> ValueError:
    """Error naming where a shape was refused, what was expected there and the shape received."""
    return ValueError(f"{where}: Expected {expected}. Received shape {received}.")
