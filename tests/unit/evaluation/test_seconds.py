"""Seconds of training and evaluation: read from the stores, and None where these no longer have them."""

from functools import partial
from pathlib import Path

import pytest

from pipeline import layout
from pipeline.evaluation.collect import RunSeconds, Times, read_seconds
from pipeline.evaluation.evaluate import Evaluation, TrainedRun, fingerprint_evaluation, merge_classes
from pipeline.files import write_arrays, write_model
from pipeline.store import Store
from pipeline.training.record import Seconds
from pipeline.training.study_runs import StudyRun, VariantRuns
from tests.builders import build_identity, build_plan, build_study_run

PLAN = build_plan({"ten": {}, "four": {"task": "merged", "merged": {"variant": "ten", "rule": "sum"}}})
IDENTITIES = {
    "mnist": build_identity(),
    "merged": build_identity(groups=[[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]], classes=["low", "high"]),
}


def about(repeat: int) -> StudyRun:
    return build_study_run(repeat, variant="ten", fingerprint=f"run{repeat}")


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with both runs of the variant `ten`, which runs/ names too."""
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "trained")
    for repeat in range(2):
        seconds = Seconds(train_seconds=1.5 + repeat, traced=repeat == 0, processor="a processor")
        store.put(f"run{repeat}", partial(write_seconds, seconds))
    runs = VariantRuns((about(0), about(1)))
    write_model(layout.variant_runs("s", "ten") / layout.VARIANT_RUNS, runs)
    return store


@pytest.fixture
def evaluated(tmp_path: Path) -> Store:
    """A store with the evaluations of the first repeat."""
    store = Store(tmp_path / "evaluated")
    merge = merge_classes("sum", IDENTITIES["mnist"], IDENTITIES["merged"])
    keep(store, TrainedRun("ten", "mnist", about(0)), 0.25)
    keep(store, TrainedRun("four", "merged", about(0), merge=merge), 0.75)
    return store


def write_seconds(seconds: Seconds, folder: Path) -> None:
    write_model(folder / layout.SECONDS, seconds)


def keep(store: Store, run: TrainedRun, seconds: float) -> None:
    name = fingerprint_evaluation(run, IDENTITIES[run.task])

    def write(folder: Path) -> None:
        kept = Evaluation(fingerprint=name, run=run.about.fingerprint, scalars={}, inference_seconds=seconds)
        write_model(folder / layout.EVALUATION, kept)
        write_arrays(folder / layout.ANSWERS, {})

    store.put(name, write)


def seconds(trained: Store, evaluated: Store) -> Times:
    return read_seconds(PLAN, IDENTITIES, trained, evaluated)


def test_seconds_are_what_the_stores_have(trained: Store, evaluated: Store) -> None:
    assert seconds(trained, evaluated)["ten"] == {
        0: RunSeconds(train_seconds=1.5, traced=True, processor="a processor", inference_seconds=0.25),
        1: RunSeconds(train_seconds=2.5, traced=False, processor="a processor", inference_seconds=None),
    }


def test_a_derived_variant_was_not_trained_and_answered_in_its_own_time(trained: Store, evaluated: Store) -> None:
    assert seconds(trained, evaluated)["four"] == {
        0: RunSeconds(train_seconds=None, traced=None, inference_seconds=0.75),
        1: RunSeconds(),
    }


def test_what_a_store_no_longer_has_is_none(trained: Store, evaluated: Store) -> None:
    trained.remove(["run0"])
    assert seconds(trained, evaluated)["ten"] == {
        0: RunSeconds(train_seconds=None, traced=None, inference_seconds=0.25),
        1: RunSeconds(train_seconds=2.5, traced=False, processor="a processor", inference_seconds=None),
    }
    trained.remove(["run1"])
    evaluated.remove(evaluated.list_results())
    assert {one for runs in seconds(trained, evaluated).values() for one in runs.values()} == {RunSeconds()}


def test_seconds_that_are_not_as_they_were_written_are_none_and_other_files_do_not_matter(
    trained: Store, evaluated: Store
) -> None:
    before = seconds(trained, evaluated)["ten"]
    (trained.path("run1") / layout.WEIGHTS).write_bytes(b"of no use here")
    assert seconds(trained, evaluated)["ten"] == before
    edited = trained.path("run0") / layout.SECONDS
    edited.write_text(edited.read_text().replace("1.5", "0.5"))
    assert seconds(trained, evaluated)["ten"][0] == RunSeconds(inference_seconds=0.25)
    for name in evaluated.list_results():
        (evaluated.path(name) / layout.EVALUATION).write_text("{")
    assert seconds(trained, evaluated)["ten"][0] == RunSeconds()
