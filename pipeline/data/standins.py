"""Stand-in data that ship with the dependencies, so that profile quick needs no network."""

import numpy as np
from scipy.ndimage import zoom
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from pipeline.files import Arrays


def digits() -> Arrays:
    """scikit-learn's 1,797 handwritten digits, 8x8 in 0..16, enlarged to 28x28 uint8 in 0..255.

    Returns
    -------
    dict of ndarray
        1,437 development and 360 test images (stratified, drawn with random_state 0), and their labels.

    Notes
    -----
    Real digits, but not MNIST: other writers, an eighth of the detail, a fortieth of the images.
    """
    small, labels = load_digits(return_X_y=True)
    enlarged = zoom(
        small.reshape(-1, 8, 8) * (255 / 16), (1, 3.5, 3.5), order=1, grid_mode=True, mode="nearest"
    )
    images = np.rint(enlarged).astype(np.uint8)
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels.astype(np.uint8), test_size=360, random_state=0, stratify=labels
    )
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
