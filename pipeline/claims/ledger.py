"""The ledger of claims: one row for every claim and scope; its one writer and its one reader."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pipeline.claims.answers import Answer
from pipeline.claims.findings import ComputedDifference, Finding, Result
from pipeline.claims.verdicts import VERDICTS
from pipeline.claims.wording import format_answer
from pipeline.errors import UserError
from pipeline.files import csv_text, read_rows, write_text
from pipeline.statistics.spread import SpreadTest


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """A claim's answer in one scope; the columns of metrics/claims.csv.

    `place` are the lines of the text that say it, ``000:458; 000:466``.
    `estimate`, `low` and `high` are the mean advantage in the claim's direction and its simultaneous interval, of
    the comparison that decided, in `unit` ("share" is a fraction, "" a bare number); p is absent where nothing was
    tested. An interval without bounds is absent. `printed` are the write-up's single-run figures, `ours` our means of
    every arm of the quantity that decided, by name.
    """

    id: str
    scope: str
    write_up: str
    place: str = ""
    study: str
    says: str
    verdict: str
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
    printed: dict[str, float]
    ours: dict[str, float]
    sentence: str


COLUMNS = tuple(field.name for field in fields(LedgerRow))
FIGURES = ("printed", "ours")
OF_RESULT = (
    *("n", "metric", "estimate", "new_images_low", "new_images_high", "peek_proof_low", "peek_proof_high"),
    *("p_adjusted", "p_smallest", "family_size", "margin", "repeats_needed"),
)
NUMBER = re.compile(r"-?[\d.]+(e[+-]\d+)?")  # the name of an arm that is one
ROW = TypeAdapter(LedgerRow)


def format_ledger(rows: Iterable[LedgerRow]) -> str:
    """Rows as CSV; named figures as ``l1 0.9913; loss of l1 0.03``, to six digits."""
    cells = [asdict(row) | {name: _join(getattr(row, name)) for name in FIGURES} for row in rows]
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
        return [ROW.validate_python(_parse(row)) for row in read_rows(path)]
    except (ValueError, KeyError) as error:
        raise UserError(f"{path}: expected this file as stage compare wrote it; {error}") from None


def _join(figures: Mapping[str, float]) -> str:
    return "; ".join(f"{name} {value:.6g}" for name, value in figures.items())


def _parse(cells: Mapping[str, str]) -> dict[str, Any]:
    """Cells that say something, so that the others keep a row's default."""
    figures = {name: dict(_split(cells[name])) for name in FIGURES}
    return {name: cell for name, cell in cells.items() if cell} | figures


def _split(cell: str) -> Iterator[tuple[str, str]]:
    for figure in cell.split("; ") if cell else ():
        name, _, value = figure.rpartition(" ")
        yield name, value


def make_ledger(answers: Iterable[Answer]) -> list[LedgerRow]:
    """Rows of the ledger, by id and scope."""
    return [_make_row(one) for one in sorted(answers, key=lambda one: (one.claim, one.scope))]


def _make_row(answer: Answer) -> LedgerRow:
    return LedgerRow(
        id=answer.claim,
        scope=answer.scope,
        write_up=answer.write_up,
        place=answer.place,
        study=answer.study,
        says=answer.says,
        verdict=answer.verdict,
        printed=answer.printed,
        ours=_collect_means(answer),
        sentence=format_answer(answer),
        **({} if answer.deciding is None else _figures(answer.deciding)),
    )


def _figures(finding: Finding) -> dict[str, Any]:
    """Columns that the deciding finding fills: those of its figures that its kind of result has."""
    result, untested = finding.result, ("p_adjusted", "p_smallest") if finding.is_exact else ()
    return {
        "unit": finding.metric.unit,
        "low": result.simultaneous_low,
        "high": result.simultaneous_high,
        **{name: getattr(result, name, None) for name in OF_RESULT if name not in untested},
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


def count_verdicts(answers: Iterable[Answer]) -> dict[str, dict[str, int]]:
    """How many claims of each scope got each verdict."""
    found: dict[str, Counter[str]] = {}
    for answer in answers:
        found.setdefault(answer.scope, Counter())[answer.verdict] += 1
    return {scope: {word: found[scope][word] for word in VERDICTS} for scope in sorted(found)}
