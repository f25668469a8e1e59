"""Shift robustness: accuracy against the distance by which the test images are moved."""

import re
from collections.abc import Sequence
from itertools import cycle

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.outputs.figures.canvas import add_legend, apply_theme, make_figure
from pipeline.outputs.figures.theme import ACCENT, INK, MUTED, WARNING

COLUMN = re.compile(r"test_accuracy_shift_(\d+)")
COLOURS = (ACCENT, WARNING, MUTED)
MARKERS = "osv^DPX"


def list_shifted_accuracies(runs: pd.DataFrame) -> pd.DataFrame:
    """Columns variant, shift (pixels) and accuracy (fraction), one row a run and shift; empty without any shift.

    `runs` is ``evaluations/<study>/runs.csv``; columns ``variant`` and ``test_accuracy_shift_<pixels>`` are read.
    """
    columns = {name: int(found[1]) for name in runs.columns if (found := COLUMN.fullmatch(name))}
    wide = runs[["variant", *columns]].rename(columns=columns)
    return wide.melt("variant", var_name="shift", value_name="accuracy").dropna()


@apply_theme
def draw_shifts(runs: pd.DataFrame, variants: Sequence[str], control: str) -> Figure:
    """Accuracy against shift, one line a variant in the order of the legend, the control's dashed; at least one shift.

    Line: mean over repeats; band: smallest to largest repeat; dots: the repeats. Told apart by marker.
    """
    figure = make_figure(8.0, 4.2)
    axes = figure.add_subplot()
    every = list_shifted_accuracies(runs)
    looks = dict(zip((v for v in variants if v != control), zip(cycle(COLOURS), cycle(MARKERS)), strict=False))
    for variant in variants:
        _curve(axes, every[every["variant"] == variant], variant, *looks.get(variant, (INK, MARKERS[-1])))
        axes.lines[-1].set_linestyle((0, (4, 2)) if variant == control else "-")
    axes.set_xlabel("shift of the test images (pixels)")
    axes.set_ylabel("test accuracy (%)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y")
    add_legend(figure, axes.get_legend_handles_labels()[0])
    return figure


def _curve(axes: Axes, values: pd.DataFrame, variant: str, colour: str, marker: str) -> None:
    spread = 100 * values.groupby("shift")["accuracy"].agg(["mean", "min", "max"]).astype(float)
    axes.fill_between(spread.index, spread["min"], spread["max"], color=colour, alpha=0.15, linewidth=0)
    axes.plot(values["shift"], 100 * values["accuracy"], marker, color=colour, markersize=3, alpha=0.5, linestyle="")
    label = f"{variant}, n = {values.groupby('shift').size().max()}"
    axes.plot(spread.index, spread["mean"], color=colour, linewidth=1.5, marker=marker, markersize=5, label=label)
