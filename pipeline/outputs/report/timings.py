"""Times of training and inference, on a page of their own: they depend on the machine, so no digest covers it."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.claims.ledger import LedgerRow
from pipeline.outputs.numbers import MISSING
from pipeline.outputs.report.claims import make_claims_section
from pipeline.outputs.report.render import page
from pipeline.outputs.report.views import Cell, Section, Table, anchor_of

Timings = Mapping[str, Mapping[str, Mapping[str, float | None]]]
COLUMNS = ("variant", "n", "training (s)", "of which traced", "inference on the test images (s)")


def render_timings(timings: Mapping[str, Timings], claims: Sequence[LedgerRow], stand_in: bool) -> str:
    """HTML page of the seconds that training and inference took, and of the claims about time.

    Parameters
    ----------
    timings : mapping of study to ``timings/<study>.json``
        ``train_seconds``, ``traced`` and ``inference_seconds`` by variant and repeat, possibly partial.
    claims : sequence of LedgerRow
        Of ``timings/claims.csv``.
    stand_in : bool
        Whether any data are stand-ins.
    """
    sections = [
        Section(anchor_of(study), study, "table.html", tabulate_timings(study, one))
        for study, one in timings.items()
        if one
    ]
    if claims:
        sections.insert(0, make_claims_section(claims, "claims", "Claims about time", report="../report/"))
    return page("timings.html", sections=sections, stand_in=stand_in)


def tabulate_timings(study: str, timings: Timings) -> Table:
    """Mean and standard deviation of a study's times, one row a variant."""
    rows = tuple(_make_row(variant, pd.DataFrame(list(one.values()))) for variant, one in timings.items())
    return Table(f"Seconds in {study}: mean over n repeats and standard deviation (sd)", COLUMNS, rows)


def _make_row(variant: str, repeats: pd.DataFrame) -> tuple[Cell, ...]:
    traced = MISSING
    if "traced" in repeats:
        traced = f"{int(repeats['traced'].fillna(False).astype(bool).sum())} of {repeats['traced'].count()}"
    train, inference = (_make_cell(repeats, name) for name in ("train_seconds", "inference_seconds"))
    return Cell(variant), Cell(str(len(repeats))), train, Cell(traced), inference


def _make_cell(repeats: pd.DataFrame, name: str) -> Cell:
    seconds = repeats[name].dropna() if name in repeats else pd.Series(dtype=float)
    if seconds.empty:
        return Cell(MISSING)
    spread = (f"sd {seconds.std():.2g}",) if len(seconds) > 1 else ()
    return Cell(f"{seconds.mean():.3g}", spread)
