"""runs/: what is written of a study's runs is what its readers get, whole and under the study's names."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pipeline import layout
from pipeline.errors import UserError
from pipeline.files import read_model
from pipeline.params.plan import TrainingPlan
from pipeline.seeds import repeat_seeds
from pipeline.store import Store
from pipeline.training.record import FinishedRun, write_run
from pipeline.training.runs import DeclaredRun
from pipeline.training.study_runs import (
    fingerprint_runs,
    read_history,
    read_runs,
    read_summaries,
    read_trials,
    split_by_repeat,
    write_runs,
)
from tests.builders import build_plan, build_recipe, build_result

RECIPE = build_recipe(dropout=0.25)
EPOCHS = ({"epoch": 1, "loss": 0.1 + 0.2, "accuracy": 0.5}, {"epoch": 2, "loss": float("nan"), "accuracy": 1.0})
TRIALS = ({"trial": 0, "units": 32.0, "val_accuracy": 0.5, "val_loss": 0.1},)


def declared(repeat: int, variant: str = "l1") -> DeclaredRun:
    name = f"{variant}{repeat}"
    return DeclaredRun(variant, repeat, "other", RECIPE, None, repeat_seeds(repeat), (), "recipe", name)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainingPlan:
    """Three runs of variant l1: the second of one epoch, the third another network, found by a search of one trial."""
    monkeypatch.chdir(tmp_path)
    store, runs = Store(tmp_path / "store"), [declared(repeat) for repeat in range(3)]
    results = [
        build_result(RECIPE, history=EPOCHS, summary="a network\n"),
        build_result(RECIPE, history=EPOCHS[:1], summary="a network\n"),
        build_result(RECIPE, history=EPOCHS, summary="another\n", trials=TRIALS),
    ]
    for run, result in zip(runs, results, strict=True):
        store.put(run.fingerprint, partial(write_run, run, result, False))
    write_runs(store, "s", runs, layout.RUNS / "s")
    return build_plan({"l1": {}}, study="s", repeats=3)


def test_names_are_what_the_store_leaves_out(plan: TrainingPlan, tmp_path: Path) -> None:
    for repeat, run in enumerate(read_runs(plan, "l1")):
        kept = read_model(tmp_path / "store" / f"l1{repeat}" / layout.RUN, FinishedRun)
        names = {"study": "s", "variant": "l1", "repeat": repeat, "task": "other"}
        assert dict(run) == dict(kept) | names
        assert not names.keys() & dict(kept).keys()


def test_every_run_has_its_own_epochs_trials_and_network(plan: TrainingPlan) -> None:
    histories = split_by_repeat(read_history("s", "l1"))
    assert [len(histories[repeat]) for repeat in range(3)] == [2, 1, 2]
    assert histories[2]["loss"].iloc[0] == 0.1 + 0.2  # to the bit
    assert histories[0]["loss"].isna().tolist() == [False, True]  # a diverged one stays so
    assert list(histories[0].columns) == ["epoch", "loss", "accuracy"]
    assert list(split_by_repeat(read_trials("s", "l1"))) == [2]
    assert read_summaries(plan, "l1") == ("a network\n", "a network\n", "another\n")


def test_one_file_of_each_kind_for_a_variant_of_however_many_runs(plan: TrainingPlan) -> None:
    found = {path.relative_to(layout.RUNS).as_posix() for path in layout.RUNS.rglob("*.*")}
    assert found == {f"s/l1/{name}" for name in ("runs.json", "history.csv", "trials.csv", "summary.txt")}


@pytest.mark.parametrize("planned", [2, 4])
def test_another_number_of_runs_than_planned_is_a_users_error(plan: TrainingPlan, planned: int) -> None:
    other = build_plan({"l1": {}}, study="s", repeats=planned)
    with pytest.raises(UserError, match=rf"runs/s/l1/runs\.json: expected {planned} runs, as planned; received 3\."):
        read_runs(other, "l1")


def test_a_variant_that_is_not_there_is_a_users_error(plan: TrainingPlan) -> None:
    with pytest.raises(UserError, match=r"runs/s/l2/runs\.json: expected this file of an earlier stage"):
        read_runs(plan, "l2")


def test_the_fingerprint_changes_with_every_name_and_run() -> None:
    runs = [declared(0), declared(1)]
    others = [[runs[0], replace(runs[1], task="x")], [runs[0], replace(runs[1], fingerprint="x")], runs[:1]]
    found = [fingerprint_runs("s", runs), fingerprint_runs("t", runs), *(fingerprint_runs("s", one) for one in others)]
    assert len(set(found)) == 5
