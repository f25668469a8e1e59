"""Exercise: convolve a 3x3 input with a 3x2 kernel, then average-pool (write-up 000), in every reading."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d, correlate2d

from pipeline.writeups.steps import Array, Exercise, Step, grade, number, show, term

INPUT: Array = np.array([[1, 2, 2], [1, 3, 4], [1, 0, 0]], dtype=float)
KERNEL: Array = np.array([[1, -1], [1, -1], [0, 1]], dtype=float)
WRITTEN_MAP: Array = np.array([[-3, -11], [-2, -7]], dtype=float)
WRITTEN_AVERAGE = "−5.75"

CORRELATION = "Y[i, j] = Σₘ Σₙ I[i+m, j+n] · W[m, n]"
CONVOLUTION = "Y[i, j] = Σₘ Σₙ I[i+m, j+n] · W[h−1−m, w−1−n]"
LOOP = "Y[i, j] = Σ I[i:i+3, j:j+2] · W[i:i+3, j:j+2]"
AVERAGE = "mean of the map's entries"


def rotated(kernel: Array) -> Array:
    """Kernel turned by 180 degrees."""
    return kernel[::-1, ::-1]


def write_up_loop(image: Array, kernel: Array) -> Array:
    """Map the write-up's loop computes, shape (2, 2): it slices the kernel with the input's indices.

    Slices past an edge come out shorter, and broadcasting hides that the shapes no longer match.
    """
    rows, columns = kernel.shape
    steps = range(2)
    return np.array(
        [
            [
                np.sum(image[i : i + rows, j : j + columns] * kernel[i : i + rows, j : j + columns])
                for j in steps
            ]
            for i in steps
        ]
    )


def pad_same(image: Array, kernel: Array) -> Array:
    """Input zero-padded for a `same` map at stride 1; the odd row or column goes to the bottom or right."""
    pads = [((size - 1) // 2, size - 1 - (size - 1) // 2) for size in kernel.shape]
    return np.pad(image, pads)


def same_correlation(image: Array, kernel: Array) -> Array:
    """Cross-correlation with `same` padding, as TensorFlow pads."""
    return correlate2d(pad_same(image, kernel), kernel, mode="valid")


def average_pool(image: Array, size: tuple[int, int], stride: int) -> Array:
    """Averages over windows of the given size, without padding."""
    windows = sliding_window_view(image, size)[::stride, ::stride]
    return np.asarray(windows.mean(axis=(2, 3)))


def maps() -> dict[str, Array]:
    """Every reading of "convolution" of the given input and kernel, by name."""
    turned = rotated(KERNEL)
    return {
        "write_up_loop": write_up_loop(INPUT, KERNEL),
        "valid_correlation": correlate2d(INPUT, KERNEL, mode="valid"),
        "valid_convolution": convolve2d(INPUT, KERNEL, mode="valid"),
        "same_correlation": same_correlation(INPUT, KERNEL),
        "same_convolution": same_correlation(INPUT, turned),
        "full_correlation": correlate2d(INPUT, KERNEL, mode="full"),
        "full_convolution": convolve2d(INPUT, KERNEL, mode="full"),
    }


def _products(window: Array, kernel: Array) -> str:
    """Products of a window and a kernel of equal shape, as text."""
    pairs = zip(window.ravel(), kernel.ravel(), strict=True)
    return " + ".join(f"{term(value)}·{term(weight)}" for value, weight in pairs)


def _mean_step(values: Array, written: str | None = None) -> Step:
    """Step that averages a whole map."""
    flat = values.ravel()
    substitution = f"({' + '.join(term(value) for value in flat)}) / {flat.size}"
    mean = float(values.mean())
    verdict = grade(written, mean) if written else None
    return Step("average", AVERAGE, substitution, mean, written, verdict)


def _pool_step(values: Array, stride: int) -> Step:
    """Step that pools a map with 2x2 windows."""
    pooled: list[list[float]] = average_pool(values, (2, 2), stride).tolist()
    return Step(
        f"2×2 average pooling, stride {stride}",
        "P[i, j] = mean of Y[s·i : s·i+2, s·j : s·j+2]",
        f"Y = {show(values.tolist())}, s = {stride}",
        pooled,
    )


def _valid_exercise() -> Exercise:
    """Valid cross-correlation: the operation deep learning calls convolution, hence the main reading."""
    right = maps()["valid_correlation"]
    entries = [
        Step(
            f"entry (0, {column})",
            CORRELATION,
            _products(INPUT[:, column : column + 2], KERNEL),
            float(right[0, column]),
            number(WRITTEN_MAP[0, column]),
            grade(number(WRITTEN_MAP[0, column]), right[0, column]),
        )
        for column in range(2)
    ]
    shape = Step(
        "shape of the map",
        "(H − h + 1) × (W − w + 1)",
        "(3 − 3 + 1) × (3 − 2 + 1)",
        list(right.shape),
        "×".join(map(str, WRITTEN_MAP.shape)),
        "right" if right.shape == WRITTEN_MAP.shape else "wrong",
        "The write-up's second row does not exist, and a 2×2 pool does not fit a 1×2 map: pool it 1×2.",
    )
    whole = Step(
        "map",
        CORRELATION,
        f"I = {show(INPUT.tolist())}, W = {show(KERNEL.tolist())}",
        right.tolist(),
        show(WRITTEN_MAP.tolist()),
        "right" if np.array_equal(right, WRITTEN_MAP) else "wrong",
    )
    return _exercise(
        "valid_correlation",
        "Valid cross-correlation",
        (shape, *entries, whole, _mean_step(right, WRITTEN_AVERAGE)),
    )


def _loop_exercise() -> Exercise:
    """The write-up's own loop, entry by entry: how its printed answer comes about."""
    loop = maps()["write_up_loop"]
    steps = []
    for i, j in np.ndindex(2, 2):
        window, part = INPUT[i : i + 3, j : j + 2], KERNEL[i : i + 3, j : j + 2]
        shapes = " by ".join("×".join(map(str, piece.shape)) for piece in (window, part))
        substitution = _products(window, np.broadcast_to(part, window.shape))
        steps.append(
            Step(f"entry ({i}, {j})", LOOP, substitution, float(loop[i, j]), note=f"slices of {shapes}")
        )
    whole = Step("map", LOOP, "the four entries", loop.tolist(), note="reproduces the printed map")
    return _exercise("write_up_loop", "The write-up's own loop", (*steps, whole, _mean_step(loop)), True)


