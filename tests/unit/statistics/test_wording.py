"""Plain English derived from the comparison alone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.metrics import SHARE, Metric
from pipeline.statistics.comparison import VERDICTS, Comparison, Declaration
from pipeline.statistics.paired import compare_family
from pipeline.statistics.wording import format_headline, format_number, format_sentence
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
SAME_RUNS = "Identical: the same runs, bit for bit; the treatment never acted."


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
    assert f"{100 * abs(c.estimate):.2f} points" in sentence.partition(". l1 against none: ")[0]
    low, high = (f"{100 * (end or 0):+.2f}".replace("-", "−") for end in c.interval)
    level = "90 % equivalence interval" if verdict == "equivalent" else "95 % interval"
    assert f"{level} {low} to {high};" in sentence
    assert "2.00" in sentence.partition(". ")[0] or verdict in ("better", "worse", "undecided")
    assert f"p = {c.p:.3g} (" in sentence
    assert "0.00195" in sentence and "smallest" in sentence
    assert c.minimum_detectable_effect is not None
    assert f"detectable {100 * c.minimum_detectable_effect:.2f} points" in sentence
    assert "of 10 repeats" in sentence
    assert "-" not in sentence.replace("sign-flip", "").replace("-sided", "").replace("-tests", "")


@pytest.mark.parametrize(
    ("verdict", "headline"),
    [
        ("better and it matters", "Better by 8.78 points, beyond the 2.00 that matter (10 of 10 repeats)."),
        ("better", "Better by 2.30 points, not shown to matter (8 of 10 repeats)."),
        ("better but negligible", "Better by 0.78 points, negligible within the 2.00 that matter (10 of 10 repeats)."),
        ("equivalent", "Equivalent: 0.02 points lower, within the 2.00 that matter (5 of 10 repeats worse, 1 tied)."),
        ("worse but negligible", "Worse by 0.78 points, negligible within the 2.00 that matter (10 of 10 repeats)."),
        ("worse", "Worse by 2.30 points, not shown to matter (8 of 10 repeats)."),
        ("worse and it matters", "Worse by 8.78 points, beyond the 2.00 that matter (10 of 10 repeats)."),
        ("undecided", "Undecided: +0.20 points, and 6 of 10 repeats better."),
    ],
)
def test_the_first_sentence_is_the_verdict(verdict: str, headline: str) -> None:
    c = compared(KINDS[verdict])
    assert format_headline(c) == headline
    assert format_sentence(c).startswith(f"{format_headline(c)} l1 against none: ")


def test_first_sentences_are_short_and_whole_ones_too() -> None:
    """Words of every kind of verdict: at most 14 in the median first sentence, 45 in the median whole one."""
    names = {"l1": "L1 on every layer", "none": "no regulariser"}
    every = [replace(compared(d), family_size=10, p_adjusted=compared(d).p) for d in KINDS.values()]
    firsts, wholes = (
        [len(say(c).split()) for c in every] for say in (format_headline, lambda c: format_sentence(c, names))
    )
    assert np.median(firsts) <= 14
    assert np.median(wholes) <= 45


@pytest.mark.parametrize("p", [1.2e-4, 1e-4, 9e-5, 1e-12])
def test_no_probability_is_written_with_an_exponent(p: float) -> None:
    """A hyphen would stand for its minus sign."""
    said = format_sentence(replace(compared(KINDS["better"]), p=p, p_smallest=p / 2))
    assert "e-" not in said and (f"p = {p:.3g} (" in said) == (p >= 1e-4) and ("p < 0.0001 (" in said) == (p < 1e-4)


def test_what_rounding_leaves_of_a_share_is_none() -> None:
    assert format_number(-3e-18, Metric("test accuracy", SHARE)) == "+0.00"
    assert format_number(-3e-6, Metric("test accuracy", SHARE)) == "−0.0003"


def test_titles_stand_for_names() -> None:
    told = format_sentence(compared(RISE), {"l1": "L1 on every layer"})
    assert ". L1 on every layer against none: " in told and "l1" not in told


def test_words_follow_the_object_and_not_the_data() -> None:
    c = compared(KINDS["better"])
    doubtful = replace(c, p_adjusted=0.2)
    assert format_sentence(c).startswith("Better") and format_sentence(doubtful).startswith("Undecided:")


def test_a_whole_sentence() -> None:
    assert format_sentence(compared(KINDS["equivalent"])) == (
        "Equivalent: 0.02 points lower, within the 2.00 that matter (5 of 10 repeats worse, 1 tied). l1 against none: "
        "90 % equivalence interval −0.31 to +0.27; exact sign-flip p = 1 (smallest 0.00195); two one-sided t-tests "
        "p < 0.0001; detectable 0.49 points."
    )


def test_five_repeats_that_agree_are_said_to_be_too_few() -> None:
    sentence = format_sentence(compared([40, 45, 50, 55, 60]))
    assert sentence.startswith("Undecided: +10.00 points, and 5 of 5 repeats better.")
    assert "p = 0.0625 (the smallest attainable)" in sentence
    assert "the exact test decides nothing below 6 repeats" in sentence


def test_few_repeats_that_disagree_say_in_how_many() -> None:
    sentence = format_sentence(compared([-90, -45, 0, -55, 60]))
    assert sentence.startswith("Undecided: −5.20 points, and 3 of 5 repeats worse, 1 tied.")
    assert "p = 0.5 (smallest 0.0625)" in sentence


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
    assert "simultaneous 95 %" not in format_sentence(family["a"])
    assert "95 % simultaneous interval" in format_sentence(family["a"])
    assert "0.0469 after Holm over 3" in format_sentence(family["a"])
    assert "p = 0.0156 (the smallest attainable), 0.0938 after Holm over 6" in format_sentence(few)


def test_undecided_says_how_many_repeats_would_do() -> None:
    c = compared(KINDS["undecided"])
    assert f"the margin takes {c.repeats_needed} repeats" in format_sentence(c)
    enough = replace(c, repeats_needed=9)
    assert "10 repeats are enough for the margin" in format_sentence(enough)
    assert "takes" not in format_sentence(compared(KINDS["better"]))


def test_a_few_equal_differences_are_said_to_be_luck() -> None:
    assert format_sentence(compared([-3] * 3)) == (
        "Undecided: −0.60 points, and 3 of 3 repeats worse. l1 against none: the same in all 3 repeats, which so few "
        "may be by luck; exact sign-flip p = 0.25 (the smallest attainable); the exact test decides nothing below 6 "
        "repeats."
    )


def test_identical_runs_are_told_and_not_tested() -> None:
    same = replace(compared([0] * 3), identical=True)
    assert format_sentence(same) == (
        f"{SAME_RUNS} l1 against none: equal weights and answers in all 3 repeats, so that nothing is tested."
    )
    crashed = format_sentence(replace(same, control_diverged=2, treatment_diverged=2))
    assert crashed.endswith("; 2 and 2 of 3 runs diverged.")


def test_test_and_interval_that_disagree_are_both_told() -> None:
    sentence = format_sentence(replace(compared(KINDS["better"]), simultaneous_low=-0.00005))
    assert sentence.startswith("Undecided: ")
    assert "; the test sees a difference, but the interval includes 0;" in sentence
    assert "includes 0" not in format_sentence(compared(KINDS["better"]))


def test_negligible_gives_both_intervals() -> None:
    sentence = format_sentence(compared(RISE))
    assert "95 % interval +0.43 to +1.13;" in sentence
    assert "(90 % equivalence interval +0.49 to +1.07)" in sentence


def test_what_takes_more_than_a_thousand_repeats_is_out_of_reach() -> None:
    sentence = format_sentence(replace(compared(KINDS["undecided"]), repeats_needed=72_156))
    assert "; the margin is out of reach." in sentence and "72" not in sentence


def test_a_comparison_at_chance_teaches_nothing() -> None:
    sentence = format_sentence(replace(compared(KINDS["equivalent"]), at_chance=True))
    assert sentence.endswith("; both at chance: nothing is learnt.")


def test_zero_variance_is_tested_like_any_other() -> None:
    same, constant = format_sentence(compared([0] * 6)), format_sentence(compared([-3] * 6))
    assert same.startswith(
        "Equivalent: no difference, within 2.00 points (0 of 6 repeats, 6 tied). l1 against none: the"
    )
    assert constant.startswith("Worse by 0.60 points, negligible within the 2.00 that matter (6 of 6 repeats).")
    assert "p = 0.0312 (the smallest attainable)" in constant


def test_one_repeat() -> None:
    assert format_sentence(compared([3])) == (
        "Undecided: one repeat, +0.60 points, says nothing about luck. l1 against none: the exact test decides nothing "
        "below 6 repeats."
    )


def test_divergence_is_told() -> None:
    d = np.array([-0.1] * 7 + [np.nan])
    assert format_sentence(compared(d, LOSS)) == (
        "Undecided: 1 of 16 runs diverged; 7 of 8 repeats better. l1 against none, test loss: 1 and 0 of 8 runs "
        "diverged and count as worst; 7 wins, 0 ties, 1 loss; exact sign-test p = 0.0703 (smallest 0.00781)."
    )


def test_losses_have_their_unit() -> None:
    sentence = format_sentence(compared(-0.05 - 0.001 * RISE, LOSS))
    assert sentence.startswith("Better by 0.0539 nats, beyond the 0.01 that matter (10 of 10 repeats).")
    assert "l1 against none, test loss: " in sentence and "points" not in sentence


def test_more_than_16_repeats_are_said_to_be_resampled() -> None:
    assert "resampled sign-flip p" in format_sentence(compared(np.tile(RISE, 2)))


def test_without_a_margin_none_is_told() -> None:
    assert "matter" not in format_sentence(compared(RISE, replace(ACCURACY, margin=None)))


def test_small_amounts_are_never_rounded_to_nothing() -> None:
    c = replace(compared(KINDS["undecided"]), simultaneous_low=0.00003, simultaneous_high=-0.000004)
    assert "interval +0.003 to −0.0004" in format_sentence(c)


def test_a_look_names_its_own_level() -> None:
    assert "98.75 % interval" in format_sentence(compared(RISE, replace(ACCURACY, alpha=0.0125)))
