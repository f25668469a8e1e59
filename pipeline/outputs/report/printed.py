"""What a text printed of single runs, beside our runs: one row a figure, on one axis a unit."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import RootModel

from pipeline.layout import study_page
from pipeline.metrics import SHARE, is_gap, unit, words
from pipeline.outputs.numbers import MISSING, format_number, format_percent
from pipeline.outputs.report.views import Cell
from pipeline.params.plan import TrainingPlan
from pipeline.params.section import Place, Section
from pipeline.statistics.results import StudyResults

UNITS = {SHARE: "accuracies", "nats": "losses"}  # each on an axis of its own
TICKS = 3


class PrintedFigures(Section):
    """What a text printed of one run: figures of the whole run by metric, and learning curves by epoch, from 1."""

    place: Place
    figures: dict[str, float]
    curves: dict[str, dict[int, float]]


Printed = dict[str, PrintedFigures]  # by row of the text's tables
PrintedFile = RootModel[Printed]


@dataclass(frozen=True)
class Strip:
    """A figure of a text (hollow dot), our repeats (dots) and their spread (band), in percent of an axis."""

    printed: float | None
    points: tuple[float, ...]
    low: float
    width: float
    label: str


@dataclass(frozen=True)
class PrintedLine:
    """A printed figure beside ours, as text and as a strip."""

    name: Cell
    printed: str
    ours: str
    note: str | None
    strip: Strip


@dataclass(frozen=True)
class PrintedTable:
    """Printed figures of one unit beside ours, on one axis; `ticks` are places in percent and their texts."""

    caption: str
    ticks: tuple[tuple[float, str], ...]
    lines: tuple[PrintedLine, ...]


@dataclass(frozen=True)
class Pair:
    """One printed figure and our values of the same quantity."""

    name: Cell
    metric: str
    printed: float | None
    ours: tuple[float, ...]
    same_data: bool  # both are of the data set that the text means


def list_pairs(
    plan: TrainingPlan, results: StudyResults, runs: pd.DataFrame, printed: Printed, linked: bool = False
) -> Iterator[Pair]:
    """Printed figures of a study's variants that our runs have, too; `linked` ones lead to the study's page."""
    for variant, planned in plan.variants.items():
        for row in (row for row in planned.rows if row in printed):
            title, place = results.titles.get(variant, variant), str(printed[row].place)
            for metric, figure in printed[row].figures.items():
                values = _read_values(runs, variant, metric)
                if values and unit(metric) in UNITS and not is_gap(metric):
                    notes = (f"{results.label}, {place}" if linked else f"{words(metric)}, {place}",)
                    page = study_page(plan.study) if linked else None
                    yield Pair(Cell(title, notes, page), metric, figure, values, not results.stand_in)


def tabulate_pairs(pairs: Iterable[Pair]) -> tuple[PrintedTable, ...]:
    """Tables of pairs, one for each unit; none without pairs."""
    every = list(pairs)
    return tuple(
        _tabulate([pair for pair in every if unit(pair.metric) == one], one, what)
        for one, what in UNITS.items()
        if any(unit(pair.metric) == one for pair in every)
    )


def list_curves(plan: TrainingPlan, printed: Printed) -> dict[str, Mapping[str, Mapping[int, float]]]:
    """Printed learning curves by variant and quantity."""
    return {
        variant: printed[row].curves
        for variant, planned in plan.variants.items()
        for row in planned.rows
        if row in printed and printed[row].curves
    }


def _read_values(runs: pd.DataFrame, variant: str, metric: str) -> tuple[float, ...]:
    if metric not in runs:
        return ()
    values = runs.loc[runs["variant"] == variant, metric].to_numpy(dtype=float)
    return tuple(float(one) for one in values if np.isfinite(one))


def _tabulate(pairs: Sequence[Pair], of: str, what: str) -> PrintedTable:
    every = [x for pair in pairs for x in (pair.printed, *pair.ours) if x is not None]
    low, high = min(every), max(every)
    span = (high - low) or 1.0

    def place(x: float) -> float:
        return round(100 * (x - low) / span, 2)

    show: Callable[[float | None], str] = format_percent if of == SHARE else format_number
    ticks = tuple((place(x), show(x)) for x in np.linspace(low, high, TICKS).tolist())
    caption = (
        f"Printed {what} (hollow dot: one run of the text) beside ours (dots: repeats; band: smallest to largest); "
        "the number is our mean"
    )
    return PrintedTable(caption, ticks, tuple(_line(pair, show, place) for pair in pairs))


def _line(pair: Pair, show: Callable[[float | None], str], place: Callable[[float], float]) -> PrintedLine:
    mean, low, high = float(np.mean(pair.ours)), min(pair.ours), max(pair.ours)
    label = f"printed {show(pair.printed)}, ours {show(low)} to {show(high)}"
    strip = Strip(
        printed=None if pair.printed is None else place(pair.printed),
        points=tuple(map(place, pair.ours)),
        low=place(low),
        width=round(place(high) - place(low), 2),
        label=label,
    )
    outside = pair.same_data and pair.printed is not None and not low <= pair.printed <= high
    note = "outside our spread" if outside else None
    return PrintedLine(pair.name, MISSING if pair.printed is None else show(pair.printed), show(mean), note, strip)
