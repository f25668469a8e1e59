"""A comparison in plain English, derived from its figures alone; and how any figure is written in a sentence."""

from collections.abc import Mapping

from pipeline.metrics import Metric, metric, words
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.power import EXACT_LIMIT, OUT_OF_REACH, smallest_n_that_can_reject

NUMBER = Metric("", "")  # a metric that nobody declared is a bare number
MINUS = "−"
ROUNDING = 1e-12  # a smaller share is what rounding leaves of none
SMALL_P = 1e-4  # a smaller p says more about the model than about the runs
FAMILIAR = "test_accuracy"  # what is meant where no metric is named
Names = Mapping[str, str]  # what people read in place of a variant's name


def format_sentence(c: Comparison, names: Names | None = None) -> str:
    """The verdict in one short sentence, and behind it who is compared, interval, p and what could be seen."""
    treatment, control = ((names or {}).get(one, one) for one in (c.treatment, c.control))
    evidence = "; ".join(filter(None, _give_evidence(c)))
    what = "" if c.metric == FAMILIAR else f", {words(c.metric)}"
    return f"{format_headline(c)} {treatment} against {control}{what}: {evidence}."


def format_headline(c: Comparison) -> str:
    """The verdict in one short sentence that names neither arm: how large, against the margin, in how many repeats."""
    if c.identical:
        return "Identical: the same runs, bit for bit; the treatment never acted."
    if c.control_diverged or c.treatment_diverged:
        return f"{_verdict(c)}: {c.treatment_diverged + c.control_diverged} of {2 * c.n} runs diverged; {_favour(c)}."
    if c.n == 1:
        return f"Undecided: one repeat, {_difference(c)}, says nothing about luck."
    if c.verdict == "undecided":
        return f"Undecided: {_difference(c)}, and {_favour(c)}."
    return f"{_size(c)} ({_favour(c)})."


def format_number(x: float | None, unit: Metric) -> str:
    """Signed amount: percentage points to two decimals, anything else to three digits; never a rounded 0."""
    if x is None:
        return "undefined"
    text = f"{x:+,.0f}" if abs(x) >= 1000 else f"{x:+.3g}"
    if unit.share:
        x = x if abs(x) >= ROUNDING else 0.0
        text = f"{100 * x:+.2f}" if x == 0 or abs(x) >= 5e-5 else f"{100 * x:+.1g}"
    return text.replace("-", MINUS)


def format_difference(x: float | None, unit: Metric) -> str:
    """Signed amount with its unit; of a share in percentage points, called points."""
    name = "points" if unit.share else unit.unit
    return f"{format_number(x, unit)} {name}".rstrip()


def format_amount(x: float | None, unit: Metric) -> str:
    """Amount with its unit, without the sign of a positive one."""
    return format_difference(x, unit).lstrip("+")


def format_size(x: float, unit: Metric) -> str:
    """Amount with its unit, without any sign."""
    return format_amount(abs(x), unit)


def format_p(p: float, equals: str = "") -> str:
    """Probability to three digits; `equals` stands before one that is said exactly: ``0.00195``, ``< 0.0001``."""
    return f"{equals}{p:.3g}" if p >= SMALL_P else f"< {SMALL_P}"


def format_interval(low: float | None, high: float | None, unit: Metric) -> str:
    """Both ends of an interval, without a unit."""
    return f"{format_number(low, unit)} to {format_number(high, unit)}"


def format_count(n: int, noun: str) -> str:
    """Number of things: `1 loss`, `3 losses`."""
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{n} {noun if n == 1 else plural}"


def describe_plan(repeats: int, n: int, what: str) -> str:
    """How many repeats detect something with the planned power, where n did not; out of reach is documented."""
    if repeats > OUT_OF_REACH:
        return f"{what} is out of reach"
    return f"{n} repeats are enough for {what}" if repeats <= n else f"{what} takes {repeats} repeats"


def describe_chance(c: Comparison) -> str:
    """What a comparison of two arms at chance is worth; nothing of any other."""
    return "both at chance: nothing is learnt" if c.at_chance else ""


def describe_disagreement(c: Comparison) -> str:
    """What test and interval say where they say different things; nothing elsewhere."""
    return "the test sees a difference, but the interval includes 0" if c.disagrees else ""


def name_test(c: Comparison) -> str:
    """Which test a comparison's p is of, to stand before it."""
    kind = "exact" if c.n <= EXACT_LIMIT else "resampled"
    return f"{kind} {'sign-test' if c.control_diverged or c.treatment_diverged else 'sign-flip'}"


def name_equivalence_interval(c: Comparison) -> str:
    """Which interval a corrected equivalence test amounts to."""
    return f"{100 * (c.equivalence_confidence or 0):.4g} % equivalence interval"


