"""Stores: a result is there whole or not at all, the first of two equal ones stands, a damaged one is made again."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import layout
from pipeline.errors import UserError
from pipeline.files import read_json, write_json
from pipeline.store import (
    SCHEMA,
    Store,
    digest_folder,
    evaluation_store,
    fingerprint_made,
    kept_store,
    run_store,
)


def text(content: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "result.txt").write_text(content)
        (folder / "timing.json").write_text("{}")

    return write


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "deep" / "store")


def content(store: Store, fingerprint: str) -> str:
    return (store.path(fingerprint) / "result.txt").read_text()


def test_a_result_is_absent_and_then_whole(store: Store) -> None:
    seen = []

    def write(folder: Path) -> None:
        text("one")(folder)
        seen.append(store.has("a"))

    assert not store.has("a")
    store.put("a", write)
    assert seen == [False]
    assert store.has("a")
    assert not store.has("b")
    assert content(store, "a") == "one"
    assert [path.name for path in store.folder.iterdir()] == ["a"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_a_failure_while_writing_leaves_nothing(store: Store, error: type[BaseException]) -> None:
    def write(folder: Path) -> None:
        text("half")(folder)
        raise error("halfway")

    with pytest.raises(UserError if error is OSError else error, match="halfway"):
        store.put("a", write)
    assert not store.has("a")
    assert list(store.folder.iterdir()) == []


def test_a_store_that_cant_be_written_to_is_a_users_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "store")
    with pytest.raises(UserError, match="file/store/a: expected to write it; Not a directory"):
        store.put("a", text("one"))
    assert not store.has("a")


def test_where_another_process_was_first_its_result_stands(store: Store) -> None:
    def write(folder: Path) -> None:
        store.put("a", text("first"))
        text("second")(folder)

    store.put("a", write)
    assert content(store, "a") == "first"
    assert [path.name for path in store.folder.iterdir()] == ["a"]


def test_results_are_listed_measured_and_removed(store: Store) -> None:
    for name in "abc":
        store.put(name, text(name * 10))
    assert store.list_results() == ["a", "b", "c"]
    manifests = sum((store.path(name) / layout.DIGESTS).stat().st_size for name in "ac")
    assert store.measure(["a", "c"]) == 2 * (10 + len("{}")) + manifests
    store.remove(["a", "c"])
    assert [store.has(name) for name in "abc"] == [False, True, False]
    assert content(store, "b") == "b" * 10
    assert [path.name for path in store.folder.iterdir()] == ["b"]


def test_a_removal_that_is_interrupted_leaves_no_half_result(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("a", text("one"))

    def interrupted(folder: Path, ignore_errors: bool) -> None:
        (folder / "a" / "timing.json").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.folders.shutil.rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.remove(["a"])
    assert not store.has("a")
    assert store.list_results() == []


def test_what_a_killed_process_left_is_no_result(store: Store) -> None:
    store.put("a", text("one"))
    left = store.folder / ".unfinished-left"
    left.mkdir()
    (left / "lock").touch()  # which nobody holds
    (left / "half.npz").write_bytes(b"123")
    assert store.list_results() == ["a"]
    assert store.list_abandoned() == [".unfinished-left"]
    assert store.measure(store.list_abandoned()) == 3
    store.remove(store.list_abandoned())
    assert [path.name for path in store.folder.iterdir()] == ["a"]


def test_a_store_is_empty_before_the_first_run(store: Store) -> None:
    assert store.list_results() == store.list_abandoned() == []


def test_a_copy_leaves_out_what_it_is_told_to_and_is_independent(store: Store, tmp_path: Path) -> None:
    store.put("a", text("one"))
    target = tmp_path / "runs" / "none" / "00"
    store.copy("a", target, leave=["timing.json"])
    assert [path.name for path in target.iterdir()] == ["result.txt"]
    (target / "result.txt").write_text("changed")
    assert content(store, "a") == "one"
    store.copy("a", tmp_path / "whole")
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == ["result.txt", "timing.json"]


def test_stores_lie_in_the_main_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    stores = [run_store().folder, evaluation_store().folder, kept_store().folder]
    assert all(folder.is_relative_to(tmp_path / ".runs") for folder in stores)
    assert len(set(stores)) == 3


def test_what_is_kept_is_made_once(store: Store) -> None:
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        text("one")(folder)

    paths = [store.keep("a", make) for _ in range(2)]
    assert paths == [store.path("a")] * 2
    assert len(made) == 1
    assert content(store, "a") == "one"


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def replace_by_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("not a folder")


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def point_nowhere(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.symlink_to("nowhere")


def replace_by_another(folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(folder.parent / "b", folder)


def edit_manifest(folder: Path, **changes: object) -> None:
    path = folder / layout.DIGESTS
    write_json(path, read_json(path) | changes)


UNREADABLE = "digests.json or another file can't be read"
DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated": (lambda a: (a / "result.txt").write_text("on"), "result.txt is not as it was written"),
    "flipped": (lambda a: flip(a / "result.txt"), "result.txt is not as it was written"),
    "removed": (lambda a: (a / "timing.json").unlink(), "timing.json is not as it was written"),
    "added": (lambda a: (a / "more.txt").write_text(""), "more.txt is not as it was written"),
    "empty": (empty, UNREADABLE),
    "without digests": (lambda a: (a / layout.DIGESTS).unlink(), UNREADABLE),
    "half of the digests": (lambda a: (a / layout.DIGESTS).write_text("{"), UNREADABLE),
    "flipped digests": (lambda a: flip(a / layout.DIGESTS), ""),
    "no digests": (lambda a: write_json(a / layout.DIGESTS, None), UNREADABLE),
    "foreign digests": (lambda a: write_json(a / layout.DIGESTS, ["a"]), UNREADABLE),
    "a file": (replace_by_a_file, UNREADABLE),
    "no folder": (point_nowhere, UNREADABLE),
    "newer": (lambda a: edit_manifest(a, schema_version=SCHEMA + 1), f"it was kept in form {SCHEMA + 1}, not {SCHEMA}"),
    "another's": (replace_by_another, "it is another result, b"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_as_it_was_written_is_made_again_and_said_so(
    store: Store, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store.keep("b", text("another"))
    folder = store.keep("a", text("one"))
    assert store.holds("a")
    inflict, said = DAMAGES[damage]
    inflict(folder)
    assert not store.holds("a")
    assert store.holds("b")
    assert said in store.find_damage("a")
    why = store.find_damage("a")
    store.keep("a", text("one"))
    assert capsys.readouterr().out == f"{folder}: {why}, so it is made again\n"
    assert store.holds("a")
    assert sorted(path.name for path in folder.iterdir()) == [layout.DIGESTS, "result.txt", "timing.json"]
    assert content(store, "a") == "one"


def test_of_some_files_only_these_are_looked_at(store: Store) -> None:
    folder = store.keep("a", text("one"))
    flip(folder / "result.txt")
    assert store.holds("a", ["timing.json"])
    assert not store.holds("a", ["timing.json", "result.txt"])
    assert not store.holds("a", ["timing.json", "what it never had"])
    assert not store.holds("never_kept", ["timing.json"])


def test_damaged_results_are_removed_named_or_counted_and_the_others_stay(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "abcdefg":
        store.put(name, text(name))
    for name in "abcde":
        flip(store.path(name) / "result.txt")
    assert store.check(["g", *"abcdef", "never_kept"]) == {"f", "g"}
    assert store.list_results() == ["f", "g"]
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == [*(str(store.path(name)) for name in "abc"), str(store.folder)]
    assert said[-1].endswith(": 2 more are not as they were, and made again")


def as_form_1(folder: Path) -> None:
    """What this project wrote before results were signed: the digests alone."""
    write_json(folder / layout.DIGESTS, digest_folder(folder, [layout.DIGESTS]))


@pytest.mark.parametrize("record", [layout.RUN, layout.EVALUATION, None])
def test_a_result_of_the_first_form_is_read_and_verified_by_its_record(store: Store, record: str | None) -> None:
    def write(folder: Path) -> None:
        text("old")(folder)
        if record:
            write_json(folder / record, {"fingerprint": "a"})

    for name in "ab":
        store.put(name, write)
        as_form_1(store.path(name))
    assert store.holds("a")
    assert store.holds("b") == (record is None)
    (store.path("a") / "result.txt").write_text("edited")
    assert not store.holds("a")


def test_what_nobody_used_for_days_is_listed(store: Store) -> None:
    for name in "ab":
        store.keep(name, text(name))
        since = time.time() - 8 * 86_400
        os.utime(store.path(name), (since, since))
    assert store.list_unused(7) == ["a", "b"]
    store.keep("b", text("b"))
    assert store.list_unused(7) == ["a"]


def test_a_fingerprint_tells_makers_and_inputs_apart_and_nothing_else() -> None:
    first = fingerprint_made("pipeline.seeds", {"a": 1, "b": [2]}, "x")
    assert fingerprint_made("pipeline.seeds", {"b": [2], "a": 1}, "x") == first
    others = [("pipeline.metrics", {"a": 1, "b": [2]}, "x"), ("pipeline.seeds", {"a": 1, "b": [3]}, "x")]
    assert len({first, *(fingerprint_made(*one) for one in others)}) == 3
