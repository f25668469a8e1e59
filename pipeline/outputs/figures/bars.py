"""Bar chart: the variants' means of one metric, measured from zero."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.outputs.figures.canvas import add_legend, apply_theme, make_rows
from pipeline.outputs.figures.theme import ACCENT, DASHED, FAINT, INK
from pipeline.outputs.numbers import get_scale, label_values
from pipeline.statistics.estimates import Estimate


@apply_theme
def draw_bars(
    estimates: Mapping[str, Estimate], control: str | None, metric: str, n: int, label: str | None = None
) -> Figure:
    """Values of a metric, over n repeats, from zero with their 95 % intervals, one bar a variant.

    Estimates are in the metric's own unit; limits of None draw no interval, a mean of None no bar. The control's mean
    is the dashed line. `label` says, with its unit, what the values are where they are no means.
    """
    figure, axes = make_rows(list(estimates), row_inches=0.34, extra_inches=0.75)
    factor = get_scale(metric)
    for row, (variant, estimate) in enumerate(estimates.items()):
        _bar(axes, row, estimate, factor, FAINT if variant == control else ACCENT)
    baseline = estimates[control].mean if control is not None else None
    if baseline is not None:
        axes.axvline(factor * baseline, gid="control", **DASHED)
        add_legend(figure, [Line2D([], [], label=f"mean of {control}", **DASHED)])
    axes.set_xlabel(f"{label or f'{label_values(metric)}, mean'} and 95 % interval, n = {n} repeats")
    return figure


def _bar(axes: Axes, row: int, estimate: Estimate, factor: float, colour: str) -> None:
    if estimate.mean is not None:
        axes.barh(row, factor * estimate.mean, height=0.56, color=colour)
        if estimate.low is not None and estimate.high is not None:
            ends = [factor * estimate.low, factor * estimate.high]
            axes.plot(ends, [row, row], color=INK, linewidth=1.2, marker="|", markersize=6)
