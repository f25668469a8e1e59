"""Intervals: of a mean, a standard deviation, their ratio, a chance to win."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats
from statsmodels.stats.nonparametric import rank_compare_2indep

LARGE_T = 200.0
ROUNDING = 1e-12  # relative to the largest value; smaller differences of floats are rounding


def student_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Student interval of a mean, in the unit of `values`; collapses where they are all equal but for rounding.

    `values` are at least two and finite, shape (n,); `level` is the two-sided confidence, in (0, 1).
    """
    x = np.asarray(values, dtype=float)
    if np.ptp(x) <= ROUNDING * np.abs(x).max():  # scipy warns about precision here
        return float(x[0]), float(x[0])
    interval = stats.ttest_1samp(x, 0.0).confidence_interval(level)
    return float(interval.low), float(interval.high)


def sd_interval(sd: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Chi-square interval of a normal standard deviation, in the unit of `sd`, which is of n >= 2 values (n - 1).

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.3: sd * sqrt((n - 1) / chi-square quantile).
    """
    tails = np.array([(1 + level) / 2, (1 - level) / 2])
    low, high = sd * np.sqrt((n - 1) / stats.chi2.ppf(tails, n - 1))
    return float(low), float(high)


def d_z_interval(d_z: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a standardised mean (mean / sd) of n >= 2 values, by inverting the noncentral t distribution.

    Beyond t = 200 only the sd is uncertain: its chi-square interval agrees to 0.7 % up to n = 100, and the
    inversion slows down without bound.

    References
    ----------
    Steiger and Fouladi (1997), "Noncentrality interval estimation and the evaluation of statistical models".
    """
    t = d_z * np.sqrt(n)
    if abs(t) > LARGE_T:
        low, high = sorted(d_z / sd for sd in sd_interval(1.0, n, level))
    else:
        tails = np.array([(1 + level) / 2, (1 - level) / 2])
        low, high = special.nctdtrinc(n - 1, tails, t) / np.sqrt(n)
    return float(low), float(high)


def superiority(
    control: ArrayLike, treatment: ArrayLike, level: float = 0.95
) -> tuple[float, float | None, float | None]:
    """Probability that a run of the treatment beats a run of the control, ties half, and its interval.

    Over all pairs of runs, ignoring the pairing. The interval is clipped to [0, 1], and None where the ranks
    have no variance, as for arms that do not overlap.

    References
    ----------
    Brunner and Munzel (2000), "The nonparametric Behrens-Fisher problem", Biometrical Journal 42.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # one run, or ranks without variance
        result = rank_compare_2indep(treatment, control)
    if not result.var_prob > 0:
        return float(result.prob1), None, None
    low, high = np.clip(result.conf_int(alpha=1 - level), 0.0, 1.0)
    return float(result.prob1), float(low), float(high)
