"""What small n can say: the sign-flip test and its smallest p, what could have been seen, repeats needed."""

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pipeline.statistics.intervals import sd_interval

EXACT_LIMIT = 16  # all 2^16 sign patterns take 0.3 s; 2^20 take 7.5 s and 1.3 GB
RESAMPLES = 99_999
POWER = 0.8
PLANNING_LEVEL = 0.8
OUT_OF_REACH = 1000  # repeats; a plan for more is none
TIE_DECIMALS = 10  # of a mean relative to the largest difference; what is closer differs by rounding
LARGE_EFFECT = 5.0  # detected by any n that can reject; from about 37 / sqrt(n), the noncentral t may have no value


def sign_flip_p(d: ArrayLike, rng: np.random.Generator) -> float:
    """Two-sided p of the sign-flip test that differences, shape (n,), are symmetric about 0, in (0, 1].

    They are counts or fractions: means within 1e-10 of the largest are ties, whatever fractions are rounded to. `rng`
    is used beyond 16 differences only: 99,999 resamples instead of all patterns.

    References
    ----------
    Fisher (1935), The Design of Experiments, section 21.
    """
    x = np.asarray(d, dtype=float)
    if x.size == 1:  # scipy wants two; flipping one sign gives the same magnitude
        return 1.0
    scale = np.abs(x).max() or 1.0

    def mean(signed: NDArray[np.float64], axis: int) -> Any:
        return np.round(np.mean(signed, axis=axis) / scale, TIE_DECIMALS)

    resamples = 2**x.size if x.size <= EXACT_LIMIT else RESAMPLES  # 2^n asks for every pattern once
    test = stats.permutation_test((x,), mean, permutation_type="samples", n_resamples=resamples, rng=rng)
    return float(test.pvalue)


def smallest_attainable_p(n: int) -> float:
    """Smallest two-sided p the sign-flip test of n differences can return, in (0, 1].

    2 / 2^n while all patterns are enumerated; beyond, the resampled test cannot go below 2 / (resamples + 1).
    """
    return 2 / 2**n if n <= EXACT_LIMIT else 2 / (RESAMPLES + 1)


def smallest_n_that_can_reject(family_size: int = 1, alpha: float = 0.05) -> int:
    """Smallest number of repeats at which the sign-flip test under Holm can ever reject.

    The smallest p of a family of m is multiplied by m, so 2m / 2^n <= alpha, n = ceil(1 + log2(m / alpha)).
    """
    return math.ceil(1 + math.log2(family_size / alpha))


def detectable_d_z(n: int, alpha: float = 0.05) -> float:
    """Standardised mean difference (mean / sd of the differences) that n repeats detect, by the t-test's power of 0.8.

    The sign-flip test has slightly less: simulated 0.77 for 0.80 at n = 8, 0.79 at n = 10. `n` is at least 2, `alpha`
    two-sided (divided by the family size for a family).

    Raises
    ------
    ArithmeticError
        If the solver does not converge.
    """
    return _solve(nobs=n, alpha=alpha, effect_size=None)


def minimum_detectable_effect(sd: float, n: int, alpha: float = 0.05, family_size: int = 1) -> float | None:
    """Mean difference that n repeats would have detected, in the unit of `sd`.

    None where the exact test cannot reject at this n, however large the difference. From the observed sd of
    the differences and Bonferroni's alpha / m, never from the observed effect.
    """
    if n < smallest_n_that_can_reject(family_size, alpha):
        return None
    return sd * detectable_d_z(n, alpha / family_size)


def repeats_needed(sd: float, n: int, margin: float, alpha: float = 0.05, family_size: int = 1) -> int | None:
    """Number of repeats that detect a mean difference as large as the margin, in the unit of `sd`; None for margin 0.

    `sd` is of the n >= 2 differences at hand; planning takes the upper end of its 80 % interval. Each comparison is
    planned at alpha / family_size, two-sided.

    Raises
    ------
    ArithmeticError
        If the solver does not converge.
    """
    if margin <= 0:
        return None
    floor, level = smallest_n_that_can_reject(family_size, alpha), alpha / family_size
    effect = margin / max(sd_interval(sd, n, PLANNING_LEVEL)[1], margin / LARGE_EFFECT)
    # The solver cannot go below 2 repeats, so ask first whether the fewest that can reject are enough.
    if _power(effect, floor, level) >= POWER:
        return floor
    return math.ceil(_solve(effect_size=effect, nobs=None, alpha=level))


def _power(effect_size: float, nobs: float, alpha: float) -> float:
    """Power of the two-sided t-test in the direction of the effect.

    The opposite tail adds less than 1e-4 at power 0.8 and is left out, as R's power.t.test does: where it
    underflows statsmodels gets NaN, takes that for a root and reports convergence to a wrong number.
    """
    from statsmodels.stats.power import TTestPower  # slow to import, and most only read results

    return float(TTestPower().power(effect_size, nobs, alpha / 2, alternative="larger"))


def _solve(*, effect_size: float | None, nobs: float | None, alpha: float) -> float:
    """The one argument that is None, from the other two and `POWER`; see `_power` for the one-tailed call."""
    from statsmodels.stats.power import TTestPower
    from statsmodels.tools.sm_exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # raised as an error below
        found = float(TTestPower().solve_power(effect_size, nobs, alpha / 2, POWER, alternative="larger"))
    reached = _power(effect_size or found, nobs or found, alpha)
    if not math.isclose(reached, POWER, abs_tol=1e-4):  # also where the solver returned nan
        raise ArithmeticError(
            f"Power did not converge for effect size {effect_size}, {nobs} repeats, alpha {alpha:.3g}: "
            f"expected power {POWER}, reached {reached:.4f}."
        )
    return found
