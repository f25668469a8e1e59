"""MLflow trouble in one message: what is wrong with which store, that results are safe, and what catches up."""

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import UserError

LIBRARIES = {"alembic", "filelock", "mlflow", "requests", "sqlalchemy", "sqlite3", "urllib3"}
CATCH_UP = "Results are safe, in files: `make track` (python -m pipeline.stages.track) brings them into MLflow later."
LOGGERS = ("mlflow.store", "urllib3.connectionpool", "alembic")
LONGEST = 300


@contextmanager
def explained(uri: str) -> Iterator[None]:
    """Turn what a store, or the way there, fails with into one message, and keep its libraries from printing theirs.

    Raises
    ------
    UserError
        Instead of errors of MLflow's, of a database's, of the network's and of the file system's.
    """
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    except Exception as error:
        if not _is_trouble(error):
            raise
        expected = f"MLflow at {hide_password(uri)}: expected a store that can be written to"
        raise UserError(f"{expected}; {_reason(error)}. {CATCH_UP}") from error
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def hide_password(text: str) -> str:
    """A text with no password in its URIs."""
    return re.sub(r"://[^/@\s]*@", "://***@", text)


def _is_trouble(error: Exception) -> bool:
    library = type(error).__module__.partition(".")[0]
    return library in LIBRARIES or isinstance(error, OSError | ModuleNotFoundError)


def _reason(error: BaseException) -> str:
    """The first cause that the system or SQLite gave, or else the error's own first line."""
    found, cause = error, error.__cause__ or error.__context__
    while cause is not None:
        found = cause if isinstance(cause, OSError | sqlite3.Error) else found
        cause = cause.__cause__ or cause.__context__
    text = str(found) or type(found).__name__
    if isinstance(found, OSError) and found.strerror:
        text = found.strerror + (f" ({found.filename})" if found.filename else "")
    first = hide_password(next(iter(text.strip().splitlines()), ""))
    return first[:LONGEST].rstrip(" .")
