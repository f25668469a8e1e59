"""From what was read to the report's pages and pictures; nothing here reads a disk."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline import layout
from pipeline.outputs.figures.curves import Histories
from pipeline.outputs.plots import tabulate_plots
from pipeline.outputs.report import tables
from pipeline.outputs.report.claims import make_study_claims, render_claims
from pipeline.outputs.report.data import describe_data
from pipeline.outputs.report.gather import ReportFiles, StudyFiles
from pipeline.outputs.report.images import make_prediction_grid
from pipeline.outputs.report.pictures import make_picture_sections
from pipeline.outputs.report.recipes import describe_recipes, mark_variants
from pipeline.outputs.report.render import render_index, render_study
from pipeline.outputs.report.variance import describe_variance
from pipeline.outputs.report.views import Section, StudyView
from pipeline.params.plan import TrainingPlan
from pipeline.statistics.results import StudyResults

ORDER = (
    *("variance", "spread", "verdicts", "claims", "differences", "variants", "hyperparameters", "thresholds"),
    *("shifts", "curves", "gap", "confusion", "predictions", "trials", "metrics", "models"),
)
PICTURED = ("spread", "differences", "curves", "confusion")


def build_overview(files: ReportFiles) -> dict[str, str]:
    """Pages by file name that belong to no single study: the overview, the claims, and the further ones."""
    marks = {study: _mark(study, files) for study in files.plans}
    every = files.kept | files.results
    studies = [StudyView(every[name], (), marks.get(name) or add_marks({}, every[name])) for name in sorted(every)]
    stand_in = any(one.results.stand_in for one in studies)
    return {
        "index.html": render_index(studies, _describe_all(files, marks), files.pages),
        "claims.html": render_claims(files.claims, stand_in),
        **files.pages,
    }


def build_study(study: str, own: StudyFiles, files: ReportFiles) -> dict[str, str]:
    """Texts of a study's files by name: its page, which `link_studies` completes, its pictures, its plots' tables."""
    view = _view(study, own, files)
    pictures = {
        layout.picture(section.anchor, number): str(picture.svg)
        for section in view.sections
        if section.anchor in PICTURED
        for number, picture in enumerate(section.content, 1)
    }
    plots = tabulate_plots(files.results[study], _list_histories(own, files.plans[study]))
    return {
        layout.STUDY_PAGE: render_study(view),
        **pictures,
        **{layout.plot_table(kind): text for kind, text in plots.items()},
    }


def _mark(study: str, files: ReportFiles) -> dict[str, str]:
    return add_marks(mark_variants(files.plans[study], files.identities), files.results[study])


def _describe_all(files: ReportFiles, marks: Mapping[str, Mapping[str, str]]) -> list[Section]:
    origins = {task: origin for one in files.results.values() for task, origin in one.data.items()}
    blocks = describe_data(files.about, files.identities, origins, files.samples)
    return [
        Section("rows", "Rows of the write-ups", "table.html", tables.tabulate_rows(files.plans, files.results, marks)),
        Section("data", "The data", "data.html", blocks),
    ]


def _view(study: str, own: StudyFiles, files: ReportFiles) -> StudyView:
    plan, results, marks = files.plans[study], files.results[study], _mark(study, files)
    classes = {name: files.identities[one.task].classes for name, one in plan.variants.items()}
    finished = {variant: [one.about for one in runs] for variant, runs in own.trained.items()}
    searches = {v: [one.trials for one in runs if one.trials is not None] for v, runs in own.trained.items()}
    shown, who = files.samples[plan.variants[results.control].task], f"{results.control}, repeat 0"
    grid = make_prediction_grid(shown, own.predicted, own.labels, classes[results.control], who)
    sections = (
        make_study_claims(files.claims, results.study),
        Section("hyperparameters", "Hyperparameters", "recipes.html", describe_recipes(plan, finished, marks)),
        Section("trials", "Trials of the searches", "tables.html", tables.tabulate_trials(searches)),
        Section("predictions", "Predictions", "images.html", grid),
    )
    histories, summaries = (
        _list_histories(own, plan),
        {variant: runs[0].summary for variant, runs in own.trained.items()},
    )
    return view_study(results, histories, summaries, own.measured, classes, marks, sections)


def _list_histories(own: StudyFiles, plan: TrainingPlan) -> Histories:
    return {v: [one.history for one in own.trained.get(v, ())] for v in plan.variants}


def view_study(
    results: StudyResults,
    histories: Histories,
    summaries: Mapping[str, str],
    runs: pd.DataFrame,
    classes: Mapping[str, Sequence[str]] | None = None,
    marks: Mapping[str, str] | None = None,
    sections: Sequence[Section | None] = (),
) -> StudyView:
    """View of one study, with further sections put where `ORDER` names them and after the built-in ones otherwise.

    Parameters
    ----------
    histories, summaries, classes, marks : mappings of variant to DataFrames (one a repeat), a model's summary,
        names of classes, and what is said of the variant wherever it is named
    runs : DataFrame
        One row a run; the columns variant, the study's metric and accuracies on shifted images are read.
    """
    marks, named = marks or {}, (classes or {}).get(results.control, ("0", "1"))
    every = [
        Section("variance", "Where the variance comes from", "variance.html", describe_variance(results)),
        Section("variants", "Variants", "table.html", tables.tabulate_main_metrics(results, marks)),
        Section("thresholds", "Decision thresholds", "table.html", tables.tabulate_thresholds(results, marks, named)),
        Section("metrics", "Every other metric", "table.html", tables.tabulate_other_metrics(results, marks)),
        Section("models", "Models", "summaries.html", _group_summaries(summaries)),
        *make_picture_sections(results, histories, runs, classes),
        *sections,
    ]
    shown = [Section("verdicts", "Verdicts", "verdicts.html"), *(one for one in every if one and one.content)]
    return StudyView(results, tuple(sorted(shown, key=lambda one: (*ORDER, one.anchor).index(one.anchor))), marks)


def add_marks(marks: Mapping[str, str], results: StudyResults) -> dict[str, str]:
    """Marks of variants, with those of what they reached: runs that diverged, and who is at chance."""
    both = {name: (marks.get(name), one.mark) for name, one in results.variants.items()}
    return {name: ", ".join(filter(None, said)) for name, said in both.items() if any(said)}


def _group_summaries(summaries: Mapping[str, str]) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Each distinct summary with the variants that share it."""
    texts = dict.fromkeys(summaries.values())
    return tuple((tuple(v for v, other in summaries.items() if other == text), text) for text in texts)
