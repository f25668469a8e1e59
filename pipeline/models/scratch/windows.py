"""Where the windows of a convolution or a pooling lie: how many, on what padding, which cells they share."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pipeline.models.scratch.arrays import Array, Shape, check_option, shape_error

Pair = tuple[int, int]
PADDINGS = ("valid", "same")


def pair(value: int | Pair) -> Pair:
    """(height, width), from one number for both or from two."""
    return (value, value) if isinstance(value, int) else value


def along_axis(size: int, window: int, stride: int, padding: str) -> tuple[int, Pair]:
    """Number of windows along an axis, and the cells added before and after it.

    "valid" adds none. "same" makes it ceil(size / stride) windows; when an odd number of cells is added, the
    extra one comes after, as in TensorFlow.
    """
    if padding == "valid":
        return (size - window) // stride + 1, (0, 0)
    count = -(-size // stride)
    added = max((count - 1) * stride + window - size, 0)
    return count, (added // 2, added - added // 2)


@dataclass(frozen=True)
class Windows:
    """Windows over maps of one size, NHWC; every pair is (height, width), but for `rows` and `columns`.

    `rows` and `columns` are the cells that padding adds: (above, below) and (left, right).
    """

    size: Pair
    strides: Pair
    count: Pair
    rows: Pair
    columns: Pair

    @classmethod
    def over(cls, input_shape: Shape, size: Pair, strides: Pair, padding: str, where: str) -> "Windows":
        """Windows over maps of shape (height, width, channels).

        Raises
        ------
        UserError
            When the padding is neither "valid" nor "same".
        ValueError
            When the shape is not one of maps, or no window fits in them.
        """
        check_option("padding", padding, PADDINGS, f"{where}: ")
        if len(input_shape) != 3:
            raise shape_error(where, "examples of shape (height, width, channels)", input_shape)
        height, rows = along_axis(input_shape[0], size[0], strides[0], padding)
        width, columns = along_axis(input_shape[1], size[1], strides[1], padding)
        if min(height, width) < 1:
            raise shape_error(where, f"examples of at least {size[0]}x{size[1]} cells", input_shape)
        return cls(size, strides, (height, width), rows, columns)

    def pad(self, x: Array, value: float = 0) -> Array:
        """x with the added cells around each map, all of one value."""
        if not any(self.rows + self.columns):
            return x
        return np.pad(x, ((0, 0), self.rows, self.columns, (0, 0)), constant_values=value)

    def crop(self, padded: Array) -> Array:
        """The maps without the added cells: undoes `pad`."""
        height, width = padded.shape[1:3]
        return padded[:, self.rows[0] : height - self.rows[1], self.columns[0] : width - self.columns[1]]

    def cells(self, padded: Array) -> Iterator[tuple[Pair, Array]]:
        """For each place (i, j) in a window, row by row: the view of that cell of all windows.

        The views have shape (batch, *count, channels) and can be written through.
        """
        (height, width), (down, right) = self.count, self.strides
        for i in range(self.size[0]):
            for j in range(self.size[1]):
                rows = slice(i, i + down * (height - 1) + 1, down)
                columns = slice(j, j + right * (width - 1) + 1, right)
                yield (i, j), padded[:, rows, columns]

    def patches(self, padded: Array) -> Array:
        """Every window as a row ("im2col"): shape (batch * windows, height * width * channels)."""
        views = sliding_window_view(padded, self.size, axis=(1, 2))[:, :: self.strides[0], :: self.strides[1]]
        return views.transpose(0, 1, 2, 4, 5, 3).reshape(len(padded) * self.count[0] * self.count[1], -1)
