"""A study's statistics on a tiny made-up study: estimates by hand, comparisons in their order, no NaN."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.files import Arrays
from pipeline.statistics.results import study_statistics, summary

N_TEST = 100
CORRECT = {"none": [90, 91, 92, 90, 91], "better": [95, 97, 97, 96, 95], "equal": [90, 91, 92, 90, 91]}


def plan(repeats: int = 5, **changes: Any) -> dict[str, Any]:
    return {
        "study": "tiny",
        "question": "Is it?",
        "profile": "quick",
        "metric": "test_accuracy",
        "higher_is_better": True,
        "alpha": 0.05,
        "looks": None,
        "margin": 0.02,
        "control": "none",
        "treatments": ["equal", "better"],
        "kinds": {"none": "as_written", "better": "as_specified", "equal": "control"},
        "vary": dict.fromkeys(CORRECT),
        "held_out_anew": dict.fromkeys(CORRECT),
        "repeats": repeats,
        "data": {"mnist": {"source": "digits", "stand_in": True, "description": "digits"}},
        **changes,
    }


def runs(repeats: int = 5) -> pd.DataFrame:
    """Rows of runs.csv, their repeats out of order."""
    rows = [
        {
            "variant": variant,
            "repeat": repeat,
            "fingerprint": f"{variant}{repeat}",
            "n_test": N_TEST,
            "test_correct": correct[repeat],
            "test_accuracy": correct[repeat] / N_TEST,
            "val_accuracy": float("nan"),
            "best_epoch": float("nan") if repeat == 0 else 3,
        }
        for variant, correct in CORRECT.items()
        for repeat in reversed(range(repeats))
    ]
    return pd.DataFrame(rows)


def arrays(repeats: int = 5) -> dict[str, Arrays]:
    """Confusion matrices of two classes; class 2 is in none."""
    made: dict[str, Arrays] = {}
    for variant, correct in CORRECT.items():
        counts = [[[right - 40, 0, 0], [N_TEST - right, 40, 0], [0, 0, 0]] for right in correct[:repeats]]
        right = np.arange(N_TEST) < np.array(correct[:repeats])[:, None]
        made[variant] = {"confusion": np.array(counts, np.int64), "correct": right.astype(np.uint8)}
    return made


def statistics(repeats: int = 5, **changes: Any) -> dict[str, Any]:
    return study_statistics(plan(repeats, **changes), runs(repeats), arrays(repeats))


def test_estimates_are_students_over_repeats() -> None:
    found = statistics()["variants"]["better"]["metrics"]["test_accuracy"]
    values = np.array(CORRECT["better"]) / N_TEST
    low, high = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    sd_low, sd_high = 0.01 * np.sqrt(4 / stats.chi2.ppf([0.975, 0.025], 4))
    expected = {"mean": 0.96, "sd": 0.01, "low": low, "high": high, "sd_low": sd_low, "sd_high": sd_high}
    assert found == pytest.approx(expected, rel=1e-9)


def test_repeats_that_split_anew_have_nadeau_and_bengios_interval_and_the_others_students() -> None:
    """Of 0.2 held out the variance of the mean is s^2 (1/5 + 0.2/0.8): 2.25 times Student's, half-width 1.5 times."""
    anew = {"none": None, "better": 0.2, "equal": None}
    found, before = (one["variants"] for one in (statistics(treatments=[], held_out_anew=anew), statistics()))
    one, other = (variants["better"]["metrics"]["test_accuracy"] for variants in (found, before))
    assert one["high"] - one["low"] == pytest.approx(1.5 * (other["high"] - other["low"]))
    assert {key: one[key] for key in ("mean", "sd", "sd_low", "sd_high")} == {
        key: other[key] for key in ("mean", "sd", "sd_low", "sd_high")
    }
    assert found["equal"]["metrics"] == before["equal"]["metrics"]
    assert (found["better"]["held_out_anew"], found["none"]["held_out_anew"]) == (0.2, None)


def test_equal_repeats_have_a_standard_deviation_of_exactly_0() -> None:
    same = runs().assign(test_accuracy=0.1)
    found = study_statistics(plan(), same, arrays())["variants"]["none"]["metrics"]["test_accuracy"]
    assert (found["sd"], found["sd_low"], found["sd_high"]) == (0, 0, 0)


