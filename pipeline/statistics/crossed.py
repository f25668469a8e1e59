"""The interval of a difference on new images, where repeats and images are both samples; and over new splits."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def new_images_interval(D: ArrayLike, alpha: float = 0.05) -> tuple[float, float] | None:
    """Interval of the mean of a repeat x image matrix of differences, on new repeats and new images.

    Student's interval over repeats covers these test images only; this one is wider by what images differ.

    Parameters
    ----------
    D : array_like of float, shape (S, E)
        Treatment - control of correctness or negative log-likelihood, oriented so that higher is better.
    alpha : float
        Confidence is 1 - alpha; alpha / family_size for a family.

    Returns
    -------
    tuple of float, or None
        None for fewer than two repeats or images, and after a diverged run, whose loss has no mean.
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
