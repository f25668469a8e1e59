"""Intervals of one arm, and the arms of a variance study."""

import numpy as np
import pytest

from pipeline.statistics.intervals import (
    d_z_interval,
    sd_interval,
    student_interval,
    superiority,
)
from pipeline.statistics.spread import estimate_spread


def test_sd_interval_covers_the_truth_as_often_as_it_says() -> None:
    sds = np.random.default_rng(5).normal(size=(2000, 10)).std(axis=1, ddof=1)
    covered = sum(low <= 1 <= high for low, high in (sd_interval(sd, 10, 0.9) for sd in sds))
    assert covered / 2000 == pytest.approx(0.9, abs=0.02)


def test_spread_is_the_sample_sd_inside_its_interval() -> None:
    arm = estimate_spread([1.0, 2.0, 4.0, 7.0])
    assert arm is not None
    sd, low, high = arm
    assert sd == pytest.approx(np.sqrt(7.0))  # squares about 3.5: 6.25, 2.25, .25, 12.25; 21 / 3
    assert low < sd < high


def test_repeats_of_one_seed_spread_exactly_zero() -> None:
    """The mean of 0.1, 0.1, 0.1 is not 0.1 in floats."""
    assert estimate_spread([0.1, 0.1, 0.1]) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("values", [[0.3], [0.3, np.nan, 0.4], [0.3, np.inf]])
def test_spread_is_undefined_for_one_run_or_a_diverged_one(values: list[float]) -> None:
    assert estimate_spread(values) is None


def test_student_interval_of_equal_values_collapses() -> None:
    assert student_interval([0.1, 0.1, 0.1]) == (0.1, 0.1)


@pytest.mark.parametrize("n", [2, 5, 10, 100])
def test_d_z_interval_is_continuous_where_the_method_changes(n: int) -> None:
    below, above = (np.array(d_z_interval(t / np.sqrt(n), n)) / t for t in (199.9, 200.1))
    assert above == pytest.approx(below, rel=0.007)


def test_d_z_interval_is_odd() -> None:
    for d_z in (0.5, 300.0):
        low, high = d_z_interval(d_z, 9)
        assert d_z_interval(-d_z, 9) == pytest.approx((-high, -low))
        assert low < d_z < high


def test_superiority_counts_pairs_by_hand() -> None:
    """3 x 3 pairs: the treatment wins 6, ties 2, loses 1."""
    assert superiority([1, 2, 4], [2, 4, 5])[0] == pytest.approx((6 + 2 / 2) / 9)


def test_superiority_interval_is_clipped_and_turns_over() -> None:
    control, treatment = [1.0, 2.0, 3.0, 4.0], [3.5, 4.5, 5.0, 6.0]
    p, low, high = superiority(control, treatment)
    q, other_low, other_high = superiority(treatment, control)
    assert low is not None and high == 1.0 and 0 <= low < p < 1
    assert (q, other_low, other_high) == pytest.approx((1 - p, 0.0, 1 - low))


@pytest.mark.parametrize(("control", "treatment", "p"), [([1, 2], [3, 4], 1.0), ([5, 5], [5, 5], 0.5), ([2], [1], 0.0)])
def test_superiority_has_no_interval_without_rank_variance(control: list[int], treatment: list[int], p: float) -> None:
    assert superiority(control, treatment) == (p, None, None)


def test_an_interval_of_equal_values_collapses_whatever_their_rounding() -> None:
    """Means over images of equal counts differ in the last bit."""
    values = np.array([0.1 + 0.2, 0.3, 0.3])
    assert np.ptp(values) > 0
    low, high = student_interval(values)
    assert low == high == values[0]
