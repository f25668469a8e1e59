"""Printed figures beside ours: what a write-up's single run gave, and every repeat of the same recipe."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.outputs.figures.canvas import apply_theme, make_rows
from pipeline.outputs.figures.repeats import place_repeats
from pipeline.outputs.figures.theme import ACCENT, BAND, INK
from pipeline.outputs.numbers import get_scale, label_values

Runs = Mapping[str, tuple[float, Sequence[float]]]
PRINTED: dict[str, Any] = {
    "marker": "o",
    "linestyle": "",
    "markerfacecolor": "white",
    "markeredgecolor": INK,
    "markersize": 8,
}


@apply_theme
def draw_beside(runs: Runs, metric: str) -> Figure:
    """A row a variant: the printed figure as a hollow dot, each repeat of ours as a small one, their mean as a line.

    A band goes from the smallest to the largest of ours.

    `runs` has the printed figure and the repeats' values of each variant, in the metric's own unit (fractions).
    """
    figure, axes = make_rows([f"{name}, n = {len(ours)}" for name, (_, ours) in runs.items()], 0.4, 0.85)
    axes.use_sticky_edges = False  # a band leaves room at its ends, as dots do
    factor = get_scale(metric)
    for row, (printed, ours) in enumerate(runs.values()):
        values = factor * np.asarray(ours, dtype=float)
        low, high = np.nanmin(values), np.nanmax(values)
        axes.barh(row, high - low, left=low, height=0.72, color=BAND, zorder=2)
        axes.plot(values, place_repeats(row, len(values)), "o", color=ACCENT, markersize=3.6, zorder=3)
        axes.plot([np.nanmean(values)] * 2, [row - 0.36, row + 0.36], color=INK, linewidth=2, zorder=4)
        axes.plot([factor * printed], [row], **PRINTED, zorder=5)
    axes.set_xlabel(label_values(metric))
    handles = [
        Line2D([], [], **PRINTED, label="printed, one run"),
        Line2D([], [], marker="o", linestyle="", color=ACCENT, markersize=3.6, label="ours, each repeat"),
        Line2D([], [], marker="|", linestyle="", color=INK, markersize=10, markeredgewidth=2, label="mean of ours"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
    return figure
