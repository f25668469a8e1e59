"""Standard deviations over repeats: of one arm with its interval, and against a number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from pipeline.statistics.comparison import Question, name_verdict
from pipeline.statistics.intervals import sd_interval
from pipeline.statistics.paired import holm
from pipeline.statistics.power import smallest_n_that_can_reject


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
        """Better, worse or undecided; see `comparison.VERDICTS`. A few equal values may be luck, as in a comparison."""
        low, high = self.simultaneous_low, self.simultaneous_high
        if self.sd == 0 and self.n < smallest_n_that_can_reject(self.family_size, self.alpha):
            return "undecided"
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
    pairs = [question.pair for question in questions]
    p = holm(pairs, [one.p for one in found])
    return [replace(one, p_adjusted=p[pair]) for pair, one in zip(pairs, found, strict=True)]


def _compare_spread(question: Question, family_size: int) -> SpreadTest:
    declared, values = question.declared, np.asarray(question.treatment.values)
    bound = float(np.asarray(question.control.values)[0])
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
    estimate, *interval = (declared.sign * (x - bound) for x in found)
    low, high = sorted(interval)
    df = values.size - 1
    statistic = df * (found[0] / bound) ** 2
    p = float(min(1.0, 2 * min(stats.chi2.cdf(statistic, df), stats.chi2.sf(statistic, df))))
    return replace(test, sd=found[0], p=p, estimate=estimate, simultaneous_low=low, simultaneous_high=high)
