"""The words of a comparison: its verdict and a plain-English sentence, derived from its figures alone."""

from typing import TYPE_CHECKING

from pipeline.statistics.power import EXACT_LIMIT, POWER, smallest_n_that_can_reject

if TYPE_CHECKING:
    from pipeline.statistics.comparison import Comparison

VERDICTS = (
    "better and it matters",
    "better",
    "better but negligible",
    "equivalent",
    "worse but negligible",
    "worse",
    "worse and it matters",
    "undecided",
)
FRACTIONS = ("accuracy", "gap", "sparsity", "recall", "precision")  # last words of metrics shown in points


def verdict_of(c: "Comparison") -> str:
    """Verdict of a comparison, one of `VERDICTS`.

    Better or worse: Holm p <= alpha and the simultaneous interval beyond 0; it matters when the interval is
    beyond the margin, it is negligible when the two one-sided tests hold too. "Equivalent" never follows from
    a large p. With zero variance the verdict is stated exactly, without a test.
    """
    direction, equivalent = _direction(c), _is_equivalent(c)
    if direction == 0:
        return "equivalent" if equivalent else "undecided"
    word = "better" if direction > 0 else "worse"
    nearest = c.simultaneous_low if direction > 0 else c.simultaneous_high
    if nearest is not None and c.margin is not None and abs(nearest) > c.margin:
        return f"{word} and it matters"
    return f"{word} but negligible" if equivalent else word


def sentence_of(c: "Comparison") -> str:
    """The verdict with n, estimate, interval, margin, p, the smallest attainable p and what could be seen."""
    if c.control_diverged or c.treatment_diverged:
        parts = [_headline(c), _divergence(c), _test(c)]
    elif c.sd == 0:
        parts = [_headline(c), _constancy(c), _test(c)]
    elif c.n == 1:
        parts = [
            _headline(c),
            f"one repeat says nothing about luck (difference {_difference(c)}, {_margin(c)})",
        ]
    elif c.verdict == "undecided" and c.n < smallest_n_that_can_reject(c.family_size, c.alpha):
        parts = [_favour(c), _p(c), "undecided by the exact test", _size(c), _reach(c), _plan(c)]
    else:
        parts = [_headline(c), _size(c), _test(c), _equivalence(c), _reach(c), _plan(c)]
    return "; ".join(part for part in parts if part) + "."


def _direction(c: "Comparison") -> int:
    """1 where the treatment is shown to be better, -1 where worse, 0 where neither is shown."""
    if c.sd == 0 and c.estimate is not None:  # stated exactly, without a test
        return (c.estimate > 0) - (c.estimate < 0)
    if c.p_adjusted > c.alpha:
        return 0
    if c.simultaneous_low is None or c.simultaneous_high is None:  # diverged: wins and losses alone
        return (c.wins > c.losses) - (c.wins < c.losses)
    return (c.simultaneous_low > 0) - (c.simultaneous_high < 0)


def _is_equivalent(c: "Comparison") -> bool:
    """Whether the difference is shown to lie inside the margin."""
    if c.sd == 0 and c.estimate is not None:
        return c.estimate == 0 or (c.margin is not None and abs(c.estimate) < c.margin)
    return c.equivalence_p_adjusted is not None and c.equivalence_p_adjusted <= c.alpha


def _headline(c: "Comparison") -> str:
    """The verdict, naming both arms."""
    verdict, pair = c.verdict, f"{c.treatment} and {c.control}"
    if verdict == "undecided":
        return f"undecided whether {pair} differ"
    if verdict == "equivalent":
        return f"{pair} are equivalent"
    word, _, rest = verdict.partition(" ")
    return f"{c.treatment} is {word} than {c.control}" + (f", {rest}" if rest else "")


def _size(c: "Comparison") -> str:
    """Estimate, n, simultaneous interval and margin."""
    direction = "" if c.higher_is_better else " (lower is better)"
    level = f"{'simultaneous ' if c.family_size > 1 else ''}{100 * (1 - c.alpha):g} % interval"
    interval = f"{_number(c, c.simultaneous_low)} to {_number(c, c.simultaneous_high)}"
    advantage = (
        f"mean advantage of {c.treatment} in {c.metric}{direction} {_difference(c)} over {c.n} repeats"
    )
    return f"{advantage} ({level} {interval}, {_margin(c)})"


