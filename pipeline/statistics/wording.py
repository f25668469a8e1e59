"""A comparison in plain English, derived from its figures alone; and how any figure is written in a sentence."""

from pipeline.metrics import Metric, metric
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.power import EXACT_LIMIT, POWER, smallest_n_that_can_reject

NUMBER = Metric("", "")  # a metric that nobody declared is a bare number


def format_sentence(c: Comparison) -> str:
    """The verdict with n, estimate, interval, margin, p, the smallest attainable p and what could be seen."""
    if c.control_diverged or c.treatment_diverged:
        parts = [_headline(c), _divergence(c), _test(c)]
    elif c.sd == 0:
        parts = [_headline(c), _constancy(c), _test(c)]
    elif c.n == 1:
        parts = [_headline(c), f"one repeat says nothing about luck (difference {_difference(c)}, {_margin(c)})"]
    elif c.verdict == "undecided" and c.n < smallest_n_that_can_reject(c.family_size, c.alpha):
        parts = [_favour(c), _p(c), "undecided by the exact test", _size(c), _reach(c), _plan(c)]
    else:
        parts = [_headline(c), _size(c), _test(c), _equivalence(c), _reach(c), _plan(c)]
    return "; ".join(filter(None, parts)) + "."


def format_number(x: float | None, unit: Metric) -> str:
    """Signed amount: percentage points to two decimals, anything else to three digits; never a rounded 0."""
    if x is None:
        return "undefined"
    if not unit.share:
        return f"{x:+.3g}"
    return f"{100 * x:+.2f}" if x == 0 or abs(x) >= 5e-5 else f"{100 * x:+.1g}"


def format_difference(x: float | None, unit: Metric) -> str:
    """Signed amount with its unit; of a share in percentage points."""
    name = "percentage points" if unit.share else unit.unit
    return f"{format_number(x, unit)} {name}".rstrip()


def format_amount(x: float | None, unit: Metric) -> str:
    """Amount with its unit, without the sign of a positive one."""
    return format_difference(x, unit).lstrip("+")


def format_interval(low: float | None, high: float | None, unit: Metric) -> str:
    """Both ends of an interval, without a unit."""
    return f"{format_number(low, unit)} to {format_number(high, unit)}"


def format_count(n: int, noun: str) -> str:
    """Number of things: `1 loss`, `3 losses`."""
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{n} {noun if n == 1 else plural}"


def name_test(c: Comparison) -> str:
    """Which test a comparison's p is of."""
    kind = "exact" if c.n <= EXACT_LIMIT else "resampled"
    return f"{kind} {'sign test' if c.control_diverged or c.treatment_diverged else 'sign-flip test'}"


def _headline(c: Comparison) -> str:
    """The verdict, naming both arms."""
    verdict, pair = c.verdict, f"{c.treatment} and {c.control}"
    if verdict == "undecided":
        return f"undecided whether {pair} differ"
    if verdict == "equivalent":
        return f"{pair} are equivalent"
    word, _, rest = verdict.partition(" ")
    return f"{c.treatment} is {word} than {c.control}" + (f", {rest}" if rest else "")


def _size(c: Comparison) -> str:
    """Estimate, n, simultaneous interval and margin."""
    direction = "" if c.higher_is_better else " (lower is better)"
    level = f"{'simultaneous ' if c.family_size > 1 else ''}{100 * (1 - c.alpha):g} % interval"
    interval = format_interval(c.simultaneous_low, c.simultaneous_high, _unit(c))
    advantage = f"mean advantage of {c.treatment} in {c.metric}{direction} {_difference(c)} over {c.n} repeats"
    return f"{advantage} ({level} {interval}, {_margin(c)})"


def _test(c: Comparison) -> str:
    """Which test, its p, the smallest attainable and Holm's correction."""
    return f"{name_test(c)} over {format_count(c.n, 'repeat')}: {_p(c)}"


def _p(c: Comparison) -> str:
    """The p-value with the smallest attainable beside it, and after Holm's correction."""
    smallest = "is the smallest attainable"
    value = smallest if c.p == c.p_smallest else f"({c.p_smallest:.3g} {smallest})"
    family = f", {c.p_adjusted:.3g} after Holm over {c.family_size} comparisons" if c.family_size > 1 else ""
    return f"p = {c.p:.3g} {value}{family}"


def _equivalence(c: Comparison) -> str:
    """The equivalence test, where it holds."""
    if c.equivalence_p_adjusted is None or not c.is_equivalent:
        return ""
    holm = f" after Holm over {c.family_size} comparisons" if c.family_size > 1 else ""
    return f"two one-sided t-tests inside the margin: p = {c.equivalence_p_adjusted:.3g}{holm}"


def _reach(c: Comparison) -> str:
    """What this many repeats could have shown."""
    if c.minimum_detectable_effect is None:
        fewest = smallest_n_that_can_reject(c.family_size, c.alpha)
        return f"the exact test can show no difference, however large, with fewer than {fewest} repeats"
    detectable = format_amount(c.minimum_detectable_effect, _unit(c))
    return f"a difference of {detectable} would have been detected with {100 * POWER:g} % power"


def _plan(c: Comparison) -> str:
    """How many repeats would decide, where these did not."""
    if c.verdict != "undecided" or c.repeats_needed is None:
        return ""
    power = f"a difference as large as the margin with {100 * POWER:g} % power"
    n, verb = (c.n, "are enough to") if c.repeats_needed <= c.n else (c.repeats_needed, "would")
    return f"{n} repeats {verb} detect {power}"


def _divergence(c: Comparison) -> str:
    """Runs that diverged, and what is left to count."""
    treatment, control = f"{c.treatment_diverged} of {c.treatment}", f"{c.control_diverged} of {c.control}"
    counts = ", ".join(map(format_count, (c.wins, c.ties, c.losses), ("win", "tie", "loss")))
    diverged = f"of {c.n} runs each, {treatment} and {control} diverged and count as worst"
    return f"{diverged}; no mean {c.metric} to compare, only {counts}"


def _constancy(c: Comparison) -> str:
    """A difference that every repeat repeats."""
    same = "none" if c.estimate == 0 else f"{_difference(c)}, which is also the interval"
    advantage = f"all {c.n} repeats show the same advantage of {c.treatment} in {c.metric}: {same} ({_margin(c)})"
    return f"{advantage}; stated exactly, not tested"


def _favour(c: Comparison) -> str:
    """How many repeats favour whom."""
    name, count = (c.treatment, c.wins) if c.wins >= c.losses else (c.control, c.losses)
    share = f"all {c.n}" if count == c.n else f"{count} of {c.n}"
    return f"{share} repeats favour {name}" + (f", {c.ties} tied" if c.ties else "")


def _margin(c: Comparison) -> str:
    return "no margin declared" if c.margin is None else f"margin {format_number(c.margin, _unit(c)).lstrip('+')}"


def _difference(c: Comparison) -> str:
    return format_difference(c.estimate, _unit(c))


def _unit(c: Comparison) -> Metric:
    return metric(c.metric) or NUMBER
