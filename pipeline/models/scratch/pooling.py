"""Max and average pooling, with any size, stride and padding; added cells never count."""

from functools import reduce
from itertools import repeat
from math import prod

import numpy as np

from pipeline.models.scratch.arrays import Array, Shape
from pipeline.models.scratch.layers import Layer
from pipeline.models.scratch.windows import Size, Windows, pair


class Pooling2D(Layer):
    """What the two poolings share: windows, and no parameters. Without strides, windows lie side by side."""

    def __init__(
        self, pool_size: Size = 2, *, strides: Size | None = None, padding: str = "valid", name: str = ""
    ) -> None:
        super().__init__(name)
        self.pool_size, self.padding = pair(pool_size), padding
        self.strides = self.pool_size if strides is None else pair(strides)

    def build(self, input_shape: Shape, generator: np.random.Generator, dtype: str) -> Shape:
        """(height, width, channels), for an input of shape (height, width, channels)."""
        self.windows = Windows.over(input_shape, self.pool_size, self.strides, self.padding, self.name)
        super().build(input_shape, generator, dtype)
        return (*self.windows.count, input_shape[-1])


class MaxPooling2D(Pooling2D):
    """The largest value of each window; of equal ones, the first in reading order gets the gradient."""

    def forward(self, x: Array) -> Array:
        """Largest value of each window; notes where it is."""
        places = list(self.windows.cells(self.windows.pad(x, -np.inf)))
        y: Array = reduce(np.maximum, places)
        self.largest: list[Array] = []  # for each place in a window, whether it is the first to hold the value y
        pending = np.ones(y.shape, bool)
        for cells in places:
            self.largest.append((cells == y) & pending)
            pending ^= self.largest[-1]
        return y

    def input_gradient(self, dy: Array) -> Array:
        """dy where the largest value was, else 0."""
        return self.windows.scatter(dy, (dy * largest for largest in self.largest))


class AveragePooling2D(Pooling2D):
    """The mean of each window."""

    def build(self, input_shape: Shape, generator: np.random.Generator, dtype: str) -> Shape:
        """(height, width, channels); counts the cells of each window that are not padding."""
        output_shape = super().build(input_shape, generator, dtype)
        self.cells_in_window = self.total(np.ones((1, *input_shape), dtype))
        return output_shape

    def total(self, x: Array) -> Array:
        """Sum of each window."""
        total: Array = reduce(np.add, self.windows.cells(self.windows.pad(x)))
        return total

    def forward(self, x: Array) -> Array:
        """Mean of each window."""
        y: Array = self.total(x) / self.cells_in_window
        return y

    def input_gradient(self, dy: Array) -> Array:
        """dy shared equally among the cells of each window."""
        return self.windows.scatter(dy, repeat(dy / self.cells_in_window, prod(self.pool_size)))
