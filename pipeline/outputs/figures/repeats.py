"""Repeat strip: every repeat's value, so that the spread is seen and not only summarised."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.metrics import words
from pipeline.outputs.figures.canvas import add_legend, apply_theme, make_rows
from pipeline.outputs.figures.theme import ACCENT, DASHED, FAINT, INK, MUTED
from pipeline.outputs.numbers import get_scale, label_values

Floats = npt.NDArray[np.float64]
Values = Mapping[str, Sequence[float]]


@apply_theme
def draw_repeats(values: Values, control: str | None = None, metric: str = "test_accuracy") -> Figure:
    """Every repeat of every variant as a dot, with the variant's mean; the control's is carried down as a dashed line.

    Values are one a repeat, repeat 0 first, in the metric's own unit (fractions); NaN where a run diverged, which keeps
    its place and is left out of the mean. Each dot is joined to the control's value of the same repeat, where both have
    the same number of repeats.
    """
    figure, axes = make_rows(list(values), row_inches=0.4, extra_inches=0.85)
    factor = get_scale(metric)
    shown = {variant: factor * np.asarray(list(numbers), dtype=np.float64) for variant, numbers in values.items()}
    base = shown.get(control or "")
    if base is not None and np.isfinite(base).any():
        axes.axvline(float(np.nanmean(base)), zorder=1, gid="control", **DASHED)
    for row, (variant, numbers) in enumerate(shown.items()):
        if base is not None and variant != control and len(base) == len(numbers):
            _pairs(axes, row, base, numbers)
        _dots(axes, row, numbers, MUTED if variant == control else ACCENT)
    _labels(figure, axes, shown, control, metric)
    return figure


def place_repeats(row: int, count: int) -> Floats:
    """Vertical places of a row's repeats, repeat 0 on top, so that equal values do not hide each other."""
    return row + (np.linspace(-0.26, 0.26, count) if count > 1 else np.zeros(count))


def _dots(axes: Axes, row: int, numbers: Floats, colour: str) -> None:
    axes.plot(numbers, place_repeats(row, len(numbers)), "o", color=colour, markersize=3.6, zorder=3)
    if np.isfinite(numbers).any():
        axes.plot([np.nanmean(numbers)] * 2, [row - 0.36, row + 0.36], color=INK, linewidth=2, zorder=4)


def _pairs(axes: Axes, row: int, base: Floats, numbers: Floats) -> None:
    both = np.isfinite(base) & np.isfinite(numbers)
    axes.hlines(place_repeats(row, len(base))[both], base[both], numbers[both], color=FAINT, linewidth=1, zorder=2)


def _labels(figure: Figure, axes: Axes, shown: Mapping[str, Floats], control: str | None, metric: str) -> None:
    names = [f"{variant}, n = {np.isfinite(numbers).sum()}" for variant, numbers in shown.items()]
    axes.set_yticks(range(len(shown)), names)
    axes.set_xlabel(label_values(metric))
    handles = [
        Line2D([], [], marker="o", linestyle="", color=ACCENT, markersize=3.6, label=f"{words(metric)} of one repeat"),
        Line2D([], [], marker="|", linestyle="", color=INK, markersize=10, markeredgewidth=2, label="mean"),
    ]
    if control in shown:
        handles.append(Line2D([], [], label=f"mean of {control}", **DASHED))
    add_legend(figure, handles)
