"""Forest plot: every treatment's paired difference from the control, against zero and the margin."""

from collections.abc import Mapping
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pipeline.metrics import is_share
from pipeline.outputs.figures.canvas import add_legend, apply_theme, make_rows
from pipeline.outputs.figures.theme import BAND, COMPARISON_STYLES, INK, MUTED
from pipeline.outputs.numbers import format_signed, get_scale, label_differences
from pipeline.statistics.comparison import Comparison

BEYOND = 3.0  # times the largest estimate or the margin: an interval that is wider is cut off
EDGE: dict[str, Any] = {"color": MUTED, "linewidth": 1, "linestyle": ":"}  # of the margin
NEW_IMAGES: dict[str, Any] = {"linewidth": 0.8, "marker": "|", "markersize": 4}


@apply_theme
def draw_forest(comparisons: Mapping[str, Comparison]) -> Figure:
    """Paired differences with the interval that decided, Student's and the one on new images, one row a treatment.

    By treatment, at least one. Oriented so that right is better; percentage points for shares. The axis always shows
    zero and the whole margin band.
    """
    every = list(comparisons.values())
    figure, axes = make_rows(list(comparisons), row_inches=0.34, extra_inches=1.15)
    _reference(axes, every[0])
    for row, comparison in enumerate(every):
        _difference(axes, row, comparison)
    _clip(axes, every)
    _verdict_column(axes, every)
    _labels(figure, axes, every)
    return figure


def _reference(axes: Axes, c: Comparison) -> None:
    axes.axvline(0, color=INK, linewidth=1, zorder=1, gid="zero")
    axes.grid(False)
    if c.margin is not None:
        margin = get_scale(c.metric) * c.margin
        axes.axvspan(-margin, margin, color=BAND, linewidth=0, zorder=0, gid="margin")
        for end in (-margin, margin):
            axes.axvline(end, zorder=0.5, **EDGE)


def _difference(axes: Axes, row: int, c: Comparison) -> None:
    style = COMPARISON_STYLES[c.verdict]
    bar = {"color": style.colour, "solid_capstyle": "butt"}
    _interval(axes, row, c, c.interval, linewidth=7, alpha=0.28, **bar)
    _interval(axes, row, c, (c.low, c.high), linewidth=1.3, alpha=1, **bar)
    _interval(axes, row + 0.3, c, (c.new_images_low, c.new_images_high), color=style.colour, **NEW_IMAGES)
    if c.estimate is not None:  # a diverged run leaves no mean
        face = style.colour if style.filled else "white"
        place = [get_scale(c.metric) * c.estimate], [row]
        axes.plot(*place, style.marker, zorder=4, color=style.colour, markerfacecolor=face, markersize=6.5)


def _clip(axes: Axes, comparisons: list[Comparison]) -> None:
    """End the axis where no difference is possible, or far beyond every estimate; an arrow says what goes on."""
    scale = get_scale(comparisons[0].metric)
    estimates = [scale * c.estimate for c in comparisons if c.estimate is not None]
    wide = BEYOND * max([*map(abs, estimates), scale * (comparisons[0].margin or 0.0)], default=0.0)
    ends = [scale * x for c in comparisons for x in _list_ends(c)]
    low, high = max(min(ends, default=0.0), -wide), min(max(ends, default=0.0), wide)
    if is_share(comparisons[0].metric) and comparisons[0].control_mean is not None:
        mean = scale * comparisons[0].control_mean
        down, up = (mean, scale - mean) if comparisons[0].higher_is_better else (scale - mean, mean)
        low, high = max(low, -down), min(high, up)
    margin = scale * (comparisons[0].margin or 0.0)
    low, high = min([low, -margin, *estimates]), max([high, margin, *estimates])
    room = 0.05 * (high - low) or 1.0
    axes.set_xlim(low - room, high + room)
    for row, c in enumerate(comparisons):
        for end in (scale * x for x in _list_ends(c)):
            if end < low - room or end > high + room:
                _arrow(axes, row, end, low - room if end < low else high + room)


def _list_ends(c: Comparison) -> list[float]:
    return [x for x in (*c.interval, c.low, c.high, c.new_images_low, c.new_images_high) if x is not None]


def _arrow(axes: Axes, row: int, end: float, edge: float) -> None:
    text, side = (f"◂ {format_signed(end)}", "left") if end < edge else (f"{format_signed(end)} ▸", "right")
    axes.text(edge, row - 0.24, text, ha=side, va="bottom", fontsize=8.3, color=MUTED, gid="beyond")


def _interval(axes: Axes, place: float, c: Comparison, ends: tuple[float | None, float | None], **look: Any) -> None:
    known = [get_scale(c.metric) * end for end in ends if end is not None]
    if len(known) == 2:
        axes.plot(known, [place, place], **look)


def _verdict_column(axes: Axes, comparisons: list[Comparison]) -> None:
    right = axes.secondary_yaxis("right")
    texts = [f"{_estimate(one)} · {one.verdict}" for one in comparisons]
    right.set_yticks(range(len(comparisons)), texts)
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
    for label, one in zip(right.get_yticklabels(), comparisons, strict=True):
        label.set_color(COMPARISON_STYLES[one.verdict].colour)


def _estimate(c: Comparison) -> str:
    return "no mean" if c.estimate is None else format_signed(get_scale(c.metric) * c.estimate)


def _labels(figure: Figure, axes: Axes, comparisons: list[Comparison]) -> None:
    first = comparisons[0]
    counts = sorted({one.n for one in comparisons})
    n = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    axes.set_xlabel(f"{label_differences(first.metric)}, n = {n} paired repeats")
    axes.set_title(f"← worse than {first.control}", loc="left", color=MUTED, fontsize=9.5)
    axes.set_title(f"better than {first.control} →", loc="right", color=MUTED, fontsize=9.5)
    add_legend(figure, _handles(comparisons), below=True)


def _name_deciding(comparisons: list[Comparison], level: str) -> str:
    equality = any(one.verdict == "equivalent" and one.equivalence_low is not None for one in comparisons)
    return f"simultaneous {level} interval" + (", of equivalence the test's own" if equality else "")


def _handles(comparisons: list[Comparison]) -> list[Artist]:
    first = comparisons[0]
    level = f"{100 * (1 - first.alpha):.3g} %"
    handles: list[Artist] = [
        Line2D([], [], color=MUTED, linewidth=7, alpha=0.28, label=_name_deciding(comparisons, level)),
        Line2D([], [], color=MUTED, linewidth=1.3, label=f"Student {level} interval"),
    ]
    if any(one.new_images_low is not None for one in comparisons):
        label = f"simultaneous {level} interval on new images"
        handles.append(Line2D([], [], color=MUTED, label=label, **NEW_IMAGES))
    if first.margin is not None:
        factor = get_scale(first.metric)
        unit = " percentage points" if factor == 100 else ""
        handles.append(Patch(color=BAND, label=f"within the margin, ± {factor * first.margin:.3g}{unit}"))
    return handles
