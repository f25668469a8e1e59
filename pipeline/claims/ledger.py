"""The ledger of claims: one row for every claim and scope; its one writer and its one reader."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter

from pipeline.claims.answers import Answer
from pipeline.claims.findings import ComputedDifference, Finding, Result
from pipeline.claims.verdicts import VERDICTS
from pipeline.claims.wording import format_answer
from pipeline.errors import UserError
from pipeline.files import csv_text, read_rows, write_text
from pipeline.statistics.spread import SpreadTest


def _split(cell: str) -> dict[str, str]:
    return {name: value for name, _, value in (one.rpartition(" ") for one in cell.split("; ") if one)}


Figures = Annotated[dict[str, float], BeforeValidator(_split)]


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """A claim's answer in one scope; the columns of metrics/claims.csv.

    `place` are the lines of the text that say it, ``000:458; 000:466``; `inferred` is what the texts don't say of
    the variants that it compares, and that we chose, ``learning_rate of sgd, adam``.
    `estimate`, `low` and `high` are the mean advantage in the claim's direction and its simultaneous interval, of
    equality the one that the corrected equivalence test amounts to, of the comparison that decided, in `unit` ("share"
    is a fraction, "" a bare number); p is absent where nothing was tested, an interval where it has no bounds.
    `identical`: it rests on variants that are the same run, bit for bit, in every repeat; `at_chance`: on variants of
    which none has learnt anything. `printed` are the write-up's single-run figures, `ours` our means of every arm of
    the quantity that decided, by name.
    """

    id: str
    scope: str
    write_up: str
    place: str = ""
    inferred: str = ""
    study: str
    says: str
    verdict: str
    identical: bool | None = None
    at_chance: bool | None = None
    n: int | None = None
    metric: str = ""
    unit: str = ""
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    new_images_low: float | None = None
    new_images_high: float | None = None
    peek_proof_low: float | None = None
    peek_proof_high: float | None = None
    p_adjusted: float | None = None
    p_smallest: float | None = None
    family_size: int | None = None
    margin: float | None = None
    repeats_needed: int | None = None
    printed: Figures
    ours: Figures
    sentence: str


COLUMNS = tuple(field.name for field in fields(LedgerRow))
FIGURES = ("printed", "ours")
ON_IDENTICAL = "on identical runs"
OF_ANSWER = ("scope", "write_up", "place", "inferred", "study", "says", "verdict", "printed")
OF_RESULT = COLUMNS[COLUMNS.index("n") : COLUMNS.index("printed")]
NUMBER = re.compile(r"-?[\d.]+(e[+-]\d+)?")  # the name of an arm that is one
ROW = TypeAdapter(LedgerRow)


def format_ledger(rows: Iterable[LedgerRow]) -> str:
    """Rows as CSV; named figures as ``l1 0.9913; loss of l1 0.03``, to six digits."""
    cells = [asdict(row) for row in rows]
    for row, name in product(cells, FIGURES):
        row[name] = "; ".join(f"{figure} {value:.6g}" for figure, value in row[name].items())
    return csv_text(cells, COLUMNS)


def write_ledger(path: Path, rows: Iterable[LedgerRow]) -> None:
    """Write rows as `format_ledger` gives them."""
    write_text(path, format_ledger(rows))


def read_ledger(path: Path) -> list[LedgerRow]:
    """Read what `write_ledger` wrote, but for the digits of the named figures.

    Raises
    ------
    UserError
        When it is not there, or holds something else.
    """
    try:
        # An empty cell says nothing, so that it keeps a row's default.
        rows = [{name: cell for name, cell in row.items() if cell or name in FIGURES} for row in read_rows(path)]
        return [ROW.validate_python(row) for row in rows]
    except ValueError as error:
        raise UserError(f"{path}: expected this file as stage compare wrote it; {error}") from None


def make_ledger(answers: Iterable[Answer], caveats: Sequence[str] = ()) -> list[LedgerRow]:
    """Rows of the ledger, by id and scope; every sentence ends with the caveats about the data."""
    said = "".join(f" ({one})" for one in caveats)
    return [_make_row(one, said) for one in sorted(answers, key=lambda one: (one.claim, one.scope))]


def merge_ledger(rows: Iterable[LedgerRow], path: Path, others: Collection[str]) -> list[LedgerRow]:
    """Rows, and those of other studies that a file of claims has, by id and scope."""
    kept = [row for row in read_ledger(path) if row.study in others] if others and path.exists() else []
    return sorted([*rows, *kept], key=lambda row: (row.id, row.scope))


def _make_row(answer: Answer, caveats: str) -> LedgerRow:
    return LedgerRow(
        id=answer.claim,
        **{name: getattr(answer, name) for name in OF_ANSWER},
        ours=_collect_means(answer),
        sentence=format_answer(answer) + caveats,
        **({} if answer.deciding is None else _figures(answer.deciding)),
    )


def _figures(finding: Finding) -> dict[str, Any]:
    """Columns that the deciding finding fills: those of its figures that its kind of result has."""
    result, untested = finding.result, ("p_adjusted", "p_smallest") if finding.is_exact else ()
    figures = {name: getattr(result, name, None) for name in OF_RESULT if name not in untested}
    low, high = finding.interval
    return figures | {
        "unit": finding.metric.unit,
        "low": low,
        "high": high,
        "identical": finding.is_identical or None,
        "at_chance": getattr(result, "at_chance", False) or None,
    }


def _collect_means(answer: Answer) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in answer.findings:
        if answer.deciding and one.metric == answer.deciding.metric:
            means = zip((one.result.treatment, one.result.control), _means(one.result), strict=True)
            found |= {name: x for name, x in means if x is not None and not NUMBER.fullmatch(name)}
    return found


def _means(result: Result) -> tuple[float | None, float | None]:
    """What stands for the treatment and for the control: a mean, a standard deviation, a number."""
    match result:
        case ComputedDifference():
            return result.treatment_value, result.control_value
        case SpreadTest():
            return result.sd, result.bound
    return result.treatment_mean, result.control_mean


def count_verdicts(rows: Sequence[LedgerRow]) -> dict[str, dict[str, int]]:
    """How many claims of each scope got each verdict, and how many rest on identical runs."""
    found = Counter((one.scope, one.verdict) for one in rows)
    found.update((one.scope, ON_IDENTICAL) for one in rows if one.identical)
    scopes = sorted({one.scope for one in rows})
    return {scope: {word: found[scope, word] for word in (*VERDICTS, ON_IDENTICAL)} for scope in scopes}
