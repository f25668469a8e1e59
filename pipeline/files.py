"""Reading and writing files whole or not at all, with bytes that depend on the content only."""

import csv
import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.folders import written

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import BaseModel

Model = TypeVar("Model", bound="BaseModel")

# What numpy and zipfile raise for missing, truncated, damaged or foreign files.
UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)

Arrays = dict[str, npt.NDArray[Any]]


def root() -> Path:
    """Main checkout: what DVC names in DVC_ROOT (`--temp` and `--queue` work in a copy), or the working folder."""
    return Path(os.environ.get("DVC_ROOT") or Path.cwd())


def digest(array: npt.NDArray[Any]) -> str:
    """SHA-256 (hex) of an array's bytes in C order; shape and dtype are not part of it."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def digest_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """SHA-256 (hex) of named arrays: their names, dtypes, shapes and bytes."""
    return hash_json([[name, str(one.dtype), list(one.shape), digest(one)] for name, one in arrays.items()])


def canonical(value: Any) -> str:
    """JSON text that is equal for equal values: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def hash_json(value: Any) -> str:
    """SHA-256 (hex) of a value's canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Temporary path that takes the place of the file `path` when the block ends without an error.

    Raises
    ------
    UserError
        When the folder can't be written to, or the disk is full; `path` is then as it was.
    """
    with written(path, path.parent) as temporary:
        yield temporary
        temporary.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write text, whole or not at all."""
    with replaced(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable JSON; NaN is refused."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read the value of a JSON file that a stage wrote; a UserError where it is not there, or is no JSON."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: expected JSON as an earlier stage wrote it; {error}") from None


def write_model(path: Path, model: "BaseModel") -> None:
    """Write a typed section as readable JSON; see `read_model`."""
    write_text(path, model.model_dump_json(indent=2) + "\n")


def read_model(path: Path, model: type[Model]) -> Model:
    """Read a typed section that `write_model` wrote; a UserError where it is not there, or is no such section."""
    try:
        return model.model_validate_json(read_text(path))
    except ValueError as error:
        raise UserError(f"{path}: expected this file as an earlier stage wrote it; {error}") from None


def read_text(path: Path) -> str:
    """A file's text; a UserError where it is not there, or is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: expected this file of an earlier stage; run `dvc repro` to make it.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: expected to read it; {getattr(error, 'strerror', error)}.") from None


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    """Rows as CSV text with shortest round-trip numbers; None is an empty cell. Columns: the first row's, or named."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns or (list(rows[0]) if rows else []), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file that a stage wrote, as text (an empty cell is empty); a UserError where it is not there."""
    with io.StringIO(read_text(path), newline="") as file:
        return list(csv.DictReader(file))


def read_table(path: Path) -> "pd.DataFrame":
    """A table of runs; names of variants stay words, were they numbers or `null`."""
    import pandas as pd  # half a second that few who read files need

    measured = pd.read_csv(path, nrows=0).columns.drop("variant")
    missing = {name: ["", "nan"] for name in measured}
    return pd.read_csv(path, dtype={"variant": str}, na_values=missing, keep_default_na=False)


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays as an uncompressed .npz, whole or not at all; equal arrays give equal bytes.

    As `numpy.savez`, but for the headers of the archive, which there depend on the version of Python.
    """
    with replaced(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asanyarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue())


def write_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write one array as .npy, whole or not at all."""
    with replaced(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array(file, array, allow_pickle=False)


def read_array(path: Path) -> npt.NDArray[Any]:
    """Map an array of an .npy into memory, read-only; never unpickles.

    Raises
    ------
    UserError
        When the file can't be opened, is damaged, or is no plain array.
    """
    try:
        array: npt.NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except UNREADABLE as error:
        raise UserError(f"{path}: expected a readable .npy without pickled objects; {error}.") from None
    return array


def read_arrays(path: Path) -> Arrays:
    """Read every array of an .npz; never unpickles.

    Raises
    ------
    UserError
        When the file can't be opened, is damaged, or is no .npz of plain arrays.
    """
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("it holds a single array")
            return {name: archive[name] for name in archive.files}
    except UNREADABLE as error:
        raise UserError(f"{path}: expected a readable .npz without pickled objects; {error}.") from None
