"""Times of training and inference, on a page of their own: they depend on the machine, so no digest covers it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.outputs.report.build import anchor_of
from pipeline.outputs.report.claims import Row, claims_section
from pipeline.outputs.report.numbers import MISSING
from pipeline.outputs.report.render import page
from pipeline.outputs.report.views import Cell, Section, Table

Timings = Mapping[str, Mapping[str, Mapping[str, Any]]]
COLUMNS = ("variant", "n", "training (s)", "of which traced", "inference on the test images (s)")


def timings_page(timings: Mapping[str, Timings], claims: Sequence[Row], stand_in: bool) -> str:
    """HTML page of the seconds that training and inference took, and of the claims about time.

    Parameters
    ----------
    timings : mapping of study to ``timings/<study>.json``
        ``train_seconds``, ``traced`` and ``inference_seconds`` by variant and repeat, possibly partial.
    claims : sequence of mappings
        Rows of ``timings/claims.csv``.
    stand_in : bool
        Whether any data are stand-ins.
    """
    tables = {study: timing_table(study, one) for study, one in timings.items() if one}
    sections = [Section(anchor_of(s), s, "table.html", table) for s, table in tables.items()]
    about_time = (
        [claims_section(claims, "claims", "Claims about time", report="../report/")] if claims else []
    )
    return page("timings.html", sections=[*about_time, *sections], stand_in=stand_in)


def timing_table(study: str, timings: Timings) -> Table:
    """Mean and standard deviation of a study's times, one row a variant."""
    rows = tuple(_row(variant, pd.DataFrame(list(repeats.values()))) for variant, repeats in timings.items())
    return Table(f"Seconds in {study}: mean over n repeats and standard deviation (sd)", COLUMNS, rows)


def _row(variant: str, repeats: pd.DataFrame) -> tuple[Cell, ...]:
    traced = MISSING
    if "traced" in repeats:
        traced = f"{int(repeats['traced'].fillna(False).astype(bool).sum())} of {repeats['traced'].count()}"
    train, inference = (_seconds(repeats, name) for name in ("train_seconds", "inference_seconds"))
    return Cell(variant), Cell(str(len(repeats))), train, Cell(traced), inference


def _seconds(repeats: pd.DataFrame, name: str) -> Cell:
    seconds = repeats[name].dropna() if name in repeats else pd.Series(dtype=float)
    if seconds.empty:
        return Cell(MISSING)
    spread = (f"sd {seconds.std():.2g}",) if len(seconds) > 1 else ()
    return Cell(f"{seconds.mean():.3g}", spread)
