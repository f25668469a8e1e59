"""Where small multiples go: a grid that stays readable from 1 panel to 25."""

import math
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.outputs.figures.theme import WIDTH_INCHES, make_figure

MOST_COLUMNS = 4
WIDEST_PANEL_INCHES = 4.2


@dataclass(frozen=True)
class Grid:
    """Rows and columns of a set of panels, and the width of one in inches."""

    count: int
    rows: int
    columns: int
    panel_inches: float

    @property
    def width(self) -> float:
        """Width of the whole figure in inches."""
        return self.panel_inches * self.columns

    def find_edges(self, index: int) -> tuple[bool, bool]:
        """Whether nothing is below a panel, and nothing to its left."""
        return index + self.columns >= self.count, index % self.columns == 0


def fit_grid(count: int, most_columns: int = MOST_COLUMNS) -> Grid:
    """Balanced grid for `count` panels, at most so many columns wide."""
    rows = math.ceil(count / most_columns)
    columns = math.ceil(count / rows)
    return Grid(count, rows, columns, min(WIDTH_INCHES / columns, WIDEST_PANEL_INCHES))


def make_panels(places: Grid, panel_height: float, extra_inches: float) -> tuple[Figure, list[Axes]]:
    """Figure of panels that share both axes; only the outer ones carry tick labels."""
    figure = make_figure(places.width, panel_height * places.rows + extra_inches)
    first: Axes | None = None
    for index in range(places.count):
        axes = figure.add_subplot(places.rows, places.columns, index + 1, sharex=first, sharey=first)
        first = first or axes
        lowest, leftmost = places.find_edges(index)
        axes.tick_params(left=leftmost, labelleft=leftmost)
        axes.xaxis.set_visible(lowest)  # the axis of the panel below says the same
    return figure, figure.axes


def set_panel_title(axes: Axes, text: str, panel_inches: float) -> None:
    """Title above a panel, set smaller where its longest line would run into the next panel."""
    longest = max(len(line) for line in text.splitlines())
    axes.set_title(text, fontsize=min(9.5, 72 * panel_inches * 0.88 / (0.6 * longest)))
