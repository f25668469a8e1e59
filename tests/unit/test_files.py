"""Files: whole or not at all, equal bytes for equal content, and nothing that would need unpickling."""

import csv
import hashlib
import io
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.errors import UserError
from pipeline.files import (
    Arrays,
    canonical,
    csv_text,
    digest,
    digest_arrays,
    hash_json,
    read_array,
    read_arrays,
    read_json,
    read_model,
    read_rows,
    read_table,
    replaced,
    root,
    write_array,
    write_arrays,
    write_json,
    write_model,
    write_text,
)
from pipeline.params.section import Section

OUT_OF_SPACE = """
import resource
from pathlib import Path
import numpy as np
from pipeline.files import write_arrays
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_arrays(Path("kept.npz"), {"x": np.zeros(5000)})
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""


def test_a_file_takes_its_place_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.txt"
    with replaced(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert [one.name for one in path.parent.iterdir()] == ["file.txt"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="halfway"), replaced(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("halfway")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cant_be_made_is_a_users_error(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    with pytest.raises(UserError, match=r"file/inside\.txt: expected to write it"):
        write_text(blocker / "inside.txt", "text")
    assert blocker.read_text() == "in the way"


def test_a_missing_input_is_not_reported_as_an_output_that_cant_be_written(tmp_path: Path) -> None:
    with pytest.raises((UserError, FileNotFoundError)) as caught, replaced(tmp_path / "output"):
        read_json(tmp_path / "input.json")
    assert "input.json" in str(caught.value)


def test_a_full_disk_is_a_users_error_and_leaves_the_old_file(repository: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    write_arrays(path, {"x": np.ones(2)})
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    finished = subprocess.run(
        [sys.executable, "-c", OUT_OF_SPACE], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert finished.stderr == ""
    assert finished.stdout == ("UserError: kept.npz: expected to write it; File too large. Nothing was changed.\n")
    assert read_arrays(path)["x"].tolist() == [1, 1]
    assert list(tmp_path.iterdir()) == [path]


def test_equal_arrays_give_equal_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays: Arrays = {"x": np.arange(6, dtype=np.uint8).reshape(2, 3), "y": np.array([0.5], np.float32)}
    write_arrays(tmp_path / "a.npz", arrays)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    write_arrays(tmp_path / "b.npz", arrays)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_arrays_are_read_as_they_were_written(tmp_path: Path) -> None:
    arrays: Arrays = {
        "b/kernel": np.array([[1.5, -0.0]], np.float32),
        "a": np.zeros((0, 3), np.int64),
        "scalar": np.array(7),
    }
    write_arrays(tmp_path / "a.npz", arrays)
    found = read_arrays(tmp_path / "a.npz")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes()


def test_objects_are_neither_written_nor_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_arrays(path, {"x": np.ones(2)})
    with pytest.raises(ValueError, match="allow_pickle=False"):
        write_arrays(path, {"x": np.array([{}], dtype=object)})
    assert read_arrays(path)["x"].tolist() == [1, 1]
    assert list(tmp_path.iterdir()) == [path]
    np.savez(tmp_path / "pickled.npz", x=np.array([{}], dtype=object))
    with pytest.raises(UserError, match="allow_pickle=False"):
        read_arrays(tmp_path / "pickled.npz")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_json_refuses_what_json_doesnt_know(tmp_path: Path, value: float) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"kept": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"x": value})
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"x": value})
    assert read_json(path) == {"kept": 1}


def test_json_is_readable_and_keeps_its_order(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 0.1, "a": "±"})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "b": 0.1,\n  "a": "±"\n}\n'


def test_canonical_text_depends_on_the_content_only() -> None:
    assert canonical({"b": 1, "a": [0.1, None]}) == canonical({"a": [0.1, None], "b": 1}) == '{"a":[0.1,null],"b":1}'


def test_csv_numbers_come_back_as_they_were() -> None:
    values = [1 / 3, 1e-308, 0.1 + 0.2, 2.0**53, np.float64(1 / 7)]
    rows = list(csv.DictReader(io.StringIO(csv_text([{"x": value, "y": None} for value in values]))))
    assert [float(row["x"]) for row in rows] == values
    assert {row["y"] for row in rows} == {""}
    single = np.float32(1 / 7)
    assert np.float32(csv_text([{"x": single}]).split()[1]) == single


def test_rows_are_read_as_text_whatever_stands_in_a_cell(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"says": "NaN, “None”\nand more", "p": 0.1}, {"says": None, "p": None}]
    path = tmp_path / "rows.csv"
    write_text(path, csv_text(rows))
    assert read_rows(path) == [{"says": "NaN, “None”\nand more", "p": "0.1"}, {"says": "", "p": ""}]
    with pytest.raises(UserError, match=r"other\.csv"):
        read_rows(tmp_path / "other.csv")


@pytest.mark.parametrize("make", [np.ascontiguousarray, np.asfortranarray, lambda array: array[::-1][::-1]])
def test_a_digest_is_of_the_values_in_c_order(make: Callable[[object], npt.NDArray[np.uint8]]) -> None:
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert digest(make(array)) == hashlib.sha256(bytes(range(6))).hexdigest()


def test_root_is_what_dvc_names_or_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    assert root() == tmp_path
    monkeypatch.setenv("DVC_ROOT", "/somewhere/else")
    assert root() == Path("/somewhere/else")


def test_names_of_variants_stay_words(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("variant,test_loss\n007,0.5\nnull,\nnone,inf\n")
    table = read_table(path)
    assert table["variant"].tolist() == ["007", "null", "none"]
    assert table["test_loss"].isna().tolist() == [False, True, False]


GOLDEN = "933d0406f144daa82c466807935cedd87b23f8ea7bf21fbeca1eda25e45b3c91"


def test_the_bytes_of_arrays_are_the_same_whatever_python_writes_them(tmp_path: Path) -> None:
    """Golden digest: numpy.savez gives another with Python 3.11.2 than with 3.11.7."""
    path = tmp_path / "arrays.npz"
    arrays = {"a": np.arange(3, dtype=np.int32), "dense1/kernel": np.ones((2, 2), np.float32)}
    write_arrays(path, arrays)
    assert sha256(path.read_bytes()).hexdigest() == GOLDEN
    with np.load(path, allow_pickle=False) as read:
        assert {name: read[name].tolist() for name in read} == {k: v.tolist() for k, v in arrays.items()}


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
        np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
        np.array([[1.5, -0.0]], np.float32),
        np.array(7),
    ],
    ids=["images", "in another order of bytes", "negative zero", "scalar"],
)
def test_an_array_is_mapped_as_it_was_written(tmp_path: Path, array: npt.NDArray[Any]) -> None:
    path = tmp_path / "deep" / "x.npy"
    write_array(path, array)
    found = read_array(path)
    assert isinstance(found, np.memmap)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.tobytes() == array.tobytes()
    assert digest(found) == digest(array)
    np.testing.assert_array_equal(np.load(path, allow_pickle=False), array)
    assert [one.name for one in path.parent.iterdir()] == ["x.npy"]


def test_a_mapped_array_cant_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    write_array(path, np.arange(3, dtype=np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        read_array(path)[0] = 9
    assert read_array(path).tolist() == [0, 1, 2]


def test_a_mapped_array_outlives_the_file_that_takes_its_place(tmp_path: Path) -> None:
    """As a worker's images do when stage download runs again: a new file takes the name, the old one stays open."""
    path = tmp_path / "x.npy"
    write_array(path, np.arange(3, dtype=np.uint8))
    mapped = read_array(path)
    write_array(path, np.zeros(1, np.uint8))
    assert mapped.tolist() == [0, 1, 2]
    assert read_array(path).tolist() == [0]


