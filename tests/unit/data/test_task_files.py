"""A task's files: what the stages write of it, who opens which, and what is read back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from pipeline import layout
from pipeline.data.identity import read_identities
from pipeline.data.images import Examples
from pipeline.data.tasks import read_examples, read_scaling, read_split, read_task, read_trained_on
from pipeline.errors import UserError
from pipeline.files import Arrays, digest, read_arrays, read_json
from pipeline.params.task import Preparation
from tests.prepared import noise, prepare

SPLITS: dict[str, dict[str, Any]] = {
    "tail": {"kind": "tail", "fraction": 0.2},
    "shuffled": {"kind": "shuffled", "fraction": 0.3, "seed": 4},
    "resplit": {"kind": "shuffled", "fraction": 0.3, "seed": "repeat"},
    "none": {"kind": "none"},
    "as_test": {"kind": "test"},
}
SCALINGS: dict[str, dict[str, Any]] = {
    "fitted_on_train": {"method": "standardize", "fit_on": "train"},
    "fitted_on_development": {"method": "standardize", "fit_on": "development"},
}
RAW = noise(80, 30, (5, 4))


def task(**fields: Any) -> Preparation:
    plain = {"data": "pictures", "split": SPLITS["tail"], "scaling": {"method": "unit"}}
    return Preparation.model_validate({**plain, **fields})


TASKS = {
    **{name: task(split=split) for name, split in SPLITS.items()},
    **{name: task(split=SPLITS["shuffled"], scaling=scaling) for name, scaling in SCALINGS.items()},
    "chosen": task(classes=[[3], [7]]),
    "cut_and_sorted": task(limit=37, sorted_by_class=True),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which the tasks were prepared once; not to be changed."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DVC_ROOT", raising=False)
        patch.chdir(folder)
        prepare({"pictures": RAW}, TASKS)
    return folder


@pytest.fixture
def inside(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the tasks as working folder."""
    monkeypatch.chdir(prepared)
    return prepared


def equals(examples: Examples, arrays: Arrays, part: str, rows: Any) -> None:
    """Assert that examples are rows of a data set."""
    np.testing.assert_array_equal(examples.images[:][..., 0], arrays[f"x_{part}"][rows])
    np.testing.assert_array_equal(examples.labels, arrays[f"y_{part}"][rows])


def test_a_tasks_files_hold_no_pixels(inside: Path) -> None:
    for name in TASKS:
        rows, indices = read_arrays(layout.task_rows(name)), read_arrays(layout.task_split(name))
        assert {key: str(one.dtype) for key, one in rows.items()} == {
            "train_rows": "int32",
            "train_labels": "uint8",
            "test_rows": "int32",
            "test_labels": "uint8",
        }
        assert set(indices) == {"train", "validation"}
        assert {one.ndim for one in (*rows.values(), *indices.values())} == {1}
        assert {one.shape for one in read_scaling(name).to_arrays().values()} <= {(), (5, 4, 1)}


def test_pixels_are_stored_once_for_all_tasks(inside: Path) -> None:
    stored = sorted(path.name for path in (inside / layout.RAW).rglob("*.npy"))
    assert stored == ["x_test.npy", "x_train.npy", "y_test.npy", "y_train.npy"]
    maps = {name: read_examples(name, "pictures", "train").images.pixels for name in TASKS}
    assert {str(getattr(one, "filename", None)) for one in maps.values()} == {
        str(layout.raw_array("pictures", "x_train").resolve())
    }


def test_to_prepare_again_gives_the_same_bytes(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    prepare({"pictures": RAW}, TASKS)
    prepare({"pictures": RAW}, TASKS)  # over what is there
    one, other = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (prepared, tmp_path)
    )
    assert one == other
    assert {layout.IDENTITIES, layout.DATA_METRICS, layout.task_split("tail")} <= one.keys()


def test_a_task_that_is_gone_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    for names in (("tail", "none"), ("none",)):
        prepare({"pictures": RAW}, {name: TASKS[name] for name in names})
    for file in (layout.task_rows, layout.task_split, layout.task_scaling):
        assert [path.stem for path in file("none").parent.iterdir()] == ["none"]
    assert list(read_identities()) == ["none"]


def test_the_parts_hold_their_own_images(inside: Path) -> None:
    train, validation = read_trained_on("tail", "pictures", False)
    assert validation is not None
    equals(train, RAW, "train", np.arange(64))
    equals(validation, RAW, "train", np.arange(64, 80))
    equals(read_task("tail", "pictures").development, RAW, "train", np.arange(80))
    equals(read_task("tail", "pictures").test, RAW, "test", np.arange(30))


def test_shuffled_parts_are_those_of_the_splits_indices(inside: Path) -> None:
    indices = read_split("shuffled")
    assert sorted(np.concatenate(indices).tolist()) == list(range(80))
    for part, rows in zip(read_trained_on("shuffled", "pictures", False), indices, strict=True):
        assert part is not None
        equals(part, RAW, "train", rows)


