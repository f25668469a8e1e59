"""Stand-in data that ship with the dependencies, so that profile quick needs no network."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.ndimage import zoom
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from pipeline.files import Arrays

Coordinates = npt.NDArray[np.int64]
Pattern = Callable[[Coordinates, Coordinates, int], npt.NDArray[np.bool_]]


def digits() -> Arrays:
    """scikit-learn's 1,797 handwritten digits, 8x8 in 0..16, enlarged to 28x28 uint8 in 0..255.

    1,437 development and 360 test images (stratified, drawn with random_state 0), and their labels. Real digits, but
    not MNIST: other writers, an eighth of the detail, a fortieth of the images.
    """
    small, labels = load_digits(return_X_y=True)
    enlarged = zoom(small.reshape(-1, 8, 8) * (255 / 16), (1, 3.5, 3.5), order=1, grid_mode=True, mode="nearest")
    images = np.rint(enlarged).astype(np.uint8)
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels.astype(np.uint8), test_size=360, random_state=0, stratify=labels
    )
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


SIZE = 32


def pictures() -> Arrays:
    """2,000 development and 500 test pictures with labels, 32x32x3 uint8, in ten classes of one drawn pattern each.

    A stand-in for CIFAR-10 in shape only. Colours, place and size vary freely and a fifth of the pixels is noise,
    so that a small network can learn the patterns and a large one can learn the pictures by heart. From a fixed
    generator by integer arithmetic: every machine draws the same bits.
    """
    generator = np.random.Generator(np.random.PCG64(20))
    labels = generator.permutation(np.repeat(np.arange(len(_PATTERNS), dtype=np.uint8), 250))
    images = np.stack([_picture(_PATTERNS[label], generator) for label in labels])
    return {"x_train": images[:2000], "y_train": labels[:2000], "x_test": images[2000:], "y_test": labels[2000:]}


def _picture(pattern: Pattern, generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    row, column = np.mgrid[:SIZE, :SIZE] - generator.integers(8, 24, (2, 1, 1))
    inside = pattern(row, column, int(generator.integers(3, 9)))
    background, colour = generator.integers(0, 256, (2, 3))
    image = np.where(inside[..., np.newaxis], colour, background)
    noisy = generator.integers(0, 5, (SIZE, SIZE, 1)) == 0
    image = np.where(noisy, generator.integers(0, 256, (SIZE, SIZE, 3)), image)
    return (image * 3 // 4 + generator.integers(0, 64, image.shape)).astype(np.uint8)


_PATTERNS: tuple[Pattern, ...] = (
    lambda y, x, r: y * y + x * x <= r * r,  # disc
    lambda y, x, r: np.maximum(abs(y), abs(x)) <= r,  # square
    lambda y, x, r: abs(y) + abs(x) <= r,  # diamond
    lambda y, x, r: np.minimum(abs(y), abs(x)) <= r // 3,  # cross
    lambda y, x, r: abs(abs(y) - abs(x)) <= r // 3,  # diagonal cross
    lambda y, x, r: abs(y * y + x * x - r * r) <= 2 * r,  # ring
    lambda y, x, r: y // r % 2 == 0,  # horizontal stripes
    lambda y, x, r: x // r % 2 == 0,  # vertical stripes
    lambda y, x, r: (y // r + x // r) % 2 == 0,  # chessboard
    lambda y, x, r: (y + x) // r % 2 == 0,  # diagonal stripes
)
