"""Values of the convolution exercise (write-up 000): a 3x3 input, a 3x2 kernel, in every reading."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d, correlate2d

from pipeline.writeups.text import Value, format_term

Array = npt.NDArray[np.float64]


def turn(kernel: Array) -> Array:
    """Kernel turned by 180 degrees."""
    return kernel[::-1, ::-1]


def slice_both(image: Array, kernel: Array, i: int, j: int) -> tuple[Array, Array]:
    """Window and part of the kernel that the write-up's loop meets: it slices both with the input's indices."""
    rows, columns = kernel.shape
    return image[i : i + rows, j : j + columns], kernel[i : i + rows, j : j + columns]


def convolve_by_loop(image: Array, kernel: Array) -> Array:
    """Map that the write-up's loop computes, shape (2, 2).

    Slices past an edge come out shorter, and broadcasting hides that the shapes no longer match.
    """
    entries = [
        np.prod(np.broadcast_arrays(*slice_both(image, kernel, i, j)), axis=0).sum()
        for i, j in np.ndindex(2, 2)
    ]
    return np.reshape(entries, (2, 2))


def correlate_same(image: Array, kernel: Array) -> Array:
    """Cross-correlation with `same` padding, as TensorFlow pads: an odd row or column at the bottom or right."""
    pads = [((size - 1) // 2, size - 1 - (size - 1) // 2) for size in kernel.shape]
    return correlate2d(np.pad(image, pads), kernel, mode="valid")


def average_pool(image: Array, stride: int) -> Array:
    """Averages over windows of 2x2, without padding."""
    windows = sliding_window_view(image, (2, 2))[::stride, ::stride]
    return np.asarray(windows.mean(axis=(2, 3)))


def compute_maps(image: Array, kernel: Array) -> dict[str, Array]:
    """Map of every reading of "convolution", by name."""
    return {
        "write_up_loop": convolve_by_loop(image, kernel),
        "valid_correlation": correlate2d(image, kernel, mode="valid"),
        "valid_convolution": convolve2d(image, kernel, mode="valid"),
        "same_correlation": correlate_same(image, kernel),
        "same_convolution": correlate_same(image, turn(kernel)),
        "full_correlation": correlate2d(image, kernel, mode="full"),
        "full_convolution": convolve2d(image, kernel, mode="full"),
    }


def compute_convolution(image: Array, kernel: Array) -> dict[str, Value]:
    """Maps, averages, pools, and single entries with their products, by `reading/name`."""
    values: dict[str, Value] = {}
    for reading, convolved in compute_maps(image, kernel).items():
        window = turn(kernel) if reading.endswith("convolution") else kernel
        named = {"window": window.tolist(), **dict(_describe_map(convolved))}
        if reading == "write_up_loop":
            for i, j in np.ndindex(convolved.shape):
                named |= _describe_products(*slice_both(image, kernel, i, j), f"({i}, {j})")
        if reading == "valid_correlation":  # the whole kernel meets every window
            for j in range(convolved.shape[1]):
                named |= _describe_products(image[:, j : j + 2], kernel, f"(0, {j})")
        values |= {f"{reading}/{name}": value for name, value in named.items()}
    return values


def _describe_map(convolved: Array) -> Iterator[tuple[str, Value]]:
    yield "map", convolved.tolist()
    yield "shape of the map", list(convolved.shape)
    yield "sum", f"({' + '.join(map(format_term, convolved.ravel()))})"
    yield "entries", convolved.size
    yield "average", float(convolved.mean())
    for i, j in np.ndindex(convolved.shape):
        yield f"entry ({i}, {j})", float(convolved[i, j])
    for stride in (1, 2) if min(convolved.shape) > 1 else ():
        yield f"2×2 average pooling, stride {stride}", average_pool(convolved, stride).tolist()


def _describe_products(window: Array, kernel: Array, entry: str) -> dict[str, Value]:
    pairs = zip(*(part.ravel() for part in np.broadcast_arrays(window, kernel)), strict=True)
    return {
        f"products {entry}": " + ".join(
            f"{format_term(value)}·{format_term(weight)}" for value, weight in pairs
        ),
        f"slices {entry}": " by ".join("×".join(map(str, part.shape)) for part in (window, kernel)),
    }
