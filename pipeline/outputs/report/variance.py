"""Where the variance comes from: the spread of each arm of a variance study, in a table and in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.outputs.figures.units import words
from pipeline.outputs.report import numbers
from pipeline.outputs.report.views import Cell, Table, Variance

Metrics = Mapping[str, Any]
Arm = Mapping[str, Any]


def variance(metrics: Metrics) -> Variance | None:
    """Arms of a study whose variants say which streams vary; None for any other study.

    Parameters
    ----------
    metrics : mapping
        Parsed ``metrics/studies/<study>.json``; the control is the arm that the others' spread is related to.
    """
    arms = metrics["variants"]
    if all(arm["vary"] is None for arm in arms.values()):
        return None
    metric, whole = metrics["metric"], _sd(arms[metrics["control"]], metrics["metric"])
    said = {
        name: f"{name}: {_sentence(arm, metric, whole, metrics['control'])}" for name, arm in arms.items()
    }
    alarms = tuple(said[name] for name, arm in arms.items() if moves_without_cause(arm))
    sentences = tuple(sentence for sentence in said.values() if sentence not in alarms)
    new_splits = any(arm["held_out_anew"] is not None for arm in arms.values())
    return Variance(_table(arms, metric), sentences, alarms, new_splits)


def moves_without_cause(arm: Arm) -> list[str]:
    """Metrics in which repeats of equal seeds differ; none, as equal seeds must give equal bits."""
    if arm["vary"] != []:
        return []
    return [words(name) for name, estimate in arm["metrics"].items() if estimate["sd"]]


def _sd(arm: Arm, metric: str) -> float | None:
    sd: float | None = arm["metrics"][metric]["sd"]
    return sd


def _table(arms: Mapping[str, Arm], metric: str) -> Table:
    rows = tuple(
        (
            Cell(name),
            Cell(_streams(arm["vary"])),
            Cell(str(arm["n"])),
            *_cells(arm["metrics"][metric], metric),
        )
        for name, arm in arms.items()
    )
    caption = f"{words(metric).capitalize()} by what differs between the repeats, with 95 % intervals"
    return Table(caption, ("arm", "varies", "n", "mean", "standard deviation"), rows)


def _cells(estimate: Mapping[str, float | None], metric: str) -> tuple[Cell, Cell]:
    mean = numbers.value_interval(estimate["low"], estimate["high"], metric)
    return (
        Cell(numbers.value(estimate["mean"], metric), (mean,)),
        Cell(_exactly(estimate["sd"], metric), (_sd_interval(estimate, metric),)),
    )


def _exactly(sd: float | None, metric: str) -> str:
    return "exactly 0" if sd == 0 else numbers.size(sd, metric)


def _sd_interval(estimate: Mapping[str, float | None], metric: str) -> str:
    low, high = estimate["sd_low"], estimate["sd_high"]
    if low is None or not high:
        return numbers.MISSING
    return f"{numbers.size(low, metric)} to {numbers.size(high, metric)}"


def _streams(vary: Sequence[str] | None) -> str:
    return "every stream" if vary is None else " and ".join(vary) or "nothing"


def _sentence(arm: Arm, metric: str, whole: float | None, control: str) -> str:
    estimate, n = arm["metrics"][metric], arm["n"]
    if estimate["sd"] is None:
        return f"the spread of {words(metric)} over {n} repeats is undefined; it takes two, none of them diverged."
    if arm["vary"] == []:
        return _of_one_seed(arm, metric)
    spread = _exactly(estimate["sd"], metric)
    if estimate["sd"]:
        spread += f" (95 % interval {_sd_interval(estimate, metric)})"
    alone = "only " if arm["vary"] else ""
    found = (
        f"with {alone}{_streams(arm['vary'])} varying, {words(metric)} has a standard deviation of {spread}"
    )
    related = f", {estimate['sd'] / whole:.2f} times that of {control}" if whole and arm["vary"] else ""
    return f"{found} over {n} repeats{related}."


def _of_one_seed(arm: Arm, metric: str) -> str:
    moved = moves_without_cause(arm)
    if moved:
        return (
            f"NOT REPRODUCIBLE. {arm['n']} repeats of one seed must agree exactly, and they differ in "
            f"{', '.join(moved)}. Until that is found, no number of this study can be trusted."
        )
    return (
        f"nothing varies, and the standard deviation of {words(metric)} over {arm['n']} trainings from one seed is "
        "exactly 0, as it must be; so is that of every other metric."
    )
