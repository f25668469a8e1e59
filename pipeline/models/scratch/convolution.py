"""The convolution layer, as matrix products."""

import numpy as np

from pipeline.models.scratch.arrays import Array, Shape
from pipeline.models.scratch.layers import Affine
from pipeline.models.scratch.windows import Size, Windows, pair


class Conv2D(Affine):
    """Cross-correlation of maps with a kernel of shape (height, width, channels, filters), plus a bias.

    Every window is a row of a matrix ("im2col"), so that one product with the kernel gives all outputs.
    """

    def __init__(
        self,
        name: str,
        filters: int,
        kernel_size: Size,
        *,
        strides: Size = 1,
        padding: str = "valid",
        **initializers: str,
    ) -> None:
        super().__init__(name, filters, **initializers)
        self.kernel_size, self.strides, self.padding = pair(kernel_size), pair(strides), padding

    def build(self, input_shape: Shape, generator: np.random.Generator, dtype: str) -> Shape:
        """(height, width, filters), for an input of shape (height, width, channels)."""
        self.windows = Windows.over(input_shape, self.kernel_size, self.strides, self.padding, self.name)
        super().build(input_shape, generator, dtype)
        self.draw((*self.kernel_size, input_shape[-1], self.units), generator, dtype)
        return (*self.windows.count, self.units)

    def forward(self, x: Array) -> Array:
        """Each window times the kernel, plus the bias."""
        return super().forward(self.windows.patches(x)).reshape(len(x), *self.windows.count, self.units)

    def input_gradient(self, dy: Array) -> Array:
        """Each output's gradient sent back to the cells of its window, one place in the window at a time."""
        rows, places = dy.reshape(-1, self.units), np.ndindex(*self.kernel_size)
        return self.windows.scatter(dy, (rows @ self.parameters["kernel"][place].T for place in places))
