"""Folders that take their place whole: what an error leaves, what a kill leaves, and what messages name."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import layout
from pipeline.errors import UserError
from pipeline.files import read_json, write_text
from pipeline.folders import LOCK, UNFINISHED, list_abandoned, replaced_folder, sweep, unfinished, written

KILLED_WHILE_FILLING = """
from pathlib import Path
from pipeline.files import write_text
from pipeline.folders import replaced_folder
with replaced_folder(Path("runs"), ["kept"]) as folder:
    write_text(folder / "half.txt", "half")
    print("ready", flush=True)
    input()
"""
KILLED_BETWEEN_RENAMES = """
import os, signal
from pathlib import Path
from pipeline.files import write_text
from pipeline.folders import replaced_folder
with replaced_folder(Path("runs")) as folder:
    write_text(folder / "new.txt", "new")
    Path.rename = lambda one, other: (os.rename(one, other), os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(code: str, repository: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, text=True, **pipes)  # type: ignore[call-overload,no-any-return]


def texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.txt")}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_replaces_the_old_one_whole_and_is_filled_where_nobody_looks() -> None:
    plan = Path("plan")
    write_text(plan / "old.txt", "old")
    with replaced_folder(plan) as folder:
        write_text(folder / "new.txt", "new")
        assert texts(plan) == {"old.txt": "old"}
        assert names(Path()) == [".runs", "plan"]
    assert texts(plan) == {"new.txt": "new"}
    assert list(layout.UNFINISHED.iterdir()) == []


def test_a_folder_into_which_nothing_is_put_is_empty() -> None:
    with replaced_folder(Path("deep/raw")):
        pass
    assert list(Path("deep/raw").iterdir()) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_old_folder_and_nothing_else(error: type[BaseException]) -> None:
    write_text(Path("plan/old.txt"), "old")
    with pytest.raises(error, match="halfway"), replaced_folder(Path("plan")) as folder:
        write_text(folder / "new.txt", "new")
        raise error("halfway")
    assert texts(Path("plan")) == {"old.txt": "old"}
    assert list(layout.UNFINISHED.iterdir()) == []


@pytest.mark.parametrize("links", [True, False])
def test_named_parts_of_the_old_folder_are_kept_and_the_others_go(monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    runs = Path("runs")
    for name in ("kept/deep/file.txt", "gone/file.txt", "kept.txt", "gone.txt", "again.txt"):
        write_text(runs / name, "old")
    with replaced_folder(runs, ["kept", "kept.txt", "again.txt", "never_there"]) as folder:
        write_text(folder / "again.txt", "new")
        write_text(folder / "new.txt", "new")
    assert texts(runs) == {"kept/deep/file.txt": "old", "kept.txt": "old", "again.txt": "new", "new.txt": "new"}


def test_a_file_in_a_folders_place_is_a_users_error_and_stays() -> None:
    Path("plan").write_text("in the way")
    with pytest.raises(UserError, match=r"^plan: expected to write it; Not a directory"), replaced_folder(Path("plan")):
        pass
    assert Path("plan").read_text() == "in the way"


def test_where_the_store_is_on_another_disk_a_folder_is_filled_beside_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stat = Path.stat

    def elsewhere(path: Path, **more: bool) -> os.stat_result:
        found = stat(path, **more)
        return os.stat_result([*found[:2], found.st_dev + 1, *found[3:]]) if path == layout.UNFINISHED else found

    monkeypatch.setattr(Path, "stat", elsewhere)
    with replaced_folder(Path("deep/plan")) as folder:
        assert folder.parent.parent == Path("deep")
    assert names(Path("deep")) == ["plan"]


def full(path: Path) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def missing(path: Path) -> None:
    Path("runs/s/history.csv").read_bytes()


def missing_in_the_old_one(path: Path) -> None:
    Path("pages/old.html").read_bytes()


def unreadable(path: Path) -> None:
    read_json(path / "deep" / "made.json")


def in_the_way(path: Path) -> None:
    (path / "made.json").mkdir(parents=True)
    write_text(path / "made.json", "{}")


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (full, "pages: expected to write it; No space left on device. Nothing was changed."),
        (missing, "runs/s/history.csv: expected to read it; No such file or directory."),
        (missing_in_the_old_one, "pages/old.html: expected to read it; No such file or directory."),
        (unreadable, "pages/deep/made.json: expected this file of an earlier stage; run `dvc repro` to make it."),
        (in_the_way, "pages/made.json: expected to write it; Is a directory. Nothing was changed."),
    ],
)
def test_a_message_names_what_could_not_be_read_or_written_and_nothing_temporary(
    trouble: Callable[[Path], None], message: str
) -> None:
    with pytest.raises(UserError) as caught, written(Path("pages"), Path("home")) as folder:
        trouble(folder)
    assert str(caught.value) == message
    assert not Path("pages").exists()


def test_what_is_under_way_is_left_alone_and_what_its_process_left_goes() -> None:
    with unfinished(Path("home")) as folder:
        sweep([Path("home"), Path("never_there")])
        assert folder.is_dir()
        assert list_abandoned(Path("home")) == []
    assert list(Path("home").iterdir()) == []


def test_what_never_got_a_lock_goes_after_an_hour() -> None:
    for name, minutes in (("young", 50), ("old", 70)):
        folder = Path("home") / f"{UNFINISHED}{name}"
        folder.mkdir(parents=True)
        since = time.time() - minutes * 60
        os.utime(folder, (since, since))
    sweep([Path("home")])
    assert names(Path("home")) == [f"{UNFINISHED}young"]


def test_a_kill_while_a_folder_is_filled_leaves_the_old_one_and_nothing_in_the_root(repository: Path) -> None:
    write_text(Path("runs/kept/old.txt"), "old")
    process = start(KILLED_WHILE_FILLING, repository)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    sweep([layout.UNFINISHED])
    (left,) = layout.UNFINISHED.iterdir()  # it is alive
    process.kill()
    process.communicate()
    assert names(Path()) == [".runs", "runs"]
    assert (left / LOCK).exists()
    sweep([layout.UNFINISHED])
    assert list(layout.UNFINISHED.iterdir()) == []
    assert texts(Path("runs")) == {"kept/old.txt": "old"}


def test_a_kill_between_the_two_renames_loses_nothing(repository: Path) -> None:
    write_text(Path("runs/other/old.txt"), "old")
    process = start(KILLED_BETWEEN_RENAMES, repository)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not Path("runs").exists()
    sweep([layout.UNFINISHED])
    assert texts(Path("runs")) == {"other/old.txt": "old"}
    assert list(layout.UNFINISHED.iterdir()) == []
