"""The run store: finished results by fingerprint, complete or absent, shared by every working copy."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline import layout
from pipeline.errors import UserError
from pipeline.files import root

UNFINISHED = ".unfinished-"
SECONDS_A_DAY = 86_400


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

    def copy(self, fingerprint: str, target: Path, leave: Iterable[str] = ()) -> None:
        """Copy a result's files to a folder, except those named in `leave`."""
        shutil.copytree(self.path(fingerprint), target, ignore=shutil.ignore_patterns(*leave))

    def list_results(self) -> list[str]:
        """Fingerprints of the results that are there."""
        return sorted(path.name for path in self.folder.glob("*") if not path.name.startswith(UNFINISHED))

    def list_abandoned(self) -> list[str]:
        """What killed processes left: unfinished for a day, as another process may be filling a younger one."""
        return sorted(path.name for path in self.folder.glob(f"{UNFINISHED}*") if _age(path) > SECONDS_A_DAY)

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
