"""A claim's verdict from the findings of its conditions, and the finding that it rests on."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from pipeline.claims.findings import DIFFERENT, EQUIVALENT, REFUTED, SUPPORTED, UNDECIDED, Finding
from pipeline.claims.vocabulary import Condition
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.spread import SpreadTest

NOT_TESTABLE = "not testable"
OPEN = "open"  # some of its conditions are answered elsewhere, and those that are answered here do not refute it
VERDICTS = (SUPPORTED, REFUTED, DIFFERENT, EQUIVALENT, OPEN, UNDECIDED, NOT_TESTABLE)
WORST_FIRST = (REFUTED, UNDECIDED, DIFFERENT, EQUIVALENT, SUPPORTED)


def judge_claim(found: Sequence[tuple[Condition, Sequence[Finding]]]) -> tuple[str, Finding]:
    """Verdict and the finding that decided: all conditions have to hold, so the worst of them decides."""
    verdicts = [judge_condition(condition, findings) for condition, findings in found]
    verdict = next(word for word in WORST_FIRST if word in verdicts)
    responsible = (findings for word, (_, findings) in zip(verdicts, found, strict=True) if word == verdict)
    return verdict, _choose_deciding(list(chain.from_iterable(responsible)), verdict)


def judge_condition(condition: Condition, findings: Sequence[Finding]) -> str:
    """Verdict of one condition: of all its pairs, of some pair for `differ`, of two rankings for `best_changes`."""
    verdicts = [one.verdict for one in findings]
    if condition.best_changes:
        return _judge_rankings(condition.best_changes, findings)
    if condition.differ:
        return next((word for word in (SUPPORTED, UNDECIDED, EQUIVALENT, REFUTED) if word in verdicts), UNDECIDED)
    return next(word for word in WORST_FIRST if word in verdicts)


def _judge_rankings(groups: Sequence[Sequence[str]], findings: Sequence[Finding]) -> str:
    """Whether the best of one group, once shown, is beaten in the other: then the best has changed."""
    half, places = len(findings) // 2, range(len(groups[0]))
    wins = [_collect_wins(group, part) for group, part in zip(groups, (findings[:half], findings[half:]), strict=True)]
    best = [next((i for i in places if {(i, j) for j in places if j != i} <= won), None) for won in wins]
    if any(best[one] == beaten for one in (0, 1) for _, beaten in wins[1 - one]):
        return SUPPORTED
    if best[0] is not None and best[0] == best[1]:
        return REFUTED
    return EQUIVALENT if all(one.verdict == EQUIVALENT or one.is_identical for one in findings) else UNDECIDED


def _collect_wins(group: Sequence[str], findings: Sequence[Finding]) -> set[tuple[int, int]]:
    """Pairs of places in a group of which the first is shown to be above the second."""
    shown = [one for one in findings if one.verdict in (SUPPORTED, REFUTED) and not one.is_identical]
    pairs = [(group.index(one.result.treatment), group.index(one.result.control)) for one in shown]
    return {(i, j) if one.verdict == SUPPORTED else (j, i) for (i, j), one in zip(pairs, shown, strict=True)}


def _choose_deciding(findings: Sequence[Finding], verdict: str) -> Finding:
    """The finding a verdict rests on: the weakest where all have to hold, the clearest where one is enough."""
    of_verdict = [one for one in findings if one.verdict == verdict] or findings
    if verdict == UNDECIDED:
        return max(of_verdict, key=lambda one: getattr(one.result, "repeats_needed", None) or 0)
    by_strength = sorted(of_verdict, key=_strength)
    return by_strength[-1] if verdict == REFUTED else by_strength[0]


def _strength(finding: Finding) -> tuple[float, float]:
    """How clear a finding is: by its p, and between equal ones, as small n often gives, by its standardised mean.

    Of equality: by the equivalence test's p, none being exact.
    """
    if finding.is_identical:
        return 0.0, np.inf
    match finding.result:
        case Comparison(equivalence_p_adjusted=p) if finding.is_equality:
            return -(p or 0.0), np.inf
        case Comparison(p_adjusted=p, d_z=d_z):
            return -p, np.inf if d_z is None else abs(d_z)
        case SpreadTest(p_adjusted=p):
            return -p, np.inf
    return 0.0, np.inf if finding.result.estimate == 0 else 0.0  # computed: no doubt, least of equality
