"""What small n can say, and the repeats needed."""

import math
import warnings
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from pipeline.statistics.intervals import sd_interval
from pipeline.statistics.power import (
    detectable_d_z,
    minimum_detectable_effect,
    repeats_needed,
    sign_flip_p,
    smallest_attainable_p,
    smallest_n_that_can_reject,
)


def power_by_integration(d_z: float, n: int, alpha: float) -> float:
    """Power of the two-sided t-test: the normal mean integrated against the chi density of the sd."""
    critical = stats.t.isf(alpha / 2, n - 1)
    s = np.linspace(1e-6, 6, 200_001)
    density = stats.chi.pdf(s * np.sqrt(n - 1), n - 1) * np.sqrt(n - 1)
    reject = stats.norm.sf(critical * s - d_z * np.sqrt(n)) + stats.norm.cdf(-critical * s - d_z * np.sqrt(n))
    return float(np.trapezoid(density * reject, s))


@pytest.mark.parametrize("n", [1, 2, 5, 8, 12])
def test_smallest_p_is_what_the_test_returns_when_every_repeat_agrees(n: int) -> None:
    rng = np.random.default_rng(n)
    assert sign_flip_p(rng.integers(1, 50, n), rng) == smallest_attainable_p(n)


def test_smallest_p_beyond_enumeration_is_that_of_the_resampled_test() -> None:
    """2 / 2^30 is out of reach of 99,999 resamples; claiming it would be false."""
    assert sign_flip_p(np.arange(1, 31), np.random.default_rng(0)) == smallest_attainable_p(30) == 2e-5


@pytest.mark.parametrize("alpha", [0.5, 0.05, 0.0125])
@pytest.mark.parametrize("m", [1, 3, 25, 1000])
def test_a_margin_far_above_the_noise_needs_the_fewest_repeats_that_can_reject(m: int, alpha: float) -> None:
    """Where the noncentral t has no value statsmodels returns NaN: at 6 repeats for effects of 20.6 to 23.3."""
    fewest = smallest_n_that_can_reject(m, alpha)
    needed = {repeats_needed(0.001, 9, 0.001 * times, alpha, m) for times in np.linspace(10, 90, 200)}
    assert needed == {fewest}


@pytest.mark.parametrize("n_test", [360, 2038, 10_000])
def test_fractions_tie_where_their_counts_do(n_test: int) -> None:
    """scipy takes means for ties within 100 epsilon, which differences of rounded fractions exceed."""
    rng = np.random.default_rng(n_test)
    for _ in range(100):
        a, b = rng.integers(int(0.96 * n_test), int(0.98 * n_test), (2, 6))
        assert sign_flip_p(a / n_test - b / n_test, rng) == sign_flip_p(a - b, rng)


def test_sign_flip_is_reproducible_and_uses_its_generator() -> None:
    d = np.arange(-8, 14)
    first, second, other = (sign_flip_p(d, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == second != other


@pytest.mark.parametrize("alpha", [0.05, 0.0125, 0.01])
@pytest.mark.parametrize("m", [1, 2, 3, 5, 8, 15, 25])
def test_smallest_n_rejects_and_one_fewer_cannot(m: int, alpha: float) -> None:
    n = smallest_n_that_can_reject(m, alpha)
    assert m * 2 / 2**n <= alpha < m * 2 / 2 ** (n - 1)


@pytest.mark.parametrize(("n", "alpha"), [(6, 0.05), (8, 0.05 / 6), (12, 0.0125 / 25), (15, 0.0001), (20, 0.0125)])
def test_detectable_d_z_has_the_power_asked_for(n: int, alpha: float) -> None:
    """At n = 12, alpha = 0.0005 statsmodels' two-sided solver reports success at a power of 0.74."""
    assert power_by_integration(detectable_d_z(n, alpha), n, alpha) == pytest.approx(0.8, abs=2e-4)


@pytest.mark.parametrize(("margin", "n", "m"), [(0.01, 10, 1), (0.02, 10, 5), (0.05, 8, 4), (0.1, 20, 1)])
def test_repeats_needed_is_the_fewest_with_the_power(margin: float, n: int, m: int) -> None:
    sd = 0.05
    needed = repeats_needed(sd, n, margin, family_size=m)
    assert needed is not None
    effect = margin / sd_interval(sd, n, 0.8)[1]
    assert power_by_integration(effect, needed, 0.05 / m) >= 0.8 - 1e-5
    fewer_can_reject = needed - 1 >= smallest_n_that_can_reject(m)
    assert not fewer_can_reject or power_by_integration(effect, needed - 1, 0.05 / m) < 0.8


def test_repeats_needed_plans_with_the_upper_end_of_the_sd() -> None:
    """More repeats behind the same sd make the plan cheaper, down to the plan for a known sd."""
    plans = [repeats_needed(1.0, n, 0.5) or 0 for n in (3, 5, 10, 30, 1_000_000)]
    assert plans == sorted(plans, reverse=True)
    assert plans[0] > plans[-1] == 34


@pytest.mark.parametrize("sd", [0.0, 1e-12, 1e-6])
def test_repeats_needed_never_goes_below_what_can_reject(sd: float) -> None:
    assert repeats_needed(sd, 10, 0.5, family_size=5) == smallest_n_that_can_reject(5)


def test_no_number_of_repeats_detects_a_margin_of_zero() -> None:
    assert repeats_needed(1.0, 10, 0.0) is None


def test_minimum_detectable_effect_scales_with_the_sd_and_shrinks_with_n() -> None:
    assert minimum_detectable_effect(3.0, 10) == pytest.approx(3 * detectable_d_z(10))
    five, ten = (minimum_detectable_effect(1.0, n, family_size=2) for n in (8, 16))
    assert five is not None and ten is not None and five > ten


def test_nothing_is_detectable_where_the_exact_test_cannot_reject() -> None:
    assert minimum_detectable_effect(1.0, 5) is None
    assert minimum_detectable_effect(1.0, 7, family_size=5) is None
    assert minimum_detectable_effect(1.0, 6) is not None


def test_non_convergence_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Any, *args: Any, **kwargs: Any) -> float:
        warnings.warn("failed to converge", ConvergenceWarning, stacklevel=2)
        self.cache_fit_res = [0, None]
        return math.nan

    monkeypatch.setattr(TTestPower, "solve_power", fails)
    with pytest.raises(ArithmeticError, match="did not converge"):
        detectable_d_z(10)
    with pytest.raises(ArithmeticError, match="did not converge"):
        repeats_needed(1.0, 10, 0.1)


def test_a_wrong_solution_reported_as_success_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def lies(self: Any, *args: Any, **kwargs: Any) -> float:
        self.cache_fit_res = [1, None]
        return 1.64

    monkeypatch.setattr(TTestPower, "solve_power", lies)
    with pytest.raises(ArithmeticError, match=r"expected power 0.8, reached 0\.\d+"):
        detectable_d_z(12, 0.0005)
