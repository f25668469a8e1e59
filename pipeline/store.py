"""Stores: finished results by fingerprint, complete or absent, shared by every working copy.

Runs and evaluations are kept so, and whatever else is made of files alone: see `Store.keep`.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline import layout
from pipeline.dependencies import fingerprint_code
from pipeline.errors import UserError
from pipeline.files import UNREADABLE, hash_json, read_json, root, write_json

UNFINISHED = ".unfinished-"
SECONDS_A_DAY = 86_400
# Whatever computes or draws after training and evaluation.
LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "jinja2", "pillow", "pydantic")


@dataclass(frozen=True)
class Store:
    """Folders named by fingerprint under one folder; each appears whole, by a rename."""

    folder: Path

    def path(self, fingerprint: str) -> Path:
        """Where a result lies, or would lie."""
        return self.folder / fingerprint

    def has(self, fingerprint: str) -> bool:
        """Whether a finished result is there."""
        return self.path(fingerprint).is_dir()

    def put(self, fingerprint: str, write: Callable[[Path], None]) -> None:
        """Keep a result: `write` fills a temporary folder that then takes its name.

        Raises
        ------
        UserError
            When the store can't be written to; nothing is left behind.
        """
        temporary = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.folder))
            result = temporary / fingerprint
            result.mkdir()
            write(result)
            write_json(result / layout.DIGESTS, digest_folder(result))
            _rename(result, self.path(fingerprint))
        except OSError as error:
            raise UserError(
                f"{self.folder}: expected to keep a finished run there; {error.strerror or error}."
            ) from error
        finally:
            if temporary:
                shutil.rmtree(temporary, ignore_errors=True)

    def replace(self, fingerprint: str, write: Callable[[Path], None]) -> None:
        """Keep a result in the place of one that may be there."""
        if self.has(fingerprint):
            self.remove([fingerprint])
        self.put(fingerprint, write)

    def keep(self, fingerprint: str, make: Callable[[Path], None]) -> Path:
        """Folder of a result that can be made again: made where it is missing, or no longer as it was written.

        `make` fills an empty folder from what the fingerprint stands for, see `fingerprint_made`.
        """
        if self.has(fingerprint) and not self.is_whole(fingerprint):
            print(f"{self.path(fingerprint)}: damaged, so it is made again", flush=True)
            self.remove([fingerprint])
        if not self.has(fingerprint):
            self.put(fingerprint, make)
        os.utime(self.path(fingerprint))  # pruning goes by the last use
        return self.path(fingerprint)

    def is_whole(self, fingerprint: str) -> bool:
        """Whether a result's files are those that were written, by their digests."""
        folder = self.path(fingerprint)
        try:
            return bool(read_json(folder / layout.DIGESTS) == digest_folder(folder, leave=[layout.DIGESTS]))
        except (UserError, *UNREADABLE):
            return False

    def copy(self, fingerprint: str, target: Path, leave: Iterable[str] = ()) -> None:
        """Copy a result's files to a folder, except those named in `leave`."""
        shutil.copytree(self.path(fingerprint), target, ignore=shutil.ignore_patterns(layout.DIGESTS, *leave))

    def list_results(self) -> list[str]:
        """Fingerprints of the results that are there."""
        return sorted(path.name for path in self.folder.glob("*") if not path.name.startswith(UNFINISHED))

    def list_abandoned(self) -> list[str]:
        """What killed processes left: unfinished for a day, as another process may be filling a younger one."""
        return sorted(path.name for path in self.folder.glob(f"{UNFINISHED}*") if _age(path) > SECONDS_A_DAY)

    def list_unused(self, days: int) -> list[str]:
        """Results that nobody has kept, or used again by `keep`, for so many days."""
        return [name for name in self.list_results() if _age(self.path(name)) > days * SECONDS_A_DAY]

    def measure(self, names: Iterable[str]) -> int:
        """Bytes that results, or what was left of some, take."""
        files = (file for name in names for file in self.path(name).rglob("*") if file.is_file())
        return sum(file.stat().st_size for file in files)

    def remove(self, names: Iterable[str]) -> None:
        """Remove results, each whole or not at all, and what was left of some."""
        for name in names:
            doomed = self.path(name)
            if not name.startswith(UNFINISHED):
                doomed = doomed.rename(self.folder / f"{UNFINISHED}{name}")
            shutil.rmtree(doomed)


def run_store() -> Store:
    """Store of training runs."""
    return Store(root() / layout.TRAINED)


def evaluation_store() -> Store:
    """Store of evaluations of training runs."""
    return Store(root() / layout.EVALUATED)


def kept_store() -> Store:
    """Store of all that is made of files in seconds: tables, comparisons, times, pages with their pictures."""
    return Store(root() / layout.KEPT)


def digest_file(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes; empty where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def digest_folder(folder: Path, leave: Collection[str] = ()) -> dict[str, str]:
    """SHA-256 (hex) of every file below a folder, by its name there; but for files of the names in `leave`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in leave)
    return {path.relative_to(folder).as_posix(): digest_file(path) for path in files}


def fingerprint_made(entry: str, *inputs: Any) -> str:
    """SHA-256 (hex) of what a module makes of some inputs: its code with all that it imports, libraries, the inputs.

    Inputs are values of JSON, such as digests of files.
    """
    return hash_json([entry, _fingerprint_maker(entry), inputs])


@cache
def _fingerprint_maker(entry: str) -> str:
    return hash_json([fingerprint_code([entry]), {name: version(name) for name in LIBRARIES}])


def _age(path: Path) -> float:
    """Seconds since something was put into a folder or taken out."""
    return time.time() - path.stat().st_mtime


def _rename(result: Path, path: Path) -> None:
    """Give a finished folder its name; where another process was first, its equal result stands."""
    try:
        result.rename(path)
    except OSError:
        if not path.is_dir():
            raise
