"""Interim analyses (looks): a study analysed at planned numbers of repeats, and an interval that needs no plan."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

Key = TypeVar("Key", bound=Hashable)
T = TypeVar("T")


def plan_analyses(repeats: int, alpha: float, looks: Sequence[int] | None) -> list[tuple[int, float]]:
    """Numbers of repeats at which a study is analysed, in order, each with its level.

    Adding repeats until a test rejects would break its level: either the looks are planned, and share alpha out, or the
    interval is anytime-valid (peek-proof). Without looks a study is analysed once, with all its repeats. With K looks,
    every one that was reached is analysed at alpha / K (Bonferroni), so that a decision made then stands; before the
    first look all repeats are, at that level.
    """
    if not looks:
        return [(repeats, alpha)]
    share = alpha / len(looks)
    return [(n, share) for n in looks if n <= repeats] or [(repeats, share)]


def find_first_decisions(found: Sequence[Mapping[Key, T]], decided: Callable[[T], bool]) -> dict[Key, T]:
    """What each key was decided to be at the first analysis that decided it; the last analysis where none did."""
    return {key: next((one[key] for one in found if decided(one[key])), found[-1][key]) for key in found[-1]}


def anytime_valid_interval(differences: ArrayLike, alpha: float = 0.05) -> tuple[float, float]:
    """Anytime-valid (peek-proof) interval of the mean difference: it holds at every number of repeats at once.

    Under a normal model: mean +- se * sqrt((n - 1)(1 - a) / (a - r)) with r = 1 / (1 + n), a = (alpha^2 r)^(1 / n);
    (-inf, inf) where a <= r. Inverts the t-test's mixture likelihood ratio, effect sizes mixed over a standard normal.

    `differences`, shape (n,), are in the fixed order of repeats; an infinite one (a diverged run) leaves the interval
    infinite. `alpha` is the chance that it ever misses the mean, over all n; divided by the family size for a family.

    References
    ----------
    Wang and Ramdas (2023), "Anytime-valid t-tests and confidence sequences for Gaussian means with unknown
    variance", arXiv:2310.03722; Lai (1976), "On confidence sequences", Annals of Statistics 4.
    """
    d = np.asarray(differences, dtype=float)
    n = d.size
    r = 1 / (1 + n)
    a = (alpha**2 * r) ** (1 / n)
    if a <= r or not np.isfinite(d).all():
        return -np.inf, np.inf
    half = d.std(ddof=1) * np.sqrt((n - 1) * (1 - a) / (a - r) / n)
    return float(d.mean() - half), float(d.mean() + half)
