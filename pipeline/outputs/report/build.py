"""From what was read to the report's pages and pictures; nothing here reads a disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline import layout
from pipeline.outputs.figures.curves import Histories
from pipeline.outputs.plots import KINDS, tabulate_plots
from pipeline.outputs.report import tables
from pipeline.outputs.report.claims import make_study_claims, render_claims
from pipeline.outputs.report.data import describe_data
from pipeline.outputs.report.gather import ReportFiles, StudyFiles
from pipeline.outputs.report.images import make_prediction_grid
from pipeline.outputs.report.pictures import make_picture_sections
from pipeline.outputs.report.recipes import describe_recipes, mark_variants
from pipeline.outputs.report.render import render
from pipeline.outputs.report.variance import describe_variance
from pipeline.outputs.report.views import Section, StudyView
from pipeline.statistics.results import StudyResults

ORDER = (
    *("variance", "spread", "verdicts", "claims", "differences", "variants", "hyperparameters", "thresholds"),
    *("shifts", "curves", "gap", "confusion", "predictions", "trials", "metrics", "models"),
)
PICTURED = ("spread", "differences", "curves", "confusion")


@dataclass(frozen=True)
class Report:
    """Texts of all files by their paths: pages in report/, pictures in pictures/, tables by kind in plots/."""

    pages: dict[str, str]
    pictures: dict[str, str]
    plots: dict[str, dict[str, str]]


def build_report(files: ReportFiles) -> Report:
    """Pages of the overview, of the claims and of every study, with the further ones; and the studies' pictures."""
    studies = [_build_study(one, files) for one in files.studies.values()]
    kept = [StudyView(one, (), add_marks({}, one)) for one in files.kept.values()]
    every = sorted([*studies, *kept], key=lambda one: one.name)
    pages = render(studies, _make_overview(files, {one.name: one.marks for one in studies}), files.pages, every)
    pages["claims.html"] = render_claims(files.claims, any(one.results.stand_in for one in every))
    pictures = {
        layout.picture(study.name, section.anchor, number): picture.svg
        for study in studies
        for section in study.sections
        if section.anchor in PICTURED
        for number, picture in enumerate(section.content, 1)
    }
    found = {name: tabulate_plots(one.results, _list_histories(one)) for name, one in files.studies.items()}
    plots = {kind: {name: of[kind] for name, of in found.items() if kind in of} for kind in KINDS}
    return Report(pages, pictures, plots)


def _make_overview(files: ReportFiles, marks: Mapping[str, Mapping[str, str]]) -> list[Section]:
    plans = {name: one.plan for name, one in files.studies.items()}
    results = {name: one.results for name, one in files.studies.items()}
    origins = {task: origin for one in results.values() for task, origin in one.data.items()}
    blocks = describe_data(files.about, files.identities, origins, files.samples)
    return [
        Section("rows", "Rows of the write-ups", "table.html", tables.tabulate_rows(plans, results, marks)),
        Section("data", "The data", "data.html", blocks),
    ]


def _build_study(study: StudyFiles, files: ReportFiles) -> StudyView:
    plan, results = study.plan, study.results
    classes = {name: files.identities[one.task].classes for name, one in plan.variants.items()}
    marks = add_marks(mark_variants(plan, files.identities), results)
    finished = {variant: [one.about for one in runs] for variant, runs in study.trained.items()}
    searches = {v: [one.trials for one in runs if one.trials is not None] for v, runs in study.trained.items()}
    shown, who = files.samples[plan.variants[results.control].task], f"{results.control}, repeat 0"
    grid = make_prediction_grid(shown, study.predicted, study.labels, classes[results.control], who)
    sections = (
        make_study_claims(files.claims, results.study),
        Section("hyperparameters", "Hyperparameters", "recipes.html", describe_recipes(plan, finished, marks)),
        Section("trials", "Trials of the searches", "tables.html", tables.tabulate_trials(searches)),
        Section("predictions", "Predictions", "images.html", grid),
    )
    summaries = {variant: runs[0].summary for variant, runs in study.trained.items()}
    return view_study(results, _list_histories(study), summaries, study.measured, classes, marks, sections)


def _list_histories(study: StudyFiles) -> Histories:
    return {v: [one.history for one in study.trained.get(v, ())] for v in study.plan.variants}


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
