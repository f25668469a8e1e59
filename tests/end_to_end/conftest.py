"""A small checkout of the project: git and DVC as a user has them, few images passes, few runs."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import dump_params, read_params

ROOT = Path(__file__).parents[2]
STUDY = "mnist_regularizers"
SMALL = {"none": {"kind": "as_written"}, "dropout": {"dropout": 0.25}}
CLAIMS = {
    "mine-1": {
        "says": "Dropout costs nothing but time.",
        "controlled": [
            {"of": "dropout", "equals": "none"},
            {"metric": "train_seconds", "of": "dropout", "above": "none"},
        ],
        "not_testable": {"as_written": "nobody wrote it"},
    }
}


@dataclass(frozen=True)
class Checkout:
    """A working copy, and commands run in it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The user's environment with this Python's commands first on PATH, and nothing inherited from a DVC."""
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("DVC_", "CLAIMCHECK_", "MLFLOW_"))
        }
        return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Finished command, whatever its exit code."""
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=500,
        )

    def succeed(self, *words: str, **variables: str) -> str:
        """Everything a command printed; it must exit with 0."""
        done = self.run(*words, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def params(self) -> dict[str, Any]:
        """params.yaml as it is now, each study with its claims of claims.yaml."""
        return read_params(self.folder)

    def write_params(self, params: Mapping[str, Any]) -> None:
        """Replace params.yaml and claims.yaml, in the form that DVC keeps."""
        dump_params(params, self.folder)

    def commit(self) -> None:
        """Make it a repository of one commit, which DVC asks for."""
        self.succeed("git", "init", "--quiet", "--initial-branch", "main")
        self.succeed("git", "add", "--all")
        author = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")
        self.succeed("git", *author, "commit", "--quiet", "-m", "start")

    def digests(self, folder: str) -> dict[str, str]:
        """SHA-256 of every file below a folder."""
        files = sorted(path for path in (self.folder / folder).rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def copy_repository(folder: Path, leave: tuple[str, ...] = ("metrics/", "verdicts/", "dvc.lock")) -> Checkout:
    """What git tracks, and what it would, but for paths that start with one of `leave`."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, files):
        if (ROOT / name).is_file() and not name.startswith(leave):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return Checkout(folder)


def small_checkout(folder: Path) -> Checkout:
    """Clone of the repository with the small study in place of every other."""
    checkout = copy_repository(folder, leave=("tests/", "metrics/", "verdicts/", "dvc.lock"))
    params = checkout.params()
    study = params["studies"][STUDY]
    study["model"]["epochs"] = 1
    study.pop("treatments", None)
    study["variants"] = SMALL
    study["claims"] = CLAIMS
    params["studies"] = {STUDY: study}
    for profile in params["profiles"].values():
        profile |= {"repeats": 2, "studies": {}}
    params["tasks"] = {name: task for name, task in params["tasks"].items() if name == study["task"]}
    checkout.write_params(params)
    checkout.commit()
    return checkout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """One small checkout for all tests of a file, in the order they are written."""
    return small_checkout(tmp_path_factory.mktemp("checkout"))
