"""Times of training and inference, on a page of their own: they depend on the machine, so no digest covers it."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.claims.ledger import LedgerRow
from pipeline.evaluation.seconds import RunSeconds, Times
from pipeline.outputs.numbers import MISSING
from pipeline.outputs.report.claims import make_claims_section
from pipeline.outputs.report.render import page
from pipeline.outputs.report.views import Cell, Section, Table, anchor_of

COLUMNS = ("variant", "n", "training (s)", "of which traced", "inference on the test images (s)")


def render_timings(timings: Mapping[str, Times], claims: Sequence[LedgerRow], stand_in: bool) -> str:
    """HTML page of the seconds that training and inference took, and of the claims about time.

    Parameters
    ----------
    timings : mapping of study to the seconds of its runs, by variant and repeat
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


def tabulate_timings(study: str, times: Times) -> Table:
    """Mean and standard deviation of a study's times, one row a variant."""
    rows = tuple(
        _make_row(
            variant,
            pd.DataFrame([dict(one) for one in repeats.values()], columns=list(RunSeconds.model_fields)),
        )
        for variant, repeats in times.items()
    )
    return Table(f"Seconds in {study}: mean over n repeats and standard deviation (sd)", COLUMNS, rows)


def _make_row(variant: str, repeats: pd.DataFrame) -> tuple[Cell, ...]:
    known = repeats["traced"].dropna()
    traced = f"{int(known.sum())} of {len(known)}" if len(known) else MISSING
    train, inference = (_make_cell(repeats[name].dropna()) for name in ("train_seconds", "inference_seconds"))
    return Cell(variant), Cell(str(len(repeats))), train, Cell(traced), inference


def _make_cell(seconds: "pd.Series[float]") -> Cell:
    if seconds.empty:
        return Cell(MISSING)
    spread = (f"sd {seconds.std():.2g}",) if len(seconds) > 1 else ()
    return Cell(f"{seconds.mean():.3g}", spread)
