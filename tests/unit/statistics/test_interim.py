"""Looks and the interval that survives peeking."""

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.statistics.interim import (
    LOOKS,
    Look,
    first_deciding_look,
    next_look,
    peek_proof_interval,
    schedule,
)
from pipeline.statistics.intervals import student_interval


def test_default_schedule_spends_alpha_in_equal_shares() -> None:
    looks = schedule(0.05)
    assert [look.repeats for look in looks] == [8, 12, 16, 20]
    assert sum(look.alpha for look in looks) == pytest.approx(0.05)
    assert looks[0] == Look(8, 0.0125, True)


@pytest.mark.parametrize(("m", "first"), [(1, 8), (2, 12), (5, 12), (25, 12), (26, 16)])
def test_first_deciding_look(m: int, first: int) -> None:
    """The protocol (section 9): 8 for one comparison, 12 for up to 25."""
    assert first_deciding_look(family_size=m) == first
    assert [look.can_decide for look in schedule(family_size=m)] == [n >= first for n in LOOKS]


def test_no_look_decides_a_family_too_large_for_resampling() -> None:
    assert first_deciding_look(family_size=700) is None


@pytest.mark.parametrize(
    ("done", "following"), [(0, 8), (7, 8), (8, 12), (13, 16), (19, 20), (20, None), (40, None)]
)
def test_next_look(done: int, following: int | None) -> None:
    assert next_look(done) == following


@pytest.mark.parametrize("looks", [(), (8, 8), (12, 8), (0, 4)])
def test_looks_must_increase(looks: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match="expected increasing numbers of repeats"):
        schedule(looks=looks)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_peek_proof_interval_is_infinite_for_few_repeats(n: int) -> None:
    """a <= r: at n = 4 (0.0025 / 5)^(1/4) = 0.150 < 1 / 5; at n = 5 it is 0.211 > 1 / 6."""
    d = np.arange(1.0, n + 1)
    assert peek_proof_interval(d) == (-np.inf, np.inf)
    assert np.isfinite(peek_proof_interval(np.arange(5.0))).all()


def test_peek_proof_interval_is_wider_than_students_and_centred() -> None:
    d = np.random.default_rng(0).normal(0.5, 1.0, 12)
    low, high = peek_proof_interval(d)
    student_low, student_high = student_interval(d)
    assert low < student_low < student_high < high
    assert (low + high) / 2 == pytest.approx(d.mean())


def test_a_diverged_run_leaves_the_peek_proof_interval_infinite() -> None:
    assert peek_proof_interval([0.1] * 9 + [-np.inf]) == (-np.inf, np.inf)


def test_peeking_after_every_repeat_keeps_the_peek_proof_level_where_students_breaks() -> None:
    """150 null series watched from 5 to 40 repeats; a t-test at every one has about 25.8 % false positives."""
    series = np.random.default_rng(1).normal(size=(150, 40))
    missed = {peek_proof_interval: 0, student_interval: 0}
    for interval in missed:
        for d in series:
            limits = [interval(d[:n]) for n in range(5, 41)]
            missed[interval] += any(low > 0 or high < 0 for low, high in limits)
    assert missed[peek_proof_interval] / 150 <= 0.05
    assert missed[student_interval] / 150 > 0.15
