"""Folders written whole or not at all; what a killed process leaves of one goes when the next one starts."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline import layout
from pipeline.errors import UserError

UNFINISHED = ".unfinished-"
UNLOCKED, LOCK = "unlocked", "lock"  # the file by which a process holds it, before and after it does
OLD, PLACE = "old", "place"  # what a finished folder is about to replace, and a link to where that was
SECONDS_WITHOUT_LOCK = 3_600  # a folder's first moment takes less


@contextmanager
def replaced_folder(path: Path, keep: Iterable[str] = ()) -> Iterator[Path]:
    """Empty folder that takes the place of `path` when the block ends without an error.

    `keep` are names in `path` that stay as they are, where they are there; the block adds the others.

    Raises
    ------
    UserError
        When the folder can't be written to, or the disk is full; `path` is then as it was.
    """
    with written(path, layout.UNFINISHED) as folder:
        folder.mkdir()
        for name in keep:
            _link(path / name, folder / name)
        yield folder
        _replace(folder, path)


@contextmanager
def written(path: Path, home: Path) -> Iterator[Path]:
    """Path below `home` that the block makes and gives the name `path`; gone afterwards where it doesn't.

    Where `home` is on another disk than `path`, which no rename leaves, it is beside `path`.

    Raises
    ------
    UserError
        When something can't be written, or read: by its own name, never by that of the temporary folder.
    """
    folder: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        home.mkdir(parents=True, exist_ok=True)
        with unfinished(home if home.stat().st_dev == path.parent.stat().st_dev else path.parent) as temporary:
            folder = temporary / path.name
            yield folder
    except UserError as error:
        raise UserError(str(error).replace(str(folder or path), str(path))) from error.__cause__
    except OSError as error:
        raise UserError(_describe(error, folder, path)) from error


def _describe(error: OSError, folder: Path | None, path: Path) -> str:
    """What was expected of which file; an error of a rename, or without a name, is one of writing."""
    name, why = str(error.filename or ""), error.strerror or error
    if folder and name and error.filename2 is None and not name.startswith(str(folder)):
        return f"{name}: expected to read it; {why}."
    return f"{path}: expected to write it; {why}. Nothing was changed."


@contextmanager
def unfinished(home: Path) -> Iterator[Path]:
    """Empty folder in `home`, gone when the block ends, or with the next `sweep` where this process is killed."""
    home.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=home))
    try:
        with (temporary / UNLOCKED).open("wb") as file:
            with suppress(OSError):  # a file system without locks: then it goes by age
                fcntl.flock(file, fcntl.LOCK_EX)
                (temporary / UNLOCKED).rename(temporary / LOCK)  # whoever sees it finds it locked
            yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def sweep(homes: Iterable[Path]) -> None:
    """Remove what killed processes left in some folders; what one was just about to replace goes back to its place."""
    for home in homes:
        for folder in list_abandoned(home):
            if (folder / OLD).exists() and not (folder / PLACE).exists():
                (folder / OLD).rename((folder / PLACE).readlink())
            shutil.rmtree(folder, ignore_errors=True)


def list_abandoned(home: Path) -> list[Path]:
    """What killed processes left in a folder: nobody holds its lock, or it has none and is an hour old."""
    return sorted(folder for folder in home.glob(f"{UNFINISHED}*") if _is_abandoned(folder))


def age(path: Path) -> float:
    """Seconds since something was put into a folder or taken out."""
    return time.time() - path.stat().st_mtime


def _is_abandoned(folder: Path) -> bool:
    try:
        if not (folder / LOCK).exists():
            return age(folder) > SECONDS_WITHOUT_LOCK
        with (folder / LOCK).open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody holds it, or has just removed it
        return False
    return True


def _link(source: Path, target: Path) -> None:
    """A second name for a file, or for all files of a folder, as none is written to twice; nothing where none is."""
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_link_file)
    elif source.exists():
        _link_file(source, target)


def _link_file(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)


def _replace(folder: Path, path: Path) -> None:
    old = folder.parent / OLD
    if path.is_dir():
        (folder.parent / PLACE).symlink_to(path.absolute())
        path.rename(old)
    try:
        folder.rename(path)
    except OSError:
        if old.exists():
            old.rename(path)
        raise
