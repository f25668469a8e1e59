"""MLflow's database in a file: made whole, checked, and its artifacts found again after the folder was moved."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy import Engine, event

from pipeline import layout
from pipeline.folders import written

SECONDS_FOR_A_LOCK = 10.0
LOCATIONS = (("experiments", "artifact_location"), ("runs", "artifact_uri"), ("logged_models", "artifact_location"))


def find_database(uri: str) -> Path | None:
    """File that an SQLite URI names; None for any other store."""
    found = re.fullmatch(r"sqlite(?:\+\w+)?:///([^?]+)(?:\?.*)?", uri)
    return Path(found[1]).resolve() if found else None


def artifacts_of(database: Path) -> Path:
    """Folder of a database's artifacts, beside it: the store moves with them, and belongs to no checkout."""
    return database.parent / layout.MLFLOW_ARTIFACTS


@contextmanager
def prepared(database: Path) -> Iterator[None]:
    """Make a database where none is, whole or not at all, or else check it, and mend where its artifacts lie.

    One that is made here has nothing to lose: as long as this lasts, nobody waits for the disk, which takes longer than
    all else. Where the power fails meanwhile, it is damaged, and can be filled anew as it is filled now.

    Raises
    ------
    sqlite3.Error
        When it is damaged, or somebody else keeps it locked.
    """
    if database.exists() and database.stat().st_size:
        _check(database)
        yield
        return
    event.listen(Engine, "connect", _do_not_wait)
    try:
        _create(database)
        yield
    finally:
        event.remove(Engine, "connect", _do_not_wait)


def _do_not_wait(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


def _create(database: Path) -> None:
    """MLflow's migrations leave half a database where they are killed: not in a project's root, and not by its name."""
    kept = database.parent / layout.UNFINISHED
    with written(database, kept if kept.is_dir() else database.parent) as temporary:
        store = SqlAlchemyStore(f"sqlite:///{temporary.as_posix()}", artifacts_of(database).as_uri())
        store.engine.dispose()
        temporary.replace(database)


def _check(database: Path) -> None:
    with _open(database) as connection:
        if (found := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(f"the database is damaged ({found})")
        _mend_locations(connection, artifacts_of(database))


@contextmanager
def _open(database: Path) -> Iterator[sqlite3.Connection]:
    """Connection that may write, as nobody else does; what it changed is kept when the block ends without an error."""
    with closing(sqlite3.connect(database, timeout=SECONDS_FOR_A_LOCK, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")


def _mend_locations(connection: sqlite3.Connection, artifacts: Path) -> None:
    """Let artifacts that lie beside the database, and are elsewhere by the database, be where they are."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not artifacts.is_dir() or not tables >= {name for name, _ in LOCATIONS}:
        return
    name = layout.MLFLOW_ARTIFACTS.name
    for (location,) in connection.execute("SELECT artifact_location FROM experiments").fetchall():
        before, found, study = (location or "").rpartition(f"/{name}/")
        old, new = f"{before}{found}", f"{artifacts.as_uri()}/"
        if found and old != new and old.startswith("file:") and (artifacts / study).is_dir():
            _replace_prefix(connection, f"{old}{study}", f"{new}{study}")


def _replace_prefix(connection: sqlite3.Connection, old: str, new: str) -> None:
    for table, column in LOCATIONS:
        connection.execute(
            f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} = ? OR substr({column}, 1, ?) = ?",
            (new, len(old) + 1, old, len(old) + 1, f"{old}/"),
        )
