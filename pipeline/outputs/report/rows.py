"""Rows of the write-ups' tables, and the variants that stand for each."""

from collections.abc import Mapping
from typing import Any

from pipeline.outputs.report.numbers import percent
from pipeline.outputs.report.recipes import rows_of
from pipeline.outputs.report.views import Cell, Table, file_of

METRIC = "test_accuracy"


def row_table(
    plans: Mapping[str, Mapping[str, Any]],
    metrics: Mapping[str, Mapping[str, Any]],
    marks: Mapping[str, Mapping[str, str]],
) -> Table:
    """Each row id with the study and variant that run it, and the test accuracy reached.

    Parameters
    ----------
    plans : mapping of study to ``plan/training/<study>.json``
    metrics : mapping of study to ``metrics/studies/<study>.json``
    marks : mapping of study to marks of its variants
    """
    found = sorted(
        (row, study, variant, planned["kind"])
        for study, plan in plans.items()
        for variant, planned in {**plan["variants"], **plan["derived"]}.items()
        for row in rows_of(planned)
    )
    rows = tuple(
        (
            Cell(row),
            Cell(f"{study} / {variant}", href=file_of(study), tag=marks[study].get(variant)),
            Cell(kind.replace("_", " ")),
            *_accuracy(metrics[study]["variants"][variant]),
        )
        for row, study, variant, kind in found
    )
    caption = "Every row of the write-ups that was run; mean test accuracy over n repeats"
    return Table(caption, ("row", "study / variant", "kind", "test accuracy", "n"), rows, wordy=True)


def _accuracy(variant: Mapping[str, Any]) -> tuple[Cell, Cell]:
    return Cell(percent(variant["metrics"][METRIC]["mean"])), Cell(str(variant["n"]))
