"""What figures are drawn on, from one panel to 25, and their text: the same figure gives the same bytes, on any day."""

import html
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any, Literal

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from pipeline.outputs.figures.theme import PALETTE, SETTINGS

WIDTH_INCHES = 10.0
MOST_COLUMNS = 4
WIDEST_PANEL_INCHES = 4.6
LEGEND_POINTS = 9
Place = Literal["outside upper left", "outside lower left"]
SMALLEST_POINTS = 8.3  # 11 pixels
apply_theme = matplotlib.rc_context(rc=SETTINGS)
"""Decorates a drawing function: it runs under the project's settings and leaves the global ones as they were."""
FONTS = "DejaVu Sans, Verdana, Arial, sans-serif"


def make_figure(width: float, height: float) -> Figure:
    """Empty white figure of that size in inches, whose parts make room for each other."""
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def make_rows(names: list[str], row_inches: float, extra_inches: float) -> tuple[Figure, Axes]:
    """Figure with one axes and one labelled row a name, the first on top; its height follows their number."""
    figure = make_figure(WIDTH_INCHES, extra_inches + row_inches * len(names))
    axes = figure.add_subplot()
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    return figure, axes


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
    most = int(72 * panel_inches * 0.92 / (0.6 * SMALLEST_POINTS))
    text = "\n".join(fill(line, most) for line in text.splitlines())
    longest = max(len(line) for line in text.splitlines())
    axes.set_title(text, fontsize=max(SMALLEST_POINTS, min(9.5, 72 * panel_inches * 0.88 / (0.6 * longest))))


def add_legend(figure: Figure, handles: Sequence[Artist], below: bool = False) -> None:
    """Legend with as many columns as fit the figure's width, so that none is cut off."""
    longest = max(len(str(one.get_label())) for one in handles)
    inches = 0.55 + longest * LEGEND_POINTS * 0.6 / 72
    columns = max(1, min(len(handles), int(figure.get_figwidth() / inches)))
    place: Place = "outside lower left" if below else "outside upper left"
    figure.legend(handles=list(handles), loc=place, ncols=columns)


def render_svg(figure: Figure, name: str = "figure", label: str = "", themed: bool = False) -> str:
    """Scalable picture of a figure as one ``<svg>`` element, to be put into a page or a file.

    `name` makes the element's inner ids its own; give each figure of a page another one. `label` is what a screen
    reader says instead of the picture. A `themed` one takes its colours from the page, and has its own elsewhere.
    """
    buffer = io.StringIO()
    with matplotlib.rc_context(rc={**SETTINGS, "svg.hashsalt": name}):
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata={"Date": None})  # `savefig` would draw it twice
    attributes = f'role="img" aria-label="{html.escape(label)}" font-family="{FONTS}"'
    text = _element(buffer.getvalue())
    return (_theme(text) if themed else text).replace("<svg", f"<svg {attributes}", 1)


def _theme(svg: str) -> str:
    """Colours as variables of the page, each with the colour it stands for."""
    for variable, colour in PALETTE.items():
        svg = svg.replace(f": {colour}", f": var(--{variable}, {colour})")
    return svg


def _element(document: str) -> str:
    """The ``<svg>`` element alone, without what only a file needs: about half of matplotlib's text."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"/>|<g id="[^"]*">\s*</g>', "", svg)
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)  # numbered anew in every figure, so not unique in a page
    svg = re.sub(r"font: ([\d.]+px) [^;\"]+", r"font-size: \1", svg)  # the root names the family, once
    svg = re.sub(r" font-family: [^;\"]+;", "", svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r"<(?!image)[^>]+>", _round, svg)
    return re.sub(r"\s*\n\s*", "\n", svg).strip()


def _round(tag: re.Match[str]) -> str:
    """Tag with coordinates to a hundredth of a point; the text between tags is never touched."""
    return re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", tag[0])
