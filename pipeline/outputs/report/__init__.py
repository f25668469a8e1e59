"""Report for people: parsed results in, self-contained HTML pages out."""

from pipeline.outputs.report.build import study_view
from pipeline.outputs.report.render import render
from pipeline.outputs.report.views import Cell, Picture, Section, StudyView, Table

__all__ = ["Cell", "Picture", "Section", "StudyView", "Table", "render", "study_view"]
