"""Conditions as questions, and what was found: one comparison for every pair of arms a condition sets up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy import stats

from pipeline.claims.operands import arm
from pipeline.claims.recorded import Floats, Recorded
from pipeline.claims.vocabulary import Condition, Operand
from pipeline.metrics import Metric
from pipeline.metrics import metric as metric_of
from pipeline.statistics.comparison import Comparison, Declaration, Question
from pipeline.statistics.intervals import sd_interval
from pipeline.statistics.paired import compare_all, holm

SUPPORTED, REFUTED, EQUIVALENT, UNDECIDED = "supported", "refuted", "equivalent", "undecided"
COMPUTED = ("network", "split")
RANKS = "ranks"


@dataclass(frozen=True)
class Rules:
    """What a study fixes before any run: the level of a family, and what counts as equal by metric."""

    alpha: float
    margin: float
    margins: dict[str, float]

    def declared(self, condition: Condition, metric: Metric) -> Declaration:
        """Declaration of one condition; its direction is the claim's."""
        margin = condition.margin
        if margin is None:
            margin = self.margins.get(condition.metric, self.margin if metric.share else None)
        return Declaration(
            metric=condition.metric,
            margin=None if metric.unit == RANKS and condition.margin is None else margin,
            higher_is_better=condition.relation != "below",
            alpha=self.alpha,
        )


@dataclass(frozen=True)
class Asked:
    """One pair of arms that a condition sets up, and how it is to be answered.

    `spread` is answered by a chi-square test and not by pairs of runs; `computed` needs no run.
    """

    question: Question
    relation: str  # above, below, equals, differs_from
    metric: Metric
    spread: bool = False
    computed: bool = False
    bound: bool = False

    @property
    def family(self) -> tuple[str, bool]:
        """Questions about one metric by one kind of test are a family."""
        return self.metric.label, self.spread


@dataclass(frozen=True)
class Finding:
    """One pair's comparison and what it says of the relation that was claimed.

    Against a number as `bound`, near it is neither above nor below it: nothing is equivalent to a bound.
    """

    relation: str
    metric: Metric
    comparison: Comparison
    spread: bool = False
    computed: bool = False
    bound: bool = False

    @property
    def verdict(self) -> str:
        """Supported, refuted, equivalent or undecided."""
        word = self.comparison.verdict
        if word == UNDECIDED:
            return UNDECIDED
        if self.relation == "equals":
            return _of_equality(self.comparison)
        if word == EQUIVALENT and self.bound:
            on_the_bound = self.comparison.sd == 0 and self.comparison.estimate == 0
            return REFUTED if on_the_bound else UNDECIDED
        if word == EQUIVALENT:
            return EQUIVALENT
        return SUPPORTED if word.startswith("better") or self.relation == "differs_from" else REFUTED


def _of_equality(c: Comparison) -> str:
    """Equal is what lies inside the margin; unequal only what is shown to lie outside it."""
    if c.verdict.endswith(("equivalent", "negligible")):
        return SUPPORTED
    exact = c.sd == 0 and c.margin is None
    return REFUTED if exact or c.verdict.endswith("matters") else UNDECIDED


def questions(condition: Condition, recorded: Recorded, rules: Rules) -> list[Asked]:
    """Pairs of arms that a condition sets up, the claim's subject as the treatment.

    Raises
    ------
    NotRecordedError
        When it speaks of something that the study did not record.
    """
    metric = _measured(condition)
    declared = rules.declared(condition, metric)
    found = []
    for of, rival, relation in _pairs(condition):
        control, treatment = (arm(one, condition.metric, recorded) for one in (rival, of))
        constant = all(len(np.unique(one.values)) == 1 for one in (control, treatment))
        computed = constant and all(_is_computed(one, condition.metric) for one in (of, rival))
        if computed:  # no luck in it, so one repeat shows as much as ten
            control, treatment = (
                replace(one, values=np.resize(one.values, 2)) for one in (control, treatment)
            )
        question = Question(control, treatment, declared)
        bound = rival.value is not None and relation in ("above", "below")
        found.append(Asked(question, relation, metric, of.spread is not None, computed, bound))
    return found