def _reading(name: str, title: str) -> Exercise:
    """One alternative reading: its map, its average and, for `same` maps, its 2x2 pools."""
    values = maps()[name]
    formula = CONVOLUTION if name.endswith("convolution") else CORRELATION
    kernel = rotated(KERNEL) if name.endswith("convolution") else KERNEL
    given = f"I = {show(INPUT.tolist())}, window weights {show(kernel.tolist())}"
    pools = [_pool_step(values, stride) for stride in (1, 2)] if name.startswith("same") else []
    whole = Step("map", formula, given, values.tolist())
    return _exercise(name, title, (whole, _mean_step(values), *pools), True)


def _exercise(name: str, title: str, steps: tuple[Step, ...], alternative: bool = False) -> Exercise:
    given = {"I": INPUT.tolist(), "W": KERNEL.tolist()}
    return Exercise(name, "000", title, steps, given, alternative)


def exercises() -> list[Exercise]:
    """Worked solutions of the convolution exercise, the main reading first."""
    return [
        _valid_exercise(),
        _loop_exercise(),
        _reading("valid_convolution", "Valid true convolution (kernel turned by 180°)"),
        _reading("same_correlation", "Cross-correlation, `same` padding"),
        _reading("same_convolution", "True convolution, `same` padding"),
        _reading("full_correlation", "Full cross-correlation"),
        _reading("full_convolution", "Full convolution"),
    ]
