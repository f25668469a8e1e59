"""Where the variance comes from: the spread of each arm of a variance study, in a table and in words."""

from collections.abc import Mapping, Sequence

from pipeline.metrics import words
from pipeline.outputs.numbers import MISSING, format_size, format_value, format_value_interval
from pipeline.outputs.report.views import Cell, Table, Variance
from pipeline.statistics.estimates import Estimate
from pipeline.statistics.results import StudyResults, VariantResults


def describe_variance(results: StudyResults) -> Variance | None:
    """Arms of a study whose variants say which streams vary; None for any other study.

    The control is the arm that the others' spread is related to.
    """
    arms, metric = results.variants, results.metric
    if all(arm.vary is None for arm in arms.values()):
        return None
    whole = arms[results.control].metrics[metric].sd
    told = {name: f"{name}: {_describe(arm, metric, whole, results.control)}" for name, arm in arms.items()}
    alarms = tuple(told[name] for name, arm in arms.items() if _find_unexplained(arm))
    sentences = tuple(sentence for sentence in told.values() if sentence not in alarms)
    new_splits = any(arm.held_out_anew is not None for arm in arms.values())
    return Variance(_tabulate(arms, metric), sentences, alarms, new_splits, _conclude(arms, metric, results.control))


def _conclude(arms: Mapping[str, VariantResults], metric: str, control: str) -> str | None:
    """Which stream has the largest spread, and how many intervals reach as far; None where no spread is known."""
    streams = {name: arm.metrics[metric] for name, arm in arms.items() if arm.vary and name != control}
    known = {name: one for name, one in streams.items() if one.sd is not None}
    if not known:
        return None
    largest = max(known, key=lambda name: known[name].sd or 0.0)
    sds = [f"{name} {_format_sd(one.sd, metric)}" for name, one in known.items()]
    lowest = known[largest].sd_low or 0.0
    near = [name for name, one in known.items() if name != largest and (one.sd_high or 0.0) >= lowest]
    apart = "" if not near else f", though {len(near)} other intervals reach as far"
    whole = arms[control].metrics[metric].sd
    all_vary = "" if whole is None else f"; together {_format_sd(whole, metric)}"
    spreads = f"Standard deviations: {', '.join(sds)}{all_vary}."
    return f"“{largest}” has the largest spread in {words(metric)}{apart}. {spreads}"


def _find_unexplained(arm: VariantResults) -> list[str]:
    """Metrics in which repeats of equal seeds differ; none, as equal seeds must give equal bits."""
    return [words(name) for name, estimate in arm.metrics.items() if estimate.sd and arm.vary == []]


def _tabulate(arms: Mapping[str, VariantResults], metric: str) -> Table:
    rows = tuple(
        (*map(Cell, (name, _list_streams(arm.vary), str(arm.n))), *_make_cells(arm.metrics[metric], metric))
        for name, arm in arms.items()
    )
    caption = f"{words(metric).capitalize()} by what differs between the repeats, with 95 % intervals or a few values"
    return Table(caption, ("arm", "varies", "n", "mean", "standard deviation"), rows)


def _make_cells(estimate: Estimate, metric: str) -> tuple[Cell, Cell]:
    values = [format_value(value, metric) for value in estimate.values or ()]
    notes = values or [format_value_interval(estimate.low, estimate.high, metric)]
    return (
        Cell(format_value(estimate.mean, metric), tuple(notes)),
        Cell(_format_sd(estimate.sd, metric), (_format_sd_interval(estimate, metric),)),
    )


def _format_sd(sd: float | None, metric: str) -> str:
    return "exactly 0" if sd == 0 else format_size(sd, metric)


def _format_sd_interval(estimate: Estimate, metric: str) -> str:
    low, high = estimate.sd_low, estimate.sd_high
    return f"{format_size(low, metric)} to {format_size(high, metric)}" if high else MISSING


def _list_streams(vary: Sequence[str] | None) -> str:
    return "every stream" if vary is None else " and ".join(vary) or "nothing"


def _describe(arm: VariantResults, metric: str, whole: float | None, control: str) -> str:
    estimate, n = arm.metrics[metric], arm.n
    if estimate.sd is None:
        return f"the spread of {words(metric)} over {n} repeats is undefined; it takes two, none of them diverged."
    if arm.vary == []:
        return _describe_one_seed(arm, metric)
    spread = _format_sd(estimate.sd, metric)
    if estimate.sd:
        spread += f" (95 % interval {_format_sd_interval(estimate, metric)})"
    streams = ("only " if arm.vary else "") + _list_streams(arm.vary)
    related = f", {estimate.sd / whole:.2f} times that of {control}" if whole and arm.vary else ""
    found = f"with {streams} varying, {words(metric)} has a standard deviation of {spread}"
    return f"{found} over {n} repeats{related}."


def _describe_one_seed(arm: VariantResults, metric: str) -> str:
    if moved := _find_unexplained(arm):
        return (
            f"NOT REPRODUCIBLE. {arm.n} repeats of one seed must agree exactly, and they differ in "
            f"{', '.join(moved)}. Until that is found, no number of this study can be trusted."
        )
    return (
        f"nothing varies, and the standard deviation of {words(metric)} over {arm.n} trainings from one seed is "
        "exactly 0, as it must be; so is that of every other metric."
    )
