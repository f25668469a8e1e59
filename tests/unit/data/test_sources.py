"""Sources: arrays are what their pinned digests say, or the user is told what was expected and received."""

import gzip
import os
import sys
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline.data.sources import KEYS, MIRROR, load
from pipeline.errors import UserError
from pipeline.files import Arrays, digest
from pipeline.params.plan import PlannedSource

GZ = (  # in the order in which they are read
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def arrays() -> dict[str, Any]:
    generator = np.random.default_rng(0)
    return {
        "x_train": generator.integers(0, 256, (6, 5, 4), dtype=np.uint8),
        "y_train": np.arange(6, dtype=np.uint8),
        "x_test": generator.integers(0, 256, (3, 5, 4), dtype=np.uint8),
        "y_test": np.arange(3, dtype=np.uint8),
    }


def pins(content: Arrays) -> dict[str, str]:
    return {key: digest(array) for key, array in content.items()}


def own(**changes: Any) -> PlannedSource:
    plain = {"name": "mine", "loader": "npz", "path": "mine.npz", "description": "", "stand_in": False}
    return PlannedSource.model_validate({**plain, "sha256": pins(arrays()), **changes})


def declared(params: dict[str, Any], name: str, **changes: Any) -> PlannedSource:
    """A source of params.yaml."""
    return PlannedSource(name=name, stand_in=False, **{**params["sources"][name], **changes})


def message(source: PlannedSource, root: Path) -> str:
    with pytest.raises(UserError) as caught:
        load(source, root)
    return str(caught.value)


def save(path: Path, content: dict[str, Any]) -> None:
    np.savez(path, **content)


def refused(tmp_path: Path, **content: Any) -> str:
    save(tmp_path / "mine.npz", content)
    return message(own(), tmp_path)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(MIRROR, str(tmp_path))
    return tmp_path


@pytest.fixture
def mnist(params: dict[str, Any]) -> PlannedSource:
    return declared(params, "mnist")


def test_digits_are_the_pinned_arrays(params: dict[str, Any], tmp_path: Path) -> None:
    found = load(declared(params, "digits"), tmp_path)
    assert pins(found) == params["sources"]["digits"]["sha256"]
    assert {key: (array.shape, str(array.dtype)) for key, array in found.items()} == {
        "x_train": ((1437, 28, 28), "uint8"),
        "y_train": ((1437,), "uint8"),
        "x_test": ((360, 28, 28), "uint8"),
        "y_test": ((360,), "uint8"),
    }
    assert sorted(set(np.bincount(found["y_test"]))) == [35, 36, 37]  # stratified


@pytest.mark.parametrize("writer", [np.savez, np.savez_compressed])
def test_ones_own_arrays_are_found_from_the_root(tmp_path: Path, writer: Any) -> None:
    (tmp_path / "data").mkdir()
    writer(tmp_path / "data" / "mine.npz", **arrays())
    found = load(own(path="data/mine.npz"), tmp_path)
    assert list(found) == list(KEYS)
    assert pins(found) == pins(arrays())
    absolute = str(tmp_path / "data" / "mine.npz")
    assert pins(load(own(path=absolute), Path("/elsewhere"))) == pins(arrays())


def test_a_column_of_labels_is_a_vector_of_labels(tmp_path: Path) -> None:
    columns = {key: one[:, np.newaxis] if key.startswith("y") else one for key, one in arrays().items()}
    np.savez(tmp_path / "mine.npz", **columns)
    assert load(own(), tmp_path)["y_train"].shape == (6,)


@pytest.mark.parametrize("pinned", [(), ("x_train", "y_train", "x_test"), KEYS[1:]])
def test_the_error_lists_the_missing_pins_as_lines_to_paste(tmp_path: Path, pinned: tuple[str, ...]) -> None:
    np.savez(tmp_path / "mine.npz", **arrays())
    said = message(own(sha256={key: pins(arrays())[key] for key in pinned}), tmp_path)
    assert "params.yaml: sources.mine.sha256" in said
    listed = dict(line.strip().split(": ") for line in said.splitlines()[1:])
    assert listed == {key: value for key, value in pins(arrays()).items() if key not in pinned}


def test_other_arrays_than_the_pinned_are_refused_with_both_digests(tmp_path: Path) -> None:
    changed = arrays()
    changed["x_test"][0, 0, 0] ^= 1
    said = refused(tmp_path, **changed)
    assert "params.yaml: sources.mine.sha256" in said
    expected, received = pins(arrays())["x_test"], pins(changed)["x_test"]
    assert said.splitlines()[1:] == [f"  x_test: expected {expected}, received {received}"]


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, images=arrays()["x_train"], labels=arrays()["y_train"])
    assert "mine.npz: expected the arrays x_train, y_train, x_test, y_test; received images, labels." in said


