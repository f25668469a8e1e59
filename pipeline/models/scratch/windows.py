"""Where the windows of a convolution or a pooling lie: how many, on what padding, which cells they share."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pipeline.models.scratch.arrays import Array, Shape, check_option, shape_error

Pair = tuple[int, int]  # (height, width)
Size = int | Pair  # one number stands for both
PADDINGS = ("valid", "same")


def pair(size: Size) -> Pair:
    """(height, width), from one number for both or from two."""
    return (size, size) if isinstance(size, int) else size


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
    """Windows over maps of one shape, NHWC.

    `rows` and `columns` are the cells that padding adds: (above, below) and (left, right).
    """

    maps: Shape
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
        return cls(input_shape, size, strides, (height, width), rows, columns)

    def pad(self, x: Array, value: float = 0) -> Array:
        """x with the added cells around each map, all of one value."""
        if not any(self.rows + self.columns):
            return x
        return np.pad(x, ((0, 0), self.rows, self.columns, (0, 0)), constant_values=value)

    def cells(self, padded: Array) -> Iterator[Array]:
        """For each place in a window, row by row: the view of that cell of all windows.

        The views have shape (batch, *count, channels) and can be written through.
        """
        (height, width), (down, right) = self.count, self.strides
        for i, j in np.ndindex(*self.size):
            rows = slice(i, i + down * (height - 1) + 1, down)
            columns = slice(j, j + right * (width - 1) + 1, right)
            yield padded[:, rows, columns]

    def patches(self, x: Array) -> Array:
        """Every window as a row ("im2col"): shape (batch * windows, height * width * channels)."""
        views = sliding_window_view(self.pad(x), self.size, axis=(1, 2))[:, :: self.strides[0], :: self.strides[1]]
        return views.transpose(0, 1, 2, 4, 5, 3).reshape(len(x) * self.count[0] * self.count[1], -1)

    def scatter(self, dy: Array, parts: Iterable[Array]) -> Array:
        """Gradient of the maps, without the added cells: the parts, one for each place in a window, each at its cells.

        What several windows give to the same cell is summed. Batch and dtype are those of dy.
        """
        (height, width, channels), (above, below), (left, right) = self.maps, self.rows, self.columns
        dx = np.zeros((len(dy), above + height + below, left + width + right, channels), dy.dtype)
        for cells, part in zip(self.cells(dx), parts, strict=True):
            cells += part.reshape(cells.shape)
        return dx[:, above : above + height, left : left + width]
