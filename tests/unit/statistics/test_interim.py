"""Interim analyses (looks), and the anytime-valid (peek-proof) interval."""

import numpy as np
import pytest

from pipeline.statistics.interim import anytime_valid_interval, find_first_decisions, plan_analyses
from pipeline.statistics.intervals import student_interval
from pipeline.statistics.power import smallest_attainable_p

LOOKS = (8, 12, 16, 20)


def test_looks_spend_alpha_in_equal_shares() -> None:
    analyses = plan_analyses(20, 0.05, LOOKS)
    assert [repeats for repeats, _ in analyses] == [8, 12, 16, 20]
    assert sum(alpha for _, alpha in analyses) == pytest.approx(0.05)
    assert analyses[0] == (8, 0.0125)


@pytest.mark.parametrize(("m", "first"), [(1, 8), (2, 12), (5, 12), (25, 12), (26, 16), (700, None)])
def test_the_first_look_that_can_decide_a_family(m: int, first: int | None) -> None:
    """The protocol (section 9): 8 for one comparison, 12 for up to 25; none for one too large for resampling."""
    able = (n for n, alpha in plan_analyses(20, 0.05, LOOKS) if m * smallest_attainable_p(n) <= alpha)
    assert next(able, None) == first


def test_only_looks_that_were_reached_are_analysed() -> None:
    assert plan_analyses(13, 0.05, LOOKS) == [(8, 0.0125), (12, 0.0125)]
    assert plan_analyses(5, 0.05, LOOKS) == [(5, 0.0125)]
    assert plan_analyses(5, 0.05, None) == [(5, 0.05)]


def test_a_decision_stands_and_the_last_analysis_counts_where_none_was_made() -> None:
    found = [{"a": 0, "b": 0}, {"a": 2, "b": 0}, {"a": 0, "b": -1}]
    assert find_first_decisions(found, lambda one: one > 0) == {"a": 2, "b": -1}


@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_anytime_valid_interval_is_infinite_for_few_repeats(n: int) -> None:
    """a <= r: at n = 4 (0.0025 / 5)^(1/4) = 0.150 < 1 / 5; at n = 5 it is 0.211 > 1 / 6."""
    d = np.arange(1.0, n + 1)
    assert anytime_valid_interval(d) == (-np.inf, np.inf)
    assert np.isfinite(anytime_valid_interval(np.arange(5.0))).all()


def test_the_anytime_valid_interval_is_wider_than_students_and_centred() -> None:
    d = np.random.default_rng(0).normal(0.5, 1.0, 12)
    low, high = anytime_valid_interval(d)
    student_low, student_high = student_interval(d)
    assert low < student_low < student_high < high
    assert (low + high) / 2 == pytest.approx(d.mean())


def test_a_diverged_run_leaves_the_peek_proof_interval_infinite() -> None:
    assert anytime_valid_interval([0.1] * 9 + [-np.inf]) == (-np.inf, np.inf)


def test_peeking_after_every_repeat_keeps_the_peek_proof_level_where_students_breaks() -> None:
    """150 null series watched from 5 to 40 repeats; a t-test at every one has about 25.8 % false positives."""
    series = np.random.default_rng(1).normal(size=(150, 40))
    missed = {anytime_valid_interval: 0, student_interval: 0}
    for interval in missed:
        for d in series:
            limits = [interval(d[:n]) for n in range(5, 41)]
            missed[interval] += any(low > 0 or high < 0 for low, high in limits)
    assert missed[anytime_valid_interval] / 150 <= 0.05
    assert missed[student_interval] / 150 > 0.15
