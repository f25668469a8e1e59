"""Data set images as one small picture: tiles on white paper, with room for titles between them."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
MOST_BYTES = 40_000
WHITE = 255
COLOURS = (256, 128, 64, 32, 16, 8, 4, 2)  # tried in turn until the file is small enough


def make_contact_sheet(images: Pixels, columns: int, gap: int, title: int) -> Pixels:
    """Images side by side, row by row, unscaled.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels), uint8
        One channel or three. n at least 1.
    columns : int
        Images in a row; the last row may have fewer.
    gap : int
        White pixels to the right of each image.
    title : int
        White pixels above each image.

    Returns
    -------
    ndarray of shape (rows * (title + height), columns * (width + gap), channels), uint8
    """
    n, height, width, channels = images.shape
    rows = -(-n // columns)
    cells = np.full((rows * columns, title + height, width + gap, channels), WHITE, np.uint8)
    cells[:n, title:, :width] = images
    grid = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    return grid.reshape(rows * (title + height), columns * (width + gap), channels)


def encode_png(pixels: Pixels, most_bytes: int = MOST_BYTES) -> bytes:
    """Portable network graphic with as many colours as fit into so many bytes.

    Grey pictures and small ones keep every value. Equal pixels give equal bytes.

    Parameters
    ----------
    pixels : ndarray of shape (height, width, channels), uint8
        One channel or three.
    most_bytes : int
        Above it, colours (or greys) are merged, by halves, down to two.
    """
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    found = _encode(picture)
    for colours in COLOURS:
        if len(found) <= most_bytes:
            break
        found = _encode(picture.quantize(colours, dither=Image.Dither.NONE))
    return found


def _encode(picture: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
