"""Critical-difference diagram: mean ranks, and who the corrected paired tests do not set apart from the control."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from pipeline.outputs.figures.canvas import add_legend, apply_theme, make_rows
from pipeline.outputs.figures.theme import COMPARISON_STYLES, DASHED, FAINT, INK, MUTED

ALIKE = ("equivalent", "identical", "undecided")  # by which no difference is shown
BAR: dict[str, Any] = {"color": FAINT, "linewidth": 6, "solid_capstyle": "butt"}


@apply_theme
def draw_ranks(ranks: Mapping[str, float], verdicts: Mapping[str, str], control: str, repeats: int) -> Figure:
    """Mean ranks, 1 the best and on the right, one row a variant, the best on top.

    `verdicts` are those of the treatments. A bar to the control's line joins those that are not shown to differ from
    it: by the verdicts and not by the ranks, so that no bar contradicts a test.
    """
    order = sorted(ranks, key=lambda name: ranks[name])
    figure, axes = make_rows(order, row_inches=0.3, extra_inches=1.05)
    axes.axvline(ranks[control], zorder=1, gid="control", **DASHED)
    for row, name in enumerate(order):
        _place(axes, row, ranks[name], verdicts.get(name), ranks[control])
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(len(order)), [f"{ranks[name]:.1f} · {verdicts.get(name, 'control')}" for name in order])
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
    axes.set_xlim(len(ranks) + 0.1, 0.9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(f"mean rank of {len(ranks)} variants in a repeat, n = {repeats} repeats")
    axes.set_title("← worse", loc="left", color=MUTED, fontsize=9.5)
    axes.set_title("better →", loc="right", color=MUTED, fontsize=9.5)
    bar = Line2D([], [], label=f"not shown to differ from {control}", **BAR)
    add_legend(figure, [Line2D([], [], label=f"mean rank of {control}", **DASHED), bar], below=True)
    return figure


def _place(axes: Axes, row: int, rank: float, verdict: str | None, base: float) -> None:
    if verdict is None:
        axes.plot([rank], [row], "|", color=INK, markersize=10, markeredgewidth=2, zorder=4)
        return
    style = COMPARISON_STYLES[verdict]
    if verdict in ALIKE:
        axes.plot([base, rank], [row, row], zorder=2, gid="alike", **BAR)
    face = style.colour if style.filled else "white"
    axes.plot([rank], [row], style.marker, color=style.colour, markerfacecolor=face, markersize=6.5, zorder=4)
