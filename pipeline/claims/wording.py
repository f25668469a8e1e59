"""A claim's answer in plain English, derived from its figures alone."""

from pipeline.claims.answers import NOT_TESTABLE, Answer
from pipeline.claims.findings import EQUIVALENT, REFUTED, SUPPORTED, UNDECIDED, Finding
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.power import EXACT_LIMIT, POWER, smallest_n_that_can_reject

OPENING = {SUPPORTED: "Supported", REFUTED: "Refuted", EQUIVALENT: "Equivalent", UNDECIDED: "Undecided"}
TINY = 1e-6  # a smaller p says more about the model than about the runs
SIDE_BY_SIDE = "timed side by side in one process, everything traced first, variants interleaved"
UNDIRECTED = ("equals", "differs_from")
ALSO_TIMED = "what it says of time is answered apart, in timings/claims.csv"


def sentence_of(answer: Answer) -> str:
    """Verdict, what was found, n, interval in both scopes, p, the smallest attainable p and what could be seen."""
    if answer.verdict == NOT_TESTABLE or answer.deciding is None:
        return f"Not testable: {answer.reason}."
    finding = answer.deciding
    own = finding.verdict if answer.rankings else answer.verdict
    parts = [_found(own, finding), *_evidence(own, finding)]
    if answer.rankings:
        parts[0] = f"{_of_rankings(answer)}; for one, {parts[0]}"
    elif len(answer.findings) > 1:
        parts.append(_of_several(answer))
    if answer.timed_apart:
        parts.append(ALSO_TIMED)
    if finding.metric.timed:
        parts.append(SIDE_BY_SIDE)
    return f"{OPENING[answer.verdict]}: {'; '.join(part for part in parts if part)}."


def _of_rankings(answer: Answer) -> str:
    first, second = answer.rankings or ("", "")
    what = f"the best of {first} and the best of {second}"
    return {
        SUPPORTED: f"{what} are in different places",
        REFUTED: f"{what} are in the same place",
        EQUIVALENT: f"{what} can't be told from the others, which are all equal within the margin",
    }.get(answer.verdict, f"whether {what} are in different places")


def _found(verdict: str, finding: Finding) -> str:
    """What was found of the two arms."""
    c, label = finding.comparison, finding.metric.label
    pair = f"{c.treatment} and {c.control}"
    if verdict == UNDECIDED:
        whether = (
            f"{pair} are equal" if finding.relation == "equals" else f"{c.treatment} {_claimed(finding)}"
        )
        return f"whether {whether} in {label}"
    if c.verdict == "equivalent" or (finding.relation == "equals" and verdict == SUPPORTED):
        exactly = c.estimate == 0 and c.sd == 0
        within = "" if exactly or c.margin is None else f", within {_amount(finding, c.margin)}"
        return f"{pair} are {'exactly ' if exactly else ''}equal in {label}{within}"
    if finding.relation == "differs_from":
        return f"{c.treatment} differs from {c.control} in {label}"
    higher = (c.estimate > 0 if c.estimate else c.wins > c.losses) == c.higher_is_better
    small = c.verdict.endswith("negligible") and not finding.bound
    negligible = ", though by less than the margin" if small else ""
    return f"{c.treatment} is {'higher' if higher else 'lower'} than {c.control} in {label}{negligible}"


def _claimed(finding: Finding) -> str:
    c = finding.comparison
    if finding.relation == "differs_from":
        return f"differs from {c.control}"
    return f"is {'above' if c.higher_is_better else 'below'} {c.control}"


def _evidence(verdict: str, finding: Finding) -> list[str]:
    c = finding.comparison
    if finding.computed:
        return [f"{_plain(c.treatment_mean)} against {_plain(c.control_mean)}, computed and not sampled"]
    if finding.spread and c.estimate is None:
        return [
            f"no standard deviation of {_repeats(c)}, of which {c.treatment_diverged} have no finite value"
        ]
    if finding.spread:
        return [_size(finding), f"chi-square test over {_repeats(c)}: {_p(c)}"]
    if c.control_diverged or c.treatment_diverged:
        unbounded = (
            f"{c.treatment_diverged} runs of {c.treatment} and {c.control_diverged} of {c.control} have no finite "
            "value, so that only who is ahead is tested"
        )
        return [unbounded, _favour(finding), _test(c)]
    if c.n == 1:
        said = f"one repeat says nothing about luck (difference {_signed(finding, c.estimate)})"
        return [said, _fewest(c)]
    if c.sd == 0:
        return [
            f"{_signed(finding, c.estimate)}{_way(finding)} in every one of {_repeats(c)}, "
            "stated exactly and not tested"
        ]
    if verdict == UNDECIDED:
        return [_favour(finding), _size(finding), _test(c), _plan(finding)]
    return [_size(finding), _test(c), _equality(finding)]


