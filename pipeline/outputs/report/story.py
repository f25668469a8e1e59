"""The story of a report: how many conclusions survive, which findings are clearest, and a study's answer in a line."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.claims.ledger import LedgerRow
from pipeline.metrics import words
from pipeline.outputs.numbers import format_size
from pipeline.outputs.report.views import read_headline
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.results import StudyResults

OUTCOMES = {
    "survive": ("supported",),
    "fail": ("refuted", "different"),
    "equal": ("equivalent",),
    "unsettled": ("undecided", "open"),
    "untestable": ("not testable",),
}
"""What becomes of a conclusion, by the verdicts that say so."""

SCOPES = ("as_written", "controlled")
FINDINGS = 5
NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Finding:
    """A conclusion with what was found of it."""

    row: LedgerRow
    line: str


@dataclass(frozen=True)
class Story:
    """Conclusions by what became of them: of all, of each write-up, as written x controlled, and the clearest few."""

    total: int
    outcomes: Mapping[str, int]
    bars: Mapping[str, Mapping[str, int]]
    columns: tuple[str, ...]
    cross: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]


def tell_story(rows: Iterable[LedgerRow]) -> Story | None:
    """The story of a ledger; None without a claim.

    A claim counts by its controlled answer, which isolates the one factor; as written where only that can be asked.
    """
    claims: dict[str, dict[str, LedgerRow]] = {}
    for row in rows:
        claims.setdefault(row.id, {})[row.scope] = row
    if not claims:
        return None
    decided = {name: _choose(scopes) for name, scopes in claims.items()}
    write_ups = sorted({one.write_up for one in decided.values()})
    bars = {one: _count(row for row in decided.values() if row.write_up == one) for one in write_ups}
    pairs = Counter(tuple(_outcome(scopes.get(one)) for one in SCOPES) for scopes in claims.values())
    columns = (*OUTCOMES, NOT_ASKED)
    cross = {one: {other: pairs[one, other] for other in columns} for one in columns}
    return Story(
        total=len(claims),
        outcomes=_count(decided.values()),
        bars=bars,
        columns=tuple(one for one in columns if any(row[one] for row in cross.values())),
        cross={name: row for name, row in cross.items() if any(row.values())},
        findings=_find_clearest(decided.values()),
    )


def answer_study(results: StudyResults) -> str | None:
    """A study's answer in one line, from its verdicts alone; None where nothing is compared."""
    found = list(results.comparisons.values())
    if not found:
        return None
    groups = {word: [one for one in found if _group(one) == word] for word in ("better", "worse", "equal", "open")}
    better = sorted(groups["better"], key=lambda one: -(one.estimate or 0))
    parts = [_praise(better, results)]
    if worse := len(groups["worse"]):
        parts.append(f"{worse} {'is' if worse == 1 else 'are'} worse")
    if equal := len(groups["equal"]):
        parts.append(f"{equal} {'makes' if equal == 1 else 'make'} no difference that matters")
    if unsettled := len(groups["open"]):
        parts.append(f"{unsettled} {'is' if unsettled == 1 else 'are'} undecided")
    return f"{'; '.join(parts)}."


def _praise(better: Sequence[Comparison], results: StudyResults) -> str:
    if not better:
        return f"Nothing is shown to beat {results.control}"
    best = better[0]
    size = "" if best.estimate is None else f" by {format_size(best.estimate, best.metric).replace('pp', 'points')}"
    others = f", and so {'does' if len(better) == 2 else 'do'} {len(better) - 1} more" if len(better) > 1 else ""
    return f"“{best.treatment}” beats “{best.control}”{size} in {words(best.metric)}{others}"


def _group(c: Comparison) -> str:
    if c.verdict in ("equivalent", "identical") or c.verdict.endswith("negligible"):
        return "equal"
    return "open" if c.verdict == "undecided" else c.verdict.partition(" ")[0]


def _choose(scopes: Mapping[str, LedgerRow]) -> LedgerRow:
    tested = [row for one in reversed(SCOPES) if (row := scopes.get(one)) and row.verdict != "not testable"]
    return (tested or list(scopes.values()))[0]


def _outcome(row: LedgerRow | None) -> str:
    if row is None:
        return NOT_ASKED
    if row.identical or row.at_chance:  # nothing acted, or nothing was learnt: no answer about the world
        return "untestable"
    return next(name for name, verdicts in OUTCOMES.items() if row.verdict in verdicts)


def _count(rows: Iterable[LedgerRow]) -> dict[str, int]:
    found = Counter(map(_outcome, rows))
    return {name: found[name] for name in OUTCOMES}


def _find_clearest(rows: Iterable[LedgerRow]) -> tuple[Finding, ...]:
    """The clearest finding of each write-up, then the next ones: accuracies first, then by the interval's distance."""
    decided = sorted((row for row in rows if _clarity(row) > 0), key=lambda row: (-_clarity(row), row.id))
    firsts = {row.write_up: row for row in reversed(decided)}.values()
    chosen = [*sorted(firsts, key=lambda row: row.write_up), *(row for row in decided if row not in firsts)]
    return tuple(Finding(row, read_headline(row.sentence)) for row in chosen[:FINDINGS])


def _clarity(row: LedgerRow) -> float:
    """How far an estimate is from none in widths of its interval; 0 where nothing was decided by a test."""
    if row.verdict not in ("supported", "refuted", "equivalent") or row.p_adjusted is None:
        return 0.0
    if row.identical or row.at_chance:  # nothing acted, or nothing was learnt
        return 0.0
    if row.estimate is None or row.low is None or row.high is None or row.high <= row.low:
        return 0.0
    width = row.high - row.low
    clear = (row.margin or 0.0) / width if row.verdict == "equivalent" else abs(row.estimate) / width
    return clear * (100.0 if row.metric == "test_accuracy" else 1.0)
