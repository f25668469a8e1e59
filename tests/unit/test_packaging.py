"""Packaging: imports are declared, and what is declared is imported, pinned and packaged."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

NOT_IMPORTED = {
    "dvc": "runs the stages, as a command",
    "ruamel.yaml.clib": "makes ruamel.yaml read params.yaml four times as fast",
}
CLUSTER = {"dask", "distributed"}  # modules, and distributions, of the extra `dask`, which need not be installed
RIVALS = {"ictonyx"}  # of a benchmark, installed apart, as it says


def normalized(name: str) -> str:
    """A distribution's name as PyPI compares it: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture
def project(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {normalized(re.split(r"[^\w.-]", one)[0]) for one in requirements}


def imported(folder: Path) -> set[str]:
    """Top-level names of the third-party modules that any module below a folder imports, anywhere in it."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")]
    modules = {name.split(".")[0] for tree in trees for node in ast.walk(tree) for name in _modules(node)}
    return modules - sys.stdlib_module_names - {"pipeline", "tests", "benchmarks"}


def imported_by(folder: Path, modules: set[str]) -> list[str]:
    """Files of a folder that import any of some modules."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")}
    named = {
        path: {name.split(".")[0] for node in ast.walk(tree) for name in _modules(node)} for path, tree in trees.items()
    }
    return [path.relative_to(folder).as_posix() for path, names in named.items() if names & modules]


def _modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module


def providers(module: str) -> set[str]:
    """Distributions that install a module."""
    return {normalized(one) for one in packages_distributions().get(module, ())}


def test_every_import_is_declared(project: dict[str, Any], repository: Path) -> None:
    declared = names(project["project"]["dependencies"])
    found = imported(repository / "pipeline") - CLUSTER
    assert {one for one in found if not providers(one) & declared} == set()


def test_only_the_module_for_a_cluster_imports_what_the_extra_installs(
    project: dict[str, Any], repository: Path
) -> None:
    assert names(project["project"]["optional-dependencies"]["dask"]) == CLUSTER
    assert imported_by(repository / "pipeline", CLUSTER) == ["training/cluster.py"]


def test_every_import_of_a_test_is_declared(project: dict[str, Any], repository: Path) -> None:
    about = project["project"]
    extras = about["optional-dependencies"]
    declared = names([*about["dependencies"], *extras["develop"]])
    found = imported(repository / "tests") | imported(repository / "benchmarks")
    assert {one for one in found - CLUSTER - RIVALS if not providers(one) & declared} == set()


def test_every_dependency_is_imported_or_has_another_reason(project: dict[str, Any], repository: Path) -> None:
    used = {name for one in imported(repository / "pipeline") - CLUSTER for name in providers(one)}
    declared = names(project["project"]["dependencies"])
    reasons = names(list(NOT_IMPORTED))
    assert declared - used - reasons == set()
    assert reasons <= declared


def test_every_dependency_is_pinned(project: dict[str, Any], repository: Path) -> None:
    lines = (repository / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", line)] == []
    about = project["project"]
    extras = about["optional-dependencies"]
    declared = names([*about["dependencies"], *extras["develop"], *extras["dask"]])
    assert declared <= {line.partition("==")[0] for line in lines}


def test_every_file_of_the_package_is_packaged(project: dict[str, Any], repository: Path) -> None:
    patterns = project["tool"]["setuptools"]["package-data"]["pipeline"]
    folder = repository / "pipeline"
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    data = [path for path in files if path.suffix != ".py"]
    assert data
    assert [path for path in data if not any(fnmatch(path.name, one.rpartition("/")[2]) for one in patterns)] == []
    modules = {path.parent for path in files if path.suffix == ".py"}
    assert [path for path in modules if not (path / "__init__.py").is_file()] == []


def test_hosted_checks_run_on_every_python_that_is_supported(project: dict[str, Any], repository: Path) -> None:
    workflow = YAML(typ="safe").load((repository / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["run"]
    pythons = job["strategy"]["matrix"]["python"]
    classified = [one.rpartition(" ")[2] for one in project["project"]["classifiers"] if ":: 3." in one]
    assert pythons == classified
    assert project["project"]["requires-python"] == f">={pythons[0]},<3.{int(pythons[-1][2:]) + 1}"
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
