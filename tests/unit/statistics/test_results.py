"""A study's statistics on a tiny made-up study: estimates by hand, comparisons in their order, no NaN."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.errors import UserError
from pipeline.files import Arrays, read_json
from pipeline.params.plan import ComparedVariant, ComparisonPlan, Origin
from pipeline.params.recipe import Kind
from pipeline.statistics.comparison import VERDICTS
from pipeline.statistics.estimates import Estimate
from pipeline.statistics.results import (
    StudyResults,
    compute_results,
    read_results,
    read_summary,
    summarize,
    write_results,
    write_summary,
)
from pipeline.statistics.wording import format_sentence

N_TEST = 100
CORRECT = {"none": [90, 91, 92, 90, 91], "better": [95, 97, 97, 96, 95], "equal": [90, 91, 92, 90, 91]}


KEYS = {
    *("control", "treatment", "metric", "n", "control_mean", "treatment_mean", "estimate", "low", "high"),
    *("simultaneous_low", "simultaneous_high", "sd", "d_z", "d_z_low", "d_z_high", "wins", "ties", "losses"),
    *(
        "p_superiority",
        "p_superiority_low",
        "p_superiority_high",
        "p",
        "p_adjusted",
        "p_smallest",
        "equivalence_p",
    ),
    *("equivalence_p_adjusted", "pairing_correlation", "minimum_detectable_effect", "repeats_needed"),
    *("family_size", "alpha", "margin", "verdict", "differences", "sentence"),
}
DIGITS = Origin(source="digits", stand_in=True, description="digits")
KINDS: dict[str, Kind] = {"none": "as_written", "better": "as_specified", "equal": "control"}


def plan(repeats: int = 5, held_out_anew: Mapping[str, float] | None = None, **changes: Any) -> ComparisonPlan:
    variants = {
        name: ComparedVariant(kind=kind, vary=None, held_out_anew=(held_out_anew or {}).get(name))
        for name, kind in KINDS.items()
    }
    stated: dict[str, Any] = {
        "study": "tiny",
        "question": "Is it?",
        "profile": "quick",
        "alpha": 0.05,
        "looks": None,
        "margin": 0.02,
        "margins": {},
        "control": "none",
        "treatments": ["equal", "better"],
        "variants": variants,
        "claims": {},
        "repeats": repeats,
        "data": {"mnist": DIGITS},
    }
    return ComparisonPlan(**stated | changes)


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


def results(repeats: int = 5, **changes: Any) -> StudyResults:
    return compute_results(plan(repeats, **changes), runs(repeats), arrays(repeats))


def estimate(found: StudyResults, variant: str = "better") -> Estimate:
    return found.variants[variant].metrics["test_accuracy"]


def test_estimates_are_students_over_repeats() -> None:
    values = np.array(CORRECT["better"]) / N_TEST
    low, high = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    sd_low, sd_high = 0.01 * np.sqrt(4 / stats.chi2.ppf([0.975, 0.025], 4))
    expected = {"mean": 0.96, "sd": 0.01, "low": low, "high": high, "sd_low": sd_low, "sd_high": sd_high}
    found = asdict(estimate(results()))
    assert found.pop("values") is None
    assert found == pytest.approx(expected, rel=1e-9)


def width(one: Estimate) -> float:
    assert one.low is not None and one.high is not None
    return one.high - one.low


def test_repeats_that_split_anew_have_nadeau_and_bengios_interval_and_the_others_students() -> None:
    """Of 0.2 held out the variance of the mean is s^2 (1/5 + 0.2/0.8): 2.25 times Student's, half-width 1.5 times."""
    found, before = results(treatments=[], held_out_anew={"better": 0.2}), results()
    one, other = estimate(found), estimate(before)
    assert width(one) == pytest.approx(1.5 * width(other))
    assert (one.mean, one.sd, one.sd_low, one.sd_high) == (other.mean, other.sd, other.sd_low, other.sd_high)
    assert found.variants["equal"].metrics == before.variants["equal"].metrics
    assert (found.variants["better"].held_out_anew, found.variants["none"].held_out_anew) == (0.2, None)


def test_equal_repeats_have_a_standard_deviation_of_exactly_0() -> None:
    found = estimate(compute_results(plan(), runs().assign(test_accuracy=0.1), arrays()), "none")
    assert (found.sd, found.sd_low, found.sd_high) == (0, 0, 0)