@pytest.mark.parametrize(
    ("key", "array", "received"),
    [
        ("x_train", np.zeros((6, 5, 4), np.float32), "float32 of shape (6, 5, 4)"),
        ("x_train", np.zeros((6, 20), np.uint8), "uint8 of shape (6, 20)"),
        ("x_test", np.zeros((0, 5, 4), np.uint8), "uint8 of shape (0, 5, 4)"),
        ("y_train", np.zeros((6, 10), np.uint8), "uint8 of shape (6, 10)"),
        ("y_test", np.zeros(3, np.int64), "int64 of shape (3,)"),
    ],
)
def test_wrong_types_and_shapes_are_refused(tmp_path: Path, key: str, array: Any, received: str) -> None:
    said = refused(tmp_path, **{**arrays(), key: array})
    assert f"mine.npz: {key}: expected uint8" in said
    assert f"received {received}" in said


@pytest.mark.parametrize("shape", [(6, 5, 0), (6, 0, 4), (6, 5, 4, 0)])
def test_empty_images_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    said = refused(tmp_path, **{**arrays(), "x_train": np.zeros(shape, np.uint8)})
    assert (
        f"mine.npz: x_train: expected uint8 with 3 or 4 dimensions and at least one entry; received uint8 of {shape}"
        in (said.replace("of shape", "of"))
    )


def test_images_have_one_to_four_channels(tmp_path: Path) -> None:
    for channels in range(1, 7):
        shaped = {
            key: np.repeat(one[..., np.newaxis], channels, -1) if key[0] == "x" else one
            for key, one in arrays().items()
        }
        save(tmp_path / "mine.npz", shaped)
        if channels <= 4:
            assert load(own(sha256=pins(shaped)), tmp_path)["x_test"].shape[3] == channels
        else:
            said = message(own(sha256=pins(shaped)), tmp_path)
            assert f"expected images of 1 to 4 channels; received shape (6, 5, 4, {channels})" in said


def test_images_that_a_study_s_networks_or_shifts_do_not_fit_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", **arrays())
    assert load(own(least_side=4), tmp_path)
    said = message(own(least_side=5, least_side_of="studies.mine.shifts"), tmp_path)
    assert said == (
        "params.yaml: sources.mine: expected images of at least 5x5 pixels, as studies.mine.shifts needs; received 5x4."
    )


def with_header(path: Path, shape: str, content: bytes = b"\0" * 24) -> None:
    """An archive whose x_train has a header that claims a shape, before so many bytes."""
    np.savez(path, **{key: one for key, one in arrays().items() if key != "x_train"})
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content)


@pytest.mark.parametrize("shape", ["(1000000000000, 5, 4)", "(6, 5, 4)", f"({10**30},)", "(-1, 5, 4)", "()"])
def test_a_header_that_claims_what_is_not_there_is_refused_before_it_is_read(
    tmp_path: Path, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.data.sources.read_arrays", lambda path: pytest.fail("it was read"))
    with_header(tmp_path / "mine.npz", shape)
    said = message(own(), tmp_path)
    assert said.startswith(f"{tmp_path / 'mine.npz'}: x_train.npy: expected the ")
    assert said.endswith(" bytes that its header claims; received 152.")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte that unpacks to more than there is memory for: here to a gigabyte's thousandth."""
    monkeypatch.setattr("pipeline.data.sources.read_arrays", lambda path: pytest.fail("it was read"))
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=1_000_000))
    with_header(tmp_path / "mine.npz", "(60000, 5, 4)", bytes(1_200_000))
    assert (tmp_path / "mine.npz").stat().st_size < 10_000
    said = message(own(), tmp_path)
    assert "expected arrays that fit into the 1,000,000 bytes of free memory; received 1,20" in said


def test_only_the_four_arrays_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.data.sources.read_arrays", lambda path: pytest.fail("it was read"))
    others = {"../../escaped": np.zeros(3), **{f"x{i}": np.zeros(1) for i in range(200)}}
    save(tmp_path / "mine.npz", arrays() | others)
    said = message(own(), tmp_path)
    assert said.startswith(f"{tmp_path / 'mine.npz'}: expected the arrays x_train, y_train, x_test, y_test; received ")
    assert len(said) < 1000
    assert not (tmp_path.parent.parent / "escaped.npy").exists()


def test_fewer_labels_than_images_are_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, **{**arrays(), "y_train": np.zeros(5, np.uint8)})
    assert "expected as many labels as images; received 6 x_train and 5 y_train" in said


def test_both_parts_have_images_of_one_size(tmp_path: Path) -> None:
    said = refused(tmp_path, **{**arrays(), "x_test": np.zeros((3, 8, 8), np.uint8)})
    assert "mine.npz: " in said
    assert "5, 4)" in said
    assert "8, 8)" in said


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, **{**arrays(), "y_train": np.array([{}] * 6, dtype=object)})
    assert "mine.npz: expected a readable .npz without pickled objects" in said


@pytest.mark.parametrize("keep", [0, 3, 300, 900])
def test_a_truncated_npz_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, **arrays())
    path.write_bytes(path.read_bytes()[:keep])
    assert f"{path}: expected a readable .npz" in message(own(), tmp_path)