def _measured(condition: Condition) -> Metric:
    """What a condition measures; a rank by a metric is a quantity of its own."""
    found = metric_of(condition.metric)
    if found is None:
        raise ValueError(f"expected a declared metric, received {condition.metric}")
    ranked = any(one.rank for one in condition.of or ())
    return Metric(f"rank by {found.label}", RANKS) if ranked else found


def _pairs(condition: Condition) -> Iterator[tuple[Operand, Operand, str]]:
    if condition.differ:
        for one, other in combinations(condition.differ, 2):
            yield Operand(variant=one), Operand(variant=other), "differs_from"
    for group in condition.best_changes or ():
        for one, other in combinations(group, 2):
            yield Operand(variant=one), Operand(variant=other), "above"
    for of in condition.of or ():
        for rival in condition.against:
            yield of, rival, condition.relation


def _is_computed(operand: Operand, metric: str) -> bool:
    about = metric_of(operand.metric or metric)
    counted = bool(about and about.counted) and operand.variant is not None
    return (
        counted or operand.value is not None or any(getattr(operand, kind) is not None for kind in COMPUTED)
    )


def find(asked: Sequence[Asked], rng: np.random.Generator) -> list[Finding]:
    """Findings of a scope's questions in their order, Holm-corrected over each family of distinct pairs."""
    found: dict[int, Comparison] = {}
    for family in dict.fromkeys(one.family for one in asked):
        members = [index for index, one in enumerate(asked) if one.family == family]
        own = [asked[index].question for index in members]
        compared = _compare_spreads(own) if family[1] else compare_all(own, rng=rng)
        found.update(zip(members, compared, strict=True))
    return [
        Finding(one.relation, one.metric, found[index], one.spread, one.computed, one.bound)
        for index, one in enumerate(asked)
    ]


def _compare_spreads(questions: Sequence[Question]) -> list[Comparison]:
    """Standard deviations over repeats against numbers, by the chi-square test of a normal variance."""
    m = len({question.pair for question in questions})
    found = {question.pair: _compare_spread(question, m) for question in questions}
    p = holm({pair: one.p for pair, one in found.items()})
    return [replace(found[one.pair], p_adjusted=p[one.pair]) for one in questions]


def _compare_spread(question: Question, m: int) -> Comparison:
    """One standard deviation against a number; NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.3."""
    declared = question.declared
    values, bound = np.asarray(question.treatment.values), float(np.asarray(question.control.values)[0])
    unknown = Comparison(
        control=question.control.name,
        treatment=question.treatment.name,
        metric=declared.metric,
        higher_is_better=declared.higher_is_better,
        n=values.size,
        family_size=m,
        alpha=declared.alpha,
        margin=None,
        differences=(),
        control_mean=bound,
        treatment_mean=None,
        control_diverged=0,
        treatment_diverged=int((~np.isfinite(values)).sum()),
        wins=0,
        ties=0,
        losses=0,
        p=1.0,
        p_smallest=0.0,
    )
    return unknown if values.size < 2 or unknown.treatment_diverged else _with_spread(unknown, values, bound)


def _with_spread(c: Comparison, values: Floats, bound: float) -> Comparison:
    n, sign = c.n, 1 if c.higher_is_better else -1
    sd = float(values.std(ddof=1)) if np.ptp(values) else 0.0
    statistic = (n - 1) * (sd / bound) ** 2
    tail = min(stats.chi2.cdf(statistic, n - 1), stats.chi2.sf(statistic, n - 1))
    low, high = sorted(sign * (x - bound) for x in sd_interval(sd, n, 1 - c.alpha))
    wide = sorted(sign * (x - bound) for x in sd_interval(sd, n, 1 - c.alpha / c.family_size))
    return replace(
        c,
        treatment_mean=sd,
        p=float(min(1.0, 2 * tail)),
        estimate=sign * (sd - bound),
        low=low,
        high=high,
        simultaneous_low=wide[0],
        simultaneous_high=wide[1],
    )
