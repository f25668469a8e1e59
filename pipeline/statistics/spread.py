"""Standard deviations over repeats: of one arm with its interval, and against a number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from pipeline.statistics.comparison import Question, name_verdict
from pipeline.statistics.intervals import sd_interval
from pipeline.statistics.paired import holm


@dataclass(frozen=True, kw_only=True)
class SpreadTest:
    """A standard deviation over repeats against a number, by the chi-square test of a normal variance.

    The estimate is sd - bound, turned so that higher is better; None for one repeat or after a diverged run.
    """

    control: str  # the bound in words
    treatment: str
    metric: str
    higher_is_better: bool
    n: int
    diverged: int
    family_size: int
    alpha: float
    bound: float
    sd: float | None = None
    p: float = 1.0
    p_adjusted: float = 1.0  # Holm
    p_smallest: float = 0.0  # a chi-square p has no smallest
    estimate: float | None = None
    simultaneous_low: float | None = None  # 1 - alpha / family_size
    simultaneous_high: float | None = None

    @property
    def verdict(self) -> str:
        """Better, worse or undecided; see `comparison.VERDICTS`."""
        low, high = self.simultaneous_low, self.simultaneous_high
        if low is None or high is None or self.p_adjusted > self.alpha:
            return "undecided"
        return name_verdict((low > 0) - (high < 0), None, None, equivalent=False)


def estimate_spread(values: ArrayLike, level: float = 0.95) -> tuple[float, float, float] | None:
    """Standard deviation of one arm with its chi-square interval, in the unit of `values`, shape (n,).

    None for one repeat, and after a diverged run (NaN or infinite), which is never dropped.
    """
    x = np.asarray(values, dtype=float)
    if x.size < 2 or not np.isfinite(x).all():
        return None
    # Repeats of one seed must give exactly 0, which the rounding of a mean can spoil.
    sd = float(x.std(ddof=1)) if np.ptp(x) else 0.0
    return sd, *sd_interval(sd, x.size, level)


def compare_spreads(questions: Sequence[Question]) -> list[SpreadTest]:
    """Tests of the treatments' standard deviations against the controls' numbers, Holm-corrected over distinct pairs.

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.3.
    """
    family_size = len({question.pair for question in questions})
    found = [_compare_spread(question, family_size) for question in questions]
    p = holm({question.pair: one.p for question, one in zip(questions, found, strict=True)})
    return [replace(one, p_adjusted=p[question.pair]) for question, one in zip(questions, found, strict=True)]


def _compare_spread(question: Question, family_size: int) -> SpreadTest:
    declared = question.declared
    values, bound = np.asarray(question.treatment.values), float(np.asarray(question.control.values)[0])
    test = SpreadTest(
        control=question.control.name,
        treatment=question.treatment.name,
        metric=declared.metric,
        higher_is_better=declared.higher_is_better,
        n=values.size,
        diverged=int((~np.isfinite(values)).sum()),
        family_size=family_size,
        alpha=declared.alpha,
        bound=bound,
    )
    found = estimate_spread(values, 1 - declared.alpha / family_size)
    if found is None:
        return test
    sign = 1 if declared.higher_is_better else -1
    estimate, *interval = (sign * (x - bound) for x in found)
    low, high = sorted(interval)
    p = _chi_square_p(found[0], values.size, bound)
    return replace(test, sd=found[0], p=p, estimate=estimate, simultaneous_low=low, simultaneous_high=high)


def _chi_square_p(sd: float, n: int, bound: float) -> float:
    """Two-sided p of the hypothesis that a normal standard deviation is `bound`, from that of n values."""
    statistic = (n - 1) * (sd / bound) ** 2
    return float(min(1.0, 2 * min(stats.chi2.cdf(statistic, n - 1), stats.chi2.sf(statistic, n - 1))))
