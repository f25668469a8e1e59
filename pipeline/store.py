"""Stores: finished results by fingerprint, complete or absent, verified on use, shared by every working copy.

Runs and evaluations are kept so, and whatever else is made of files alone: see `Store.keep`.
"""

import hashlib
import os
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipeline import layout
from pipeline.dependencies import fingerprint_code
from pipeline.errors import UserError
from pipeline.files import UNREADABLE, hash_json, read_json, root, write_model
from pipeline.folders import UNFINISHED, age, list_abandoned, unfinished, written

SCHEMA = 2  # of what is kept: raised where the shape of a kept file changes, so that an older one is made again
SHOWN = 3  # damaged results that are named, of however many
SECONDS_A_DAY = 86_400
# Whatever computes or draws after training and evaluation.
LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "jinja2", "pillow", "pydantic")


class Manifest(BaseModel, extra="forbid", frozen=True):
    """What a result's digests.json says: the shape of its files, whose result it is, SHA-256 (hex) of each file."""

    schema_version: int
    fingerprint: str
    files: dict[str, str]


@dataclass(frozen=True)
class Store:
    """Folders named by fingerprint under one folder; each appears whole, by a rename, and is verified on use."""

    folder: Path

    def path(self, fingerprint: str) -> Path:
        """Where a result lies, or would lie."""
        return self.folder / fingerprint

    def has(self, fingerprint: str) -> bool:
        """Whether anything is there under a result's name, in whatever state."""
        return os.path.lexists(self.path(fingerprint))

    def holds(self, fingerprint: str, files: Collection[str] = ()) -> bool:
        """Whether a result is there as it was written; where `files` are named, whether these are."""
        return self.has(fingerprint) and not self.find_damage(fingerprint, files)

    def find_damage(self, fingerprint: str, files: Collection[str] = ()) -> str:
        """What is wrong with a result that is there, in a few words; empty where it is as it was written."""
        folder = self.path(fingerprint)
        try:
            manifest = _read_manifest(folder)
            found = {name: digest_file(folder / name) for name in files} or digest_folder(folder, [layout.DIGESTS])
        except (UserError, KeyError, TypeError, *UNREADABLE):
            return f"{layout.DIGESTS} or another file can't be read"
        if manifest.schema_version not in (1, SCHEMA):
            return f"it was kept in form {manifest.schema_version}, not {SCHEMA}"
        if manifest.fingerprint != fingerprint:
            return f"it is another result, {manifest.fingerprint}"
        expected = {name: manifest.files.get(name) for name in files} or manifest.files
        differing = {name for name, _ in expected.items() ^ found.items()}
        return f"{min(differing)} is not as it was written" if differing else ""

    def check(self, fingerprints: Iterable[str]) -> set[str]:
        """Those of some results that are there as they were written; a damaged one is removed, and that is said."""
        there = [one for one in dict.fromkeys(fingerprints) if self.has(one)]
        damaged = {one: damage for one in there if (damage := self.find_damage(one))}
        for one, damage in islice(damaged.items(), SHOWN):
            print(f"{self.path(one)}: {damage}, so it is made again", flush=True)
        if len(damaged) > SHOWN:
            print(f"{self.folder}: {len(damaged) - SHOWN} more are not as they were, and made again", flush=True)
        self.remove(damaged)
        return {*there} - {*damaged}

    def put(self, fingerprint: str, write: Callable[[Path], None]) -> None:
        """Keep a result: `write` fills a temporary folder that then takes its name.

        Raises
        ------
        UserError
            When the store can't be written to; nothing is left behind.
        """
        with written(self.path(fingerprint), self.folder) as result:
            result.mkdir()
            write(result)
            manifest = Manifest(schema_version=SCHEMA, fingerprint=fingerprint, files=digest_folder(result))
            write_model(result / layout.DIGESTS, manifest)
            _rename(result, self.path(fingerprint))

    def replace(self, fingerprint: str, write: Callable[[Path], None]) -> None:
        """Keep a result in the place of one that may be there."""
        self.remove([fingerprint])
        self.put(fingerprint, write)

    def keep(self, fingerprint: str, make: Callable[[Path], None]) -> Path:
        """Folder of a result that can be made again: made where it is missing, or no longer as it was written.

        `make` fills an empty folder from what the fingerprint stands for, see `fingerprint_made`.
        """
        if not self.check([fingerprint]):
            self.put(fingerprint, make)
        os.utime(self.path(fingerprint))  # pruning goes by the last use
        return self.path(fingerprint)

    def copy(self, fingerprint: str, target: Path, leave: Collection[str] = ()) -> None:
        """Copy a result's files to a folder, except those named in `leave`."""
        for name in _read_manifest(self.path(fingerprint)).files:
            if Path(name).name not in leave:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (target / name).write_bytes((self.path(fingerprint) / name).read_bytes())

    def list_results(self) -> list[str]:
        """Names of the results that are there."""
        return sorted(path.name for path in self.folder.glob("*") if not path.name.startswith(UNFINISHED))

    def list_abandoned(self) -> list[str]:
        """What killed processes left."""
        return [path.name for path in list_abandoned(self.folder)]

    def list_unused(self, days: int) -> list[str]:
        """Results that nobody has kept, or used again by `keep`, for so many days."""
        return [name for name in self.list_results() if age(self.path(name)) > days * SECONDS_A_DAY]

    def measure(self, names: Iterable[str]) -> int:
        """Bytes that results, or what was left of some, take."""
        files = (file for name in names for file in self.path(name).rglob("*") if file.is_file())
        return sum(file.stat().st_size for file in files)

    def remove(self, names: Iterable[str]) -> None:
        """Remove what is there of results, each whole or not at all, and what was left of some."""
        for name in filter(self.has, names):
            with unfinished(self.folder) as doomed, suppress(FileNotFoundError):  # another process was first
                self.path(name).rename(doomed / name)


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


def _read_manifest(folder: Path) -> Manifest:
    """What is said of a result's files; form 1 was their digests alone, and the record among them named it."""
    said = read_json(folder / layout.DIGESTS)
    if "schema_version" in said:
        return Manifest.model_validate(said)
    records = [folder / name for name in (layout.RUN, layout.EVALUATION) if name in said]
    fingerprint = read_json(records[0])["fingerprint"] if records else folder.name
    return Manifest(schema_version=1, fingerprint=fingerprint, files=said)


def _rename(result: Path, path: Path) -> None:
    """Give a finished folder its name; where another process was first, its equal result stands."""
    try:
        result.rename(path)
    except OSError:
        if not path.is_dir():
            raise
