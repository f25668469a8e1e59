"""What every command says when it fails in an experiment: how to go back."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

WAYS_TO_FAIL = {
    "mistake": "raise UserError('expected less.')",
    "interrupt": "raise KeyboardInterrupt",
    "termination": f"os.kill(os.getpid(), {int(signal.SIGTERM)}); time.sleep(9)",
    "defect": "raise ZeroDivisionError",
}
CODE = """
import os, sys, time
from pipeline.command_line import run
from pipeline.errors import UserError
def stage():
    {failure}
sys.argv = ["stage"]
run(stage)
"""
BACK = "`git restore params.yaml` goes back"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository whose params.yaml an experiment has changed."""
    (tmp_path / "params.yaml").write_text("profile: quick\n")
    for command in (["init", "-q"], ["add", "params.yaml"], ["commit", "-qm", "params"]):
        person = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        subprocess.run(["git", *person, *command], cwd=tmp_path, check=True)
    (tmp_path / "params.yaml").write_text("profile: full\n")
    return tmp_path


def fail(folder: Path, repository: Path, how: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DVC_")}
    environment = {**kept, "PYTHONPATH": str(repository), **variables}
    command = [sys.executable, "-c", CODE.format(failure=WAYS_TO_FAIL[how])]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("how", WAYS_TO_FAIL)
def test_the_last_line_says_how_to_go_back(checkout: Path, repository: Path, how: str) -> None:
    finished = fail(checkout, repository, how, DVC_EXP_NAME="bold-moth", DVC_ROOT=str(checkout))
    assert finished.returncode == 1
    assert BACK in finished.stderr.splitlines()[-1]
    assert len(finished.stderr.splitlines()) == 2 or how == "defect"
    assert ("ZeroDivisionError" in finished.stderr) == (how == "defect")


@pytest.mark.parametrize("where", ["no experiment", "a copy", "nothing changed"])
def test_where_there_is_nothing_to_go_back_from_it_says_nothing(
    checkout: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory, where: str
) -> None:
    variables = {"DVC_EXP_NAME": "bold-moth", "DVC_ROOT": str(checkout)}
    if where == "no experiment":
        del variables["DVC_EXP_NAME"]
    if where == "a copy":
        variables["DVC_ROOT"] = str(tmp_path_factory.mktemp("main"))
    if where == "nothing changed":
        (checkout / "params.yaml").write_text("profile: quick\n")
    finished = fail(checkout, repository, "mistake", **variables)
    assert (finished.returncode, finished.stderr) == (1, "error: expected less.\n")


def test_the_way_back_works_where_git_takes_the_change_for_none(checkout: Path, repository: Path) -> None:
    """As after DVC: git's index holds the time and size of a file that has another value of equal length."""
    git = ["git", "-C", str(checkout), "-c", "core.trustctime=false"]
    params, long_ago = checkout / "params.yaml", (1e9, 1e9)
    params.write_text("profile: quick\n")
    os.utime(params, long_ago)
    subprocess.run([*git, "update-index", "--refresh"], check=True)
    params.write_text("profile: brief\n")
    os.utime(params, long_ago)
    assert subprocess.run([*git, "diff", "--quiet", "HEAD"]).returncode == 0
    finished = fail(checkout, repository, "mistake", DVC_EXP_NAME="bold-moth", DVC_ROOT=str(checkout))
    assert BACK in finished.stderr.splitlines()[-1]
    subprocess.run([*git, "restore", "params.yaml"], check=True)
    assert params.read_text() == "profile: quick\n"
