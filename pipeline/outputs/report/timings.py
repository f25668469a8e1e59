"""Times of training and inference, on a page of their own: they depend on the machine, so no digest covers it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from pipeline.claims.ledger import LedgerRow
from pipeline.evaluation.collect import RunSeconds, Times
from pipeline.outputs.figures.canvas import render_svg
from pipeline.outputs.figures.times import draw_times
from pipeline.outputs.numbers import MISSING
from pipeline.outputs.report.claims import make_claims_section
from pipeline.outputs.report.render import page
from pipeline.outputs.report.views import Cell, Picture, Section, Table, anchor_of
from pipeline.params.plan import ComparisonPlan

COLUMNS = ("variant", "n", "training (s)", "of which traced", "inference on the test images (s)")
CAPTION = (
    "Test accuracy against training time: up and to the left is better. One point a variant, the mean of its runs, "
    "with a standard deviation to either side. Times are the table's, on this machine under its load, but without runs "
    "that were traced, where there are others."
)


@dataclass(frozen=True)
class TimedStudy:
    """What the page of times shows of a study: names for people, seconds of its runs, and accuracies by variant.

    Accuracies are fractions, one a repeat, repeat 0 first.
    """

    title: str
    control: str
    titles: Mapping[str, str]
    times: Times
    accuracies: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class TimesView:
    """A study's times as a table, and as a picture where both times and accuracies are known of some variants."""

    picture: Picture | None
    table: Table


def describe_times(plan: ComparisonPlan, times: Times, runs: pd.DataFrame) -> TimedStudy:
    """What is shown of a study; `runs` is evaluations/<study>/runs.csv."""
    titles = {name: one.title or name for name, one in plan.variants.items()}
    accuracies = {name: runs.loc[runs["variant"] == name, "test_accuracy"].tolist() for name in plan.variants}
    return TimedStudy(plan.title or plan.study, plan.control, titles, times, accuracies)


def render_timings(timings: Mapping[str, TimedStudy], claims: Sequence[LedgerRow], stand_in: bool) -> str:
    """HTML page of the seconds that training and inference took, by study, and of the claims about time.

    `stand_in` says whether any data are stand-ins.
    """
    names = {study: one.titles for study, one in timings.items()}
    titles = {study: one.title for study, one in timings.items()}
    answers = make_claims_section(claims, "claims", "Claims about time", "../report/", titles, names)
    shown = {study: one for study, one in timings.items() if one.times}
    sections = [Section(anchor_of(study), one.title, "times.html", _view(study, one)) for study, one in shown.items()]
    return page("timings.html", sections=[*([answers] if claims else []), *sections], stand_in=stand_in)


def _view(study: str, timed: TimedStudy) -> TimesView:
    return TimesView(_draw(study, timed), _tabulate(timed))


def _draw(study: str, timed: TimedStudy) -> Picture | None:
    """Accuracy against training time of the variants that were trained and reached a finite accuracy."""
    points = {timed.titles.get(name, name): _pair(timed, name) for name in timed.times}
    known = {name: pair for name, pair in points.items() if pair[0] and pair[1]}
    if len(known) < 2:  # one point compares nothing
        return None
    control = timed.titles.get(timed.control, timed.control)
    svg = render_svg(draw_times(known, control), f"{anchor_of(study)}-times", CAPTION, themed=True)
    return Picture(Markup(svg), CAPTION)


def _pair(timed: TimedStudy, variant: str) -> tuple[list[float], list[float]]:
    """Seconds of a variant's runs that were not traced, of all where each was, and its finite accuracies."""
    runs = list(timed.times[variant].values())
    chosen = [one for one in runs if not one.traced] or runs
    seconds = [one.train_seconds for one in chosen if one.train_seconds is not None]
    return seconds, [one for one in timed.accuracies.get(variant, ()) if np.isfinite(one)]


def _tabulate(timed: TimedStudy) -> Table:
    rows = tuple(
        _make_row(timed.titles.get(variant, variant), list(repeats.values()))
        for variant, repeats in timed.times.items()
    )
    return Table(f"Seconds in “{timed.title}”: mean over n repeats and standard deviation (sd)", COLUMNS, rows)


def _make_row(variant: str, repeats: Sequence[RunSeconds]) -> tuple[Cell, ...]:
    known = [one.traced for one in repeats if one.traced is not None]
    traced = f"{sum(known)} of {len(known)}" if known else MISSING
    train, inference = [one.train_seconds for one in repeats], [one.inference_seconds for one in repeats]
    return Cell(variant), Cell(str(len(repeats))), _make_cell(train), Cell(traced), _make_cell(inference)


def _make_cell(seconds: Sequence[float | None]) -> Cell:
    known = np.array([one for one in seconds if one is not None])
    if not known.size:
        return Cell(MISSING)
    spread = (f"sd {_format(float(known.std(ddof=1)), 2)}",) if known.size > 1 else ()
    return Cell(_format(float(known.mean()), 3), spread)


def _format(seconds: float, digits: int) -> str:
    """Seconds to so many digits, and never fewer than whole ones; no exponent."""
    if seconds >= 10**digits:
        return f"{seconds:,.0f}"
    return np.format_float_positional(seconds, precision=digits, fractional=False, trim="-")
