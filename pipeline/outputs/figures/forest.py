"""Forest plot: every treatment's paired difference from the control, against zero and the margin."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pipeline.outputs.figures.theme import BAND, INK, MUTED, rows_axes, themed
from pipeline.outputs.figures.units import difference_label, scale, signed
from pipeline.outputs.figures.verdicts import VERDICTS

Comparison = Mapping[str, Any]
NEW_IMAGES: dict[str, Any] = {"linewidth": 0.8, "marker": "|", "markersize": 4}


@themed
def forest_plot(comparisons: Mapping[str, Comparison]) -> Figure:
    """Paired differences with simultaneous and Student intervals and the one on new images, one row a treatment.

    Parameters
    ----------
    comparisons : mapping of treatment to comparison
        ``metrics/<study>.json``'s ``comparisons``: what ``Comparison.to_dict`` gives. At least one.

    Returns
    -------
    Figure
        Differences oriented so that right is better; percentage points for fractions. The axis always shows
        zero and the whole margin band.
    """
    first = next(iter(comparisons.values()))
    figure, axes = rows_axes(list(comparisons), row_inches=0.34, extra_inches=1.15)
    _reference(axes, first)
    for row, comparison in enumerate(comparisons.values()):
        _difference(axes, row, comparison)
    _verdict_column(axes, comparisons)
    _labels(figure, axes, list(comparisons.values()))
    return figure


def _reference(axes: Axes, comparison: Comparison) -> None:
    axes.axvline(0, color=INK, linewidth=1, zorder=1, gid="zero")
    axes.grid(False)
    if comparison["margin"] is not None:
        margin = scale(comparison["metric"]) * comparison["margin"]
        axes.axvspan(-margin, margin, color=BAND, linewidth=0, zorder=0, gid="margin")


def _difference(axes: Axes, row: int, comparison: Comparison) -> None:
    factor, style = scale(comparison["metric"]), VERDICTS[comparison["verdict"]]
    for low, high, width, alpha in (
        ("simultaneous_low", "simultaneous_high", 7, 0.28),
        ("low", "high", 1.3, 1),
    ):
        if comparison[low] is not None and comparison[high] is not None:
            ends = [factor * comparison[low], factor * comparison[high]]
            axes.plot(
                ends, [row, row], color=style.colour, linewidth=width, alpha=alpha, solid_capstyle="butt"
            )
    _on_new_images(axes, row, comparison)
    if comparison["estimate"] is not None:  # a diverged run leaves no mean
        face = style.colour if style.filled else "white"
        look: dict[str, Any] = {
            "color": style.colour,
            "markerfacecolor": face,
            "markersize": 6.5,
            "zorder": 4,
        }
        axes.plot([factor * comparison["estimate"]], [row], style.marker, **look)


def _on_new_images(axes: Axes, row: int, comparison: Comparison) -> None:
    """The second scope as a thin whisker below the others."""
    ends = [comparison["new_images_low"], comparison["new_images_high"]]
    if None not in ends:
        colour, factor, place = VERDICTS[comparison["verdict"]].colour, scale(comparison["metric"]), row + 0.3
        axes.plot([factor * end for end in ends], [place, place], color=colour, **NEW_IMAGES)


def _verdict_column(axes: Axes, comparisons: Mapping[str, Comparison]) -> None:
    right = axes.secondary_yaxis("right")
    texts = [f"{_estimate(comparison)} · {comparison['verdict']}" for comparison in comparisons.values()]
    right.set_yticks(range(len(comparisons)), texts)
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
    for label, comparison in zip(right.get_yticklabels(), comparisons.values(), strict=True):
        label.set_color(VERDICTS[comparison["verdict"]].colour)


def _estimate(comparison: Comparison) -> str:
    estimate = comparison["estimate"]
    return "no mean" if estimate is None else signed(scale(comparison["metric"]) * estimate)


def _labels(figure: Figure, axes: Axes, comparisons: list[Comparison]) -> None:
    first = comparisons[0]
    counts = sorted({c["n"] for c in comparisons})
    n = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    axes.set_xlabel(f"{difference_label(first['metric'])}, n = {n} paired repeats")
    axes.set_title(f"← worse than {first['control']}", loc="left", color=MUTED, fontsize=9.5)
    axes.set_title(f"better than {first['control']} →", loc="right", color=MUTED, fontsize=9.5)
    figure.legend(handles=_handles(comparisons), loc="outside lower left", ncols=2)


def _handles(comparisons: Sequence[Comparison]) -> list[Artist]:
    comparison = comparisons[0]
    level = f"{100 * (1 - comparison['alpha']):.3g} %"
    handles: list[Artist] = [
        Line2D([], [], color=MUTED, linewidth=7, alpha=0.28, label=f"simultaneous {level} interval"),
        Line2D([], [], color=MUTED, linewidth=1.3, label=f"Student {level} interval"),
    ]
    if any(one["new_images_low"] is not None for one in comparisons):
        handles.append(
            Line2D([], [], color=MUTED, label=f"simultaneous {level} interval on new images", **NEW_IMAGES)
        )
    if comparison["margin"] is not None:
        factor = scale(comparison["metric"])
        unit = " percentage points" if factor == 100 else ""
        band = f"within the margin, ± {factor * comparison['margin']:.3g}{unit}"
        handles.append(Patch(color=BAND, label=band))
    return handles
