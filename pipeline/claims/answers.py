"""A claim's answer in one scope, from the findings of its conditions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.claims.findings import EQUIVALENT, REFUTED, SUPPORTED, UNDECIDED, Finding
from pipeline.claims.vocabulary import Condition

NOT_TESTABLE = "not testable"
VERDICTS = (SUPPORTED, REFUTED, EQUIVALENT, UNDECIDED, NOT_TESTABLE)
WORST_FIRST = (REFUTED, UNDECIDED, EQUIVALENT, SUPPORTED)


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


def answered(answer: Answer, found: Sequence[tuple[Condition, Sequence[Finding]]]) -> Answer:
    """The answer with its verdict: all conditions have to hold, so the worst of them decides."""
    verdicts = [of_condition(condition, findings) for condition, findings in found]
    verdict = next(word for word in WORST_FIRST if word in verdicts)
    responsible = [
        one
        for word, (_, findings) in zip(verdicts, found, strict=True)
        if word == verdict
        for one in findings
    ]
    every = tuple(one for _, findings in found for one in findings)
    groups = next((one.best_changes for one, _ in found if one.best_changes), None)
    return replace(
        answer,
        verdict=verdict,
        findings=every,
        deciding=_deciding(responsible, verdict),
        rankings=(", ".join(groups[0]), ", ".join(groups[1])) if groups else None,
    )


def of_condition(condition: Condition, findings: Sequence[Finding]) -> str:
    """Verdict of one condition: of all its pairs, of some pair for `differ`, of two rankings for `best_changes`."""
    verdicts = [one.verdict for one in findings]
    if condition.best_changes:
        return _of_best(condition.best_changes, findings)
    if condition.differ:
        return next((word for word in (SUPPORTED, UNDECIDED, EQUIVALENT) if word in verdicts), UNDECIDED)
    return next(word for word in WORST_FIRST if word in verdicts)


def _of_best(groups: Sequence[Sequence[str]], findings: Sequence[Finding]) -> str:
    """Whether the best of one group, once shown, is beaten in the other: then the best has changed."""
    half = len(findings) // 2
    wins = [
        _wins(group, part) for group, part in zip(groups, (findings[:half], findings[half:]), strict=True)
    ]
    size = len(groups[0])
    best = [next((i for i in range(size) if len(won[i]) == size - 1), None) for won in wins]
    for one, other in ((0, 1), (1, 0)):
        if best[one] is not None and any(best[one] in won for won in wins[other].values()):
            return SUPPORTED
    if best[0] is not None and best[0] == best[1]:
        return REFUTED
    return EQUIVALENT if all(one.verdict == EQUIVALENT for one in findings) else UNDECIDED


def _wins(group: Sequence[str], findings: Sequence[Finding]) -> dict[int, set[int]]:
    """Places that each place of a group is shown to be above."""
    won: dict[int, set[int]] = {place: set() for place in range(len(group))}
    for one in findings:
        first, second = (group.index(name) for name in (one.comparison.treatment, one.comparison.control))
        if one.verdict == SUPPORTED:
            won[first].add(second)
        elif one.verdict == REFUTED:
            won[second].add(first)
    return won


def _deciding(findings: Sequence[Finding], verdict: str) -> Finding:
    """The finding a verdict rests on: the weakest where all have to hold, the clearest where one is enough."""
    of_verdict = [one for one in findings if one.verdict == verdict] or list(findings)
    if verdict == UNDECIDED:
        return max(of_verdict, key=lambda one: one.comparison.repeats_needed or 0)
    by_strength = sorted(of_verdict, key=_strength)
    return by_strength[-1] if verdict == REFUTED else by_strength[0]


def _strength(finding: Finding) -> tuple[float, float]:
    """How clear a finding is: by its p, and between equal ones, as small n often gives, by its standardised mean.

    Of equality: by the equivalence test's p, none being exact.
    """
    c = finding.comparison
    if finding.verdict == EQUIVALENT or (finding.relation == "equals" and finding.verdict == SUPPORTED):
        return -(c.equivalence_p_adjusted or 0.0), np.inf
    return -c.p_adjusted, abs(c.d_z) if c.d_z is not None else np.inf
