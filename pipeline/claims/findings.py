"""Conditions as questions, and what was found: one finding for every pair of arms that a condition sets up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Literal

import numpy as np

from pipeline.claims.operands import is_same_run, label_operand, make_arm
from pipeline.claims.recorded import Recorded
from pipeline.claims.vocabulary import Condition, Operand
from pipeline.metrics import Metric
from pipeline.metrics import metric as metric_of
from pipeline.params.plan import ComparisonPlan
from pipeline.statistics.comparison import (
    IDENTICAL,
    Arm,
    Comparison,
    Declaration,
    Question,
    is_inside,
    name_verdict,
)
from pipeline.statistics.paired import compare_all
from pipeline.statistics.spread import SpreadTest, compare_spreads

SUPPORTED, REFUTED, EQUIVALENT, UNDECIDED = "supported", "refuted", "equivalent", "undecided"
DIFFERENT = "different"  # where equality is claimed: a difference is shown, and not shown to matter
LENGTHS = ("epochs_run", "updates")  # fixed by a recipe that nothing stops
RANKS = "ranks"
Test = Literal["paired", "spread", "computed"]


@dataclass(frozen=True, kw_only=True)
class ComputedDifference:
    """A difference between two numbers that are computed and not sampled: no run, and so no test, is behind it."""

    control: str
    treatment: str
    metric: str
    higher_is_better: bool
    family_size: int
    margin: float | None
    control_value: float
    treatment_value: float

    @property
    def estimate(self) -> float:
        """Treatment - control, turned so that higher is better."""
        difference = self.treatment_value - self.control_value
        return difference if self.higher_is_better else -difference

    simultaneous_low = simultaneous_high = estimate  # nothing is uncertain

    @property
    def verdict(self) -> str:
        """Better, worse or equivalent, stated exactly; see `comparison.VERDICTS`."""
        d = self.estimate
        return name_verdict(d, d, self.margin, equivalent=is_inside(d, self.margin))


Result = Comparison | SpreadTest | ComputedDifference


@dataclass(frozen=True)
class Asked:
    """One pair of arms that a condition sets up, and which test answers it: none where it is computed."""

    question: Question
    relation: str  # above, below, equals, differs_from
    metric: Metric
    test: Test
    bound: bool
    same_run: bool = False
    labels: tuple[str, str] = ("", "")  # of treatment and control, as sentences name them


@dataclass(frozen=True)
class Finding:
    """One pair's result and what it says of the relation that was claimed.

    Against a number as `bound`, near it is neither above nor below it: nothing is equivalent to a bound. `same_run`: it
    is about a difference between two variants that are the same run, bit for bit, in every repeat.
    """

    relation: str
    metric: Metric
    result: Result
    bound: bool = False
    same_run: bool = False
    labels: tuple[str, str] = ("", "")

    @property
    def verdict(self) -> str:
        """Supported, refuted, different, equivalent or undecided."""
        word = self.result.verdict
        if word in (UNDECIDED, IDENTICAL):
            return UNDECIDED if word == UNDECIDED else SUPPORTED if self.relation == "equals" else REFUTED
        if self.relation == "equals":
            # Equal is what lies inside the margin; unequal only what is shown to lie outside it.
            if word.endswith(("equivalent", "negligible")):
                return SUPPORTED
            exact = self.is_exact and self.margin is None
            return REFUTED if exact or word.endswith("matters") else DIFFERENT
        if word == EQUIVALENT:
            near = REFUTED if self.is_exact and self.result.estimate == 0 else UNDECIDED
            return near if self.bound else EQUIVALENT
        return SUPPORTED if word.startswith("better") or self.relation == "differs_from" else REFUTED

    @property
    def is_exact(self) -> bool:
        """Whether it is stated without a test: computed, or of identical runs."""
        return isinstance(self.result, ComputedDifference) or self.is_identical

    @property
    def is_identical(self) -> bool:
        """Whether it rests on variants that are the same run, bit for bit, in every repeat."""
        return self.same_run or self.result.verdict == IDENTICAL

    @property
    def is_equality(self) -> bool:
        """Whether it says that both arms are equal."""
        return self.verdict == EQUIVALENT or (self.relation == "equals" and self.verdict == SUPPORTED)

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """The interval that decided: of equality what the corrected equivalence test amounts to, else simultaneous."""
        result = self.result
        if isinstance(result, Comparison) and self.is_equality and result.equivalence_low is not None:
            return result.equivalence_low, result.equivalence_high
        return result.simultaneous_low, result.simultaneous_high

    @property
    def margin(self) -> float | None:
        """What counts as equal, in the metric's unit; a spread has none."""
        return None if isinstance(self.result, SpreadTest) else self.result.margin


