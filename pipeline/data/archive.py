"""What an .npz claims to hold, before any of it is read: names, and no more bytes than there are or fit into memory."""

import zipfile
from collections.abc import Collection
from math import prod
from pathlib import Path
from typing import IO

import numpy as np
import psutil

from pipeline.errors import UserError, shorten
from pipeline.files import UNREADABLE

_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def check_archive(path: Path, names: Collection[str]) -> None:
    """Refuse an archive with other arrays than those named, or with headers that claim what isn't there.

    What can't be read at all is left to `read_arrays`, which says why.

    Raises
    ------
    UserError
        Naming the file, the array, and how many bytes were expected and received.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            found = sorted(one.filename.removesuffix(".npy") for one in members)
            if found != sorted(names):
                listed = shorten(", ".join(found), 400)
                raise UserError(f"{path}: expected the arrays {', '.join(names)}; received {listed}.")
            claimed = {one.filename: _claimed(archive, one) for one in members}
    except UNREADABLE:
        return
    for one in members:
        if claimed[one.filename] not in (None, one.file_size):
            said = f"expected the {claimed[one.filename]:,} bytes that its header claims; received {one.file_size:,}"
            raise UserError(f"{path}: {one.filename}: {said}.")
    total, free = sum(one.file_size for one in members), psutil.virtual_memory().available
    if total > free:
        raise UserError(f"{path}: expected arrays that fit into the {free:,} bytes of free memory; received {total:,}.")


def _claimed(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int | None:
    """Bytes that a member takes by its own header; None for pickled objects, which have no size."""
    with archive.open(member) as file:
        shape, dtype = _read_header(file)
        return None if dtype.hasobject else file.tell() + prod(shape) * dtype.itemsize


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"no plain array: version {version}")
    shape, _, dtype = _HEADERS[version](file)
    return shape, dtype
