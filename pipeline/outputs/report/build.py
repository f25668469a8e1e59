"""From a study's parsed files to its view; nothing here reads a disk."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import pandas as pd

from pipeline.outputs.report import pictures, tables
from pipeline.outputs.report.variance import variance
from pipeline.outputs.report.views import Comparison, Data, Section, StudyView

Metrics = Mapping[str, Any]
ORDER = (
    "variance",
    "spread",
    "verdicts",
    "claims",
    "differences",
    "variants",
    "hyperparameters",
    "thresholds",
    "shifts",
    "curves",
    "gap",
    "confusion",
    "predictions",
    "trials",
    "metrics",
    "models",
)
AS_READ = (
    *("question", "profile", "stand_in", "metric", "higher_is_better"),
    *("alpha", "looks", "margin", "control"),
)


def study_view(
    metrics: Metrics,
    histories: Mapping[str, Sequence[pd.DataFrame]],
    summaries: Mapping[str, str],
    runs: pd.DataFrame,
    classes: Mapping[str, Sequence[str]] | None = None,
    marks: Mapping[str, str] | None = None,
    sections: Sequence[Section] = (),
) -> StudyView:
    """View of one study.

    Parameters
    ----------
    metrics : mapping
        Parsed ``metrics/<study>.json``.
    histories : mapping of variant to DataFrames
        One a repeat, see `figures.learning_curves`.
    summaries : mapping of variant to the Keras model summary
    runs : DataFrame
        ``evaluations/<study>/runs.csv``; the columns variant and the study's metric are read.
    classes : mapping of variant to class names, optional
        The numbers of the classes without it.
    marks : mapping of variant to str, optional
        What is said of a variant wherever it is named, see `recipes.validation_marks`.
    sections : sequence of Section
        Further parts of the study, put where `ORDER` names them and after the built-in ones otherwise.
    """
    anchor = anchor_of(metrics["study"])
    built_in = [
        Section("variance", "Where the variance comes from", "variance.html", variance(metrics)),
        Section("verdicts", "Verdicts", "verdicts.html"),
        *_tables(metrics, classes or {}, marks or {}),
        *_pictures(metrics, histories, runs, classes, anchor),
        Section("models", "Models", "summaries.html", _by_summary(summaries)),
    ]
    shown = [section for section in built_in if section.content or section.anchor == "verdicts"]
    return StudyView(
        name=metrics["study"],
        anchor=anchor,
        n=metrics["repeats"],
        data=tuple(_data(task, origin) for task, origin in metrics["data"].items()),
        comparisons=tuple(_comparison(metrics, treatment) for treatment in metrics["comparisons"]),
        sections=tuple(sorted([*shown, *sections], key=_place)),
        marks=marks or {},
        **{key: metrics[key] for key in AS_READ},
    )


def anchor_of(name: str) -> str:
    """Name as the fragment of an address: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "study"


def _data(task: str, origin: Mapping[str, Any]) -> Data:
    return Data(task, origin["source"], origin["stand_in"], origin["description"])


def _comparison(metrics: Metrics, treatment: str) -> Comparison:
    found = {**metrics["comparisons"][treatment], "kind": metrics["variants"][treatment]["kind"]}
    return Comparison(
        **{field.name: found[field.name] for field in fields(Comparison) if field.name in found}
    )


def _place(section: Section) -> int:
    return ORDER.index(section.anchor) if section.anchor in ORDER else len(ORDER)


def _tables(
    metrics: Metrics, classes: Mapping[str, Sequence[str]], marks: Mapping[str, str]
) -> list[Section]:
    positive = classes.get(metrics["control"], ("0", "1"))
    every = {
        ("variants", "Variants"): tables.main_table(metrics, marks),
        ("thresholds", "Decision thresholds"): tables.threshold_table(metrics, marks, positive),
        ("metrics", "Every other metric"): tables.other_table(metrics, marks),
    }
    return [Section(anchor, title, "table.html", table) for (anchor, title), table in every.items()]


def _pictures(
    metrics: Metrics,
    histories: Mapping[str, Sequence[pd.DataFrame]],
    runs: pd.DataFrame,
    classes: Mapping[str, Sequence[str]] | None,
    anchor: str,
) -> list[Section]:
    every = {
        ("spread", "Standard deviations"): pictures.spread_pictures(metrics, anchor),
        ("differences", "Differences"): pictures.difference_pictures(metrics, runs, anchor),
        ("shifts", "Shifted images"): pictures.shift_pictures(metrics, runs, anchor),
        ("curves", "Learning curves"): pictures.curve_pictures(histories, metrics["control"], anchor),
        ("gap", "Overfitting"): pictures.gap_pictures(metrics, anchor),
        ("confusion", "Confusion"): pictures.confusion_pictures(metrics, classes, anchor),
    }
    return [Section(part, title, "pictures.html", drawn) for (part, title), drawn in every.items()]


def _by_summary(summaries: Mapping[str, str]) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Each distinct summary with the variants that share it."""
    texts = dict.fromkeys(summaries.values())
    return tuple((tuple(v for v, other in summaries.items() if other == text), text) for text in texts)
