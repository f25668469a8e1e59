"""Processes that end together: killing DVC, by any signal, leaves none of ours behind."""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

SECONDS_BETWEEN_LOOKS = 0.5


def end_with(process: int, last_words: Callable[[], str] = str) -> None:
    """End this process soon after another one has ended, however that one was killed, and say the last words."""
    try:
        watched = psutil.Process(process)
    except psutil.NoSuchProcess:
        os._exit(1)
    threading.Thread(target=_watch, args=(watched, last_words), daemon=True).start()


def _watch(watched: psutil.Process, last_words: Callable[[], str]) -> None:
    while _alive(watched):
        time.sleep(SECONDS_BETWEEN_LOOKS)
    try:
        if said := last_words().strip():
            print(said, file=sys.stderr, flush=True)
    finally:  # whoever would have read it may be gone, too
        os._exit(1)


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def dvc_ancestor() -> int | None:
    """Process id of the nearest DVC above this process, or None outside DVC."""
    if "DVC_ROOT" not in os.environ:
        return None
    for process in psutil.Process().parents():
        if any(Path(word).name in ("dvc", "dvc.exe") or word == "dvc" for word in _words(process)):
            return process.pid
    return None


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()[:3]
    except psutil.Error:
        return []
