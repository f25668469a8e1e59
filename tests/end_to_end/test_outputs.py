"""Every file that a stage writes is one of its declared outputs: each stage is run alone, and the folder looked at."""

import os
from pathlib import Path

import pytest

from tests.declared_stages import in_order, list_by_stage, read_stages, undeclared_writes
from tests.end_to_end.conftest import Checkout

# Kept beside the outputs on purpose, shared by all that work on the checkout, and ignored by git.
STORES = (".runs", "mlflow.db", "mlartifacts", "mlruns", ".mlflow.lock")
NOT_THE_STAGES = (".git", ".dvc")
BYTECODE = "__pycache__"


def state(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Of every file, what differs after it was written to or replaced, be it by the same bytes."""
    found = {}
    for directory, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if name != BYTECODE]
        for path in (Path(directory, name) for name in names):
            about = path.lstat()
            found[path.relative_to(folder).as_posix()] = (about.st_ino, about.st_mtime_ns, about.st_size)
    return found


def changed(before: dict[str, tuple[int, int, int]], after: dict[str, tuple[int, int, int]]) -> list[str]:
    """Files that were written, replaced or removed."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


@pytest.fixture(scope="module")
def written(checkout: Checkout) -> dict[str, list[str]]:
    """Files that each stage wrote when it was run by its command, after those that it depends on."""
    found = {}
    for stage in in_order(read_stages(checkout.folder).values()):
        before = state(checkout.folder)
        checkout.succeed(*stage.cmd.split())
        found[stage.name] = changed(before, state(checkout.folder))
    return found


def test_every_stage_writes_only_its_declared_outputs(checkout: Checkout, written: dict[str, list[str]]) -> None:
    stages = read_stages(checkout.folder)
    exempt = (*STORES, *NOT_THE_STAGES)
    undeclared = {name: undeclared_writes(stages[name], paths, exempt) for name, paths in written.items()}
    if listing := list_by_stage(undeclared):
        pytest.fail(f"files that are no declared outputs of the stage that writes them\n{listing}", pytrace=False)


def test_every_stage_writes_all_its_declared_outputs(checkout: Checkout, written: dict[str, list[str]]) -> None:
    stages = read_stages(checkout.folder)
    missing = {
        name: [path for path in stages[name].outputs if not (checkout.folder / path).exists()] for name in written
    }
    if listing := list_by_stage(missing):
        pytest.fail(f"declared outputs that no file is\n{listing}", pytrace=False)


def test_what_changes_in_a_folder_is_seen(tmp_path: Path) -> None:
    for name in ("kept", "changed", "rewritten", "removed"):
        (tmp_path / name).write_text("before")
    before = state(tmp_path)
    (tmp_path / "changed").write_text("after, longer")
    (tmp_path / "again").write_text("before")
    (tmp_path / "again").replace(tmp_path / "rewritten")
    (tmp_path / "removed").unlink()
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/new").write_text("new")
    (tmp_path / BYTECODE).mkdir()
    (tmp_path / BYTECODE / "a.pyc").write_text("new")
    assert changed(before, state(tmp_path)) == ["changed", "inner/new", "removed", "rewritten"]
