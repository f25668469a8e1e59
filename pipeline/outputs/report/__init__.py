"""Report for people: parsed results in, self-contained HTML pages out."""

from pipeline.outputs.report.build import study_view
from pipeline.outputs.report.claims import claims_of_study, claims_page, claims_section
from pipeline.outputs.report.data import data_blocks
from pipeline.outputs.report.images import Samples, prediction_grid, samples
from pipeline.outputs.report.recipes import recipes, validation_marks
from pipeline.outputs.report.render import render
from pipeline.outputs.report.rows import row_table
from pipeline.outputs.report.timings import timings_page
from pipeline.outputs.report.trials import trial_tables
from pipeline.outputs.report.views import Cell, Picture, Section, StudyView, Table

__all__ = [
    "Cell",
    "Picture",
    "Samples",
    "Section",
    "StudyView",
    "Table",
    "claims_of_study",
    "claims_page",
    "claims_section",
    "data_blocks",
    "prediction_grid",
    "recipes",
    "render",
    "row_table",
    "samples",
    "study_view",
    "timings_page",
    "trial_tables",
    "validation_marks",
]
