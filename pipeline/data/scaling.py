"""Scaling of pixels: by 255, or by each pixel's mean and standard deviation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.data.images import Pixels


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
