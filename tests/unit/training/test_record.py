"""The files of a finished run: what is written is read again, and every study gives it a name of its own."""

import csv
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import layout
from pipeline.errors import UserError
from pipeline.files import digest_arrays, hash_json, read_arrays, read_model
from pipeline.params.recipe import Search
from pipeline.seeds import repeat_seeds
from pipeline.store import SCHEMA, Store
from pipeline.training.data import RunResult
from pipeline.training.fingerprint import fingerprint_training_code, library_versions
from pipeline.training.record import (
    FinishedRun,
    Seconds,
    require_weights,
    write_run,
)
from pipeline.training.runs import DeclaredRun
from tests.builders import build_recipe, build_result

RECIPE = build_recipe(dropout=0.25, early_stopping={"patience": 2})
TRIALS: tuple[dict[str, Any], ...] = (
    {"trial": 0, "units": 32, "learning_rate": 0.1, "val_accuracy": 0.5, "val_loss": 0.1},
    {"trial": 1, "units": 64, "learning_rate": 0.2, "val_accuracy": 0.75, "val_loss": 0.9},
    {"trial": 2, "units": 96, "learning_rate": 0.3, "val_accuracy": 0.75, "val_loss": 0.3},
    {"trial": 3, "units": 16, "learning_rate": 0.4, "val_accuracy": 0.25, "val_loss": 0.2},
)


def declared(variant: str = "none", repeat: int = 0, search: Search | None = None) -> DeclaredRun:
    return DeclaredRun(variant, repeat, "mnist", RECIPE, search, repeat_seeds(repeat), (), "recipe", "f")


def written(folder: Path, result: RunResult, run: DeclaredRun | None = None) -> FinishedRun:
    write_run(run or declared(), result, False, folder)
    return read_model(folder / layout.RUN, FinishedRun)


def test_a_finished_run_says_all_that_was_trained(tmp_path: Path) -> None:
    found = written(tmp_path, build_result(RECIPE, stopped_epoch=1), declared(repeat=3))
    assert (found.fingerprint, found.recipe_fingerprint) == ("f", "recipe")
    assert (found.recipe, found.seeds, found.search) == (RECIPE, repeat_seeds(3), None)
    assert (found.input_shape, found.classes) == ((2, 2, 1), 2)
    assert (found.epochs_run, found.stopped_epoch, found.best_epoch) == (1, 1, 1)
    assert (found.parameters, found.trainable_parameters) == (1, 1)
    assert found.versions == library_versions()
    assert found.code == fingerprint_training_code("keras")


def test_a_runs_files_are_those_of_the_layout(tmp_path: Path) -> None:
    written(tmp_path, build_result(RECIPE))
    files = [layout.RUN, layout.HISTORY, layout.WEIGHTS, layout.MODEL_SUMMARY, layout.SECONDS]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)
    with (tmp_path / layout.HISTORY).open() as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "epoch": "1",
        "loss": "0.5",
        "accuracy": "0.75",
        "val_loss": "0.4",
        "val_accuracy": "0.875",
    }
    assert (tmp_path / layout.MODEL_SUMMARY).read_text() == "a model\n"


def test_the_digest_of_the_weights_is_that_of_the_weights_kept_and_changes_with_any_of_them(
    tmp_path: Path,
) -> None:
    digests = []
    for number, weight in enumerate((0.0, 1.0, float(np.nextafter(np.float32(1), np.float32(2))))):
        found = written(tmp_path / str(number), build_result(RECIPE, weights=weight))
        kept = read_arrays(tmp_path / str(number) / layout.WEIGHTS)
        assert kept["conv1/kernel"].tolist() == [np.float32(weight)]
        assert found.weights_digest == digest_arrays(kept)
        digests.append(found.weights_digest)
    assert len(set(digests)) == 3


def test_a_layers_name_counts_in_the_digest_of_the_weights(tmp_path: Path) -> None:
    zeros = np.zeros(2, np.float32)
    found = [
        written(tmp_path / str(number), replace(build_result(RECIPE), weights=weights)).weights_digest
        for number, weights in enumerate(({"a/kernel": zeros}, {"b/kernel": zeros}, {"a/kernel": zeros[:1]}))
    ]
    assert len(set(found)) == 3


def test_seconds_are_in_a_file_of_their_own(tmp_path: Path) -> None:
    """So that what is hashed depends on no clock."""
    slow, quick = (build_result(RECIPE, train_seconds=one, traced=one > 1) for one in (2.5, 0.5))
    assert written(tmp_path / "slow", slow) == written(tmp_path / "quick", quick)
    assert read_model(tmp_path / "slow" / layout.SECONDS, Seconds) == Seconds(
        train_seconds=2.5, traced=True, processor="a processor"
    )
    for name in (layout.RUN, layout.HISTORY, layout.WEIGHTS, layout.MODEL_SUMMARY):
        assert (tmp_path / "slow" / name).read_bytes() == (tmp_path / "quick" / name).read_bytes()


def test_the_best_trial_is_the_first_of_the_most_accurate_and_the_last_is_the_last(tmp_path: Path) -> None:
    search = Search(trials=4, learning_rate=[0.1])
    found = written(tmp_path, build_result(RECIPE, trials=TRIALS), declared(search=search))
    assert found.search == search
    assert found.trials == {
        "best": {"units": 64, "learning_rate": 0.2},
        "last": {"units": 16, "learning_rate": 0.4},
    }
    with (tmp_path / layout.TRIALS).open() as file:
        assert [row["units"] for row in csv.DictReader(file)] == ["32", "64", "96", "16"]


def test_a_run_without_a_search_has_no_trials(tmp_path: Path) -> None:
    assert written(tmp_path, build_result(RECIPE)).trials is None
    assert not (tmp_path / layout.TRIALS).exists()


def test_the_optimizer_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    result = build_result(RECIPE, optimizer={"adam/iteration": np.array(7), "adam/conv1_kernel_momentum": np.ones(2)})
    write_run(declared(), result, True, tmp_path / "asked")
    written(tmp_path / "not", result)
    assert not (tmp_path / "not" / layout.OPTIMIZER).exists()
    kept = read_arrays(tmp_path / "asked" / layout.OPTIMIZER)
    assert kept.keys() == result.optimizer.keys()
    assert all(np.array_equal(kept[name], value) for name, value in result.optimizer.items())


def test_whoever_changes_the_shape_of_what_is_kept_raises_its_form() -> None:
    """Kept files of another shape can't be read: they are made again where `SCHEMA` differs."""
    about = sorted(FinishedRun.model_fields), sorted(Seconds.model_fields)
    assert (SCHEMA, hash_json(about)[:16]) == (2, "54c90851c18dda43"), (
        "raise SCHEMA in pipeline/store.py, and write the new hash here"
    )


def test_weights_that_are_missing_or_damaged_are_told_with_what_makes_them_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "trained")
    for name in "abc":
        store.put(name, partial(write_run, declared(), build_result(RECIPE), False))
    require_weights(store, ["a", "b"])
    weights = store.path("b") / layout.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(UserError) as caught:
        require_weights(store, ["a", "b", "d"])
    assert str(caught.value) == (
        f"{store.folder}: expected the weights of 2 runs, which runs/ names and only the run store keeps. "
        f"{store.path('b')}: weights.npz is not as it was written. "
        "`dvc repro --force train` trains them again, to the same bits."
    )
    assert store.has("b")  # `train` removes it