def test_an_empty_array_is_written_and_read(tmp_path: Path) -> None:
    write_array(tmp_path / "x.npy", np.zeros((0, 3), np.uint8))
    assert read_array(tmp_path / "x.npy").shape == (0, 3)


def test_an_array_of_objects_is_neither_written_nor_read(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    write_array(path, np.ones(2))
    with pytest.raises(ValueError, match="allow_pickle"):
        write_array(path, np.array([{}], dtype=object))
    assert read_array(path).tolist() == [1, 1]
    np.save(tmp_path / "pickled.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match=r"pickled\.npy: expected a readable \.npy without pickled objects"):
        read_array(tmp_path / "pickled.npy")


def npz(raw: bytes) -> bytes:
    out = io.BytesIO()
    np.savez(out, x=np.arange(9))
    return out.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:5],
        lambda raw: raw[:100],
        lambda raw: raw[:-1],
        lambda raw: b"no array at all",
        lambda raw: b"\x80\x04K\x01.",
        npz,
    ],
    ids=["empty", "cut in the name", "cut in the header", "cut in the data", "text", "a pickle", "an npz"],
)
def test_a_file_that_is_no_whole_npy_is_a_users_error_that_names_it(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "x.npy"
    write_array(path, np.arange(200, dtype=np.uint8))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError) as caught:
        read_array(path)
    assert str(caught.value).startswith(f"{path}: expected a readable .npy without pickled objects; ")


