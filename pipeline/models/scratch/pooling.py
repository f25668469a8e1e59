"""Max and average pooling, with any size, stride and padding; added cells never count."""

import numpy as np

from pipeline.models.scratch.arrays import Array, Shape
from pipeline.models.scratch.layers import Layer
from pipeline.models.scratch.windows import Pair, Windows, pair


class Pooling2D(Layer):
    """What the two poolings share: windows, and no parameters. Without strides, windows lie side by side."""

    def __init__(
        self,
        pool_size: int | Pair = 2,
        *,
        strides: int | Pair | None = None,
        padding: str = "valid",
        name: str = "",
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
        padded = self.windows.pad(x, -np.inf)
        self.padded_shape = padded.shape
        (_, first), *others = self.windows.cells(padded)
        y: Array = first.copy()
        for _, cells in others:
            np.maximum(y, cells, out=y)
        self.largest = self.first_equal(padded, y)
        return y

    def first_equal(self, padded: Array, y: Array) -> list[Array]:
        """For each place in a window, whether it is the first to hold the value y."""
        pending, first = np.ones(y.shape, bool), []
        for _, cells in self.windows.cells(padded):
            first.append((cells == y) & pending)
            pending ^= first[-1]
        return first

    def input_gradient(self, dy: Array) -> Array:
        """dy where the largest value was, else 0."""
        dx = np.zeros(self.padded_shape, dy.dtype)
        for largest, (_, cells) in zip(self.largest, self.windows.cells(dx), strict=True):
            cells += dy * largest
        return self.windows.crop(dx)


class AveragePooling2D(Pooling2D):
    """The mean of each window."""

    def build(self, input_shape: Shape, generator: np.random.Generator, dtype: str) -> Shape:
        """(height, width, channels); counts the cells of each window that are not padding."""
        output_shape = super().build(input_shape, generator, dtype)
        ones = self.windows.pad(np.ones((1, *input_shape), dtype))
        self.cells_in_window = self.total(ones)
        return output_shape

    def total(self, padded: Array) -> Array:
        """Sum of each window."""
        (_, first), *others = self.windows.cells(padded)
        total = first.copy()
        for _, cells in others:
            total += cells
        return total

    def forward(self, x: Array) -> Array:
        """Mean of each window."""
        padded = self.windows.pad(x)
        self.padded_shape = padded.shape
        y: Array = self.total(padded) / self.cells_in_window
        return y

    def input_gradient(self, dy: Array) -> Array:
        """dy shared equally among the cells of each window."""
        dx = np.zeros(self.padded_shape, dy.dtype)
        share = dy / self.cells_in_window
        for _, cells in self.windows.cells(dx):
            cells += share
        return self.windows.crop(dx)
