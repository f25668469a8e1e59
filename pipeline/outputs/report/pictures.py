"""Figures of a study with the captions that say how to read them."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from pipeline.outputs.figures.bars import draw_bars
from pipeline.outputs.figures.canvas import render_svg
from pipeline.outputs.figures.confusion import draw_changes, draw_confusions
from pipeline.outputs.figures.curves import Curves, Histories, draw_curves
from pipeline.outputs.figures.forest import draw_forest
from pipeline.outputs.figures.ranks import draw_ranks
from pipeline.outputs.figures.repeats import draw_repeats
from pipeline.outputs.figures.shifts import draw_shifts, list_shifted_accuracies
from pipeline.outputs.numbers import label_differences
from pipeline.outputs.report.views import Picture, Section, anchor_of
from pipeline.statistics.estimates import Estimate
from pipeline.statistics.ranks import mean_ranks
from pipeline.statistics.results import StudyResults

CAPTIONS = {
    "forest": (
        "Paired difference from {control} for each treatment; right is better. Wide bar: interval that holds for all "
        "treatments at once; where they are equivalent, the one of the test that showed it. Thin line: Student's "
        "interval of this one alone. Short thin line below: the interval on new images. Between the dotted lines: "
        "smaller than the margin. An arrow with a number: the interval goes on to there."
    ),
    "repeats": "One dot a repeat, repeat 0 on top. The grey line leads to the same repeat of {control}.",
    "ranks": (
        "Critical-difference diagram. In every repeat the variants are ranked, 1 the best, equal ones share a rank; "
        "the mark is the mean rank, its shape the verdict. A bar to {control} joins those that the corrected paired "
        "test does not set apart from it. It illustrates: ranks are over repeats of one task, not over data sets, and "
        "the verdicts come from the paired tests."
    ),
    "loss": (
        "Loss by epoch. Line: mean over repeats. Shade: smallest to largest repeat. Dotted: some repeats have stopped, "
        "and the mean is of those left. Losses include a variant's weight penalty, so compare their course, not their "
        "height."
    ),
    "accuracy": (
        "Accuracy by epoch, drawn as the losses are. Training values are running means within the epoch, with dropout "
        "and augmentation on. Hollow dots: what the text printed, of one run."
    ),
    "confusion": (
        "Rows are true classes, columns predictions. Grey diagonal: recall in percent. Other cells: mean number of "
        "images, coloured by their share of the true class on one scale for all variants; with more than four variants "
        "the numbers are left out."
    ),
    "changes": (
        "How each confusion differs from that of {control}: orange cells have more images than there, blue ones fewer, "
        "mean over repeats; on the diagonal, more is better."
    ),
    "shifts": (
        "Test images moved by so many pixels, the mean of the four directions. Line: mean over repeats. Small marks: "
        "the repeats, and the shade from the smallest to the largest. Dashed: {control}."
    ),
    "spread": (
        "Standard deviation over the repeats, by which streams of random numbers differ between them. Whiskers: 95 % "
        "chi-square interval. Squares of the bars of single streams need not sum to the square of the whole."
    ),
    "gap": (
        "Accuracy on the training images, measured without dropout, minus accuracy on the validation images. A longer "
        "bar is more overfitting. Whiskers: 95 % Student interval."
    ),
}
FEWEST_RANKED = 3  # of two, ranks are wins and losses
Figures = Iterator[tuple[str, Figure]]  # with the kind of each, which names its caption


def make_picture_sections(
    results: StudyResults,
    histories: Histories,
    runs: pd.DataFrame,
    classes: Mapping[str, Sequence[str]] | None,
    printed: Curves | None = None,
) -> list[Section]:
    """Parts of a study's page that are pictures; without content where there is nothing to draw."""
    drawn = (
        ("spread", "Standard deviations", _draw_spreads(results)),
        ("differences", "Differences", _draw_differences(results, runs)),
        ("shifts", "Shifted images", _draw_shifts(results, runs)),
        ("curves", "Learning curves", _draw_curves(results, histories, printed or {})),
        ("gap", "Overfitting", _draw_gaps(results)),
        ("confusion", "Confusion", _draw_confusions(results, classes)),
    )
    return [
        Section(anchor, title, "pictures.html", tuple(_picture(figure, kind, results) for kind, figure in figures))
        for anchor, title, figures in drawn
    ]


def _picture(figure: Figure, kind: str, results: StudyResults) -> Picture:
    caption = CAPTIONS[kind].format(control=results.control)
    on_paper = kind in ("confusion", "changes")
    name = f"{anchor_of(results.study)}-{kind}"
    return Picture(Markup(render_svg(figure, name, caption, themed=not on_paper)), caption, on_paper)


def _draw_spreads(results: StudyResults) -> Figures:
    """Standard deviation of the study's metric by arm, where variants say which streams vary."""
    if any(one.vary is not None for one in results.variants.values()):
        found = {variant: one.metrics[results.metric] for variant, one in results.variants.items()}
        bars = {v: Estimate(mean=one.sd, low=one.sd_low, high=one.sd_high) for v, one in found.items()}
        label = label_differences(results.metric, "standard deviation of ")
        yield "spread", draw_bars(bars, None, results.metric, results.repeats, label)


def _draw_differences(results: StudyResults, runs: pd.DataFrame) -> Figures:
    """Forest plot of the comparisons, every repeat behind it, and ranks; without treatments, only the repeats."""
    if results.comparisons:
        yield "forest", draw_forest(results.comparisons)
    values = {v: runs.loc[runs["variant"] == v, results.metric].tolist() for v in results.variants}
    if any(values.values()):
        yield "repeats", draw_repeats(values, results.control, results.metric)
    compared = {name: values[name] for name in (results.control, *results.comparisons)}
    if len(compared) >= FEWEST_RANKED and {len(one) for one in compared.values()} == {results.repeats}:
        ranks = mean_ranks(compared, higher_is_better=results.higher_is_better)
        verdicts = {name: one.verdict for name, one in results.comparisons.items()}
        yield "ranks", draw_ranks(ranks, verdicts, results.control, results.repeats)


def _draw_shifts(results: StudyResults, runs: pd.DataFrame) -> Figures:
    """Accuracy on shifted test images, where they were evaluated."""
    if not list_shifted_accuracies(runs).empty:
        yield "shifts", draw_shifts(runs, list(results.variants), results.control)


def _draw_curves(results: StudyResults, histories: Histories, printed: Curves) -> Figures:
    """Loss and accuracy over the epochs; none when nothing was trained."""
    if trained := {variant: runs for variant, runs in histories.items() if runs}:
        for quantity in ("loss", "accuracy"):
            yield quantity, draw_curves(trained, quantity, results.control, printed)


def _draw_gaps(results: StudyResults) -> Figures:
    """Training minus validation accuracy of each variant, where there is a validation set."""
    metric = "generalization_gap"
    found = {variant: one.metrics.get(metric) for variant, one in results.variants.items()}
    if known := {variant: one for variant, one in found.items() if one and one.mean is not None}:
        control = results.control if results.control in known else None
        yield "gap", draw_bars(known, control, metric, results.repeats)


def _draw_confusions(results: StudyResults, classes: Mapping[str, Sequence[str]] | None) -> Figures:
    found = {variant: one.confusion for variant, one in results.variants.items()}
    yield "confusion", draw_confusions(found, classes, results.repeats)
    base = np.asarray(found[results.control])
    alike = {v: np.asarray(one) for v, one in found.items() if np.shape(one) == base.shape}
    if changes := {v: one - base for v, one in alike.items() if (one != base).any()}:
        yield "changes", draw_changes(changes, classes, results.control)
