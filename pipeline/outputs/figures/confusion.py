"""Confusion heat maps: where each variant's errors lie, the mean over its repeats."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, SymLogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from pipeline.outputs.figures.canvas import SMALLEST_POINTS, Grid, apply_theme, fit_grid, make_figure, set_panel_title
from pipeline.outputs.figures.theme import ACCENT, BAND, FAINT, INK, MUTED, WARNING
from pipeline.outputs.numbers import MINUS

Matrix = npt.NDArray[np.float64]
ERRORS = LinearSegmentedColormap.from_list("errors", ["white", "#f3b48a", WARNING, "#5a2300"])
CHANGES = LinearSegmentedColormap.from_list("changes", [ACCENT, "white", WARNING])
SMALLEST_COUNT = 0.05  # a smaller mean would print as 0.0
MOST_CLASSES_WITH_TEXT = 12
MOST_PANELS_WITH_TEXT = 4  # two columns; in smaller cells a number cannot be read


@apply_theme
def draw_confusions(
    confusions: Mapping[str, npt.ArrayLike],
    classes: Mapping[str, Sequence[str]] | None = None,
    repeats: int | None = None,
) -> Figure:
    """Mean confusion matrices, one panel a variant, errors coloured on one shared scale.

    Colour: share of the true class's images; the diagonal is grey and prints the recall in percent, the other cells
    print mean counts.

    Parameters
    ----------
    confusions : mapping of variant to array of shape (C, C)
        Mean counts over so many repeats; rows true, columns predicted. C may differ between variants.
    classes : mapping of variant to C class names, optional
        0, 1, 2 ... without it.
    """
    matrices = {variant: np.asarray(counts, dtype=np.float64) for variant, counts in confusions.items()}
    places = fit_grid(len(matrices), most_columns=2 if len(matrices) <= MOST_PANELS_WITH_TEXT else 4)
    figure = make_figure(places.width, places.panel_inches * places.rows * 1.06 + 0.8)
    top = max(_error_shares(matrix).max() for matrix in matrices.values()) or 1.0
    names = {v: (classes or {}).get(v) or [str(c) for c in range(len(m))] for v, m in matrices.items()}
    alike = len({tuple(one) for one in names.values()}) == 1
    for index, (variant, matrix) in enumerate(matrices.items()):
        axes = figure.add_subplot(places.rows, places.columns, index + 1)
        _panel(axes, matrix, 100 * top, places)
        errors = f"{matrix.sum() - np.trace(matrix):,.1f} errors of {matrix.sum():,.0f}"
        set_panel_title(axes, f"{variant}\n{errors}", places.panel_inches)
        lowest, leftmost = places.find_edges(index)
        _class_ticks(axes, names[variant], lowest or not alike, leftmost or not alike)
    of = "" if repeats is None else f", mean of n = {repeats} repeats"
    _labels(figure, f"errors, % of the true class's images{of}")
    return figure


@apply_theme
def draw_changes(
    changes: Mapping[str, npt.ArrayLike],
    classes: Mapping[str, Sequence[str]] | None = None,
    control: str = "the control",
) -> Figure:
    """Differences of mean confusion matrices from the control's, one panel a variant, on one scale around 0.

    `changes` have shape (C, C), in images, rows true, columns predicted, and so many classes all; `classes` as in
    `draw_confusions`.
    """
    matrices = {variant: np.asarray(one, dtype=np.float64) for variant, one in changes.items()}
    places = fit_grid(len(matrices), most_columns=4)
    figure = make_figure(places.width, places.panel_inches * places.rows * 1.06 + 0.8)
    top = max(float(np.abs(matrix).max()) for matrix in matrices.values()) or 1.0
    for index, (variant, matrix) in enumerate(matrices.items()):
        axes = figure.add_subplot(places.rows, places.columns, index + 1)
        axes.imshow(matrix, cmap=CHANGES, norm=SymLogNorm(1.0, vmin=-top, vmax=top), interpolation="nearest")
        axes.spines[:].set_visible(True)
        set_panel_title(axes, variant, places.panel_inches)
        lowest, leftmost = places.find_edges(index)
        _class_ticks(axes, (classes or {}).get(variant) or [str(c) for c in range(len(matrix))], lowest, leftmost)
    _labels(figure, f"images more or fewer than {control}, mean over repeats")
    return figure


def _shares(matrix: Matrix) -> Matrix:
    totals = matrix.sum(axis=1, keepdims=True)
    return matrix / np.where(totals > 0, totals, 1.0)


def _error_shares(matrix: Matrix) -> Matrix:
    return _shares(matrix) * (1 - np.eye(len(matrix)))


def _panel(axes: Axes, matrix: Matrix, top_percent: float, places: Grid) -> None:
    shares = 100 * _error_shares(matrix)
    off_diagonal = np.ma.masked_array(shares, mask=np.eye(len(matrix), dtype=bool))
    axes.set_facecolor(BAND)
    axes.imshow(off_diagonal, cmap=ERRORS, vmin=0, vmax=top_percent, interpolation="nearest")
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(FAINT)
    if len(matrix) <= MOST_CLASSES_WITH_TEXT and places.count <= MOST_PANELS_WITH_TEXT:
        _cell_texts(axes, matrix, shares / top_percent, size=min(9.0, 19 * places.panel_inches / len(matrix)))


def _cell_texts(axes: Axes, matrix: Matrix, darkness: Matrix, size: float) -> None:
    recall = 100 * np.diagonal(_shares(matrix))
    for true, predicted in np.argwhere(matrix >= SMALLEST_COUNT):
        count = matrix[true, predicted]
        text = f"{count:.1f}" if count < 10 else f"{count:.0f}"
        colour = "white" if darkness[true, predicted] > 0.6 else INK
        if true == predicted:
            text, colour = f"{recall[true]:.0f}", MUTED
        cell = axes.text(predicted, true, text, color=colour, fontsize=size, ha="center", va="center")
        cell.set_in_layout(False)  # within its cell: hundreds of boxes less to measure


def _class_ticks(axes: Axes, names: Sequence[str], below: bool, beside: bool) -> None:
    """Names of the classes; panels of the same classes carry them on the outer edges only."""
    wordy = any(len(name) > 2 for name in names)
    columns, rows = names if below else (), names if beside else ()
    axes.set_xticks(range(len(columns)), columns, rotation=90 if wordy else 0)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0, labelsize=SMALLEST_POINTS, pad=1.5, labelcolor=MUTED)


def _labels(figure: Figure, what: str) -> None:
    figure.supxlabel("predicted class", color=MUTED, fontsize=9.5)
    figure.supylabel("true class", color=MUTED, fontsize=9.5)
    image = figure.axes[0].images[0]
    bar = figure.colorbar(image, ax=figure.axes, location="top", shrink=0.5, aspect=45, pad=0.01, anchor=(0.0, 0.5))
    bar.set_label(what, fontsize=9)
    bar.ax.xaxis.set_major_formatter(lambda count, _: f"{count:,g}".replace("-", MINUS))  # a log scale's is of math
    bar.ax.xaxis.set_minor_formatter(NullFormatter())
    bar.outline.set_visible(False)
