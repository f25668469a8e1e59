"""Two scopes of a difference: on these test images, or on new images; and new splits of the data."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from pipeline.statistics.intervals import student_interval


@dataclass(frozen=True)
class Crossed:
    """Mean difference over repeats x images, its interval in both scopes, and its variance components."""

    estimate: float
    n_repeats: int
    n_images: int
    low: float  # on these test images: only the repeats are a sample
    high: float
    new_images_low: float  # on new images: repeats and images both are
    new_images_high: float
    new_images_df: float
    seed_variance: float  # per repeat
    image_variance: float  # per image
    residual_variance: float  # per repeat and image


def crossed_intervals(D: ArrayLike, alpha: float = 0.05) -> Crossed | None:
    """Mean of a repeat x image matrix of differences, with its interval on these images and on new ones.

    Parameters
    ----------
    D : array_like of float, shape (S, E)
        Treatment - control of correctness or negative log-likelihood, oriented so that higher is better.
    alpha : float
        Both intervals have confidence 1 - alpha; alpha / family_size for a family.

    Returns
    -------
    Crossed or None
        None for fewer than two repeats or images, and after a diverged run, whose loss has no mean.
    """
    D = np.asarray(D, dtype=float)
    S, E = D.shape
    if min(S, E) < 2 or not np.isfinite(D).all():
        return None
    ms_s, ms_e, ms_r = mean_squares(D)
    variance, df = _on_new_images(ms_s, ms_e, ms_r, S, E)
    half = float(stats.t.isf(alpha / 2, df)) * np.sqrt(variance)
    low, high = student_interval(D.mean(axis=1), 1 - alpha)
    estimate = float(D.mean())
    return Crossed(
        estimate=estimate,
        n_repeats=S,
        n_images=E,
        low=low,
        high=high,
        new_images_low=float(estimate - half),
        new_images_high=float(estimate + half),
        new_images_df=df,
        seed_variance=max((ms_s - ms_r) / E, 0.0),
        image_variance=max((ms_e - ms_r) / S, 0.0),
        residual_variance=ms_r,
    )


def _on_new_images(ms_s: float, ms_e: float, ms_r: float, S: int, E: int) -> tuple[float, float]:
    """Variance of the grand mean where repeats and images are both samples, and its degrees of freedom.

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
    """Interval of a mean, or of a mean difference, over J repeats that each redraw the split.

    The training sets overlap, so the variance of the mean is s^2 (1 / J + n_test / n_train), not s^2 / J.

    Parameters
    ----------
    differences : array_like of float, shape (J,)
        One value or difference per split, J >= 2.
    n_train, n_test : float
        Images in each training part and in each part held out from it, or their shares.
    alpha : float
        Confidence is 1 - alpha.

    References
    ----------
    Nadeau and Bengio (2003), "Inference for the generalization error", Machine Learning 52.
    """
    d = np.asarray(differences, dtype=float)
    se = d.std(ddof=1) * np.sqrt(1 / d.size + n_test / n_train)
    low, high = (
        stats.t.interval(1 - alpha, d.size - 1, loc=d.mean(), scale=se) if se else (d.mean(), d.mean())
    )
    return float(low), float(high)
