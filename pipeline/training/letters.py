"""Bundles as letters to another machine: pickled, but for their large arrays, which go by their digests."""

import io
import pickle
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dependencies import fingerprint_code
from pipeline.files import Arrays, digest, hash_json
from pipeline.training.fingerprint import VALUES, library_versions
from pipeline.training.pool import Bundle

LARGE = 10_000  # bytes from which an array goes by its digest


@dataclass(frozen=True)
class Letter:
    """A bundle as it is sent, with the large arrays that it names."""

    content: bytes
    arrays: Arrays = field(repr=False)


def pack(bundles: Iterable[Bundle]) -> list[Letter]:
    """Bundles as letters, in which equal arrays have one name."""
    names: dict[int, tuple[str, npt.NDArray[Any]]] = {}  # by the array's own id, so that each is hashed once
    letters = []
    for bundle in bundles:
        file = io.BytesIO()
        pickler = _Pickler(file, names)
        pickler.dump((bundle, code_of(bundle)))
        letters.append(Letter(file.getvalue(), pickler.arrays))
    return letters


def unpack(content: bytes, arrays: Arrays) -> tuple[Bundle, str]:
    """A bundle, and what `code_of` said of it where it was packed."""
    bundle, code = _Unpickler(content, arrays).load()
    return bundle, code


def code_of(bundle: Bundle) -> str:
    """SHA-256 (hex) of the code and of the versions of libraries that a bundle's results depend on."""
    return _code(bundle.function.__module__)


@cache
def _code(module: str) -> str:
    return hash_json([fingerprint_code((module, "pipeline.backend"), leave=VALUES), library_versions()])


class _Pickler(pickle.Pickler):
    """Leaves large arrays out, and collects them by their digests."""

    def __init__(self, file: io.BytesIO, names: dict[int, tuple[str, npt.NDArray[Any]]]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._names, self.arrays = names, Arrays()

    def persistent_id(self, obj: Any) -> str | None:
        """Name of an array that is not pickled; None for all else."""
        if not isinstance(obj, np.ndarray) or obj.nbytes < LARGE:
            return None
        if id(obj) not in self._names:
            self._names[id(obj)] = hash_json([str(obj.dtype), list(obj.shape), digest(obj)]), obj
        name = self._names[id(obj)][0]
        self.arrays[name] = np.asarray(obj)  # plain, where it was mapped from a file
        return name


class _Unpickler(pickle.Unpickler):
    """Puts the arrays back."""

    def __init__(self, content: bytes, arrays: Arrays) -> None:
        super().__init__(io.BytesIO(content))
        self._arrays = arrays

    def persistent_load(self, name: str) -> npt.NDArray[Any]:
        """The array of a name."""
        return self._arrays[name]
