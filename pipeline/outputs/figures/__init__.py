"""Figures of report and tracker: numbers in, a matplotlib `Figure` out; no disk, no global state."""

from pipeline.outputs.figures.bars import bar_chart
from pipeline.outputs.figures.confusion import confusion_heatmaps
from pipeline.outputs.figures.curves import Histories, learning_curves
from pipeline.outputs.figures.forest import forest_plot
from pipeline.outputs.figures.repeats import repeat_strip
from pipeline.outputs.figures.serialize import to_png_bytes, to_svg

__all__ = [
    "Histories",
    "bar_chart",
    "confusion_heatmaps",
    "forest_plot",
    "learning_curves",
    "repeat_strip",
    "to_png_bytes",
    "to_svg",
]
