"""Tables of a study's variants: what each scored, on how many repeats, with which interval."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.outputs.figures.units import words
from pipeline.outputs.report import numbers
from pipeline.outputs.report.views import Cell, Table

THRESHOLDS = (0.5, 0.9)
AT_THRESHOLD = {
    "test_accuracy": "accuracy",
    "false_positives": "false positives",
    "false_negatives": "false negatives",
}
MAIN_METRICS = ("test_accuracy", "test_loss", "generalization_gap", "epochs_run", "parameters")
Metrics = Mapping[str, Any]
Marks = Mapping[str, str]


def main_table(metrics: Metrics, marks: Marks) -> Table:
    """Metrics read first, the study's own in front."""
    names = dict.fromkeys((metrics["metric"], *MAIN_METRICS))
    known = {m: words(m) for m in names if _known(metrics, m)}
    return _table(metrics, known, "Variants: mean over n repeats", marks)


def other_table(metrics: Metrics, marks: Marks) -> Table | None:
    """Every metric that `main_table` leaves out, folded; None when it leaves out none."""
    shown = {metrics["metric"], *MAIN_METRICS}
    every = dict.fromkeys(m for view in metrics["variants"].values() for m in view["metrics"])
    names = {m: words(m) for m in every if m not in shown and "_at_" not in m and _known(metrics, m)}
    caption = "Every other metric: mean over n repeats"
    return replace(_table(metrics, names, caption, marks), folded=True) if names else None


def threshold_table(metrics: Metrics, marks: Marks, classes: Sequence[str]) -> Table | None:
    """Errors of both kinds at each threshold of a two-class study; None for any other study.

    Parameters
    ----------
    metrics : mapping
        Parsed ``metrics/studies/<study>.json``.
    marks : mapping of variant to mark
    classes : sequence of str
        Names of the classes; the second is the positive one.
    """
    names = {
        f"{metric}_at_{round(100 * threshold)}": f"{said} at {threshold}"
        for threshold in THRESHOLDS
        for metric, said in AT_THRESHOLD.items()
    }
    known = {metric: said for metric, said in names.items() if _known(metrics, metric)}
    if not known:
        return None
    caption = (
        f"Positive where the probability of “{classes[1]}” exceeds the threshold; a false positive is a "
        f"“{classes[0]}” taken for it. Mean over n repeats"
    )
    return _table(metrics, known, caption, marks)


def _known(metrics: Metrics, name: str) -> bool:
    found = (view["metrics"].get(name) for view in metrics["variants"].values())
    return any(estimate and estimate["mean"] is not None for estimate in found)


def _table(metrics: Metrics, names: Mapping[str, str], caption: str, marks: Marks) -> Table:
    rows = tuple(
        (
            Cell(variant, (_kind(variant, view["kind"], metrics["control"]),), tag=marks.get(variant)),
            Cell(str(view["n"])),
            *(_metric_cell(view["metrics"].get(name), name) for name in names),
        )
        for variant, view in metrics["variants"].items()
    )
    anew = [variant for variant, view in metrics["variants"].items() if view["held_out_anew"] is not None]
    caption = f"{caption}, with standard deviation (sd) and 95 % Student interval of the mean"
    if anew:
        caption += f"; of {', '.join(anew)}, which split the images anew in every repeat, Nadeau and Bengio's interval"
    return Table(caption, ("variant", "n", *names.values()), rows)


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
