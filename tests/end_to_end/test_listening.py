"""Whatever listens, listens to this machine alone: the commands of the Makefile and of the docs, by their sockets."""

import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
SERVERS = re.compile(
    r"^(?:\t@| {4,}|[A-Z_]+=\S+ )*((?:mlflow (?:ui|server)|dask (?:scheduler|worker))[^#\n]*)", re.MULTILINE
)
DOCUMENTS = [
    "Makefile",
    "README.md",
    "CONTRIBUTING.md",
    *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
]
COMMANDS = sorted(
    {found.strip(" &") for name in DOCUMENTS for found in SERVERS.findall((ROOT / name).read_text("utf-8"))}
)
SECONDS = 600  # that a loaded machine may take
LOCAL = {"127.0.0.1", "::1"}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def listening(process: "subprocess.Popen[bytes]") -> set[tuple[str, int]]:
    """Addresses and ports that a command and all that it started listen on."""
    found = set()
    try:
        every = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for one in every:
            opened = one.net_connections(kind="tcp")
            found |= {(s.laddr.ip, s.laddr.port) for s in opened if s.status == psutil.CONN_LISTEN}
    except psutil.NoSuchProcess:  # it ended in between
        pass
    return found


@contextmanager
def started(command: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    program, *options = shlex.split(command)
    process = subprocess.Popen([str(Path(sys.executable).with_name(program)), *options], cwd=folder)
    try:
        yield process
    finally:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()


def wait_for(process: "subprocess.Popen[bytes]", ports: int = 1) -> set[tuple[str, int]]:
    """What a command listens on, a moment after it began to."""
    deadline = time.monotonic() + SECONDS
    while len(listening(process)) < ports:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.2)
    time.sleep(2)
    return listening(process)


def test_there_are_commands_that_listen() -> None:
    assert {" ".join(command.split()[:2]) for command in COMMANDS} == {
        *("mlflow ui", "mlflow server", "dask scheduler", "dask worker")
    }


@pytest.mark.timeout(3 * SECONDS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_listens_to_this_machine_alone(command: str, tmp_path: Path) -> None:
    port = free_port()
    if command.startswith("dask worker"):
        scheduler = f"dask scheduler --host 127.0.0.1 --dashboard-address 127.0.0.1:0 --port {port}"
        with started(scheduler, tmp_path) as server:
            wait_for(server)
            with started(command.replace("8786", str(port)), tmp_path) as process:
                found = wait_for(process)
    else:
        with started(f"{re.sub(r' --port [0-9]+', '', command)} --port {port}", tmp_path) as process:
            found = wait_for(process)
            assert port in {one for _, one in found}
    assert {address for address, _ in found} <= LOCAL