def test_a_file_that_isnt_there_or_isnt_an_npz_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    assert f"{path}: expected a readable .npz" in message(own(), tmp_path)
    with path.open("wb") as out:
        np.save(out, arrays()["x_train"])
    assert f"{path}: expected " in message(own(), tmp_path)


@pytest.mark.parametrize("place", ["compression method", "version needed", "flags"])
def test_an_npz_that_zipfile_cant_unpack_is_refused(tmp_path: Path, place: str) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, **arrays())
    raw = bytearray(path.read_bytes())
    entry = raw.index(b"PK\x01\x02")  # the first entry of the central directory
    raw[entry + {"version needed": 6, "flags": 8, "compression method": 10}[place]] = 99
    path.write_bytes(raw)
    assert f"{path}: expected a readable .npz" in message(own(), tmp_path)


def test_a_mirror_without_the_files_is_told_which(mirror: Path, mnist: PlannedSource) -> None:
    (mirror / GZ[0]).write_bytes(b"")
    said = message(mnist, mirror)
    assert f"{MIRROR}={mirror}" in said
    assert said.endswith(f"missing {', '.join(GZ[1:])}.")


@pytest.mark.parametrize(
    "raw", [gzip.compress(bytes(100), mtime=0)[:-9], b"no gzip at all", gzip.compress(b"", mtime=0)[:5]]
)
def test_a_broken_gz_is_refused(mirror: Path, mnist: PlannedSource, raw: bytes) -> None:
    for name in GZ:
        (mirror / name).write_bytes(raw)
    assert f"{mirror / GZ[0]}: expected a whole .gz file" in message(mnist, mirror)


def test_a_gz_that_unpacks_to_more_than_the_images_is_not_unpacked_further(
    mirror: Path, mnist: PlannedSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = gzip.GzipFile.read

    def noted(file: gzip.GzipFile, size: int | None = -1) -> bytes:
        asked.append(size or -1)
        return real(file, size)

    monkeypatch.setattr(gzip.GzipFile, "read", noted)
    for name in GZ:
        (mirror / name).write_bytes(gzip.compress(bytes(50_000_000), compresslevel=1))
    expected = 16 + 60000 * 784
    assert f"{mirror / GZ[0]}: expected {expected} bytes unpacked, received more." in message(mnist, mirror)
    assert asked == [expected + 1]


def test_a_gz_of_the_wrong_size_is_refused(mirror: Path, mnist: PlannedSource) -> None:
    for name in GZ:
        (mirror / name).write_bytes(gzip.compress(bytes(100)))
    said = message(mnist, mirror)
    assert f"{mirror / GZ[0]}: expected {16 + 60000 * 784} bytes unpacked, received 100" in said


def test_a_mirrors_npz_is_verified_too(mirror: Path, mnist: PlannedSource) -> None:
    np.savez(mirror / "mnist.npz", **arrays())
    said = message(mnist, mirror)
    received = pins(arrays())
    for key, expected in mnist.sha256.items():
        assert f"  {key}: expected {expected}, received {received[key]}" in said
    assert set(mnist.sha256) == set(KEYS)


def keras_whose_loader(monkeypatch: pytest.MonkeyPatch, load_data: Any) -> None:
    fake = ModuleType("keras")
    monkeypatch.setattr(fake, "datasets", SimpleNamespace(mnist=SimpleNamespace(load_data=load_data)), raising=False)
    monkeypatch.setitem(sys.modules, "keras", fake)
    monkeypatch.delenv(MIRROR, raising=False)


def test_without_network_and_mirror_the_user_is_told_of_the_mirror(
    mnist: PlannedSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_data() -> None:
        raise OSError("URL fetch failure: name resolution")

    keras_whose_loader(monkeypatch, load_data)
    said = message(mnist, tmp_path)
    assert "URL fetch failure" in said and f"set {MIRROR} to a folder" in said


def test_what_keras_fetched_is_verified_too(
    mnist: PlannedSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = arrays()
    keras_whose_loader(monkeypatch, lambda: ((a["x_train"], a["y_train"]), (a["x_test"], a["y_test"])))
    assert pins(load(mnist.model_copy(update={"sha256": pins(a)}), tmp_path)) == pins(a)
    assert "these are not the pinned arrays" in message(mnist, tmp_path)


@pytest.mark.skipif(MIRROR not in os.environ, reason=f"needs the official files: set {MIRROR} to their folder")
def test_the_official_files_are_mnist(mnist: PlannedSource, tmp_path: Path) -> None:
    """Class counts and first labels of the official files: catalogue, section 4."""
    found = load(mnist, tmp_path)
    assert pins(found) == mnist.sha256
    assert {key: array.shape for key, array in found.items()} == {
        "x_train": (60000, 28, 28),
        "y_train": (60000,),
        "x_test": (10000, 28, 28),
        "y_test": (10000,),
    }
    assert found["y_train"][:5].tolist() == [5, 0, 4, 1, 9]
    counts = [4729, 5470, 4762, 4889, 4655, 4324, 4748, 4968, 4653, 4802]
    assert np.bincount(found["y_train"][:48000]).tolist() == counts
    assert np.bincount(found["y_test"]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
