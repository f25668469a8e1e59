"""Every quantity that is recorded, by whatever is declared, has a row in the one table of metrics."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.metrics import (
    BARE,
    EPOCH_METRICS,
    METRICS,
    NUMBERED,
    SHARE,
    is_gap,
    is_share,
    metric,
    unit,
    words,
)
from pipeline.params.planning import plan_comparison
from pipeline.params.read import read
from pipeline.statistics.runs import NOT_MEASURED
from tests.contract.evaluated import evaluate_study, make_history

PARAMS = read(Path("params.yaml"))
UNITS = {SHARE, BARE, "nats", "epochs", "images", "s"}


@pytest.mark.parametrize("study", PARAMS.studies)
def test_every_column_of_a_studys_runs_has_a_row(study: str) -> None:
    runs, _ = evaluate_study(PARAMS, study)
    assert [name for name in runs.columns.drop(list(NOT_MEASURED)) if metric(name) is None] == []


@pytest.mark.parametrize("validated", [True, False])
def test_every_column_of_a_history_has_a_row(validated: bool) -> None:
    history = make_history(validated, np.random.default_rng(0))
    assert set(history.columns) - {"epoch"} <= set(EPOCH_METRICS)


def test_every_row_says_its_unit_and_words_of_its_own() -> None:
    rows = {**METRICS, **NUMBERED, **EPOCH_METRICS}
    assert {one.unit for one in rows.values()} <= UNITS
    assert all(one.share for one in rows.values() if one.gap)
    labels = [one.label for one in [*METRICS.values(), *NUMBERED.values()]]
    assert len(set(labels)) == len(labels)
    assert all("{}" in one.label for one in NUMBERED.values())


@pytest.mark.parametrize("study", PARAMS.studies)
def test_which_way_is_better_is_said_once(study: str) -> None:
    plan = plan_comparison(PARAMS, study)
    about = metric(plan.metric)
    assert about is not None and about.higher_is_better is plan.higher_is_better


@pytest.mark.parametrize(
    ("name", "label", "of_unit", "share", "gap"),
    [
        ("test_loss", "test loss", "nats", False, False),
        (
            "val_accuracy_sd",
            "standard deviation of validation accuracy over epochs",
            "share",
            True,
            True,
        ),
        ("recall_8", "recall of class 8", "share", True, False),
        ("accuracy_drop_shift_2", "loss of test accuracy by a shift of 2 pixels", "share", True, True),
        ("test_accuracy_at_50", "test accuracy at a threshold of 50 %", "share", True, False),
        ("false_positives_at_90", "false positives at a threshold of 90 %", "images", False, False),
        ("loss", "running training loss", "nats", False, False),
        ("learning_rate", "learning rate", "", False, False),  # no metric, but a setting's name
    ],
)
def test_names_have_words_and_units(name: str, label: str, of_unit: str, share: bool, gap: bool) -> None:
    assert (words(name), unit(name), is_share(name), is_gap(name)) == (label, of_unit, share, gap)


@pytest.mark.parametrize("name", ["recall", "recall_08", "parameters_1", "test_los", "epoch"])
def test_other_names_are_no_metric(name: str) -> None:
    assert metric(name) is None