def test_a_study_without_treatments_compares_nothing() -> None:
    found = results(treatments=[])
    assert found.comparisons == {}
    assert set(found.variants) == set(CORRECT)
    (one,) = summarize({"tiny": found}, {}).studies.values()
    assert (one.n, one.verdicts) == (5, {})


def test_every_numeric_column_is_estimated_and_names_are_not() -> None:
    metrics = results().variants["none"].metrics
    assert list(metrics) == ["n_test", "test_correct", "test_accuracy", "val_accuracy", "best_epoch"]
    assert metrics["val_accuracy"] == Estimate()
    assert metrics["best_epoch"] == Estimate()  # of the runs that have one it would be another quantity


def test_recall_precision_and_confusion_are_means_over_repeats() -> None:
    found = results().variants["none"]
    correct = np.array(CORRECT["none"])
    wrong = N_TEST - correct
    assert found.kind == "as_written"
    assert found.n == 5
    assert found.recall == [1, pytest.approx((40 / (40 + wrong)).mean()), None]
    assert found.precision == [pytest.approx(((correct - 40) / (correct - 40 + wrong)).mean()), 1, None]
    assert found.confusion[1] == [pytest.approx(wrong.mean()), 40, 0]


def test_comparisons_pair_repeats_in_the_order_of_the_treatments() -> None:
    found = results().comparisons
    assert list(found) == ["equal", "better"]
    assert found["better"].differences == pytest.approx([0.05, 0.06, 0.05, 0.06, 0.04])
    assert found["better"].estimate == pytest.approx(0.052)
    assert (found["better"].wins, found["equal"].ties) == (5, 5)
    assert found["better"].family_size == 2
    assert found["better"].margin == 0.02


def test_a_variant_outside_the_family_is_described_only() -> None:
    found = results(treatments=["better"])
    assert set(found.variants) == {"none", "better", "equal"}
    assert list(found.comparisons) == ["better"]


@pytest.mark.parametrize(("flags", "expected"), [((False, False), False), ((False, True), True)])
def test_one_stand_in_makes_the_study_one(flags: tuple[bool, bool], expected: bool) -> None:
    data = {f"t{i}": DIGITS.model_copy(update={"stand_in": flag}) for i, flag in enumerate(flags)}
    assert results(data=data).stand_in is expected


@pytest.mark.parametrize("repeats", [1, 2, 5])
def test_results_are_written_strictly_and_read_back_as_they_were(tmp_path: Path, repeats: int) -> None:
    """A NaN would be refused; equal inputs give equal bytes."""
    found, one, other = results(repeats, looks=[8, 12]), tmp_path / "one.json", tmp_path / "other.json"
    write_results(one, found)
    assert read_results(one) == found
    write_results(other, read_results(one))
    assert one.read_bytes() == other.read_bytes()
    write_results(other, results(repeats, looks=[8, 12]))
    assert one.read_bytes() == other.read_bytes()


def test_a_comparison_on_disk_has_every_key_of_the_contract_and_says_itself(tmp_path: Path) -> None:
    found, path = results(), tmp_path / "tiny.json"
    write_results(path, found)
    content = read_json(path)
    assert list(content) == [field.name for field in fields(StudyResults)]
    better = content["comparisons"]["better"]
    assert set(better) >= KEYS
    assert list(better)[-2:] == ["verdict", "sentence"]
    assert better["verdict"] == found.comparisons["better"].verdict
    assert better["sentence"] == format_sentence(found.comparisons["better"])


def test_a_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tiny.json"
    path.write_text('{"study": "tiny"}')
    for read in (read_results, read_summary):
        with pytest.raises(UserError, match=r"tiny\.json: expected this file as stage compare wrote it"):
            read(path)


def test_one_repeat_leaves_everything_undecided() -> None:
    found = results(1)
    assert {one.verdict for one in found.comparisons.values()} == {"undecided"}
    better = found.comparisons["better"]
    assert better.estimate == pytest.approx(0.05)
    assert better.low is better.high is better.sd is None
    assert estimate(found) == Estimate(mean=0.95)


def test_two_repeats_never_decide_that_one_is_better() -> None:
    """The exact sign flip of two pairs cannot go below 2 / 2**2 = 0.5."""
    better = results(2).comparisons["better"]
    assert better.verdict == "undecided"
    assert better.p_smallest == better.p == 0.5


