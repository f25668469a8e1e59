"""Figures as text: the same figure gives the same bytes, on any day."""

import html
import io
import re
from typing import Any

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from pipeline.outputs.figures.theme import SETTINGS

FONTS = "DejaVu Sans, Verdana, Arial, sans-serif"


def render_svg(figure: Figure, name: str = "figure", label: str = "") -> str:
    """Scalable picture of a figure as one ``<svg>`` element, to be put into a page or a file.

    `name` makes the element's inner ids its own; give each figure of a page another one. `label` is what a screen
    reader says instead of the picture.
    """
    buffer = io.StringIO()
    with matplotlib.rc_context(rc={**SETTINGS, "svg.hashsalt": name}):
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata={"Date": None})  # `savefig` would draw it twice
    attributes = f'role="img" aria-label="{html.escape(label)}" font-family="{FONTS}"'
    return _element(buffer.getvalue()).replace("<svg", f"<svg {attributes}", 1)


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
