"""From what was read to the report's pages and pictures; nothing here reads a disk."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import pandas as pd

from pipeline import layout
from pipeline.outputs.figures.curves import Curves, Histories
from pipeline.outputs.plots import tabulate_plots
from pipeline.outputs.report import tables
from pipeline.outputs.report.claims import make_study_claims, render_claims
from pipeline.outputs.report.data import describe_data
from pipeline.outputs.report.gather import ReportFiles, StudyFiles
from pipeline.outputs.report.hardest import make_hardest_grid
from pipeline.outputs.report.images import make_prediction_grid
from pipeline.outputs.report.pictures import make_picture_sections
from pipeline.outputs.report.printed import list_curves, list_pairs, tabulate_pairs
from pipeline.outputs.report.provenance import describe_provenance
from pipeline.outputs.report.recipes import describe_recipes, mark_variants
from pipeline.outputs.report.render import render_index, render_sections, render_study
from pipeline.outputs.report.story import answer_study, tell_story
from pipeline.outputs.report.variance import describe_variance
from pipeline.outputs.report.views import DataBlock, Section, StudyView, use_titles
from pipeline.params.plan import TrainingPlan
from pipeline.statistics.results import StudyResults

ORDER = (
    *("variance", "spread", "differences", "verdicts", "printed", "claims", "variants", "curves", "gap", "shifts"),
    *("confusion", "hardest", "predictions", "data", "thresholds", "hyperparameters", "trials", "metrics", "models"),
)
T = TypeVar("T")
Facts = tuple[tuple[str, str], ...]
PICTURED = ("spread", "differences", "curves", "confusion")
ROWS = (
    "Every row of the write-ups’ tables that was run, with its place (000:458 is line 458 of write-up 000), and ours."
)
DATA = "Where the images come from, how each task divides them, and what they look like."


def build_overview(
    files: ReportFiles, sections: Sequence[Section] = (), times: bool = True, note: str = ""
) -> dict[str, str]:
    """Pages by file name that belong to no single study: the overview, claims, rows, data, and the further ones.

    `sections` come last in the overview and `note` first; without `times` nothing links any, and without images there
    is no page of data.
    """
    every = files.kept | files.results
    studies = [_summarize(one, _mark(name, files)) for name, one in sorted(every.items())]
    stand_in, titles = any(one.stand_in for one in every.values()), {name: one.label for name, one in every.items()}
    names = {name: one.titles for name, one in every.items()}
    pages = {
        "claims.html": render_claims(files.claims, stand_in, titles, names, times),
        layout.ROWS_PAGE: render_sections("Rows of the write-ups", ROWS, _describe_rows(files), stand_in),
    }
    if files.samples:
        pages[layout.DATA_PAGE] = render_sections("The data", DATA, _describe_data(files), stand_in)
    pages |= files.pages
    shown = [*_show_best_known(files), *sections]
    return {"index.html": render_index(studies, shown, pages, tell_story(files.claims), times, note), **pages}


def build_study(study: str, own: StudyFiles, files: ReportFiles, facts: Facts = ()) -> dict[str, str]:
    """Texts of a study's files by name: its page, which `link_studies` completes, its pictures, its plots' tables.

    `facts` are what else is known of where its numbers come from.
    """
    view = _view(study, own, files)
    if view.made:
        view = replace(view, made=replace(view.made, facts=(*view.made.facts, *facts)))
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
    plan, results = files.plans.get(study), files.kept.get(study) or files.results[study]
    return add_marks(mark_variants(plan, files.identities) if plan else {}, results)


def _summarize(results: StudyResults, marks: Mapping[str, str]) -> StudyView:
    """A study as the overview shows it."""
    named = {results.titles.get(name, name): mark for name, mark in marks.items()}
    return StudyView(use_titles(results), (), named, _answer(use_titles(results)))


def _answer(results: StudyResults) -> str | None:
    variance = describe_variance(results)
    return variance.answer if variance else answer_study(results)


def _show_best_known(files: ReportFiles) -> list[Section]:
    """The accuracies that texts print of their own runs, beside ours."""
    pairs = {
        (pair.printed, pair.name.notes): pair
        for study, plan in files.plans.items()
        for pair in list_pairs(plan, files.results[study], files.measured[study], files.printed, linked=True)
        if pair.metric == "test_accuracy"
    }
    found = tabulate_pairs(pairs.values())
    return [Section("printed", "What they printed, and what repeats give", "printed.html", found)] if found else []


def _describe_data(files: ReportFiles) -> list[Section]:
    origins = {task: origin for one in files.results.values() for task, origin in one.data.items()}
    blocks = describe_data(files.about, files.identities, origins, files.samples)
    return [Section("data", "Images and tasks", "data.html", blocks)]


def _describe_images(results: StudyResults, files: ReportFiles) -> tuple[DataBlock, ...]:
    shown = {task: files.samples[task] for task in results.data}
    return describe_data(files.about, files.identities, results.data, shown)


def _describe_rows(files: ReportFiles) -> list[Section]:
    marks = {study: _mark(study, files) for study in files.plans}
    pairs = [
        pair
        for study, plan in files.plans.items()
        for pair in list_pairs(plan, files.results[study], files.measured[study], files.printed, linked=True)
    ]
    printed = tabulate_pairs(pairs)
    table = tables.tabulate_rows(files.plans, files.results, marks)
    return [
        *([Section("printed", "Printed beside ours", "printed.html", printed)] if printed else []),
        Section("rows", "Every row", "table.html", table),
    ]


def _view(study: str, own: StudyFiles, files: ReportFiles) -> StudyView:
    plan, results, marks = files.plans[study], files.results[study], _mark(study, files)
    titles = results.titles
    classes = {name: files.identities[one.task].classes for name, one in plan.variants.items()}
    finished = {variant: [one.about for one in runs] for variant, runs in own.trained.items()}
    searches = {titles[v]: [one.trials for one in runs if one.trials is not None] for v, runs in own.trained.items()}
    shown, who = files.samples[plan.variants[results.control].task], f"{titles[results.control]}, repeat 0"
    named = classes[results.control]
    hardest = make_hardest_grid(own.hardest, named, titles) if own.hardest else None
    grid = make_prediction_grid(shown, own.predicted, own.labels, named, who)
    printed = tabulate_pairs(list_pairs(plan, results, files.measured[study], files.printed))
    sections = (
        make_study_claims(files.claims, results.study, titles),
        Section("printed", "Printed beside ours", "printed.html", printed),
        Section("hyperparameters", "Hyperparameters", "recipes.html", describe_recipes(plan, finished, marks, titles)),
        Section("trials", "Trials of the searches", "tables.html", tables.tabulate_trials(searches)),
        Section("data", "The data", "data_of_study.html", _describe_images(results, files)),
        Section("hardest", "The hardest images", "images.html", hardest),
        Section("predictions", "Predictions", "images.html", grid),
    )
    histories, summaries = (
        _list_histories(own, plan),
        {variant: runs[0].summary for variant, runs in own.trained.items()},
    )
    made = describe_provenance(plan, results, finished, files.identities)
    curves = list_curves(plan, files.printed)
    view = view_study(results, histories, summaries, own.measured, classes, marks, sections, curves)
    return replace(view, made=made)


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
    printed: Curves | None = None,
) -> StudyView:
    """View of one study, with further sections put where `ORDER` names them and after the built-in ones otherwise.

    Its variants go by their titles.

    Parameters
    ----------
    histories, summaries, classes, marks, printed : mappings of variant to DataFrames (one a repeat), a model's
        summary, names of classes, what is said of the variant wherever it is named, and printed learning curves
    runs : DataFrame
        One row a run; the columns variant, the study's metric and accuracies on shifted images are read.
    """
    titles = results.titles
    named = (classes or {}).get(results.control, ("0", "1"))
    results, runs = use_titles(results), runs.assign(variant=runs["variant"].map(lambda name: titles.get(name, name)))
    histories, summaries = _rename(histories, titles), _rename(summaries, titles)
    classes, marks, printed = _rename(classes, titles), _rename(marks, titles), _rename(printed, titles)
    variance = describe_variance(results)
    every = [
        Section("variance", "Where the variance comes from", "variance.html", variance),
        Section("variants", "Variants", "table.html", tables.tabulate_main_metrics(results, marks)),
        Section("thresholds", "Decision thresholds", "table.html", tables.tabulate_thresholds(results, marks, named)),
        Section("metrics", "Every other metric", "table.html", tables.tabulate_other_metrics(results, marks)),
        Section("models", "Models", "summaries.html", _group_summaries(summaries)),
        *make_picture_sections(results, histories, runs, classes, printed),
        *sections,
    ]
    verdicts = [Section("verdicts", "Verdicts", "verdicts.html")] if results.comparisons or not variance else []
    shown = [*verdicts, *(one for one in every if one and one.content)]
    ordered = tuple(sorted(shown, key=lambda one: (*ORDER, one.anchor).index(one.anchor)))
    return StudyView(results, ordered, marks, _answer(results))


def _rename(by_variant: Mapping[str, T] | None, titles: Mapping[str, str]) -> dict[str, T]:
    """What is known by variant, by the titles of the variants."""
    return {titles.get(name, name): one for name, one in (by_variant or {}).items()}


def add_marks(marks: Mapping[str, str], results: StudyResults) -> dict[str, str]:
    """Marks of variants, with those of what they reached: runs that diverged, and who is at chance."""
    both = {name: (marks.get(name), one.mark) for name, one in results.variants.items()}
    return {name: ", ".join(filter(None, said)) for name, said in both.items() if any(said)}


def _group_summaries(summaries: Mapping[str, str]) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Each distinct summary with the variants that share it."""
    texts = dict.fromkeys(summaries.values())
    return tuple((tuple(v for v, other in summaries.items() if other == text), text) for text in texts)
