"""Accuracy against training time: one point a variant, with its name."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.outputs.figures.canvas import WIDTH_INCHES, apply_theme, make_figure
from pipeline.outputs.figures.theme import ACCENT, FAINT, INK, MUTED

Floats = npt.NDArray[np.float64]
ROW_INCHES = 0.2  # of a name
LEAST_INCHES = 2.6


@apply_theme
def draw_times(points: Mapping[str, tuple[Sequence[float], Sequence[float]]], control: str | None = None) -> Figure:
    """Mean test accuracy (percent) against mean training time (seconds), with a standard deviation to either side.

    `points` has the seconds and the accuracies (fractions) of each variant's runs, at least one of either. Names stand
    to the right of the axes in the order of the accuracies, so that none covers another.
    """
    figure = make_figure(WIDTH_INCHES, max(LEAST_INCHES, 0.9 + ROW_INCHES * len(points)))
    axes = figure.add_subplot()
    axes.grid(axis="both")
    for name, (seconds, accuracies) in points.items():
        look: dict[str, Any] = {"color": ACCENT, "fmt": "o"} if name != control else {"color": INK, "fmt": "s"}
        x, y = np.asarray(seconds, dtype=float), 100 * np.asarray(accuracies, dtype=float)
        axes.errorbar([x.mean()], [y.mean()], xerr=_spread(x), yerr=_spread(y), elinewidth=1, markersize=5, **look)
    axes.set_xlabel("training time (s), mean and standard deviation of the runs")
    axes.set_ylabel("test accuracy (%)")
    axes.set_xlim(left=0)
    means = {name: (float(np.mean(x)), 100 * float(np.mean(y))) for name, (x, y) in points.items()}
    _name(axes, means, control)
    return figure


def _spread(values: Floats) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _name(axes: Axes, means: Mapping[str, tuple[float, float]], control: str | None) -> None:
    """Names in a column on the right, each joined to its point."""
    order = sorted(means, key=lambda name: means[name][1])
    for name, height in zip(order, np.linspace(0.03, 0.97, len(order)) if len(order) > 1 else [0.5], strict=True):
        axes.annotate(
            f"{name} (control)" if name == control else name,
            means[name],
            xytext=(1.03, float(height)),
            textcoords="axes fraction",
            va="center",
            fontsize=9,
            color=INK if name == control else MUTED,
            arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 4},
        )
