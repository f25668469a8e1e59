"""Plain English derived from the comparison alone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.statistics.comparison import VERDICTS, Comparison, Declaration
from pipeline.statistics.paired import compare_family
from pipeline.statistics.wording import format_sentence
from tests.unit.statistics.pairs import compare_pair

ACCURACY = Declaration(metric="test_accuracy", margin=0.02, n_test=500)
LOSS = Declaration(metric="test_loss", margin=0.01, higher_is_better=False)
RISE = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3])
KINDS: dict[str, Any] = {
    "better and it matters": 40 + RISE,
    "better": 5 * RISE - 8,
    "better but negligible": RISE,
    "equivalent": RISE - 4,
    "worse but negligible": -RISE,
    "worse": 8 - 5 * RISE,
    "worse and it matters": -40 - RISE,
    "undecided": np.array([40, -40, 30, -30, 20, -20, 10, -10, 5, 5]),
}
SAME_RUNS = "l1 and none are identical, the same runs bit for bit: the treatment never acted"


def compared(d: Any, declared: Declaration = ACCURACY) -> Comparison:
    d = np.asarray(d)
    control = np.full(d.size, 250) if declared.n_test else np.full(d.size, 0.5)
    return compare_pair(control, control + d, declared, rng=np.random.default_rng(0), names=("none", "l1"))


def test_every_verdict_has_a_kind_here() -> None:
    assert {*KINDS, "identical"} == set(VERDICTS)


@pytest.mark.parametrize("verdict", KINDS)
def test_no_p_stands_alone(verdict: str) -> None:
    """n, estimate, interval, margin, p, the smallest attainable p and the detectable effect, in every kind."""
    c = compared(KINDS[verdict])
    assert c.verdict == verdict
    sentence = format_sentence(c)
    assert c.estimate is not None and c.simultaneous_low is not None and c.simultaneous_high is not None
    assert f"{100 * c.estimate:+.2f} percentage points over 10 repeats" in sentence
    low, high = (100 * (end or 0) for end in c.interval)
    level = "90 % interval of the equivalence test" if verdict == "equivalent" else "95 % interval"
    assert f"({level} {low:+.2f} to {high:+.2f}, margin" in sentence
    assert "margin 2.00" in sentence
    assert f"p = {c.p:.3g} " in sentence
    assert "0.00195" in sentence and "is the smallest attainable" in sentence
    assert c.minimum_detectable_effect is not None
    assert f"a difference of {100 * c.minimum_detectable_effect:.2f} percentage points would have been" in sentence


@pytest.mark.parametrize(
    ("verdict", "opening"),
    [
        ("better and it matters", "l1 is better than none, and it matters;"),
        ("better", "l1 is better than none, not shown to matter;"),
        ("better but negligible", "l1 is better than none, but negligible;"),
        ("equivalent", "l1 and none are equivalent;"),
        ("worse but negligible", "l1 is worse than none, but negligible;"),
        ("worse", "l1 is worse than none, not shown to matter;"),
        ("worse and it matters", "l1 is worse than none, and it matters;"),
        ("undecided", "undecided whether l1 and none differ;"),
    ],
)
def test_the_opening_is_the_verdict(verdict: str, opening: str) -> None:
    assert format_sentence(compared(KINDS[verdict])).startswith(opening)


def test_words_follow_the_object_and_not_the_data() -> None:
    c = compared(KINDS["better"])
    doubtful = replace(c, p_adjusted=0.2)
    assert format_sentence(c).startswith("l1 is better") and format_sentence(doubtful).startswith("undecided whether")


def test_a_whole_sentence() -> None:
    assert format_sentence(compared(KINDS["equivalent"])) == (
        "l1 and none are equivalent; mean advantage of l1 in test_accuracy -0.02 percentage points over 10 repeats "
        "(90 % interval of the equivalence test -0.31 to +0.27, margin 2.00); exact sign-flip test over 10 repeats: "
        "p = 1 (0.00195 is the smallest attainable); two one-sided t-tests inside the margin: p = 2.41e-07; a "
        "difference of 0.49 percentage points would have been detected with 80 % power."
    )


def test_five_repeats_that_agree_are_said_to_be_too_few() -> None:
    sentence = format_sentence(compared([40, 45, 50, 55, 60]))
    assert sentence.startswith(
        "all 5 repeats favour l1; p = 0.0625 is the smallest attainable; undecided by the exact test;"
    )
    assert "the exact test can show no difference, however large, with fewer than 6 repeats" in sentence


def test_few_repeats_that_disagree_name_whom_they_favour() -> None:
    assert format_sentence(compared([-90, -45, 0, -55, 60])).startswith(
        "3 of 5 repeats favour none, 1 tied; p = 0.5 (0.0625 is the smallest attainable); undecided by the exact test;"
    )


def test_a_family_names_holm_and_the_simultaneous_interval() -> None:
    values = {
        "none": np.full(7, 250),
        "a": 250 + 10 * np.arange(1, 8),
        "b": 250 - 10 * np.arange(1, 8),
        "c": np.full(7, 251),
    }
    family = compare_family(values, "none", ACCURACY, rng=np.random.default_rng(0))
    six = {name: values["none"] + k * np.arange(1, 8) for name, k in zip("abcdef", range(5, 11), strict=True)}
    few = compare_family({"none": values["none"]} | six, "none", ACCURACY, rng=np.random.default_rng(0))["a"]
    assert "simultaneous 95 % interval" in format_sentence(family["a"])
    assert "0.0469 after Holm over 3 comparisons" in format_sentence(family["a"])
    assert format_sentence(few).startswith(
        "all 7 repeats favour a; p = 0.0156 is the smallest attainable, 0.0938 after Holm over 6 comparisons; undecided"
    )


def test_undecided_says_how_many_repeats_would_do() -> None:
    c = compared(KINDS["undecided"])
    assert f"{c.repeats_needed} repeats would detect a difference as large as the margin" in format_sentence(c)
    enough = replace(c, repeats_needed=9)
    assert "10 repeats are enough to detect a difference as large as the margin" in format_sentence(enough)
    assert "repeats would detect" not in format_sentence(compared(KINDS["better"]))


def test_a_few_equal_differences_are_said_to_be_luck() -> None:
    assert format_sentence(compared([-3] * 3)) == (
        "undecided whether l1 and none differ; all 3 repeats show the same advantage of l1 in test_accuracy, which so "
        "few may by luck: -0.60 percentage points (margin 2.00); exact sign-flip test over 3 repeats: p = 0.25 is the "
        "smallest attainable; the exact test can show no difference, however large, with fewer than 6 repeats."
    )


def test_identical_runs_are_told_and_not_tested() -> None:
    same = replace(compared([0] * 3), identical=True)
    assert (
        format_sentence(same) == f"{SAME_RUNS}; equal weights and answers in all 3 repeats, so that nothing is tested."
    )
    crashed = format_sentence(replace(same, control_diverged=2, treatment_diverged=2))
    assert crashed.endswith("; of 3 runs each, 2 of l1 and 2 of none diverged.")


def test_test_and_interval_that_disagree_are_both_told() -> None:
    sentence = format_sentence(replace(compared(KINDS["better"]), simultaneous_low=-0.00005))
    assert sentence.startswith("undecided whether l1 and none differ;")
    assert "; the test sees a difference, and the interval does not exclude none;" in sentence
    assert "does not exclude" not in format_sentence(compared(KINDS["better"]))


def test_negligible_gives_both_intervals() -> None:
    sentence = format_sentence(compared(RISE))
    assert "(95 % interval +0.43 to +1.13, margin 2.00)" in sentence
    assert "(90 % interval of the equivalence test +0.49 to +1.07)" in sentence


def test_what_takes_more_than_a_thousand_repeats_is_out_of_reach() -> None:
    sentence = format_sentence(replace(compared(KINDS["undecided"]), repeats_needed=72_156))
    assert "is out of reach: it takes more than 1,000 repeats" in sentence and "72" not in sentence


def test_a_comparison_at_chance_teaches_nothing() -> None:
    sentence = format_sentence(replace(compared(KINDS["equivalent"]), at_chance=True))
    assert sentence.endswith("; both are at chance, where nothing is learnt from a comparison.")


def test_zero_variance_is_tested_like_any_other() -> None:
    same, constant = format_sentence(compared([0] * 6)), format_sentence(compared([-3] * 6))
    assert same.startswith(
        "l1 and none are equivalent; all 6 repeats show the same advantage of l1 in test_accuracy: none"
    )
    assert constant.startswith("l1 is worse than none, but negligible; all 6 repeats")
    assert "of l1 in test_accuracy: -0.60 percentage points (margin 2.00); exact sign-flip test" in constant
    assert "p = 0.0312 is the smallest attainable" in constant


def test_one_repeat() -> None:
    assert format_sentence(compared([3])) == (
        "undecided whether l1 and none differ; one repeat says nothing about luck "
        "(difference +0.60 percentage points, margin 2.00)."
    )


def test_divergence_is_told() -> None:
    d = np.array([-0.1] * 7 + [np.nan])
    assert format_sentence(compared(d, LOSS)) == (
        "undecided whether l1 and none differ; of 8 runs each, 1 of l1 and 0 of none diverged and count as worst; no "
        "mean test_loss to compare, only 7 wins, 0 ties, 1 loss; exact sign test over 8 repeats: p = 0.0703 "
        "(0.00781 is the smallest attainable)."
    )


def test_losses_have_their_unit_and_say_which_way_is_better() -> None:
    sentence = format_sentence(compared(-0.05 - 0.001 * RISE, LOSS))
    assert sentence.startswith(
        "l1 is better than none, and it matters; mean advantage of l1 in test_loss (lower is better)"
    )
    assert "+0.0539 nats over 10 repeats" in sentence and "margin 0.01" in sentence and "percentage" not in sentence


def test_more_than_16_repeats_are_said_to_be_resampled() -> None:
    assert "resampled sign-flip test over 20 repeats" in format_sentence(compared(np.tile(RISE, 2)))


def test_no_margin_is_told() -> None:
    assert "no margin declared" in format_sentence(compared(RISE, replace(ACCURACY, margin=None)))


def test_small_amounts_are_never_rounded_to_nothing() -> None:
    c = replace(compared(KINDS["undecided"]), simultaneous_low=0.00003, simultaneous_high=-0.000004)
    assert "interval +0.003 to -0.0004" in format_sentence(c)


def test_a_look_names_its_own_level() -> None:
    assert "98.75 % interval" in format_sentence(compared(RISE, replace(ACCURACY, alpha=0.0125)))