def name_interval(c: Comparison, equality: bool) -> str:
    """Which interval stands beside a verdict."""
    if equality and c.equivalence_low is not None:
        return name_equivalence_interval(c)
    return f"{100 * (1 - c.alpha):g} %{' simultaneous' if c.family_size > 1 else ''} interval"


def _verdict(c: Comparison) -> str:
    return c.verdict.partition(" ")[0].capitalize()


def _size(c: Comparison) -> str:
    """How large the difference is, and whether that matters."""
    unit, estimate = _unit(c), c.estimate or 0.0
    if c.verdict == "equivalent":
        way = "higher" if (estimate > 0) == c.higher_is_better else "lower"
        if not estimate:
            return f"Equivalent: no difference, within {format_amount(c.margin, unit)}"
        return f"Equivalent: {format_size(estimate, unit)} {way}, within the {_margin(c)} that matter"
    found = f"{_verdict(c)} by {format_size(estimate, unit)}"
    if c.margin is None:
        return found
    if c.verdict.endswith("matters"):
        return f"{found}, beyond the {_margin(c)} that matter"
    if c.verdict.endswith("negligible"):
        return f"{found}, negligible within the {_margin(c)} that matter"
    return f"{found}, not shown to matter"


def _give_evidence(c: Comparison) -> list[str]:
    """What the first sentence rests on: interval, test, and what could have been seen."""
    if c.identical:
        return [f"equal weights and answers in all {c.n} repeats, so that nothing is tested", _crash(c)]
    if c.control_diverged or c.treatment_diverged:
        return [f"{_crash(c)} and count as worst; {_counts(c)}", _test(c), describe_chance(c)]
    fewest = smallest_n_that_can_reject(c.family_size, c.alpha)
    short = f"the exact test decides nothing below {fewest} repeats" if c.is_too_short else ""
    if c.n == 1:
        return [short]
    interval = f"{name_interval(c, c.verdict == 'equivalent')} {format_interval(*c.interval, _unit(c))}"
    every = f"the same in all {c.n} repeats{', which so few may be by luck' if short else ''}"
    return [
        every if c.sd == 0 else interval,
        _test(c),
        _equivalence(c),
        describe_disagreement(c),
        short or _reach(c),
        _plan(c),
        describe_chance(c),
    ]


def _test(c: Comparison) -> str:
    """Which test, its p, the smallest attainable and Holm's correction."""
    smallest = "the smallest attainable" if c.p == c.p_smallest else f"smallest {format_p(c.p_smallest)}"
    family = f", {format_p(c.p_adjusted)} after Holm over {c.family_size}" if c.family_size > 1 else ""
    return f"{name_test(c)} p {format_p(c.p, '= ')} ({smallest}){family}"


def _equivalence(c: Comparison) -> str:
    """The equivalence test, where it holds."""
    if c.equivalence_p_adjusted is None or not c.is_equivalent:
        return ""
    tested = f"two one-sided t-tests p {format_p(c.equivalence_p_adjusted, '= ')}"
    if c.verdict == "equivalent":
        return tested
    interval = format_interval(c.equivalence_low, c.equivalence_high, _unit(c))
    return f"{tested} ({name_equivalence_interval(c)} {interval})"


def _reach(c: Comparison) -> str:
    """What this many repeats could have shown."""
    if c.minimum_detectable_effect is None:
        return ""
    return f"detectable {format_amount(c.minimum_detectable_effect, _unit(c))}"


def _plan(c: Comparison) -> str:
    """How many repeats would decide, where these did not."""
    if c.verdict != "undecided" or c.repeats_needed is None:
        return ""
    return describe_plan(c.repeats_needed, c.n, "the margin")


def _counts(c: Comparison) -> str:
    return ", ".join(map(format_count, (c.wins, c.ties, c.losses), ("win", "tie", "loss")))


def _crash(c: Comparison) -> str:
    """How many runs diverged, where any did."""
    if not c.treatment_diverged + c.control_diverged:
        return ""
    return f"{c.treatment_diverged} and {c.control_diverged} of {c.n} runs diverged"


def _favour(c: Comparison) -> str:
    """In how many repeats the difference goes its way: that of the mean, or of most repeats."""
    ahead = c.wins >= c.losses if not c.estimate else c.estimate > 0
    tied = f", {c.ties} tied" if c.ties else ""
    way = " better" if ahead else " worse"
    told = way if c.verdict in ("undecided", "equivalent") and c.estimate != 0 else ""
    return f"{c.wins if ahead else c.losses} of {c.n} repeats{told}{tied}"


def _margin(c: Comparison) -> str:
    return format_number(c.margin, _unit(c)).lstrip("+")


def _difference(c: Comparison) -> str:
    return format_difference(c.estimate, _unit(c))


def _unit(c: Comparison) -> Metric:
    return metric(c.metric) or NUMBER
