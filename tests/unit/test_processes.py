"""Processes that end together: a child is gone soon after its parent, however the parent went."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.processes import dvc_ancestor

CHILD = """
import os, time
from pipeline.processes import end_with
end_with(os.getppid())
print(os.getpid(), flush=True)
time.sleep(120)
"""
PARENT = """
import subprocess, sys
subprocess.run([sys.executable, "-c", sys.argv[1]])
"""
ANCESTOR = "from pipeline.processes import dvc_ancestor; print(dvc_ancestor())"
SECONDS_TO_END = 3


@pytest.fixture
def environment(repository: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(repository)}


@pytest.fixture
def start(
    environment: dict[str, str],
) -> Iterator[Callable[[], tuple[subprocess.Popen[str], psutil.Process]]]:
    """Start a parent and its child; both are gone after the test."""
    started: list[psutil.Process] = []

    def run() -> tuple[subprocess.Popen[str], psutil.Process]:
        command = [sys.executable, "-c", PARENT, CHILD]
        parent = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        started.append(psutil.Process(parent.pid))
        assert parent.stdout is not None
        with parent.stdout as said:
            started.append(psutil.Process(int(said.readline())))
        return parent, started[-1]

    yield run
    for process in started:
        if alive(process):
            process.kill()


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def seconds_until_gone(process: psutil.Process) -> float:
    start = time.monotonic()
    while alive(process) and time.monotonic() < start + 20:
        time.sleep(0.02)
    return time.monotonic() - start


Start = Callable[[], tuple[subprocess.Popen[str], psutil.Process]]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_soon_after_its_parent_was_killed(start: Start, how: signal.Signals) -> None:
    parent, child = start()
    parent.send_signal(how)
    parent.wait()
    assert seconds_until_gone(child) < SECONDS_TO_END


def test_a_child_says_its_last_words(environment: dict[str, str]) -> None:
    child = CHILD.replace("end_with(os.getppid())", "end_with(os.getppid(), lambda: '\\nGo back.')")
    command = [sys.executable, "-c", PARENT, child]
    parent = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert parent.stdout is not None and parent.stderr is not None
    parent.stdout.readline()
    parent.kill()
    assert parent.stderr.read() == "Go back.\n"
    parent.communicate()


def test_a_parent_that_nobody_has_waited_for_counts_as_gone(start: Start) -> None:
    parent, child = start()
    parent.kill()
    assert seconds_until_gone(child) < SECONDS_TO_END
    assert psutil.Process(parent.pid).status() == psutil.STATUS_ZOMBIE
    parent.wait()


def test_a_child_lives_as_long_as_its_parent(start: Start) -> None:
    parent, child = start()
    time.sleep(1.5)  # three looks
    assert alive(child)
    parent.kill()
    parent.wait()


def test_a_child_of_a_process_that_is_already_gone_ends_at_once(environment: dict[str, str]) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    code = f"from pipeline.processes import end_with; end_with({gone.pid}); print('still here')"
    finished = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (finished.returncode, finished.stdout) == (1, "")


def test_outside_dvc_there_is_no_dvc_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    assert dvc_ancestor() is None


def test_dvc_is_found_above_the_shell_it_runs_a_stage_in(environment: dict[str, str], tmp_path: Path) -> None:
    dvc = tmp_path / "dvc"
    dvc.write_text(
        "import os, subprocess, sys\n"
        "print(os.getpid(), flush=True)\n"
        "subprocess.run(['sh', '-c', f'\"{sys.executable}\" -c \"$STAGE\"; exit 0'])\n"
    )
    finished = subprocess.run(
        [sys.executable, str(dvc), "repro"],
        env={**environment, "DVC_ROOT": str(tmp_path), "STAGE": ANCESTOR},
        capture_output=True,
        text=True,
    )
    own, found = finished.stdout.split()
    assert found == own
