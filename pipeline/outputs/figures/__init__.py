"""Figures of report and tracker: numbers in, a matplotlib `Figure` out; no disk, no global state."""

from pipeline.outputs.figures.bars import bar_chart
from pipeline.outputs.figures.confusion import confusion_heatmaps
from pipeline.outputs.figures.curves import Histories, learning_curves
from pipeline.outputs.figures.forest import forest_plot
from pipeline.outputs.figures.images import contact_sheet, png_bytes
from pipeline.outputs.figures.repeats import repeat_strip
from pipeline.outputs.figures.serialize import to_png_bytes, to_svg
from pipeline.outputs.figures.shifts import shift_curves

__all__ = [
    "Histories",
    "bar_chart",
    "confusion_heatmaps",
    "contact_sheet",
    "forest_plot",
    "learning_curves",
    "png_bytes",
    "repeat_strip",
    "shift_curves",
    "to_png_bytes",
    "to_svg",
]