def test_an_array_or_a_folder_that_isnt_there_is_a_users_error(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.npy", tmp_path):
        with pytest.raises(UserError, match=f"{path}: expected a readable .npy"):
            read_array(path)


class Inner(Section):
    """A section within a section."""

    share: float | None


class Outer(Section):
    """A section with the kinds of values that files hold."""

    name: str
    count: int
    pair: tuple[int, int]
    inner: dict[str, Inner]


OUTER = Outer(name="“a”", count=3, pair=(1, 2), inner={"b": Inner(share=0.1), "a": Inner(share=None)})


def test_a_section_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "outer.json"
    write_model(path, OUTER)
    assert read_model(path, Outer) == OUTER
    assert list(read_model(path, Outer).inner) == ["b", "a"]
    assert path.read_text(encoding="utf-8").startswith('{\n  "name": "“a”",\n  "count": 3,')
    again = path.read_bytes()
    write_model(path, read_model(path, Outer))
    assert path.read_bytes() == again


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("}", "", "Invalid JSON"),
        ('"count": 3', '"count": "3"', "count"),
        ('"count": 3', '"count": 3.5', "count"),
        ('"count": 3,', "", "count"),
        ('"share": 0.1', '"share": 0.1, "more": 1', "more"),
        ('"share": null', '"share": NaN, "x": 1', "share|Invalid JSON|x"),
    ],
)
def test_a_file_that_is_no_such_section_is_a_users_error_that_names_it(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "outer.json"
    write_model(path, OUTER)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=said) as caught:
        read_model(path, Outer)
    assert str(caught.value).startswith(f"{path}: expected this file as an earlier stage wrote it; ")


def test_a_section_of_bytes_that_are_no_text_is_a_users_error(tmp_path: Path) -> None:
    (tmp_path / "outer.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"outer\.json: expected to read it"):
        read_model(tmp_path / "outer.json", Outer)


def test_a_section_that_isnt_there_is_a_users_error_that_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"outer\.json: expected this file of an earlier stage; run `dvc repro`"):
        read_model(tmp_path / "outer.json", Outer)


def test_a_hash_of_json_is_that_of_its_canonical_text() -> None:
    assert hash_json({"b": 1, "a": [0.1, None]}) == sha256(b'{"a":[0.1,null],"b":1}').hexdigest()
    assert hash_json({"a": [0.1, None], "b": 1}) == hash_json({"b": 1, "a": [0.1, None]})
    assert hash_json([1]) != hash_json([1.0]) != hash_json(["1"])
    with pytest.raises(ValueError, match="JSON compliant"):
        hash_json(math.nan)


KERNEL = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_equal_named_arrays_have_one_digest() -> None:
    assert digest_arrays({"k": KERNEL}) == digest_arrays({"k": np.asfortranarray(KERNEL.copy())})


@pytest.mark.parametrize(
    "other",
    [
        {"kernel": KERNEL},
        {"k": KERNEL.reshape(3, 2)},
        {"k": KERNEL.view(np.int32)},
        {"k": KERNEL + 1},
        {"k": KERNEL, "l": KERNEL},
        {},
    ],
    ids=["name", "shape", "type", "values", "one more", "none"],
)
def test_a_digest_of_arrays_is_of_names_types_shapes_and_values(other: Arrays) -> None:
    assert digest_arrays(other) != digest_arrays({"k": KERNEL})
