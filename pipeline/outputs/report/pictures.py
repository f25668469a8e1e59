"""Figures of a study with the captions that say how to read them."""

from collections.abc import Mapping, Sequence

import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from pipeline.outputs.figures.bars import draw_bars
from pipeline.outputs.figures.confusion import draw_confusions
from pipeline.outputs.figures.curves import Histories, draw_curves
from pipeline.outputs.figures.forest import draw_forest
from pipeline.outputs.figures.repeats import draw_repeats
from pipeline.outputs.figures.serialize import render_svg
from pipeline.outputs.figures.shifts import draw_shifts, list_shifted_accuracies
from pipeline.outputs.numbers import label_spread
from pipeline.outputs.report.views import Picture, anchor_of
from pipeline.statistics.results import Estimate, StudyResults

CAPTIONS = {
    "forest": (
        "Paired difference from {control} for each treatment; right is better. Wide bar: interval that "
        "holds for all treatments at once. Thin line: Student interval of this one alone. Shaded: smaller "
        "than the margin."
    ),
    "repeats": (
        "One dot a repeat, repeat 0 on top. The grey line leads to {control}'s value of the same repeat."
    ),
    "loss": (
        "Loss by epoch. Line: mean over repeats. Shade: smallest to largest repeat. Dotted: some repeats "
        "have stopped, and the mean is of those left. Losses include a variant's weight penalty, so "
        "compare their course, not their height."
    ),
    "accuracy": (
        "Accuracy by epoch, drawn as the losses are. Training values are running means within the epoch, "
        "with dropout and augmentation on."
    ),
    "confusion": (
        "Rows are true classes, columns predictions. Grey diagonal: recall in percent. Other cells: mean "
        "number of images, coloured by their share of the true class on one scale for all variants; with "
        "more than nine variants the numbers are left out."
    ),
    "shifts": (
        "Test images moved by so many pixels, the mean of the four directions. Line: mean over repeats. "
        "Small marks: the repeats, and the shade from the smallest to the largest. Dashed: {control}."
    ),
    "spread": (
        "Standard deviation over the repeats, by which streams of random numbers differ between them. Whiskers: "
        "95 % chi-square interval. Squares of the bars of single streams need not sum to the square of the whole."
    ),
    "gap": (
        "Accuracy on the training images, measured without dropout, minus accuracy on the validation "
        "images. A longer bar is more overfitting. Whiskers: 95 % Student interval."
    ),
}


def picture_differences(results: StudyResults, runs: pd.DataFrame) -> tuple[Picture, ...]:
    """Forest plot of the comparisons and every repeat behind it; without treatments, only the repeats."""
    control, metric, found = results.control, results.metric, []
    if results.comparisons:
        found.append(_picture(draw_forest(results.comparisons), "forest", results))
    values = {v: runs.loc[runs["variant"] == v, metric].tolist() for v in results.variants}
    if any(values.values()):
        found.append(_picture(draw_repeats(values, control, metric), "repeats", results))
    return tuple(found)


def picture_curves(results: StudyResults, histories: Histories) -> tuple[Picture, ...]:
    """Loss and accuracy over the epochs; none when nothing was trained."""
    trained = {variant: runs for variant, runs in histories.items() if runs}
    quantities = ("loss", "accuracy") if trained else ()
    return tuple(_picture(draw_curves(trained, q, results.control), q, results) for q in quantities)


def picture_confusions(
    results: StudyResults, classes: Mapping[str, Sequence[str]] | None
) -> tuple[Picture, ...]:
    """Mean confusion matrices of all variants."""
    found = {variant: one.confusion for variant, one in results.variants.items()}
    return (_picture(draw_confusions(found, classes, results.repeats), "confusion", results),)


def picture_shifts(results: StudyResults, runs: pd.DataFrame) -> tuple[Picture, ...]:
    """Accuracy on shifted test images, where they were evaluated."""
    if list_shifted_accuracies(runs).empty:
        return ()
    figure = draw_shifts(runs, list(results.variants), results.control)
    return (_picture(figure, "shifts", results),)


def picture_spreads(results: StudyResults) -> tuple[Picture, ...]:
    """Standard deviation of the study's metric by arm, where variants say which streams vary."""
    if all(one.vary is None for one in results.variants.values()):
        return ()
    metric = results.metric
    found = {variant: one.metrics[metric] for variant, one in results.variants.items()}
    bars = {v: Estimate(mean=one.sd, low=one.sd_low, high=one.sd_high) for v, one in found.items()}
    label = label_spread(metric)
    figure = draw_bars(bars, None, metric, results.repeats, from_zero=True, label=label)
    return (_picture(figure, "spread", results),)


def picture_gaps(results: StudyResults) -> tuple[Picture, ...]:
    """Training minus validation accuracy of each variant, where there is a validation set."""
    metric = "generalization_gap"
    found = {variant: one.metrics.get(metric) for variant, one in results.variants.items()}
    known = {variant: one for variant, one in found.items() if one and one.mean is not None}
    if not known:
        return ()
    control = results.control if results.control in known else None
    figure = draw_bars(known, control, metric, results.repeats, from_zero=True)
    return (_picture(figure, "gap", results),)


def _picture(figure: Figure, kind: str, results: StudyResults) -> Picture:
    caption = CAPTIONS[kind].format(control=results.control)
    return Picture(Markup(render_svg(figure, f"{anchor_of(results.study)}-{kind}", caption)), caption)
