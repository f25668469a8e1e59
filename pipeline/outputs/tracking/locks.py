"""One process at a time writes to an MLflow store, whichever checkout it belongs to."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from mlflow import MlflowClient
from mlflow.entities.model_registry import RegisteredModel
from mlflow.exceptions import MlflowException

from pipeline import layout
from pipeline.outputs.tracking.writers import lives, name_writer

CLAIM = "claimcheck-is-writing"  # a registered model: MLflow has no two of one name, and deletes it for good
WRITER, BEAT = "claimcheck.writer", "claimcheck.beat"
SECONDS_OF_PATIENCE = 3.0  # before it is said that somebody else writes
SECONDS_BETWEEN_LOOKS, SECONDS_BETWEEN_BEATS, SECONDS_WITHOUT_BEAT = 0.5, 5.0, 60.0


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the lock beside a local store; the system frees that of a process that was killed."""
    lock = FileLock(layout.mlflow_lock(database))
    database.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock.acquire(timeout=SECONDS_OF_PATIENCE)
    except Timeout:
        _say_waiting(str(database), "another process")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def claimed(client: MlflowClient) -> Iterator[None]:
    """Hold the claim within a store that is no local file, such as a server's.

    A claim shows that its process lives by a number that it raises. One whose process has ended, or has not raised
    it for a minute, is taken over.
    """
    writer = name_writer()
    _claim(client, writer)
    done = threading.Event()
    threading.Thread(target=_beat, args=(client, done), daemon=True).start()
    try:
        yield
    except MlflowException:
        done.set()
        raise  # to release it would ask the same store once more; a dead process's claim is taken over
    except BaseException:
        _release(client, writer, done)
        raise
    _release(client, writer, done)


def _claim(client: MlflowClient, writer: str) -> None:
    start, seen, since, said = time.monotonic(), "", time.monotonic(), False
    while not _create(client, writer):
        if (held := _find(client)) is None:
            continue
        now, owner, sign = time.monotonic(), held.tags.get(WRITER, ""), str(sorted(held.tags.items()))
        if owner == writer:  # a request that was sent twice
            return
        since, seen = (since, seen) if sign == seen else (now, sign)
        if lives(owner) is False or now - since > SECONDS_WITHOUT_BEAT:
            _delete(client)
            continue
        if not said and now - start > SECONDS_OF_PATIENCE:
            said = _say_waiting(str(client.tracking_uri), owner)
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _create(client: MlflowClient, writer: str) -> bool:
    try:
        client.create_registered_model(CLAIM, {WRITER: writer, BEAT: "0"}, "Held while a pipeline writes its runs.")
    except MlflowException as error:
        if error.error_code in ("RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST"):  # or gone meanwhile
            return False
        raise
    return True


def _find(client: MlflowClient) -> RegisteredModel | None:
    try:
        return client.get_registered_model(CLAIM)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise


def _beat(client: MlflowClient, done: threading.Event) -> None:
    number = 0
    while not done.wait(SECONDS_BETWEEN_BEATS):
        number += 1
        with suppress(MlflowException):  # whoever writes will hear of it
            client.set_registered_model_tag(CLAIM, BEAT, str(number))


def _release(client: MlflowClient, writer: str, done: threading.Event) -> None:
    done.set()
    held = _find(client)
    if held is not None and held.tags.get(WRITER) == writer:
        _delete(client)


def _delete(client: MlflowClient) -> None:
    try:
        client.delete_registered_model(CLAIM)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise


def _say_waiting(store: str, owner: str) -> bool:
    print(f"{store}: {owner} is writing to this MLflow store; waiting for it.", file=sys.stderr, flush=True)
    return True
