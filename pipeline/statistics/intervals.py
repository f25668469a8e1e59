"""Intervals: of a mean, a standard deviation, their ratio, a chance to win; on new images, and over new splits."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

LARGE_T = 200.0
FEWEST = 5  # repeats; of fewer the values say more than an interval
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


def further_run(values: ArrayLike, level: float = 0.95) -> tuple[float, float, float] | None:
    """Interval of one further run beside n others, and the standard error that it is made of; None of fewer than two.

    `values` are finite, shape (n,). It and the mean of the others vary: mean +- t * sd * sqrt(1 + 1/n).
    """
    x = np.asarray(values, dtype=float)
    if x.size < 2:
        return None
    error = 0.0 if np.ptp(x) <= ROUNDING * np.abs(x).max() else float(x.std(ddof=1) * np.sqrt(1 + 1 / x.size))
    half = float(stats.t.ppf((1 + level) / 2, x.size - 1)) * error
    return float(x.mean()) - half, float(x.mean()) + half, error


def sd_interval(sd: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Chi-square interval of a normal standard deviation, in the unit of `sd`, which is of n >= 2 values (n - 1).

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.3: sd * sqrt((n - 1) / chi-square quantile).
    """
    low, high = sd * np.sqrt((n - 1) / stats.chi2.ppf([(1 + level) / 2, (1 - level) / 2], n - 1))
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
        low, high = special.nctdtrinc(n - 1, [(1 + level) / 2, (1 - level) / 2], t) / np.sqrt(n)
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
    from statsmodels.stats.nonparametric import rank_compare_2indep  # slow to import, and most only read results

    with np.errstate(divide="ignore", invalid="ignore"):  # one run, or ranks without variance
        result = rank_compare_2indep(treatment, control)
    if not result.var_prob > 0:
        return float(result.prob1), None, None
    low, high = np.clip(result.conf_int(alpha=1 - level), 0.0, 1.0)
    return float(result.prob1), float(low), float(high)


def new_images_interval(D: ArrayLike, alpha: float = 0.05) -> tuple[float, float] | None:
    """Interval of the mean of a repeat x image matrix of differences, shape (S, E), on new repeats and new images.

    `D` is treatment - control of correctness or negative log-likelihood, oriented so that higher is better; `alpha` is
    divided by the family size for a family. Student's interval over repeats covers these test images only; this one
    is wider by what images differ. None for fewer than two repeats or images, and after a diverged run, whose loss
    has no mean.
    """
    D = np.asarray(D, dtype=float)
    if min(D.shape) < 2 or not np.isfinite(D).all():
        return None
    variance, df = crossed_variance(*mean_squares(D), *D.shape)
    half = float(stats.t.isf(alpha / 2, df)) * np.sqrt(variance)
    return float(D.mean() - half), float(D.mean() + half)


def crossed_variance(ms_s: float, ms_e: float, ms_r: float, S: int, E: int) -> tuple[float, float]:
    """Variance of the grand mean of S repeats x E images, both samples, and its degrees of freedom.

    Two-way random effects without replication, as in reader-by-case studies: (MS_S + MS_E - MS_R) / (S E),
    floored at max(MS_S, MS_E) / (S E), with Satterthwaite's degrees of freedom of the unfloored sum (at least
    1). Where the floor acts the interval is wider than it need be.

    References
    ----------
    Gallas (2006), "One-shot estimate of MRMC variance: AUC"; Satterthwaite (1946), Biometrics Bulletin 2.
    """
    total = ms_s + ms_e - ms_r
    parts = ms_s**2 / (S - 1) + ms_e**2 / (E - 1) + ms_r**2 / ((S - 1) * (E - 1))
    return max(total, ms_s, ms_e) / (S * E), max(total**2 / parts, 1.0) if parts else 1.0


def mean_squares(D: ArrayLike) -> tuple[float, float, float]:
    """Mean squares of repeats (rows), images (columns) and residual; shape (S, E), both at least 2."""
    D = np.asarray(D, dtype=float)
    S, E = D.shape
    rows, columns, grand = D.mean(axis=1, keepdims=True), D.mean(axis=0, keepdims=True), D.mean()
    ms_s = E * np.sum((rows - grand) ** 2) / (S - 1)
    ms_e = S * np.sum((columns - grand) ** 2) / (E - 1)
    ms_r = np.sum((D - rows - columns + grand) ** 2) / ((S - 1) * (E - 1))
    return float(ms_s), float(ms_e), float(ms_r)


def resampled_interval(
    differences: ArrayLike, n_train: float, n_test: float, alpha: float = 0.05
) -> tuple[float, float]:
    """Corrected resampled interval of a mean, or of a mean difference, over J >= 2 repeats that redraw the split.

    The training sets overlap, so the variance of the mean is s^2 (1 / J + n_test / n_train), not s^2 / J.
    `n_train` and `n_test` are the images in each training part and in each part held out from it, or their shares.

    References
    ----------
    Nadeau and Bengio (2003), "Inference for the generalization error", Machine Learning 52.
    """
    d = np.asarray(differences, dtype=float)
    se = d.std(ddof=1) * np.sqrt(1 / d.size + n_test / n_train)
    low, high = stats.t.interval(1 - alpha, d.size - 1, loc=d.mean(), scale=se) if se else (d.mean(), d.mean())
    return float(low), float(high)
