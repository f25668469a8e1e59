"""Images and labels of a task: rows of a data set's arrays, which are stored once and stay on disk; their scaling."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Images:
    """Images chosen from an array by their rows; an index or a slice reads them, with a channel axis."""

    pixels: Pixels  # all images of a data set's part, memory-mapped: (n, height, width), maybe with channels
    rows: Rows  # which of them, in order
    digest: str  # SHA-256 of `pixels`

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, height, width, channels)."""
        shape = (len(self.rows), *self.pixels.shape[1:])
        return shape if len(shape) == 4 else (*shape, 1)

    def __len__(self) -> int:
        """Number of images."""
        return len(self.rows)

    def __getitem__(self, chosen: Any) -> Pixels:
        """Pixels of some images, uint8 of shape (n, height, width, channels)."""
        found: Pixels = np.asarray(self.pixels[self.rows[chosen]])
        return found.reshape(-1, *self.shape[1:])


@dataclass(frozen=True, eq=False)
class Examples:
    """Images with their labels, uint8 of shape (n,)."""

    images: Images
    labels: Labels

    def __len__(self) -> int:
        """Number of examples."""
        return len(self.labels)

    def take(self, chosen: npt.NDArray[Any]) -> "Examples":
        """Some of the examples, by their indices; reads no pixel."""
        return Examples(replace(self.images, rows=self.images.rows[chosen]), self.labels[chosen])


@dataclass(frozen=True)
class Scaling:
    """Pixels x become (x - offset) / divisor in float32; both broadcast over one image's shape."""

    offset: npt.NDArray[np.float32]
    divisor: npt.NDArray[np.float32]

    def __call__(self, images: Pixels) -> npt.NDArray[np.float32]:
        """Scaled images, float32, of the same shape."""
        scaled: npt.NDArray[np.float32] = (images.astype(np.float32) - self.offset) / self.divisor
        return scaled

    def to_arrays(self) -> dict[str, npt.NDArray[np.float32]]:
        """The two statistics by name."""
        return {"offset": self.offset, "divisor": self.divisor}


def scale_to_unit() -> Scaling:
    """Pixels 0..255 to 0..1."""
    return Scaling(np.zeros((), np.float32), np.full((), 255, np.float32))


def standardize_pixels(images: Pixels) -> Scaling:
    """Each pixel's mean and standard deviation over images of shape (n, height, width, channels).

    A pixel that never varies keeps a divisor of 1, as in scikit-learn's StandardScaler.
    """
    from sklearn.preprocessing import StandardScaler  # a second that no worker needs to wait for

    fitted = StandardScaler().fit(images.reshape(len(images), -1))
    shape = images.shape[1:]
    return Scaling(fitted.mean_.reshape(shape).astype(np.float32), fitted.scale_.reshape(shape).astype(np.float32))
