"""What tests share: the repository's params.yaml, changed copies of it, and stages run as DVC runs them."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.serialize import dump_yaml
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # so that tests run uninstalled, from any working folder

WriteParams = Callable[[Mapping[str, Any]], Path]
RunStage = Callable[..., subprocess.CompletedProcess[str]]


def read_params(root: Path) -> dict[str, Any]:
    """A checkout's params.yaml, each study with its claims of claims.yaml."""
    params, claims = (YAML(typ="safe").load((root / name).read_text()) for name in ("params.yaml", "claims.yaml"))
    for name, study in params["studies"].items():
        study["claims"] = (claims or {}).get(name, {})
    loaded: dict[str, Any] = params
    return loaded


def dump_params(params: Mapping[str, Any], root: Path) -> Path:
    """Write what `read_params` read, claims apart, as DVC would; the path of params.yaml."""
    claims = {name: one["claims"] for name, one in params["studies"].items() if "claims" in one}
    plain = {name: {key: x for key, x in one.items() if key != "claims"} for name, one in params["studies"].items()}
    for name, content in (("params.yaml", {**params, "studies": plain}), ("claims.yaml", claims)):
        dump_yaml(root / name, content)
    return root / "params.yaml"


@pytest.fixture
def repository() -> Path:
    """Folder that holds params.yaml, dvc.yaml and pipeline/."""
    return ROOT


@pytest.fixture
def params() -> dict[str, Any]:
    """The repository's params.yaml, each study with its claims, unchecked; a test may change its copy."""
    return read_params(ROOT)


@pytest.fixture
def write_params(tmp_path: Path, params: dict[str, Any]) -> WriteParams:
    """Write the repository's two files to the test's folder, with values changed by dotted key."""

    def write(changes: Mapping[str, Any]) -> Path:
        for key, value in changes.items():
            *sections, last = key.split(".")
            reduce(lambda section, name: section.setdefault(name, {}), sections, params)[last] = value
        return dump_params(params, tmp_path)

    return write


@pytest.fixture
def run_stage(tmp_path: Path) -> RunStage:
    """Run `python -m pipeline.stages.<stage>` in the test's folder."""
    environment = {key: value for key, value in os.environ.items() if key != "DVC_ROOT"}

    def run(stage: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"pipeline.stages.{stage}", *arguments],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run
