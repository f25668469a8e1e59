"""Tables of a study's variants: what each scored, on how many repeats, with which interval."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.outputs.figures.units import words
from pipeline.outputs.report import numbers
from pipeline.outputs.report.views import Cell, Table

MAIN_METRICS = ("test_accuracy", "test_loss", "generalization_gap", "epochs_run", "parameters")
Metrics = Mapping[str, Any]
Timings = Mapping[str, Mapping[str, Mapping[str, float]]]


def main_table(metrics: Metrics, timings: Timings | None = None) -> Table:
    """Metrics read first, the study's own in front, and the training time where it is known."""
    names = dict.fromkeys((metrics["metric"], *MAIN_METRICS))
    table = _table(metrics, [m for m in names if _known(metrics, m)], "Variants: mean over n repeats", False)
    if not timings:
        return table
    cells = [_time_cell(timings.get(variant, {})) for variant in metrics["variants"]]
    rows = tuple((*row, cell) for row, cell in zip(table.rows, cells, strict=True))
    return Table(table.caption, (*table.columns, "train time (s), this machine"), rows)


def other_table(metrics: Metrics) -> Table | None:
    """Every metric that `main_table` leaves out, folded; None when it leaves out none."""
    shown = {metrics["metric"], *MAIN_METRICS}
    every = dict.fromkeys(m for view in metrics["variants"].values() for m in view["metrics"])
    names = [m for m in every if m not in shown and _known(metrics, m)]
    return _table(metrics, names, "Every other metric: mean over n repeats", True) if names else None


def _known(metrics: Metrics, name: str) -> bool:
    found = (view["metrics"].get(name) for view in metrics["variants"].values())
    return any(estimate and estimate["mean"] is not None for estimate in found)


def _table(metrics: Metrics, names: list[str], caption: str, folded: bool) -> Table:
    rows = tuple(
        (
            Cell(variant, (_kind(variant, view["kind"], metrics["control"]),)),
            Cell(str(view["n"])),
            *(_metric_cell(view["metrics"].get(name), name) for name in names),
        )
        for variant, view in metrics["variants"].items()
    )
    caption = f"{caption}, with standard deviation (sd) and 95 % Student interval of the mean"
    return Table(caption, ("variant", "n", *(words(name) for name in names)), rows, folded)


def _kind(variant: str, kind: str, control: str) -> str:
    return "the control" if variant == control else kind.replace("_", " ")


def _metric_cell(estimate: Mapping[str, float | None] | None, metric: str) -> Cell:
    if estimate is None or estimate["mean"] is None:
        return Cell(numbers.MISSING)
    text = numbers.value(estimate["mean"], metric)
    sd = estimate["sd"]
    if sd is None or sd == 0:
        return Cell(text, () if sd is None else ("in every repeat",))
    interval = numbers.value_interval(estimate["low"], estimate["high"], metric)
    return Cell(text, (f"sd {numbers.size(sd, metric)}", interval))


def _time_cell(repeats: Mapping[str, Mapping[str, float]]) -> Cell:
    seconds = pd.Series([r["train_seconds"] for r in repeats.values() if "train_seconds" in r], dtype=float)
    if seconds.empty:
        return Cell(numbers.MISSING)
    spread = (f"sd {seconds.std():.2g}",) if len(seconds) > 1 else ()
    return Cell(f"{seconds.mean():.3g}", (*spread, f"n = {len(seconds)}"))
