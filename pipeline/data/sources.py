"""Raw arrays by loader: official MNIST, the digits stand-in, a user's own .npz; verified before anyone sees them."""

import gzip
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.data.archive import check_archive
from pipeline.data.standins import digits, pictures
from pipeline.errors import UserError
from pipeline.files import Arrays, digest, read_arrays
from pipeline.params.plan import PlannedSource

HASHED_ELSEWHERE = ("cifar10",)  # Keras checks the archive; its arrays could not be pinned here
MOST_CHANNELS = 4  # as pictures have them
KEYS = ("x_train", "y_train", "x_test", "y_test")
MIRROR = "CLAIMCHECK_MIRROR"
_MNIST_GZ = {
    "x_train": ("train-images-idx3-ubyte.gz", (60000, 28, 28)),
    "y_train": ("train-labels-idx1-ubyte.gz", (60000,)),
    "x_test": ("t10k-images-idx3-ubyte.gz", (10000, 28, 28)),
    "y_test": ("t10k-labels-idx1-ubyte.gz", (10000,)),
}


def load(source: PlannedSource, root: Path) -> Arrays:
    """Verified arrays x_train, y_train, x_test, y_test of a source; its relative `path` starts from `root`.

    Returns
    -------
    dict of ndarray
        Images uint8 of shape (n, height, width) or (n, height, width, channels), labels uint8 of shape (n,).

    Raises
    ------
    UserError
        No network and no mirror, an unreadable file, wrong keys or shapes, or a digest that is not the pinned one.
    """
    arrays = _LOADERS[source.loader](source, root)
    _check_size(arrays, source)
    _verify(arrays, source)
    return arrays


def _mnist(source: PlannedSource, root: Path) -> Arrays:
    mirror = os.environ.get(MIRROR)
    if not mirror:
        return _from_keras("mnist", f"set {MIRROR} to a folder that holds mnist.npz or the four official .gz files")
    folder = Path(mirror)
    if (folder / "mnist.npz").is_file():
        return _npz(folder / "mnist.npz")
    missing = [name for name, _ in _MNIST_GZ.values() if not (folder / name).is_file()]
    if missing:
        raise UserError(
            f"{MIRROR}={mirror}: expected mnist.npz or the four official .gz files; missing {', '.join(missing)}."
        )
    return {key: _idx(folder / name, shape) for key, (name, shape) in _MNIST_GZ.items()}


def _cifar10(source: PlannedSource, root: Path) -> Arrays:
    """CIFAR-10 from the archive whose SHA-256 Keras checks."""
    return _from_keras("cifar10", "declare your own .npz as a source and point the profile's `data` to it")


def _from_keras(name: str, otherwise: str) -> Arrays:
    import keras

    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:
        raise UserError(f"{name}: expected to download it; {error}. Without a network, {otherwise}.") from error
    return _flat_labels(dict(zip(KEYS, (x_train, y_train, x_test, y_test), strict=True)))


def _flat_labels(arrays: Arrays) -> Arrays:
    """Labels of shape (n, 1) as (n,)."""
    return {key: array.squeeze(-1) if _column(key, array) else array for key, array in arrays.items()}


def _idx(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Array of an IDX .gz file: a header of 4 + 4 x dimensions bytes, then uint8 values."""
    header = 4 + 4 * len(shape)
    expected = header + int(np.prod(shape))
    try:
        with gzip.open(path) as file:
            raw = file.read(expected + 1)  # no more, whatever it unpacks to
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: expected a whole .gz file; {error}.") from None
    if len(raw) != expected:
        found = f"{len(raw)} (truncated?)" if len(raw) < expected else "more"
        raise UserError(f"{path}: expected {expected} bytes unpacked, received {found}.")
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)


def _own(source: PlannedSource, root: Path) -> Arrays:
    assert source.path is not None
    return _npz(root / source.path)


def _npz(path: Path) -> Arrays:
    check_archive(path, KEYS)
    arrays = _flat_labels(read_arrays(path))
    for key, array in arrays.items():
        _check_array(f"{path}: {key}", key, array)
    for part in ("train", "test"):
        images, labels = len(arrays[f"x_{part}"]), len(arrays[f"y_{part}"])
        if images != labels:
            raise UserError(
                f"{path}: expected as many labels as images; received {images} x_{part} and {labels} y_{part}."
            )
    train, test = arrays["x_train"].shape[1:], arrays["x_test"].shape[1:]
    if train != test:
        raise UserError(f"{path}: expected train and test images of one shape; received {train} and {test}.")
    return {key: arrays[key] for key in KEYS}


def _column(key: str, array: npt.NDArray[Any]) -> bool:
    return key.startswith("y") and array.ndim == 2 and array.shape[1] == 1


def _check_array(where: str, key: str, array: npt.NDArray[Any]) -> None:
    legal = (3, 4) if key.startswith("x") else (1,)
    if array.dtype != np.uint8 or array.ndim not in legal or not array.size:
        raise UserError(
            f"{where}: expected uint8 with {' or '.join(map(str, legal))} dimensions and at least one entry; "
            f"received {array.dtype} of shape {array.shape}."
        )
    if array.ndim == 4 and array.shape[3] > MOST_CHANNELS:
        raise UserError(f"{where}: expected images of 1 to {MOST_CHANNELS} channels; received shape {array.shape}.")


def _check_size(arrays: Arrays, source: PlannedSource) -> None:
    height, width = arrays["x_train"].shape[1:3]
    if min(height, width) < source.least_side:
        least = f"{source.least_side}x{source.least_side}"
        raise UserError(
            f"params.yaml: sources.{source.name}: expected images of at least {least} pixels, "
            f"as {source.least_side_of} needs; received {height}x{width}."
        )


def _verify(arrays: Arrays, source: PlannedSource) -> None:
    found = {key: digest(array) for key, array in arrays.items()}
    wrong = {key: expected for key, expected in source.sha256.items() if found[key] != expected}
    where = f"params.yaml: sources.{source.name}.sha256"
    if wrong:
        lines = [f"  {key}: expected {expected}, received {found[key]}" for key, expected in wrong.items()]
        raise UserError(f"{where}: these are not the pinned arrays.\n" + "\n".join(lines))
    unpinned = [key for key in KEYS if key not in source.sha256]
    if unpinned and source.loader not in HASHED_ELSEWHERE:
        lines = [f"      {key}: {found[key]}" for key in unpinned]
        raise UserError(f"{where}: expected the SHA-256 of every array; these lines are missing:\n" + "\n".join(lines))


_LOADERS: dict[str, Callable[[PlannedSource, Path], Arrays]] = {
    "mnist": _mnist,
    "cifar10": _cifar10,
    "digits": lambda source, root: digits(),
    "pictures": lambda source, root: pictures(),
    "npz": _own,
}