@pytest.mark.parametrize("name", ["none", "resplit"])
def test_without_validation_images_there_is_no_validation_part(inside: Path, name: str) -> None:
    train, validation = read_trained_on(name, "pictures", False)
    equals(train, RAW, "train", np.arange(80))
    assert validation is None


def test_validating_on_the_test_images_trains_on_every_other(inside: Path) -> None:
    train, validation = read_trained_on("as_test", "pictures", True)
    assert validation is not None
    equals(train, RAW, "train", np.arange(80))
    equals(validation, RAW, "test", np.arange(30))


def test_classes_are_chosen_in_both_parts(inside: Path) -> None:
    data = read_task("chosen", "pictures")
    for part, found in (("train", data.development), ("test", data.test)):
        labels = RAW[f"y_{part}"]
        kept = np.flatnonzero((labels == 3) | (labels == 7))
        np.testing.assert_array_equal(found.images[:][..., 0], RAW[f"x_{part}"][kept])
        assert found.labels.tolist() == [{3: 0, 7: 1}[int(label)] for label in labels[kept]]


def test_a_limit_and_a_sorting_leave_every_test_image_in_its_place(inside: Path) -> None:
    data = read_task("cut_and_sorted", "pictures")
    assert len(data.development) == 37
    assert sorted(data.development.labels.tolist()) == data.development.labels.tolist()
    assert sorted(data.development.images.rows.tolist()) == list(range(37))
    equals(data.test, RAW, "test", np.arange(30))


@pytest.mark.parametrize("name", SCALINGS)
def test_a_scaling_is_fitted_on_what_the_task_says(inside: Path, name: str) -> None:
    train, _ = read_trained_on(name, "pictures", False)
    fitted_on = train if name == "fitted_on_train" else read_task(name, "pictures").development
    assert len(fitted_on) == {"fitted_on_train": 56, "fitted_on_development": 80}[name]
    reference = StandardScaler().fit(fitted_on.images[:].reshape(-1, 20))
    unseen = read_task(name, "pictures").test.images[:]
    expected = reference.transform(unseen.reshape(-1, 20)).reshape(unseen.shape)
    np.testing.assert_allclose(read_scaling(name)(unseen), expected, rtol=1e-5, atol=2e-6)


def test_unit_scaling_looks_at_no_image(inside: Path) -> None:
    for name in SPLITS:
        assert read_scaling(name).to_arrays() == {"offset": 0, "divisor": 255}


def test_what_is_read_is_what_the_identity_is_of(inside: Path) -> None:
    identities = read_identities()
    assert list(identities) == list(TASKS)
    for name, identity in identities.items():
        train, validation = read_trained_on(name, "pictures", identity.validation_is_test)
        if identity.split_per_repeat is None:
            assert identity.train.n == len(train)
            assert (identity.validation and identity.validation.n) == (validation and len(validation))
        assert identity.test.n == len(read_task(name, "pictures").test)
        assert train.images.digest == digest(RAW["x_train"])
    assert identities["resplit"].train.n == 56  # of each repeat
    assert identities["as_test"].validation == identities["as_test"].test


def test_tasks_that_differ_are_other_data_and_equal_ones_are_not(inside: Path) -> None:
    found = read_identities()
    assert len({one.training_digest for one in found.values()}) == len(TASKS)
    tested = {name: one.test_digest for name, one in found.items()}
    assert len({tested[name] for name in (*SPLITS, "cut_and_sorted")}) == 1
    assert len(set(tested.values())) == 4  # those, two scalings, two classes


def test_the_data_are_described_as_they_are(inside: Path) -> None:
    described = read_json(layout.DATA_METRICS)
    assert list(described) == list(TASKS)
    assert list(described["chosen"]) == ["x_train", "y_train", "x_test", "y_test"]
    counts = np.bincount(RAW["y_test"])
    assert described["chosen"]["y_test"]["class_counts"] == counts[[3, 7]].tolist()
    assert described["cut_and_sorted"]["x_train"]["shape"] == [37, 5, 4, 1]
    assert described["tail"]["y_train"]["class_counts"] == np.bincount(RAW["y_train"]).tolist()


def test_test_images_are_opened_only_where_a_task_validates_on_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    prepare({"pictures": RAW}, TASKS)
    layout.raw_array("pictures", "x_test").unlink()
    for name in TASKS:
        for part in read_trained_on(name, "pictures", False):
            assert part is None or len(part.images[:]) == len(part)
    with pytest.raises(UserError, match=r"x_test\.npy: expected a readable \.npy"):
        read_trained_on("as_test", "pictures", True)
    with pytest.raises(UserError, match=r"x_test\.npy"):
        read_task("tail", "pictures")


def test_what_an_earlier_stage_has_not_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"data/tasks/mine\.npz: expected a readable \.npz"):
        read_examples("mine", "pictures", "train")
