"""Learning curves: mean and spread over the repeats, train and validation, one panel a variant."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pipeline.outputs.figures.canvas import add_legend, apply_theme, fit_grid, make_panels, set_panel_title
from pipeline.outputs.figures.theme import ACCENT, DASHED, MUTED
from pipeline.outputs.numbers import get_scale

Histories = Mapping[str, Sequence[pd.DataFrame]]
Curves = Mapping[str, Mapping[str, Mapping[int, float]]]  # printed ones: by variant, quantity, epoch
MARKED_EPOCHS = 12  # up to here each epoch is a dot, so that one epoch is visible


def summarize_repeats(histories: Sequence[pd.DataFrame], column: str) -> pd.DataFrame:
    """Mean, min, max and count of a column, by epoch, over the repeats still training at each epoch.

    Histories are one a repeat, with columns ``epoch`` (1-based) and ``loss``, ``accuracy``, ``val_loss`` or
    ``val_accuracy``; lengths may differ (early stopping). Empty when no history has the column. Values that are not
    finite are left out.
    """
    parts = [history[["epoch", column]] for history in histories if column in history]
    rows = pd.concat(parts) if parts else pd.DataFrame({"epoch": [], column: []})
    rows = rows.replace([np.inf, -np.inf], np.nan).dropna()
    return rows.groupby("epoch")[column].agg(["mean", "min", "max", "count"])


@apply_theme
def draw_curves(
    histories: Histories, quantity: str, control: str | None = None, printed: Curves | None = None
) -> Figure:
    """Train and validation curves, loss or accuracy, of every variant, on shared axes.

    Line: mean; band: smallest to largest over repeats; dotted from the epoch where a repeat has stopped. The mean
    validation curve of the control is repeated in the other panels. Histories, by variant, are a DataFrame a repeat,
    see `summarize_repeats`; at least one variant has at least one.
    """
    places = fit_grid(len(histories))
    figure, every_axes = make_panels(places, panel_height=1.75, extra_inches=0.55)
    reference = summarize_repeats(histories.get(control or "", []), f"val_{quantity}")
    for axes, (variant, runs) in zip(every_axes, histories.items(), strict=True):
        for column, colour in ((quantity, MUTED), (f"val_{quantity}", ACCENT)):
            _spread(axes, summarize_repeats(runs, column), quantity, colour, repeats=len(runs))
            _dots(axes, (printed or {}).get(variant, {}).get(column, {}), quantity, colour)
        if variant != control and len(reference):
            _mean(axes, reference, quantity, zorder=1.9, **DASHED)
        set_panel_title(axes, f"{variant}, n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{len(runs)}", places.panel_inches)
        axes.grid(axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1))
    shown = control if len(reference) and len(histories) > 1 else None
    _labels(figure, quantity, shown, any(quantity in name for curves in (printed or {}).values() for name in curves))
    return figure


def _spread(axes: Axes, spread: pd.DataFrame, quantity: str, colour: str, repeats: int) -> None:
    if spread.empty:
        return
    band = get_scale(quantity) * spread[["min", "max"]]
    axes.fill_between(spread.index, band["min"], band["max"], color=colour, alpha=0.2, linewidth=0)
    together = spread[spread["count"] == repeats]
    marker = "." if len(spread) <= MARKED_EPOCHS else ""
    _mean(axes, together, quantity, color=colour, linewidth=1.5, marker=marker)
    thinning = spread.loc[together.index.max() :] if len(together) else spread
    if len(thinning) > 1 or not len(together):
        _mean(axes, thinning, quantity, color=colour, linewidth=1.5, linestyle=":")


def _dots(axes: Axes, curve: Mapping[int, float], quantity: str, colour: str) -> None:
    """What a text printed, as hollow dots."""
    if not curve:
        return
    values = [get_scale(quantity) * x for x in curve.values()]
    look: dict[str, object] = {"markersize": 5, "markeredgewidth": 1.3, "markerfacecolor": "white", "color": colour}
    axes.plot(list(curve), values, "o", linestyle="", zorder=4, **look)  # type: ignore[arg-type]


def _mean(axes: Axes, spread: pd.DataFrame, quantity: str, **look: object) -> None:
    axes.plot(spread.index, get_scale(quantity) * spread["mean"], **look)  # type: ignore[arg-type]


def _labels(figure: Figure, quantity: str, control: str | None, printed: bool) -> None:
    figure.supxlabel("epoch", color=MUTED, fontsize=9.5)
    figure.supylabel("accuracy (%)" if quantity == "accuracy" else quantity, color=MUTED, fontsize=9.5)
    handles = [
        Line2D([], [], color=MUTED, linewidth=1.5, label="train"),
        Line2D([], [], color=ACCENT, linewidth=1.5, label="validation"),
        Patch(color=MUTED, alpha=0.25, linewidth=0, label="smallest to largest repeat"),
        Line2D([], [], color=MUTED, linewidth=1.5, linestyle=":", label="some repeats have stopped"),
    ]
    if control is not None:
        handles.append(Line2D([], [], label=f"validation of {control}", **DASHED))
    if printed:
        hollow = {"marker": "o", "linestyle": "", "markerfacecolor": "white", "color": MUTED}
        handles.append(Line2D([], [], label="printed, of one run", **hollow))  # type: ignore[arg-type]
    add_legend(figure, handles)
