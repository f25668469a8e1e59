"""A comparison in plain English, derived from its figures alone; and how any figure is written in a sentence."""

from pipeline.metrics import Metric, metric
from pipeline.statistics.comparison import IDENTICAL, Comparison
from pipeline.statistics.power import EXACT_LIMIT, OUT_OF_REACH, POWER, smallest_n_that_can_reject

NUMBER = Metric("", "")  # a metric that nobody declared is a bare number


def format_sentence(c: Comparison) -> str:
    """The verdict with n, estimate, interval, margin, p, the smallest attainable p and what could be seen."""
    if c.identical:
        parts = [_headline(c), f"equal weights and answers in all {c.n} repeats, so that nothing is tested", _crash(c)]
    elif c.control_diverged or c.treatment_diverged:
        parts = [_headline(c), _divergence(c), _test(c)]
    elif c.sd == 0:
        parts = [_headline(c), _constancy(c), _test(c), _reach(c) if c.is_too_short else ""]
    elif c.n == 1:
        parts = [_headline(c), f"one repeat says nothing about luck (difference {_difference(c)}, {_margin(c)})"]
    elif c.verdict == "undecided" and c.is_too_short:
        parts = [_favour(c), _p(c), "undecided by the exact test", _size(c), _reach(c), _plan(c)]
    else:
        parts = [_headline(c), _size(c), _test(c), describe_disagreement(c), _equivalence(c), _reach(c), _plan(c)]
    return "; ".join(filter(None, [*parts, describe_chance(c)])) + "."


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


def describe_plan(repeats: int, n: int, what: str) -> str:
    """How many repeats detect something with the planned power, where n of them did not."""
    power = f"{what} with {100 * POWER:g} % power"
    if repeats > OUT_OF_REACH:
        return f"to detect {power} is out of reach: it takes more than {OUT_OF_REACH:,} repeats"
    return f"{n} repeats are enough to detect {power}" if repeats <= n else f"{repeats} repeats would detect {power}"


def describe_chance(c: Comparison) -> str:
    """What a comparison of two arms at chance is worth; nothing of any other."""
    return "both are at chance, where nothing is learnt from a comparison" if c.at_chance else ""


def describe_disagreement(c: Comparison) -> str:
    """What test and interval say where they say different things; nothing elsewhere."""
    return "the test sees a difference, and the interval does not exclude none" if c.disagrees else ""


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
    if verdict == IDENTICAL:
        return f"{pair} are identical, the same runs bit for bit: the treatment never acted"
    word, _, rest = verdict.partition(" ")
    how = rest or ("" if c.margin is None else "not shown to matter")
    return f"{c.treatment} is {word} than {c.control}" + (f", {how}" if how else "")


def _size(c: Comparison) -> str:
    """Estimate, n, simultaneous interval and margin."""
    direction = "" if c.higher_is_better else " (lower is better)"
    level = f"{'simultaneous ' if c.family_size > 1 else ''}{100 * (1 - c.alpha):g} % interval"
    if c.verdict == "equivalent":
        level = name_equivalence_interval(c)
    interval = format_interval(*c.interval, _unit(c))
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
    tested = f"two one-sided t-tests inside the margin: p = {c.equivalence_p_adjusted:.3g}{holm}"
    if c.verdict == "equivalent":
        return tested
    interval = format_interval(c.equivalence_low, c.equivalence_high, _unit(c))
    return f"{tested} ({name_equivalence_interval(c)} {interval})"


def name_equivalence_interval(c: Comparison) -> str:
    """Which interval a corrected equivalence test amounts to."""
    return f"{100 * (c.equivalence_confidence or 0):.4g} % interval of the equivalence test"


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
    return describe_plan(c.repeats_needed, c.n, "a difference as large as the margin")


def _divergence(c: Comparison) -> str:
    """Runs that diverged, and what is left to count."""
    counts = ", ".join(map(format_count, (c.wins, c.ties, c.losses), ("win", "tie", "loss")))
    return f"{_crash(c)} and count as worst; no mean {c.metric} to compare, only {counts}"


def _crash(c: Comparison) -> str:
    """How many runs diverged, where any did."""
    if not c.treatment_diverged + c.control_diverged:
        return ""
    treatment, control = f"{c.treatment_diverged} of {c.treatment}", f"{c.control_diverged} of {c.control}"
    return f"of {c.n} runs each, {treatment} and {control} diverged"


def _constancy(c: Comparison) -> str:
    """A difference that every repeat repeats."""
    same = "none" if c.estimate == 0 else _difference(c)
    luck = ", which so few may by luck" if c.is_too_short else ""
    return f"all {c.n} repeats show the same advantage of {c.treatment} in {c.metric}{luck}: {same} ({_margin(c)})"


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
