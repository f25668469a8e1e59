"""Times of training and inference, on a page of their own: they depend on the machine, so no digest covers it."""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.claims.ledger import LedgerRow
from pipeline.evaluation.collect import RunSeconds, Times
from pipeline.outputs.numbers import MISSING
from pipeline.outputs.report.claims import make_claims_section
from pipeline.outputs.report.render import page
from pipeline.outputs.report.views import Cell, Section, Table, anchor_of

COLUMNS = ("variant", "n", "training (s)", "of which traced", "inference on the test images (s)")


def render_timings(timings: Mapping[str, Times], claims: Sequence[LedgerRow], stand_in: bool) -> str:
    """HTML page of the seconds that training and inference took, by study, and of the claims about time.

    `stand_in` says whether any data are stand-ins.
    """
    answers = [make_claims_section(claims, "claims", "Claims about time", report="../report/")] if claims else []
    tables = {study: _tabulate(study, times) for study, times in timings.items() if times}
    sections = [Section(anchor_of(study), study, "table.html", table) for study, table in tables.items()]
    return page("timings.html", sections=[*answers, *sections], stand_in=stand_in)


def _tabulate(study: str, times: Times) -> Table:
    rows = tuple(_make_row(variant, list(repeats.values())) for variant, repeats in times.items())
    return Table(f"Seconds in {study}: mean over n repeats and standard deviation (sd)", COLUMNS, rows)


def _make_row(variant: str, repeats: Sequence[RunSeconds]) -> tuple[Cell, ...]:
    known = [one.traced for one in repeats if one.traced is not None]
    traced = f"{sum(known)} of {len(known)}" if known else MISSING
    train, inference = [one.train_seconds for one in repeats], [one.inference_seconds for one in repeats]
    return Cell(variant), Cell(str(len(repeats))), _make_cell(train), Cell(traced), _make_cell(inference)


def _make_cell(seconds: Sequence[float | None]) -> Cell:
    known = np.array([one for one in seconds if one is not None])
    if not known.size:
        return Cell(MISSING)
    spread = (f"sd {known.std(ddof=1):.2g}",) if known.size > 1 else ()
    return Cell(f"{known.mean():.3g}", spread)