def _test(c: "Comparison") -> str:
    """Which test, its p, the smallest attainable and Holm's correction."""
    kind = "exact" if c.n <= EXACT_LIMIT else "resampled"
    test = "sign test" if c.control_diverged or c.treatment_diverged else "sign-flip test"
    return f"{kind} {test} over {_count(c.n, 'repeat')}: {_p(c)}"


def _p(c: "Comparison") -> str:
    """The p-value with the smallest attainable beside it, and after Holm's correction."""
    smallest = "is the smallest attainable"
    value = smallest if c.p == c.p_smallest else f"({c.p_smallest:.3g} {smallest})"
    family = f", {c.p_adjusted:.3g} after Holm over {c.family_size} comparisons" if c.family_size > 1 else ""
    return f"p = {c.p:.3g} {value}{family}"


def _equivalence(c: "Comparison") -> str:
    """The equivalence test, where it holds."""
    if c.equivalence_p_adjusted is None or not _is_equivalent(c):
        return ""
    holm = f" after Holm over {c.family_size} comparisons" if c.family_size > 1 else ""
    return f"two one-sided t-tests inside the margin: p = {c.equivalence_p_adjusted:.3g}{holm}"


def _reach(c: "Comparison") -> str:
    """What this many repeats could have shown."""
    if c.minimum_detectable_effect is None:
        fewest = smallest_n_that_can_reject(c.family_size, c.alpha)
        return f"the exact test can show no difference, however large, with fewer than {fewest} repeats"
    detectable = _number(c, c.minimum_detectable_effect).lstrip("+") + _unit(c)
    return f"a difference of {detectable} would have been detected with {100 * POWER:g} % power"


def _plan(c: "Comparison") -> str:
    """How many repeats would decide, where these did not."""
    if c.verdict != "undecided" or c.repeats_needed is None:
        return ""
    power = f"a difference as large as the margin with {100 * POWER:g} % power"
    if c.repeats_needed <= c.n:
        return f"{c.n} repeats are enough to detect {power}"
    return f"{c.repeats_needed} repeats would detect {power}"


def _divergence(c: "Comparison") -> str:
    """Runs that diverged, and what is left to count."""
    treatment, control = f"{c.treatment_diverged} of {c.treatment}", f"{c.control_diverged} of {c.control}"
    counts = ", ".join((_count(c.wins, "win"), _count(c.ties, "tie"), _count(c.losses, "loss")))
    diverged = f"of {c.n} runs each, {treatment} and {control} diverged and count as worst"
    return f"{diverged}; no mean {c.metric} to compare, only {counts}"


def _constancy(c: "Comparison") -> str:
    """A difference that every repeat repeats."""
    same = "none" if c.estimate == 0 else f"{_difference(c)}, which is also the interval"
    return (
        f"all {c.n} repeats show the same advantage of {c.treatment} in {c.metric}: {same} ({_margin(c)}); "
        "stated exactly, not tested"
    )


def _favour(c: "Comparison") -> str:
    """How many repeats favour whom."""
    name, count = (c.treatment, c.wins) if c.wins >= c.losses else (c.control, c.losses)
    share = f"all {c.n}" if count == c.n else f"{count} of {c.n}"
    return f"{share} repeats favour {name}" + (f", {c.ties} tied" if c.ties else "")


def _margin(c: "Comparison") -> str:
    return "no margin declared" if c.margin is None else f"margin {_number(c, c.margin).lstrip('+')}"


def _difference(c: "Comparison") -> str:
    return _number(c, c.estimate) + _unit(c)


def _unit(c: "Comparison") -> str:
    return " percentage points" if _is_fraction(c) else ""


def _is_fraction(c: "Comparison") -> bool:
    return c.metric.rpartition("_")[2] in FRACTIONS


def _number(c: "Comparison", x: float | None) -> str:
    """Signed amount: percentage points to two decimals, anything else to three digits; never a rounded 0."""
    if x is None:
        return "undefined"
    if not _is_fraction(c):
        return f"{x:+.3g}"
    return f"{100 * x:+.2f}" if x == 0 or abs(x) >= 5e-5 else f"{100 * x:+.1g}"


def _count(n: int, noun: str) -> str:
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{n} {noun if n == 1 else plural}"
