"""Critical-difference diagram: mean ranks, and who the corrected paired tests do not set apart from the control."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from pipeline.outputs.figures.canvas import add_legend, apply_theme, make_rows
from pipeline.outputs.figures.theme import COMPARISON_STYLES, DASHED, FAINT, INK, MUTED

ALIKE = ("equivalent", "identical", "undecided")  # by which no difference is shown
CONTROL = "control"
BAR_POINTS = 6


@apply_theme
def draw_ranks(ranks: Mapping[str, float], verdicts: Mapping[str, str], control: str, repeats: int) -> Figure:
    """Mean ranks, 1 the best and on the right, one row a variant, the best on top.

    `verdicts` are those of the treatments. A bar to the control's line joins those that are not shown to differ from
    it: by the verdicts and not by the ranks, so that no bar contradicts a test.
    """
    order = sorted(ranks, key=lambda name: ranks[name])
    told = [verdicts.get(name, CONTROL) for name in order]
    rows = [f"{name} · {ranks[name]:.1f} · {verdict}" for name, verdict in zip(order, told, strict=True)]
    figure, axes = make_rows(rows, row_inches=0.3, extra_inches=1.05)
    axes.axvline(ranks[control], zorder=1, gid="control", **DASHED)
    alike = [row for row, verdict in enumerate(told) if verdict in ALIKE]
    ends = [ranks[order[row]] for row in alike]
    axes.hlines(alike, ranks[control], ends, color=FAINT, linewidth=BAR_POINTS, zorder=2, gid="alike")
    for verdict in dict.fromkeys(told):
        marked = [row for row, one in enumerate(told) if one == verdict]
        _mark(axes, [ranks[order[row]] for row in marked], marked, verdict)
    _label(figure, axes, len(ranks), control, repeats)
    return figure


def _mark(axes: Axes, ranks: list[float], rows: list[int], verdict: str) -> None:
    if verdict == CONTROL:
        axes.plot(ranks, rows, "|", color=INK, markersize=10, markeredgewidth=2, zorder=4)
        return
    style = COMPARISON_STYLES[verdict]
    look = {"color": style.colour, "markerfacecolor": style.colour if style.filled else "white", "markersize": 6.5}
    axes.plot(ranks, rows, style.marker, linestyle="", zorder=4, **look)  # type: ignore[arg-type]


def _label(figure: Figure, axes: Axes, count: int, control: str, repeats: int) -> None:
    axes.set_xlim(count + 0.1, 0.9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(f"mean rank of {count} variants in a repeat, n = {repeats} repeats")
    axes.set_title("← worse", loc="left", color=MUTED, fontsize=9.5)
    axes.set_title("better →", loc="right", color=MUTED, fontsize=9.5)
    bar = Line2D([], [], label=f"not shown to differ from {control}", color=FAINT, linewidth=BAR_POINTS)
    add_legend(figure, [Line2D([], [], label=f"mean rank of {control}", **DASHED), bar], below=True)
