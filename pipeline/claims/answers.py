"""The claims of a study, asked of what it recorded: every scope's questions about a metric are one family."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pandas as pd

from pipeline.claims.findings import REFUTED, UNDECIDED, Asked, Finding, ask, find
from pipeline.claims.recorded import NotRecordedError, Recorded
from pipeline.claims.verdicts import NOT_TESTABLE, OPEN, judge_claim
from pipeline.claims.vocabulary import SCOPES, TIMED, Claim, Condition, Scope
from pipeline.files import Arrays
from pipeline.params.plan import ComparisonPlan
from pipeline.seeds import derive
from pipeline.statistics.interim import find_first_decisions, plan_analyses

TIMED_APART = "it is about time alone, answered apart in timings/claims.csv"

ELSEWHERE = {
    False: "on time see timings/claims.csv",
    True: "on the rest see metrics/claims.csv",
}
"""What the answers to conditions on time, and to all others, leave out."""


@dataclass(frozen=True)
class Answer:
    """One claim in one scope: the verdict, the findings behind it, and the one that decided.

    `reason` says why a claim is not testable; `elsewhere` what of it is answered in another file, which leaves it open.
    `deciding` is the weakest finding of a supported claim, the clearest of a refuted one.
    """

    claim: str
    study: str
    scope: Scope
    says: str
    printed: dict[str, float]
    place: str = ""
    inferred: str = ""  # what the texts don't say of the variants that it compares
    verdict: str = UNDECIDED
    findings: tuple[Finding, ...] = ()
    deciding: Finding | None = None
    reason: str | None = None
    elsewhere: str | None = None
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


Prepared = tuple[Answer, list[tuple[Condition, list[Asked]]]]
"""A claim in one scope before anything is tested: its conditions, each with the questions it asks."""


def answer_study(
    plan: ComparisonPlan, runs: pd.DataFrame, arrays: Mapping[str, Arrays], *, timed: bool = False
) -> list[Answer]:
    """Answers to every claim of a study, in either scope.

    `runs` is evaluations/<study>/runs.csv, `arrays` each variant's evaluations/<study>/<variant>.npz. With `timed`
    the conditions on time are answered, of the claims that have any, instead of all the others; `runs` are then the
    times that were measured apart.
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
    conditions = [one for claim in plan.claims.values() for test in claim.tests.values() for one in test]
    named = dict.fromkeys(name for one in conditions if one.metric in TIMED for name in one.variants)
    return [name for name in named if name in plan.variants]


def _answer_all(look: Look) -> dict[tuple[str, str], Answer]:
    """Answers at one look, by claim and scope."""
    found: dict[tuple[str, str], Answer] = {}
    for scope in SCOPES:
        prepared = [
            _prepare(_begin(name, scope, look.plan), claim, look)
            for name, claim in look.plan.claims.items()
            if scope in claim.not_testable or scope in claim.tests
            if not look.timed or any(one.metric in TIMED for one in claim.tests.get(scope, []))
        ]
        seed = derive("claims", look.plan.study, scope, look.recorded.n)
        found |= {(one.claim, scope): one for one in _test(prepared, np.random.Generator(np.random.PCG64(seed)))}
    return found


def _begin(name: str, scope: Scope, plan: ComparisonPlan) -> Answer:
    """What is known of a claim's answer before anything is asked."""
    claim = plan.claims[name]
    named = (variant for one in claim.tests.get(scope, []) for variant in one.variants)
    inferred = format_inferred(list(dict.fromkeys(named)), plan)
    return Answer(name, plan.study, scope, claim.says, claim.printed, claim.where, inferred)


def format_inferred(variants: Sequence[str], plan: ComparisonPlan) -> str:
    """What the texts don't say of variants, and that we chose: ``learning_rate, loss of a, b; l1 of c``."""
    by_fields: dict[str, list[str]] = {}
    for name in variants:
        if name in plan.variants and (fields := plan.variants[name].inferred):
            by_fields.setdefault(", ".join(fields), []).append(name)
    return "; ".join(f"{fields} of {', '.join(names)}" for fields, names in by_fields.items())


def _prepare(answer: Answer, claim: Claim, look: Look) -> Prepared:
    """A claim's questions in the answer's scope, or the reason why there are none."""
    conditions = claim.tests.get(answer.scope, [])
    chosen = [one for one in conditions if (one.metric in TIMED) == look.timed]
    reason = claim.not_testable.get(answer.scope) or (None if chosen else TIMED_APART)
    try:
        asked = [(one, ask(one, look.recorded, look.plan, look.level)) for one in chosen]
    except NotRecordedError as missing:
        reason = str(missing)
    if reason:
        return replace(answer, verdict=NOT_TESTABLE, reason=reason), []
    return replace(answer, elsewhere=ELSEWHERE[look.timed] if len(chosen) < len(conditions) else None), asked


def _test(prepared: list[Prepared], rng: np.random.Generator) -> Iterator[Answer]:
    """Answers of one scope, whose questions are tested together."""
    findings = iter(find([one for _, conditions in prepared for _, asked in conditions for one in asked], rng))
    for answer, conditions in prepared:
        found = [(condition, list(islice(findings, len(asked)))) for condition, asked in conditions]
        yield _conclude(answer, found) if found else answer


def _conclude(answer: Answer, found: list[tuple[Condition, list[Finding]]]) -> Answer:
    verdict, deciding = judge_claim(found)
    if answer.elsewhere and verdict not in (REFUTED, UNDECIDED):
        verdict = OPEN
    groups = next((condition.best_changes for condition, _ in found if condition.best_changes), None)
    return replace(
        answer,
        verdict=verdict,
        findings=tuple(one for _, findings in found for one in findings),
        deciding=deciding,
        rankings=(", ".join(groups[0]), ", ".join(groups[1])) if groups else None,
    )