def test_the_summary_counts_verdicts_over_studies(tmp_path: Path) -> None:
    found = summarize({"tiny": results(), "short": results(1)}, {"as_written": {"supported": 1}})
    assert found.claims == {"as_written": {"supported": 1}}
    assert {one.profile for one in found.studies.values()} == {"quick"}
    assert found.stand_in is True
    assert {name: one.n for name, one in found.studies.items()} == {"tiny": 5, "short": 1}
    verdicts = [verdict for one in found.studies.values() for verdict in one.verdicts.values()]
    assert set(verdicts) <= set(VERDICTS)
    assert found.studies["short"].verdicts == {"equal": "undecided", "better": "undecided"}
    assert found.counts == {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))}
    assert sum(found.counts.values()) == 4
    write_summary(tmp_path / "summary.json", found)
    assert read_summary(tmp_path / "summary.json") == found


def with_runs(table: pd.DataFrame, **same: str) -> pd.DataFrame:
    """The table with digests of weights, every variant's its own but those that are the `same` as another's."""
    own = table["variant"].replace(same)
    return table.assign(weights_digest=own + table["repeat"].astype(str), diverged=0)


def answering(**same: str) -> dict[str, Arrays]:
    """Arrays with the answers of the variants, of which some are the `same` as another's."""
    found = arrays()
    for name in found:
        found[name]["predicted"] = np.random.default_rng(len(same.get(name, name))).integers(0, 2, (5, N_TEST))
    return found


def test_equal_weights_and_answers_in_every_repeat_are_identical() -> None:
    same = with_runs(runs(), equal="none")
    assert compute_results(plan(), same, answering(equal="none")).comparisons["equal"].verdict == "identical"
    assert compute_results(plan(), same, answering()).comparisons["equal"].verdict == "undecided"  # other answers
    once = same.assign(weights_digest=same["weights_digest"].where(same["repeat"] != 3, "other" + same["variant"]))
    assert compute_results(plan(), once, answering(equal="none")).comparisons["equal"].verdict == "undecided"


def test_a_diverged_run_is_counted_and_its_accuracy_counts_for_nothing() -> None:
    table = with_runs(runs())
    table.loc[(table["variant"] == "better") & (table["repeat"] == 1), "diverged"] = 1
    found = compute_results(plan(), table, arrays())
    better = found.comparisons["better"]
    assert (better.treatment_diverged, better.wins, better.losses) == (1, 4, 1)
    assert better.estimate is better.new_images_low is None
    assert found.variants["better"].mark == "1 of 5 runs diverged"
    assert found.variants["better"].metrics["test_accuracy"] == Estimate()
    assert found.variants["better"].metrics["n_test"].mean == N_TEST
    assert (found.variants["none"].diverged, found.variants["none"].mark) == (0, None)
    assert summarize({"tiny": found}, {}).studies["tiny"].marks == {"better": "1 of 5 runs diverged"}


def test_variants_at_chance_are_marked_and_their_comparison_too() -> None:
    """Half the images are of the larger class, and 0.5 + 0.05 is one standard error above it."""
    table, made = runs(), arrays()
    for name, correct in {"none": [50, 51, 50, 52, 50], "equal": [51, 50, 50, 50, 52]}.items():
        for repeat, right in enumerate(correct):
            here = (table["variant"] == name) & (table["repeat"] == repeat)
            table.loc[here, ["test_correct", "test_accuracy"]] = [right, right / N_TEST]
        made[name]["confusion"] = np.array([[[50, 0], [N_TEST - right, right - 50]] for right in correct])
    found = compute_results(plan(), table, made)
    assert [one.at_chance for one in found.variants.values()] == [True, False, True]
    assert found.variants["none"].mark == "at chance"
    assert (found.comparisons["equal"].at_chance, found.comparisons["better"].at_chance) == (True, False)


def test_an_interval_of_an_accuracy_stays_possible_and_few_repeats_show_their_values() -> None:
    table = runs().assign(test_accuracy=lambda rows: np.where(rows["repeat"] == 0, 0.75, 1.0), test_loss=1.0)
    table["test_loss"] += table["repeat"]
    one = estimate(compute_results(plan(), table, arrays()), "none")
    assert one.high == 1.0 and one.low is not None and 0 < one.low < 0.95
    few = estimate(results(3), "none")
    assert (few.low, few.high, few.values) == (None, None, [0.90, 0.91, 0.92])
    loss = compute_results(plan(3), table[table["repeat"] < 3], arrays(3)).variants["none"].metrics["test_loss"]
    assert loss.values is None and loss.low is not None and loss.low < 0  # not a share
    apart = table[table["repeat"] < 2].assign(test_accuracy=lambda rows: rows["repeat"])
    assert estimate(compute_results(plan(2), apart, arrays(2)), "none").sd_high == 0.5