def test_a_study_without_treatments_compares_nothing() -> None:
    found = statistics(treatments=[])
    assert found["comparisons"] == {}
    assert set(found["variants"]) == set(CORRECT)
    assert summary("quick", {"tiny": found}, {})["studies"] == {"tiny": {"n": 5, "verdicts": {}}}


def test_every_numeric_column_is_estimated_and_names_are_not() -> None:
    metrics = statistics()["variants"]["none"]["metrics"]
    assert list(metrics) == ["n_test", "test_correct", "test_accuracy", "val_accuracy", "best_epoch"]
    nothing = dict.fromkeys(("mean", "sd", "low", "high", "sd_low", "sd_high"))
    assert metrics["val_accuracy"] == nothing
    assert metrics["best_epoch"] == nothing  # of the runs that have one it would be another quantity


def test_recall_precision_and_confusion_are_means_over_repeats() -> None:
    found = statistics()["variants"]["none"]
    correct = np.array(CORRECT["none"])
    wrong = N_TEST - correct
    assert found["kind"] == "as_written"
    assert found["n"] == 5
    assert found["recall"] == [1, pytest.approx((40 / (40 + wrong)).mean()), None]
    assert found["precision"] == [pytest.approx(((correct - 40) / (correct - 40 + wrong)).mean()), 1, None]
    assert found["confusion"][1] == [pytest.approx(wrong.mean()), 40, 0]


def test_comparisons_pair_repeats_in_the_order_of_the_treatments() -> None:
    found = statistics()["comparisons"]
    assert list(found) == ["equal", "better"]
    assert found["better"]["differences"] == pytest.approx([0.05, 0.06, 0.05, 0.06, 0.04])
    assert found["better"]["estimate"] == pytest.approx(0.052)
    assert (found["better"]["wins"], found["equal"]["ties"]) == (5, 5)
    assert found["better"]["family_size"] == 2
    assert found["better"]["margin"] == 0.02


def test_a_variant_outside_the_family_is_described_only() -> None:
    found = statistics(treatments=["better"])
    assert set(found["variants"]) == {"none", "better", "equal"}
    assert list(found["comparisons"]) == ["better"]


@pytest.mark.parametrize(("flags", "expected"), [((False, False), False), ((False, True), True)])
def test_one_stand_in_makes_the_study_one(flags: tuple[bool, bool], expected: bool) -> None:
    data = {str(i): {"source": "s", "stand_in": flag, "description": "d"} for i, flag in enumerate(flags)}
    assert statistics(data=data)["stand_in"] is expected


def test_equal_inputs_give_equal_bytes_and_no_nan() -> None:
    one, other = (json.dumps(statistics(), allow_nan=False) for _ in range(2))
    assert one == other


def test_one_repeat_leaves_everything_undecided() -> None:
    found = statistics(1)
    json.dumps(found, allow_nan=False)
    assert {one["verdict"] for one in found["comparisons"].values()} == {"undecided"}
    better = found["comparisons"]["better"]
    assert better["estimate"] == pytest.approx(0.05)
    assert better["low"] is better["high"] is better["sd"] is None
    nothing = dict.fromkeys(("sd", "low", "high", "sd_low", "sd_high"))
    assert found["variants"]["better"]["metrics"]["test_accuracy"] == {"mean": 0.95, **nothing}


def test_two_repeats_never_decide_that_one_is_better() -> None:
    """The exact sign flip of two pairs cannot go below 2 / 2**2 = 0.5."""
    found = statistics(2)
    json.dumps(found, allow_nan=False)
    better = found["comparisons"]["better"]
    assert better["verdict"] == "undecided"
    assert better["p_smallest"] == better["p"] == 0.5


def test_the_summary_counts_verdicts_over_studies() -> None:
    studies = {"tiny": statistics(), "short": statistics(1, data={"m": {**plan()["data"]["mnist"]}})}
    found = summary("quick", studies, {"as_written": {"supported": 1}})
    assert found["claims"] == {"as_written": {"supported": 1}}
    assert found["profile"] == "quick"
    assert found["stand_in"] is True
    assert {name: one["n"] for name, one in found["studies"].items()} == {"tiny": 5, "short": 1}
    verdicts = [verdict for one in found["studies"].values() for verdict in one["verdicts"].values()]
    assert found["studies"]["short"]["verdicts"] == {"equal": "undecided", "better": "undecided"}
    assert found["counts"] == {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))}
    assert sum(found["counts"].values()) == 4
