"""Adding repeats until decided: planned looks, and an interval that survives any peeking."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from pipeline.errors import UserError
from pipeline.statistics.power import smallest_attainable_p

Key = TypeVar("Key", bound=Hashable)
T = TypeVar("T")
LOOKS = (8, 12, 16, 20)


@dataclass(frozen=True)
class Look:
    """One planned analysis: after how many repeats, at which level, and whether it can reject at all."""

    repeats: int
    alpha: float  # for the whole family; Holm shares it out
    can_decide: bool


def schedule(alpha: float = 0.05, family_size: int = 1, looks: Sequence[int] = LOOKS) -> tuple[Look, ...]:
    """Planned looks, each at an equal share of alpha (Bonferroni over the K looks).

    Parameters
    ----------
    alpha : float
        Level of the whole procedure, in (0, 1).
    family_size : int
        Comparisons of the study, tested together by Holm at every look.
    looks : sequence of int
        Numbers of repeats, increasing.

    Raises
    ------
    UserError
        If `looks` is empty, not increasing, or starts below 1.
    """
    if not looks or looks[0] < 1 or any(b <= a for a, b in pairwise(looks)):
        raise UserError(f"looks: expected increasing numbers of repeats such as {LOOKS}, received {looks}.")
    share = alpha / len(looks)
    return tuple(Look(n, share, family_size * smallest_attainable_p(n) <= share) for n in looks)


def analyses(repeats: int, alpha: float, looks: Sequence[int] | None) -> list[tuple[int, float]]:
    """Numbers of repeats at which a study is analysed, in order, each with its level.

    Without looks it is analysed once, with all its repeats. With looks, every one that was reached is analysed at
    its share of alpha, so that a decision made then stands; before the first look all repeats are, at that share.
    """
    if not looks:
        return [(repeats, alpha)]
    share = alpha / len(looks)
    return [(n, share) for n in looks if n <= repeats] or [(repeats, share)]


def first_decisions(found: Sequence[Mapping[Key, T]], decided: Callable[[T], bool]) -> dict[Key, T]:
    """What each key was decided to be at the first analysis that decided it; the last analysis where none did."""
    return {key: next((one[key] for one in found if decided(one[key])), found[-1][key]) for key in found[-1]}


def first_deciding_look(
    alpha: float = 0.05, family_size: int = 1, looks: Sequence[int] = LOOKS
) -> int | None:
    """Repeats at the first look whose exact test can reject under Holm; None where no look can."""
    return next((look.repeats for look in schedule(alpha, family_size, looks) if look.can_decide), None)


def next_look(repeats: int, looks: Sequence[int] = LOOKS) -> int | None:
    """Repeats at the first look after this many; None after the last."""
    return next((n for n in looks if n > repeats), None)


def peek_proof_interval(differences: ArrayLike, alpha: float = 0.05) -> tuple[float, float]:
    """Interval of the mean difference that holds at every number of repeats at once, under a normal model.

    mean +- se * sqrt((n - 1)(1 - a) / (a - r)) with r = 1 / (1 + n), a = (alpha^2 r)^(1 / n); (-inf, inf)
    where a <= r. Inverts the t-test's mixture likelihood ratio, effect sizes mixed over a standard normal.

    Parameters
    ----------
    differences : array_like of float, shape (n,)
        In the fixed order of repeats. An infinite difference (a diverged run) leaves the interval infinite.
    alpha : float
        Chance that the interval ever misses the mean, over all n; alpha / family_size for a family.

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
