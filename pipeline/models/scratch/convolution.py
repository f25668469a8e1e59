"""The convolution layer, as matrix products."""

import numpy as np

from pipeline.models.scratch.arrays import Array, Shape
from pipeline.models.scratch.layers import Affine
from pipeline.models.scratch.windows import Pair, Windows, pair


class Conv2D(Affine):
    """Cross-correlation of maps with a kernel of shape (height, width, channels, filters), plus a bias.

    Every window is a row of a matrix ("im2col"), so that one product with the kernel gives all outputs.
    """

    def __init__(
        self,
        name: str,
        filters: int,
        kernel_size: int | Pair,
        *,
        strides: int | Pair = 1,
        padding: str = "valid",
        **initializers: str,
    ) -> None:
        super().__init__(name, **initializers)
        self.filters, self.padding = filters, padding
        self.kernel_size, self.strides = pair(kernel_size), pair(strides)

    def build(self, input_shape: Shape, generator: np.random.Generator, dtype: str) -> Shape:
        """(height, width, filters), for an input of shape (height, width, channels)."""
        self.windows = Windows.over(input_shape, self.kernel_size, self.strides, self.padding, self.name)
        super().build(input_shape, generator, dtype)
        self.draw((*self.kernel_size, input_shape[-1], self.filters), generator, dtype)
        return (*self.windows.count, self.filters)

    def forward(self, x: Array) -> Array:
        """Each window times the kernel, plus the bias."""
        padded = self.windows.pad(x)
        self.padded_shape = padded.shape
        self.patches = self.windows.patches(padded)
        return self.affine(self.patches).reshape(len(x), *self.windows.count, self.filters)

    def backward(self, dy: Array) -> None:
        """Set the gradients of the kernel and of the bias, sums over all windows."""
        self.gradients = self.affine_gradients(self.patches, dy.reshape(-1, self.filters))

    def input_gradient(self, dy: Array) -> Array:
        """Each output's gradient sent back to the cells of its window, one place in the window at a time."""
        rows, kernel = dy.reshape(-1, self.filters), self.parameters["kernel"]
        dx = np.zeros(self.padded_shape, dy.dtype)
        for place, cells in self.windows.cells(dx):
            cells += (rows @ kernel[place].T).reshape(cells.shape)
        return self.windows.crop(dx)
