"""Which numbers MLflow's tables and charts show, and by what names; all others are in artifacts."""

from collections.abc import Mapping
from typing import Final

from pipeline.statistics.results import StudyResults

MAX_FIGURES: Final = 30  # of a run: more can be read neither in a table nor as charts

FINAL: Final = {
    **{f"{part}_{what}": f"{part}/{what}" for part in ("test", "train", "val") for what in ("accuracy", "loss")},
    "test_correct": "test/correct",
    "n_test": "test/n",
    "train_seconds": "train/seconds",
    "generalization_gap": "train_minus_val/accuracy",
    "weight_norm": "weights/norm",
    "sparsity": "weights/sparsity",
    "parameters": "weights/parameters",
    "trainable_parameters": "weights/trainable",
    "epochs_run": "epochs/run",
    "stopped_epoch": "epochs/stopped",
    "best_epoch": "epochs/best",
    "updates": "epochs/updates",
}
"""Name in MLflow of a run's number: its group, a slash, and what it is. One that is not here keeps its own name."""


def name_final(column: str) -> str:
    """MLflow name of a column of runs.csv or of a metric of metrics/<study>.json."""
    return FINAL.get(column, column)


def name_verdict(results: StudyResults, variant: str) -> str:
    """Verdict on a variant against its control, or why there is none."""
    if variant in results.comparisons:
        return results.comparisons[variant].verdict
    return "control" if variant == results.control else "not compared"


def select_figures(results: StudyResults, variant: str) -> dict[str, float | None]:
    """A variant's figures: what is judged, n, difference, spread, means over its repeats by the names of its runs.

    Means that the table `FINAL` names come first, so that at most `MAX_FIGURES` are left.
    """
    found, judged = results.variants[variant], results.variants[variant].metrics.get(results.metric)
    figures: dict[str, float | None] = {name_final(results.metric): judged.mean if judged else None, "n": found.n}
    figures |= _difference(results, variant)
    if judged is not None:
        figures |= {"spread/sd": judged.sd, "spread/low": judged.low, "spread/high": judged.high}
    for metric in sorted(found.metrics, key=lambda one: one not in FINAL):
        figures[name_final(metric)] = found.metrics[metric].mean
    return _first({name: value for name, value in figures.items() if value is not None})


def select_differences(results: StudyResults) -> dict[str, float | None]:
    """Every treatment's difference from the control, and its p after correction."""
    found = results.comparisons.items()
    differences = {f"difference/{treatment}": one.estimate for treatment, one in found}
    return _first(differences | {f"p_adjusted/{treatment}": one.p_adjusted for treatment, one in found})


def _difference(results: StudyResults, variant: str) -> Mapping[str, float | None]:
    if (found := results.comparisons.get(variant)) is None:
        return {}
    numbers = {"estimate": found.estimate, "low": found.simultaneous_low, "high": found.simultaneous_high}
    return {f"difference/{name}": value for name, value in (numbers | {"p_adjusted": found.p_adjusted}).items()}


def _first(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    return dict(list(figures.items())[:MAX_FIGURES])
