"""Who writes to an MLflow store: a name by which another process can see whether that one still lives."""

import socket

import psutil


def name_writer() -> str:
    """This process: host, process id, and when it started, as ids come back."""
    own = psutil.Process()
    return f"{socket.gethostname()}/{own.pid}/{own.create_time():.2f}"


def lives(writer: str) -> bool | None:
    """Whether a process lives; None where that can't be known, as it is another host's."""
    host, _, place = writer.partition("/")
    pid, _, started = place.partition("/")
    if host != socket.gethostname() or not pid.isdigit():
        return None
    try:
        process = psutil.Process(int(pid))
        return f"{process.create_time():.2f}" == started and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