def _size(finding: Finding) -> str:
    """Mean difference, positive where it goes the claim's way, with its intervals."""
    c = finding.comparison
    level = f"{100 * (1 - c.alpha):g} %{' simultaneous' if c.family_size > 1 else ''} interval"
    interval = _interval(finding, c.simultaneous_low, c.simultaneous_high)
    if c.new_images_low is not None:
        new = _interval(finding, c.new_images_low, c.new_images_high)
        interval += f" on these test images, {new} on new images"
    difference = f"mean difference {_signed(finding, c.estimate)}{_way(finding)}"
    return f"{difference} over {_repeats(c)} ({level} {interval})"


def _way(finding: Finding) -> str:
    """Whether a difference goes the claim's way, where it claims one."""
    estimate = finding.comparison.estimate or 0
    if finding.relation in UNDIRECTED or estimate == 0:
        return ""
    return " in the other direction" if estimate < 0 else " in the claimed direction"


def _test(c: Comparison) -> str:
    kind = "exact" if c.n <= EXACT_LIMIT else "resampled"
    test = "sign test" if c.control_diverged or c.treatment_diverged else "sign-flip test"
    return f"{kind} {test}: {_p(c)}"


def _p(c: Comparison) -> str:
    family = f" after Holm over {c.family_size} pairs" if c.family_size > 1 else ""
    smallest = f", smallest attainable {min(1.0, c.p_smallest * c.family_size):.3g}" if c.p_smallest else ""
    value = f"= {c.p_adjusted:.3g}" if c.p_adjusted > TINY else f"< {TINY:g}"
    return f"p {value}{family}{smallest}"


def _equality(finding: Finding) -> str:
    c = finding.comparison
    if c.equivalence_p_adjusted is None or c.equivalence_p_adjusted > c.alpha:
        return ""
    margin = _amount(finding, c.margin)
    return f"two one-sided t-tests inside the margin of {margin}: p = {c.equivalence_p_adjusted:.3g}"


def _favour(finding: Finding) -> str:
    c = finding.comparison
    tied = f", {c.ties} tied" if c.ties else ""
    if finding.relation in UNDIRECTED:
        return f"{c.treatment} is higher in {c.wins} of {_repeats(c)}, lower in {c.losses}{tied}"
    return f"{c.wins} of {_repeats(c)} go the claimed way{tied}"


def _plan(finding: Finding) -> str:
    """How many repeats would decide."""
    c = finding.comparison
    few = c.n < smallest_n_that_can_reject(c.family_size, c.alpha)
    return ", and ".join(part for part in (_fewest(c) if few else "", _enough(finding)) if part)


def _fewest(c: Comparison) -> str:
    fewest = smallest_n_that_can_reject(c.family_size, c.alpha)
    return f"the exact test can decide nothing with fewer than {fewest} repeats"


def _enough(finding: Finding) -> str:
    c = finding.comparison
    if c.repeats_needed is None:
        return ""
    power = f"with {100 * POWER:g} % power"
    return f"{c.repeats_needed} repeats would detect a difference of {_amount(finding, c.margin)} {power}"


def _of_several(answer: Answer) -> str:
    which = {SUPPORTED: "the weakest", REFUTED: "the clearest"}.get(answer.verdict, "the one that decides")
    held = sum(one.verdict == SUPPORTED for one in answer.findings)
    if answer.verdict == SUPPORTED and held < len(answer.findings):  # some two had to differ
        return (
            f"{which} of the {held} that hold, of {len(answer.findings)} comparisons of which not all have to"
        )
    return f"{which} of the {len(answer.findings)} comparisons that the claim needs"


def _repeats(c: Comparison) -> str:
    return f"{c.n} repeat{'' if c.n == 1 else 's'}"


def _interval(finding: Finding, low: float | None, high: float | None) -> str:
    return f"{_number(finding, low)} to {_number(finding, high)}"


def _signed(finding: Finding, x: float | None) -> str:
    metric = finding.metric
    unit = " percentage points" if metric.share else f" {metric.unit}" if metric.unit else ""
    return _number(finding, x) + unit


def _amount(finding: Finding, x: float | None) -> str:
    return _signed(finding, x).lstrip("+")


def _plain(x: float | None) -> str:
    return "undefined" if x is None else f"{x:,.10g}"


def _number(finding: Finding, x: float | None) -> str:
    """Signed amount: percentage points to two decimals, anything else to three digits; never a rounded 0."""
    if x is None:
        return "undefined"
    if not finding.metric.share:
        return f"{x:+.3g}"
    return f"{100 * x:+.2f}" if x == 0 or abs(x) >= 5e-5 else f"{100 * x:+.1g}"
