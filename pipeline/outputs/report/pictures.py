"""Figures of a study with the captions that say how to read them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from pipeline.outputs import figures
from pipeline.outputs.figures.shifts import shifted_accuracies
from pipeline.outputs.figures.units import spread_label
from pipeline.outputs.report.views import Picture

Metrics = Mapping[str, Any]


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


def difference_pictures(metrics: Metrics, runs: pd.DataFrame, anchor: str) -> tuple[Picture, ...]:
    """Forest plot of the comparisons and every repeat behind it; without treatments, only the repeats."""
    control, metric = metrics["control"], metrics["metric"]
    found = []
    if metrics["comparisons"]:
        found.append(_picture(figures.forest_plot(metrics["comparisons"]), "forest", anchor, control))
    values = {v: runs.loc[runs["variant"] == v, metric].tolist() for v in metrics["variants"]}
    if any(values.values()):
        found.append(_picture(figures.repeat_strip(values, control, metric), "repeats", anchor, control))
    return tuple(found)


def curve_pictures(histories: figures.Histories, control: str, anchor: str) -> tuple[Picture, ...]:
    """Loss and accuracy over the epochs; none when nothing was trained."""
    trained = {variant: runs for variant, runs in histories.items() if runs}
    quantities = ("loss", "accuracy") if trained else ()
    return tuple(_picture(figures.learning_curves(trained, q, control), q, anchor) for q in quantities)


def confusion_pictures(
    metrics: Metrics, classes: Mapping[str, Sequence[str]] | None, anchor: str
) -> tuple[Picture, ...]:
    """Mean confusion matrices of the variants that have one."""
    found = {v: view["confusion"] for v, view in metrics["variants"].items() if view.get("confusion")}
    if not found:
        return ()
    return (_picture(figures.confusion_heatmaps(found, classes, metrics["repeats"]), "confusion", anchor),)


def shift_pictures(metrics: Metrics, runs: pd.DataFrame, anchor: str) -> tuple[Picture, ...]:
    """Accuracy on shifted test images, where they were evaluated."""
    if shifted_accuracies(runs).empty:
        return ()
    figure = figures.shift_curves(runs, list(metrics["variants"]), metrics["control"])
    return (_picture(figure, "shifts", anchor, metrics["control"]),)


def spread_pictures(metrics: Metrics, anchor: str) -> tuple[Picture, ...]:
    """Standard deviation of the study's metric by arm, where variants say which streams vary."""
    if all(view["vary"] is None for view in metrics["variants"].values()):
        return ()
    metric = metrics["metric"]
    found = {v: view["metrics"][metric] for v, view in metrics["variants"].items()}
    bars = {v: {"mean": e["sd"], "low": e["sd_low"], "high": e["sd_high"]} for v, e in found.items()}
    label = spread_label(metric)
    figure = figures.bar_chart(bars, None, metric, metrics["repeats"], from_zero=True, label=label)
    return (_picture(figure, "spread", anchor),)


def gap_pictures(metrics: Metrics, anchor: str) -> tuple[Picture, ...]:
    """Training minus validation accuracy of each variant, where there is a validation set."""
    metric = "generalization_gap"
    found = {v: view["metrics"].get(metric) for v, view in metrics["variants"].items()}
    known = {v: estimate for v, estimate in found.items() if estimate and estimate["mean"] is not None}
    if not known:
        return ()
    control = metrics["control"] if metrics["control"] in known else None
    figure = figures.bar_chart(known, control, metric, metrics["repeats"], from_zero=True)
    return (_picture(figure, "gap", anchor),)


def _picture(figure: Figure, kind: str, anchor: str, control: str = "") -> Picture:
    caption = CAPTIONS[kind].format(control=control)
    return Picture(Markup(figures.to_svg(figure, f"{anchor}-{kind}", caption)), caption)
