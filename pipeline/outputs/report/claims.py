"""The ledger of claims: its rows as views, as a part of any page, as a page of its own, and study by study."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.outputs.figures.verdicts import CLAIM_VERDICTS
from pipeline.outputs.report.numbers import SHARE, number, percent
from pipeline.outputs.report.render import page
from pipeline.outputs.report.views import Section, file_of

Row = Mapping[str, Any]
TEXTS = ("id", "scope", "write_up", "study", "says", "verdict", "unit", "sentence")
NUMBERS = ("estimate", "low", "high", "new_images_low", "new_images_high", "p_adjusted", "margin")


@dataclass(frozen=True)
class ClaimRow:
    """A claim's answer in one scope; `estimate`, the intervals and `margin` are in `unit`, see `numbers.change`.

    `printed` are the write-up's single-run figures, `ours` our means, both as text by name.
    """

    id: str
    scope: str
    write_up: str
    study: str
    says: str
    verdict: str
    unit: str
    n: int | None
    estimate: float | None
    low: float | None
    high: float | None
    new_images_low: float | None
    new_images_high: float | None
    p_adjusted: float | None
    p_smallest: float | None  # after Holm; None where no exact test was made
    margin: float | None
    printed: tuple[tuple[str, str], ...]
    ours: tuple[tuple[str, str], ...]
    sentence: str

    @property
    def anchor(self) -> str:
        """Fragment of its address in the ledger, such as ``C000-07-as-written``."""
        return f"{self.id}-{self.scope}".replace("_", "-")

    @property
    def place(self) -> int:
        """Place of its verdict, best first."""
        return list(CLAIM_VERDICTS).index(self.verdict)

    @property
    def file(self) -> str:
        """Name of its study's page."""
        return file_of(self.study)


@dataclass(frozen=True)
class Ledger:
    """Claims by id and scope; `report` is what leads from their page to the report's folder."""

    rows: tuple[ClaimRow, ...]
    report: str = ""

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """How many claims of each scope got each verdict."""
        found = Counter((row.scope, row.verdict) for row in self.rows)
        scopes = sorted({row.scope for row in self.rows})
        return {scope: {verdict: found[scope, verdict] for verdict in CLAIM_VERDICTS} for scope in scopes}

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """What the ledger can be narrowed to, by the name of the row's attribute."""
        names = ("write_up", "scope", "verdict")
        return {name: tuple(sorted({getattr(row, name) for row in self.rows})) for name in names}


def claims_section(rows: Iterable[Row], anchor: str, title: str, report: str = "") -> Section:
    """Part of a page: claims by verdict, and the ledger as a table that can be sorted and narrowed.

    Parameters
    ----------
    rows : iterable of mappings
        Rows of ``metrics/claims.csv``, with the columns of `analysis.claims.ledger`: as `files.read_rows` gives
        them, or as the ledger's own `rows` does.
    anchor, title : str
        See `Section`. The addresses of the rows, ``#C000-07-as-written``, are unique where it is once on a page.
    report : str
        What leads from the page to the report's folder, such as ``../report/``.
    """
    return Section(anchor, title, "claims.html", Ledger(_views(rows), report))


def claims_page(rows: Iterable[Row], stand_in: bool) -> str:
    """HTML page of the ledger; `stand_in` says whether any data behind it are stand-ins."""
    return page("claims.html", sections=[claims_section(rows, "ledger", "The claims")], stand_in=stand_in)


def claims_of_study(rows: Iterable[Row], study: str) -> Section | None:
    """A study's own claims, each with the answers of its scopes; None where it has none."""
    claims: dict[str, dict[str, ClaimRow]] = {}
    for one in _views(row for row in rows if row["study"] == study):
        claims.setdefault(one.id, {})[one.scope] = one
    return Section("claims", "Claims", "claims_of_study.html", tuple(claims.values())) if claims else None


def _views(rows: Iterable[Row]) -> tuple[ClaimRow, ...]:
    return tuple(sorted(map(_view, rows), key=lambda one: (one.id, one.scope)))


def _view(row: Row) -> ClaimRow:
    unit = row["unit"] or ""
    n, family, smallest = (_number(row[name]) for name in ("n", "family_size", "p_smallest"))
    texts: dict[str, Any] = {name: row[name] or "" for name in TEXTS}
    numbers: dict[str, Any] = {name: _number(row[name]) for name in NUMBERS}
    return ClaimRow(
        **texts,
        **numbers,
        n=None if n is None else int(n),
        p_smallest=min(1.0, smallest * family) if smallest and family else None,
        printed=tuple((name, _figure(x, _printed_unit(name, unit))) for name, x in _figures(row["printed"])),
        ours=tuple((name, _figure(x, unit)) for name, x in _figures(row["ours"])),
    )


def _number(cell: str | float | None) -> float | None:
    return None if cell in ("", None) else float(cell)


def _printed_unit(name: str, unit: str) -> str:
    """Unit of a printed figure: a bare name stands for the claim's own quantity, `loss of l1` for another one."""
    return "" if " " in name else unit


def _figures(cell: str | None) -> list[tuple[str, float]]:
    """Names and figures of a cell such as ``l1 0.9913; loss of l1 0.03``."""
    found = (figure.rpartition(" ") for figure in (cell or "").split("; ") if figure)
    return [(name, float(value)) for name, _, value in found]


def _figure(value: float, unit: str) -> str:
    return percent(value) if unit == SHARE and abs(value) <= 1 else number(value)
