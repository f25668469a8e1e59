"""Claims with their answers: as a part of any page, as a page of their own, and study by study."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from pipeline.claims.ledger import LedgerRow
from pipeline.metrics import BARE, SHARE
from pipeline.outputs.figures.theme import CLAIM_STYLES
from pipeline.outputs.numbers import format_number, format_percent
from pipeline.outputs.report.render import page
from pipeline.outputs.report.views import Section

Figures = tuple[tuple[str, str], ...]
Names = Mapping[str, Mapping[str, str]]  # titles of variants, by study


@dataclass(frozen=True)
class ClaimView:
    """A claim's answer in one scope, and what a page makes of it."""

    row: LedgerRow
    names: Mapping[str, str] = field(default_factory=dict)  # titles of its study's variants

    @property
    def anchor(self) -> str:
        """Fragment of the address of its claim in the ledger, such as ``C000-07``."""
        return self.row.id.replace("_", "-")

    @property
    def place(self) -> int:
        """Place of its verdict, best first."""
        return list(CLAIM_STYLES).index(self.row.verdict)

    @property
    def smallest_adjusted_p(self) -> float | None:
        """Smallest p that it could attain after Holm's first step; None where no exact test was made."""
        smallest, family = self.row.p_smallest, self.row.family_size
        return min(1.0, smallest * family) if smallest and family else None

    @property
    def printed(self) -> Figures:
        """The write-up's single-run figures; a bare name is of the claim's own quantity, `loss of l1` of another."""
        own = self.row.unit
        figures = self.row.printed.items()
        return tuple((_translate(k, self.names), _format(x, BARE if " " in k else own)) for k, x in figures)

    @property
    def ours(self) -> Figures:
        """Our means."""
        return tuple((_translate(name, self.names), _format(x, self.row.unit)) for name, x in self.row.ours.items())

    @property
    def inferred(self) -> str:
        """What the text does not say of the variants that it compares."""
        return "; ".join(_translate(one, self.names).replace("_", " ") for one in self.row.inferred.split("; "))


@dataclass(frozen=True)
class ClaimTable:
    """Claims by id and scope; `report` leads from their page to the report's folder, `titles` are of studies."""

    claims: tuple[ClaimView, ...]
    report: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def grouped(self) -> tuple[dict[str, ClaimView], ...]:
        """The answers of each claim by scope."""
        return _group(self.claims)

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """How many claims of each scope got each verdict."""
        found = Counter((one.row.scope, one.row.verdict) for one in self.claims)
        scopes = sorted({one.row.scope for one in self.claims})
        return {scope: {verdict: found[scope, verdict] for verdict in CLAIM_STYLES} for scope in scopes}

    @property
    def on_identical(self) -> Mapping[str, int]:
        """How many claims of each scope rest on identical runs."""
        return Counter(one.row.scope for one in self.claims if one.row.identical)

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """What the table can be narrowed to, by the name of the row's attribute."""
        found = {name: {getattr(one.row, name) for one in self.claims} for name in ("study", "write_up", "verdict")}
        return {name: tuple(sorted(values)) for name, values in found.items()}


def make_claims_section(
    rows: Iterable[LedgerRow],
    anchor: str,
    title: str,
    report: str = "",
    titles: Mapping[str, str] | None = None,
    names: Names | None = None,
) -> Section:
    """Part of a page: claims by verdict, and all of them as a table that can be sorted and narrowed.

    The addresses of the rows, ``#C000-07``, are unique where it is once on a page. `report` leads from the
    page to the report's folder, such as ``../report/``.
    """
    return Section(anchor, title, "claims.html", ClaimTable(_order(rows, names), report, titles or {}))


def render_claims(
    rows: Iterable[LedgerRow],
    stand_in: bool,
    titles: Mapping[str, str] | None = None,
    names: Names | None = None,
    times: bool = True,
) -> str:
    """HTML page of all claims; `stand_in` says whether any data behind them are stand-ins.

    `titles` are those of studies, `names` by study those of its variants; `times` says whether it links times.
    """
    section = make_claims_section(rows, "ledger", "The claims", titles=titles, names=names)
    return page("claims.html", sections=[section], stand_in=stand_in, times=times)


def make_study_claims(rows: Iterable[LedgerRow], study: str, names: Mapping[str, str] | None = None) -> Section | None:
    """A study's own claims, each with the answers of its scopes; None where it has none."""
    claims = _group(_order((row for row in rows if row.study == study), {study: names or {}}))
    return Section("claims", "Claims", "claims_of_study.html", claims) if claims else None


def _translate(text: str, names: Mapping[str, str]) -> str:
    """A name, or what is said of some after the last ``of``, by their titles."""
    what, of, listed = text.rpartition(" of ")
    return f"{what}{of}{', '.join(names.get(one, one) for one in listed.split(', '))}"


def _group(claims: Iterable[ClaimView]) -> tuple[dict[str, ClaimView], ...]:
    by_id = groupby(claims, key=lambda one: one.row.id)
    return tuple({one.row.scope: one for one in answers} for _, answers in by_id)


def _order(rows: Iterable[LedgerRow], names: Names | None = None) -> tuple[ClaimView, ...]:
    return tuple(
        ClaimView(row, (names or {}).get(row.study, {})) for row in sorted(rows, key=lambda row: (row.id, row.scope))
    )


def _format(value: float, unit: str) -> str:
    return format_percent(value) if unit == SHARE and abs(value) <= 1 else format_number(value)
