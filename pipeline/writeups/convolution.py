"""Values of the convolution exercise (write-up 000): a 3x3 input, a 3x2 kernel, in every reading."""

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d, correlate2d

from pipeline.writeups.text import Value, format_term

Array = npt.NDArray[np.float64]


def convolve_by_loop(image: Array, kernel: Array) -> Array:
    """Map that the write-up's loop computes, shape (2, 2): it slices the kernel with the input's indices.

    Slices past an edge come out shorter, and broadcasting hides that the shapes no longer match.
    """
    rows, columns = kernel.shape
    windows = [(slice(i, i + rows), slice(j, j + columns)) for i, j in np.ndindex(2, 2)]
    return np.array([np.sum(image[window] * kernel[window]) for window in windows]).reshape(2, 2)


def correlate_same(image: Array, kernel: Array) -> Array:
    """Cross-correlation with `same` padding, as TensorFlow pads: an odd row or column at the bottom or right."""
    pads = [((size - 1) // 2, size - 1 - (size - 1) // 2) for size in kernel.shape]
    return correlate2d(np.pad(image, pads), kernel, mode="valid")


def average_pool(image: Array, stride: int) -> Array:
    """Averages over windows of 2x2, without padding."""
    windows = sliding_window_view(image, (2, 2))[::stride, ::stride]
    return np.asarray(windows.mean(axis=(2, 3)))


def compute_convolution(image: Array, kernel: Array) -> dict[str, Value]:
    """Map of every reading of "convolution" with its entries, average and pools, as `reading/name`."""
    turned = kernel[::-1, ::-1]
    maps = {
        "write_up_loop": convolve_by_loop(image, kernel),
        "valid_correlation": correlate2d(image, kernel, mode="valid"),
        "valid_convolution": convolve2d(image, kernel, mode="valid"),
        "same_correlation": correlate_same(image, kernel),
        "same_convolution": correlate_same(image, turned),
        "full_correlation": correlate2d(image, kernel, mode="full"),
        "full_convolution": convolve2d(image, kernel, mode="full"),
    }
    values: dict[str, Value] = {}
    for reading, convolved in maps.items():
        window = turned if reading.endswith("convolution") else kernel
        named = {"window": window.tolist(), **_describe_map(convolved)}
        values |= {f"{reading}/{name}": value for name, value in named.items()}
    return values


def _describe_map(convolved: Array) -> dict[str, Value]:
    pools = {stride: average_pool(convolved, stride) for stride in (1, 2) if min(convolved.shape) > 1}
    return {
        "map": convolved.tolist(),
        "shape of the map": list(convolved.shape),
        **{f"entry ({i}, {j})": float(convolved[i, j]) for i, j in np.ndindex(convolved.shape)},
        "sum": f"({' + '.join(map(format_term, convolved.ravel()))})",
        "entries": convolved.size,
        "average": float(convolved.mean()),
        **{f"2×2 average pooling, stride {stride}": pool.tolist() for stride, pool in pools.items()},
    }
