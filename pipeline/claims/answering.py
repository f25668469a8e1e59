"""The claims of a study, asked of what it recorded: every scope's questions about a metric are one family."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.claims.answers import NOT_TESTABLE, Answer, answered
from pipeline.claims.findings import UNDECIDED, Asked, Rules, find, questions
from pipeline.claims.recorded import NotRecordedError, Recorded
from pipeline.claims.vocabulary import Claim, Condition
from pipeline.files import Arrays
from pipeline.metrics import metric as metric_of
from pipeline.seeds import derive
from pipeline.statistics.interim import analyses, first_decisions

SCOPES = ("as_written", "controlled")
TIMED_APART = (
    "it is about time alone, which no two machines share; timings/claims.csv has the answer of this one"
)


@dataclass(frozen=True)
class Prepared:
    """A claim in one scope before anything is tested: its conditions, each with the questions it asks."""

    answer: Answer
    asked: tuple[tuple[Condition, tuple[Asked, ...]], ...] = ()


def answer_study(
    plan: Mapping[str, Any], runs: pd.DataFrame, arrays: Mapping[str, Arrays], *, timed: bool = False
) -> list[Answer]:
    """Answers to every claim of a study, in either scope.

    Parameters
    ----------
    plan : mapping
        plan/comparison/<study>.json.
    runs : DataFrame
        evaluations/<study>/runs.csv, or with `timed` the times that were measured apart.
    arrays : mapping of str to dict of ndarray
        evaluations/<study>/<variant>.npz by variant.
    timed : bool
        Answer the conditions on time, of the claims that have any, instead of all the others.
    """
    claims = {name: Claim.model_validate(one) for name, one in plan["claims"].items()}
    if not claims:
        return []
    repeats = int(runs["repeat"].max()) + 1 if timed else plan["repeats"]
    found = [
        _answers(plan, claims, Recorded(runs, arrays, n), level, timed)
        for n, level in analyses(repeats, plan["alpha"], None if timed else plan["looks"])
    ]
    return list(first_decisions(found, lambda one: one.verdict not in (UNDECIDED, NOT_TESTABLE)).values())


def timed_variants(plan: Mapping[str, Any]) -> list[str]:
    """Variants that the study's claims compare by time, in the order they are first named."""
    claims = [Claim.model_validate(one) for one in plan["claims"].values()]
    conditions = [one for claim in claims for test in claim.tests.values() for one in test if _is_timed(one)]
    named = dict.fromkeys(name for one in conditions for name in one.variants)
    return [name for name in named if name in plan["kinds"]]


def _answers(
    plan: Mapping[str, Any], claims: Mapping[str, Claim], recorded: Recorded, level: float, timed: bool
) -> dict[tuple[str, str], Answer]:
    rules = Rules(level, plan["margin"], plan["margins"])
    found: dict[tuple[str, str], Answer] = {}
    for scope in SCOPES:
        prepared = [
            _prepared(
                Answer(name, plan["study"], scope, claim.says, claim.printed), claim, recorded, rules, timed
            )
            for name, claim in claims.items()
            if scope in claim.not_testable or scope in claim.tests
            if not timed or any(map(_is_timed, claim.tests.get(scope, [])))
        ]
        seed = derive("claims", plan["study"], scope, recorded.n)
        rng = np.random.Generator(np.random.PCG64(seed))
        found.update({(one.claim, scope): one for one in _tested(prepared, rng)})
    return found


def _prepared(answer: Answer, claim: Claim, recorded: Recorded, rules: Rules, timed: bool) -> Prepared:
    """A claim's questions in the answer's scope, or the reason why there are none."""
    if answer.scope in claim.not_testable:
        return _untestable(answer, claim.not_testable[answer.scope])
    conditions = claim.tests[answer.scope]
    chosen = [one for one in conditions if _is_timed(one) == timed]
    if not chosen:
        return _untestable(answer, TIMED_APART)
    try:
        asked = tuple((one, tuple(questions(one, recorded, rules))) for one in chosen)
    except NotRecordedError as missing:
        return _untestable(answer, str(missing))
    apart = not timed and len(chosen) < len(conditions)
    return Prepared(replace(answer, timed_apart=apart), asked)


def _untestable(answer: Answer, reason: str) -> Prepared:
    return Prepared(replace(answer, verdict=NOT_TESTABLE, reason=reason))


def _tested(prepared: list[Prepared], rng: np.random.Generator) -> Iterator[Answer]:
    every = [question for one in prepared for _, asked in one.asked for question in asked]
    findings = iter(find(every, rng))
    for one in prepared:
        found = [(condition, [next(findings) for _ in asked]) for condition, asked in one.asked]
        yield answered(one.answer, found) if found else one.answer


def _is_timed(condition: Condition) -> bool:
    found = metric_of(condition.metric)
    return bool(found and found.timed)
