"""Figures of the report: numbers in, a matplotlib `Figure` out; no disk, no global state."""

from pipeline.outputs.figures.bars import draw_bars
from pipeline.outputs.figures.confusion import draw_confusions
from pipeline.outputs.figures.curves import Histories, draw_curves
from pipeline.outputs.figures.forest import draw_forest
from pipeline.outputs.figures.images import encode_png, make_contact_sheet
from pipeline.outputs.figures.repeats import draw_repeats
from pipeline.outputs.figures.serialize import render_svg
from pipeline.outputs.figures.shifts import draw_shifts

__all__ = [
    "Histories",
    "draw_bars",
    "draw_confusions",
    "draw_curves",
    "draw_forest",
    "draw_repeats",
    "draw_shifts",
    "encode_png",
    "make_contact_sheet",
    "render_svg",
]
