"""From a study's parsed files to its view; nothing here reads a disk."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import pandas as pd

from pipeline.outputs.report import pictures, tables
from pipeline.outputs.report.views import Comparison, Data, Section, StudyView

Metrics = Mapping[str, Any]
AS_READ = ("question", "profile", "stand_in", "metric", "higher_is_better", "alpha", "margin", "control")


def study_view(
    metrics: Metrics,
    histories: Mapping[str, Sequence[pd.DataFrame]],
    summaries: Mapping[str, str],
    runs: pd.DataFrame,
    timings: tables.Timings | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
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
    timings : mapping, optional
        Parsed ``timings/<study>.json``, possibly partial.
    classes : mapping of variant to class names, optional
    sections : sequence of Section
        Further parts of the study, put after the built-in ones.
    """
    anchor = anchor_of(metrics["study"])
    built_in = _sections(metrics, histories, summaries, runs, timings, classes, anchor)
    return StudyView(
        name=metrics["study"],
        anchor=anchor,
        n=metrics["repeats"],
        data=tuple(_data(task, origin) for task, origin in metrics["data"].items()),
        comparisons=tuple(_comparison(metrics, treatment) for treatment in metrics["comparisons"]),
        sections=(Section("verdicts", "Verdicts", "verdicts.html"), *built_in, *sections),
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


def _sections(
    metrics: Metrics,
    histories: Mapping[str, Sequence[pd.DataFrame]],
    summaries: Mapping[str, str],
    runs: pd.DataFrame,
    timings: tables.Timings | None,
    classes: Mapping[str, Sequence[str]] | None,
    anchor: str,
) -> list[Section]:
    control = metrics["control"]
    every = [
        Section(
            "differences", "Differences", "pictures.html", pictures.difference_pictures(metrics, runs, anchor)
        ),
        Section("variants", "Variants", "table.html", tables.main_table(metrics, timings)),
        Section(
            "curves", "Learning curves", "pictures.html", pictures.curve_pictures(histories, control, anchor)
        ),
        Section("gap", "Overfitting", "pictures.html", pictures.gap_pictures(metrics, anchor)),
        Section(
            "confusion", "Confusion", "pictures.html", pictures.confusion_pictures(metrics, classes, anchor)
        ),
        Section("metrics", "Every other metric", "table.html", tables.other_table(metrics)),
        Section("models", "Models", "summaries.html", _by_summary(summaries)),
    ]
    return [section for section in every if section.content]


def _by_summary(summaries: Mapping[str, str]) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Each distinct summary with the variants that share it."""
    texts = dict.fromkeys(summaries.values())
    return tuple((tuple(v for v, other in summaries.items() if other == text), text) for text in texts)