def ask(condition: Condition, recorded: Recorded, plan: ComparisonPlan, alpha: float) -> list[Asked]:
    """Pairs of arms that a condition sets up, the claim's subject as the treatment.

    Raises
    ------
    NotRecordedError
        When it speaks of something that the study did not record.
    """
    metric = _find_metric(condition)
    declared = _declare(condition, metric, plan, alpha)
    found, titles = [], {name: one.title or name for name, one in plan.variants.items()}
    for of, rival, relation in _list_pairs(condition):
        control, treatment = (make_arm(one, condition.metric, recorded) for one in (rival, of))
        sides, same = ((of, treatment), (rival, control)), any(is_same_run(one, recorded) for one in (of, rival))
        computed = all(
            _is_computed(*one, condition.metric) or _is_fixed(*one, condition.metric, plan, recorded) for one in sides
        )
        test: Test = "computed" if computed else "spread" if of.spread else "paired"
        bound = rival.value is not None and relation in ("above", "below")
        question = Question(control, treatment, replace(declared, bounded=_is_bounded(metric, of, rival)))
        said = label_operand(of, titles, metric.share), label_operand(rival, titles, metric.share)
        found.append(Asked(question, relation, metric, test, bound, same and computed, said))
    return found


def _declare(condition: Condition, metric: Metric, plan: ComparisonPlan, alpha: float) -> Declaration:
    """What is fixed before any run: the level of a family, and what counts as equal; the direction is the claim's."""
    margin = condition.margin
    if margin is None and metric.unit != RANKS:
        margin = plan.margins.get(condition.metric, plan.margin if metric.share else None)
    up = condition.relation != "below"
    return Declaration(metric=condition.metric, margin=margin, higher_is_better=up, alpha=alpha)


def _find_metric(condition: Condition) -> Metric:
    """What a condition measures; a rank by a metric is a quantity of its own."""
    found = metric_of(condition.metric)
    if found is None:
        raise ValueError(f"expected a declared metric, received {condition.metric}")
    return Metric(f"rank by {found.label}", RANKS) if any(one.rank for one in condition.of or ()) else found


def _list_pairs(condition: Condition) -> Iterator[tuple[Operand, Operand, str]]:
    groups = [condition.differ] if condition.differ else condition.best_changes or ()
    for one, other in (pair for group in groups for pair in combinations(group, 2)):
        yield Operand(variant=one), Operand(variant=other), "differs_from" if condition.differ else "above"
    for of, rival in product(condition.of or (), condition.against):
        yield of, rival, condition.relation


def _is_computed(operand: Operand, arm: Arm, metric: str) -> bool:
    """Whether an operand is a number without luck in it; what a search chose differs between repeats."""
    about = metric_of(operand.metric or metric)
    counted = bool(about and (about.counted or about.identity)) and operand.variant is not None
    known = (operand.value, operand.network, operand.split)
    return (counted or any(one is not None for one in known)) and len(np.unique(arm.values)) == 1


def _is_fixed(operand: Operand, arm: Arm, metric: str, plan: ComparisonPlan, recorded: Recorded) -> bool:
    """Whether a recipe, or that two variants are the same run, leaves no luck in an operand."""
    if operand.spread or len(np.unique(arm.values)) != 1:
        return False
    planned = [plan.variants.get(name) for name in operand.variants]
    fixed = (operand.metric or metric) in LENGTHS and bool(planned) and all(one and one.fixed_length for one in planned)
    return fixed or is_same_run(operand, recorded)


def _is_bounded(metric: Metric, *operands: Operand) -> bool:
    """Whether both sides are shares as they were measured."""
    plain = all((one.variant or one.value is not None) and one.times == 1 for one in operands)
    return plain and metric.share and not metric.gap and not metric.spread


def find(asked: Sequence[Asked], rng: np.random.Generator) -> list[Finding]:
    """Findings of a scope's questions in their order, Holm-corrected over each family of distinct pairs.

    Questions about one metric by one kind of test are a family.
    """
    families: dict[tuple[str, Test], list[int]] = {}
    for index, one in enumerate(asked):
        families.setdefault((one.metric.label, one.test), []).append(index)
    found: dict[int, Result] = {}
    for (_, test), members in families.items():
        found |= zip(members, _answer([asked[index].question for index in members], test, rng), strict=True)
    return [Finding(x.relation, x.metric, found[i], x.bound, x.same_run, x.labels) for i, x in enumerate(asked)]


def _answer(questions: Sequence[Question], test: Test, rng: np.random.Generator) -> Sequence[Result]:
    if test == "paired":
        return compare_all(questions, rng=rng)
    if test == "spread":
        return compare_spreads(questions)
    return _compute_differences(questions)


def _compute_differences(questions: Sequence[Question]) -> list[ComputedDifference]:
    family_size = len({question.pair for question in questions})
    return [
        ComputedDifference(
            control=one.control.name,
            treatment=one.treatment.name,
            metric=one.declared.metric,
            higher_is_better=one.declared.higher_is_better,
            family_size=family_size,
            margin=one.declared.margin,
            control_value=float(np.asarray(one.control.values)[0]),
            treatment_value=float(np.asarray(one.treatment.values)[0]),
        )
        for one in questions
    ]
