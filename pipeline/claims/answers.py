"""The claims of a study, asked of what it recorded: every scope's questions about a metric are one family."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.claims.findings import UNDECIDED, Asked, Finding, ask, find
from pipeline.claims.recorded import NotRecordedError, Recorded
from pipeline.claims.verdicts import NOT_TESTABLE, judge_claim
from pipeline.claims.vocabulary import Claim, Condition
from pipeline.files import Arrays
from pipeline.metrics import metric as metric_of
from pipeline.params.plan import ComparisonPlan
from pipeline.seeds import derive
from pipeline.statistics.interim import find_first_decisions, plan_analyses

SCOPES = ("as_written", "controlled")
TIMED_APART = "it is about time alone, which no two machines share; timings/claims.csv has the answer of this one"


@dataclass(frozen=True)
class Answer:
    """One claim in one scope: the verdict, the findings behind it, and the one that decided.

    `reason` says why a claim is not testable; `timed_apart` whether conditions on time are answered elsewhere.
    `deciding` is the weakest finding of a supported claim, the clearest of a refuted one.
    """

    claim: str
    study: str
    scope: str
    says: str
    printed: dict[str, float]
    place: str = ""
    verdict: str = UNDECIDED
    findings: tuple[Finding, ...] = ()
    deciding: Finding | None = None
    reason: str | None = None
    timed_apart: bool = False
    rankings: tuple[str, str] | None = None  # of `best_changes`, in words

    @property
    def write_up(self) -> str:
        """Number of the write-up, from an id such as C001-04; `own` for a user's claim."""
        number = self.claim[1:4]
        return number if self.claim[:1] == "C" and number.isdecimal() and self.claim[4:5] == "-" else "own"


@dataclass(frozen=True)
class Look:
    """One interim analysis (look) of a study: the repeats that it sees, and its level."""

    plan: ComparisonPlan
    recorded: Recorded
    level: float
    timed: bool


@dataclass(frozen=True)
class Prepared:
    """A claim in one scope before anything is tested: its conditions, each with the questions it asks."""

    answer: Answer
    asked: tuple[tuple[Condition, tuple[Asked, ...]], ...] = ()


def answer_study(
    plan: ComparisonPlan, runs: pd.DataFrame, arrays: Mapping[str, Arrays], *, timed: bool = False
) -> list[Answer]:
    """Answers to every claim of a study, in either scope.

    Parameters
    ----------
    plan : ComparisonPlan
        plan/comparison/<study>.json.
    runs : DataFrame
        evaluations/<study>/runs.csv, or with `timed` the times that were measured apart.
    arrays : mapping of str to dict of ndarray
        evaluations/<study>/<variant>.npz by variant.
    timed : bool
        Answer the conditions on time, of the claims that have any, instead of all the others.
    """
    if not plan.claims:
        return []
    repeats = int(runs["repeat"].max()) + 1 if timed else plan.repeats
    found = [
        _answer_all(Look(plan, Recorded(runs, arrays, n), level, timed))
        for n, level in plan_analyses(repeats, plan.alpha, None if timed else plan.looks)
    ]
    decided = find_first_decisions(found, lambda one: one.verdict not in (UNDECIDED, NOT_TESTABLE))
    return list(decided.values())


def timed_variants(plan: ComparisonPlan) -> list[str]:
    """Variants that the study's claims compare by time, in the order they are first named."""
    tests = [test for claim in plan.claims.values() for test in claim.tests.values()]
    named = dict.fromkeys(name for test in tests for one in test if _is_timed(one) for name in one.variants)
    return [name for name in named if name in plan.variants]


def _answer_all(look: Look) -> dict[tuple[str, str], Answer]:
    """Answers at one look, by claim and scope."""
    found: dict[tuple[str, str], Answer] = {}
    for scope in SCOPES:
        prepared = [
            _prepare(Answer(name, look.plan.study, scope, claim.says, claim.printed, claim.where), claim, look)
            for name, claim in look.plan.claims.items()
            if scope in claim.not_testable or scope in claim.tests
            if not look.timed or any(map(_is_timed, claim.tests.get(scope, [])))
        ]
        seed = derive("claims", look.plan.study, scope, look.recorded.n)
        rng = np.random.Generator(np.random.PCG64(seed))
        found.update({(one.claim, scope): one for one in _test(prepared, rng)})
    return found


def _prepare(answer: Answer, claim: Claim, look: Look) -> Prepared:
    """A claim's questions in the answer's scope, or the reason why there are none."""
    if answer.scope in claim.not_testable:
        return _give_up(answer, claim.not_testable[answer.scope])
    conditions = claim.tests[answer.scope]
    chosen = [one for one in conditions if _is_timed(one) == look.timed]
    if not chosen:
        return _give_up(answer, TIMED_APART)
    try:
        asked = tuple((one, tuple(ask(one, look.recorded, look.plan, look.level))) for one in chosen)
    except NotRecordedError as missing:
        return _give_up(answer, str(missing))
    apart = not look.timed and len(chosen) < len(conditions)
    return Prepared(replace(answer, timed_apart=apart), asked)


def _give_up(answer: Answer, reason: str) -> Prepared:
    return Prepared(replace(answer, verdict=NOT_TESTABLE, reason=reason))


def _test(prepared: list[Prepared], rng: np.random.Generator) -> Iterator[Answer]:
    """Answers of one scope, whose questions are tested together."""
    findings = iter(find([question for one in prepared for _, asked in one.asked for question in asked], rng))
    for one in prepared:
        found = [(condition, [next(findings) for _ in asked]) for condition, asked in one.asked]
        yield _conclude(one.answer, found) if found else one.answer


def _conclude(answer: Answer, found: list[tuple[Condition, list[Finding]]]) -> Answer:
    verdict, deciding = judge_claim(found)
    groups = next((condition.best_changes for condition, _ in found if condition.best_changes), None)
    return replace(
        answer,
        verdict=verdict,
        findings=tuple(one for _, findings in found for one in findings),
        deciding=deciding,
        rankings=(", ".join(groups[0]), ", ".join(groups[1])) if groups else None,
    )


def _is_timed(condition: Condition) -> bool:
    found = metric_of(condition.metric)
    return bool(found and found.timed)
