"""What all recorded studies found, as tables in Markdown: by verdict, undecided, and beside what is printed."""

from collections.abc import Iterable, Mapping, Sequence

from pipeline.claims.findings import EQUIVALENT, UNDECIDED
from pipeline.claims.ledger import LedgerRow, count_verdicts
from pipeline.claims.verdicts import NOT_TESTABLE
from pipeline.layout import study_page
from pipeline.metrics import words
from pipeline.outputs.figures.theme import CLAIM_STYLES, COMPARISON_STYLES
from pipeline.outputs.numbers import format_change, format_change_interval
from pipeline.outputs.record.study import RecordedStudy

Printed = Mapping[str, str]
"""A row of a study's printed.csv."""
FAR = 3.0  # standard errors from which a printed figure asks for its cause
SEEDS = (EQUIVALENT, UNDECIDED)
EMPTY = "None.\n"


def format_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Table in Markdown; a line that says so where it has no rows."""
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    head = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    return "\n".join([*head, *lines]) + "\n" if lines else EMPTY


def format_answers(claims: Sequence[LedgerRow]) -> str:
    """Of how many testable conclusions, by scope, each verdict."""
    verdicts = [one for one in CLAIM_STYLES if one != NOT_TESTABLE]
    counts = count_verdicts(claims)
    rows = [
        [words(scope), str(sum(found[one] for one in verdicts)), *(str(found[one]) for one in verdicts)]
        for scope, found in counts.items()
    ]
    return format_table(["conclusions", "testable", *verdicts], rows)


def format_studies(recorded: Mapping[str, RecordedStudy]) -> str:
    """Every study with its repeats, data, control, and treatments by verdict."""
    rows = []
    for study, one in recorded.items():
        found = [each.verdict for each in one.results.comparisons.values()]
        counts = ", ".join(f"{found.count(verdict)} {verdict}" for verdict in COMPARISON_STYLES if verdict in found)
        reached = one.results.variants[one.results.control].metrics[one.results.metric].mean
        control = f"{one.results.control} {'–' if reached is None else f'{reached:.4f}'}"
        cells = (
            f"[{one.results.label}](full/{study_page(study)})",
            str(one.results.repeats),
            ", ".join(one.provenance.data),
            control,
        )
        rows.append([*cells, counts or "no comparisons"])
    return format_table(["study", "n", "data", "control", "treatments by verdict"], rows)


def format_undecided(claims: Iterable[LedgerRow]) -> str:
    """Undecided conclusions with the repeats that would decide an effect as large as the margin."""
    rows = [
        [row.id, words(row.scope), row.study, str(row.n), *_difference(row), str(row.repeats_needed or "out of reach")]
        for row in claims
        if row.verdict == UNDECIDED
    ]
    return format_table(["claim", "scope", "study", "n", "difference", "interval", "repeats that would decide"], rows)


def format_seeds(claims: Iterable[LedgerRow]) -> str:
    """Conclusions from printed differences that repeats of the same recipes do not show."""
    rows = [
        [row.id, row.says, _figures(row.printed), _figures(row.ours), *_difference(row), row.verdict]
        for row in claims
        if row.scope == "as_written" and row.verdict in SEEDS and len(row.printed) > 1
    ]
    return format_table(["claim", "says", "printed", "ours, means", "difference", "interval", "verdict"], rows)


def format_printed(rows: Iterable[Printed], causes: Mapping[str, str] | None = None) -> str:
    """Printed figures beside ours; with `causes`, by row, only those that are far away, and why."""
    columns = ["row", "study / variant", "figure", "printed", "ours", "n", "95 % of one more run", "z"]
    chosen = sorted(choose_first(rows), key=lambda row: row["write_up"])
    if causes is None:
        return format_table(columns, map(_cells, chosen))
    far = [[*_cells(row), causes.get(row["row"], "not yet known")] for row in chosen if is_far(row)]
    return format_table([*columns, "likely reason"], far)


def choose_first(rows: Iterable[Printed]) -> list[Printed]:
    """Each printed figure once: of a row that several studies run, that of the first."""
    first: dict[tuple[str, str], Printed] = {}
    for row in rows:
        first.setdefault((row["row"], row["figure"]), row)
    return list(first.values())


def is_far(row: Printed) -> bool:
    """Whether a printed figure is so far from ours that it asks for a cause."""
    return abs(float(row["z"] or 0)) > FAR


def _cells(row: Printed) -> list[str]:
    interval = f"{float(row['low']):.5g} to {float(row['high']):.5g}" if row["low"] else "–"
    z = f"{float(row['z']):+.1f}" if row["z"] else "–"
    place = f"{row['study']} / {row['variant']}"
    figures = (f"{float(row['printed']):.5g}", f"{float(row['mean']):.5g}", row["n"])
    return [f"`{row['row']}`", place, row["figure"], *figures, interval, z]


def _difference(row: LedgerRow) -> tuple[str, str]:
    return format_change(row.estimate, row.unit), format_change_interval(row.low, row.high, row.unit)


def _figures(found: Mapping[str, float]) -> str:
    return "; ".join(f"{name} {value:.4g}" for name, value in found.items()) or "–"
