"""A claim's answer in plain English, derived from its figures alone."""

from pipeline.claims.answers import Answer
from pipeline.claims.findings import (
    DIFFERENT,
    EQUIVALENT,
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    ComputedDifference,
    Finding,
)
from pipeline.claims.verdicts import NOT_TESTABLE, OPEN
from pipeline.metrics import Metric
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.power import smallest_n_that_can_reject
from pipeline.statistics.spread import SpreadTest
from pipeline.statistics.wording import (
    describe_chance,
    describe_disagreement,
    describe_plan,
    format_amount,
    format_count,
    format_difference,
    format_interval,
    name_equivalence_interval,
    name_test,
)

TINY = 1e-6  # a smaller p says more about the model than about the runs
UNDIRECTED = ("equals", "differs_from")


def format_answer(answer: Answer) -> str:
    """Verdict, what was found, n, interval in both scopes, p, the smallest attainable p and what could be seen."""
    if answer.verdict == NOT_TESTABLE or answer.deciding is None:
        return f"Not testable: {answer.reason}."
    finding = answer.deciding
    own = finding.verdict if answer.rankings or answer.verdict == OPEN else answer.verdict
    parts = [_describe(own, finding), *_give_evidence(own, finding)]
    if answer.rankings:
        parts[0] = f"{_describe_rankings(answer.verdict, *answer.rankings)}; for one, {parts[0]}"
    elif len(answer.findings) > 1:
        parts.append(_name_deciding(answer))
    if isinstance(finding.result, Comparison):
        parts.append(describe_chance(finding.result))
    parts.append(answer.elsewhere or "")
    if finding.metric.timed:
        parts.append("timed side by side in one process, everything traced first, variants interleaved")
    return f"{answer.verdict.capitalize()}: {'; '.join(filter(None, parts))}."


def _describe_rankings(verdict: str, first: str, second: str) -> str:
    what = f"the best of {first} and the best of {second}"
    return {
        SUPPORTED: f"{what} are in different places",
        REFUTED: f"{what} are in the same place",
        EQUIVALENT: f"{what} can't be told from the others, which are all equal within the margin",
    }.get(verdict, f"whether {what} are in different places")


def _describe(verdict: str, finding: Finding) -> str:
    """What was found of the two arms."""
    result, label = finding.result, finding.metric.label
    treatment, control = result.treatment, result.control
    if verdict == UNDECIDED:
        return f"whether {_describe_claim(finding)} in {label}"
    if finding.is_identical and not finding.same_run:
        return (
            f"{treatment} and {control} are identical, the same runs bit for bit, and so {_describe_equality(finding)}"
        )
    if result.verdict == EQUIVALENT or (finding.relation == "equals" and verdict == SUPPORTED):
        return f"{treatment} and {control} are {_describe_equality(finding)}"
    if finding.relation == "differs_from":
        return f"{_describe_claim(finding)} in {label}"
    small = result.verdict.endswith("negligible") and not finding.bound
    negligible = ", though by less than the margin" if small else ""
    if verdict == DIFFERENT:
        negligible = ", and not shown to matter"
    return f"{treatment} is {'higher' if _is_higher(finding) else 'lower'} than {control} in {label}{negligible}"


def _describe_claim(finding: Finding) -> str:
    """The relation that was claimed."""
    treatment, control, relation = finding.result.treatment, finding.result.control, finding.relation
    if relation == "equals":
        return f"{treatment} and {control} are equal"
    return f"{treatment} {'differs from' if relation == 'differs_from' else f'is {relation}'} {control}"


def _describe_equality(finding: Finding) -> str:
    exactly = finding.is_identical or (finding.is_exact and finding.result.estimate == 0)
    inside = "" if exactly or finding.margin is None else f", within {format_amount(finding.margin, finding.metric)}"
    return f"{'exactly ' if exactly else ''}equal in {finding.metric.label}{inside}"


def _is_higher(finding: Finding) -> bool:
    """Whether the treatment is the higher one, in the metric's own direction."""
    result = finding.result
    if isinstance(result, Comparison) and not result.estimate:  # diverged: wins and losses alone
        return (result.wins > result.losses) == result.higher_is_better
    return ((result.estimate or 0) > 0) == result.higher_is_better


def _give_evidence(verdict: str, finding: Finding) -> list[str]:
    match finding.result:
        case ComputedDifference() as computed:
            values = f"{computed.treatment_value:,.10g} against {computed.control_value:,.10g}"
            why = "of variants that are the same runs bit for bit" if finding.same_run else "computed and not sampled"
            return [f"{values}, {why}"]
        case SpreadTest(estimate=None, diverged=diverged) as test:
            return [f"no standard deviation of {_repeats(test)}, of which {diverged} {_name_loss(finding)}"]
        case SpreadTest() as test:
            return [_size(finding, test), f"chi-square test over {_repeats(test)}: {_p(test)}"]
        case Comparison() as c:
            return _give_paired_evidence(verdict, finding, c)


def _name_loss(finding: Finding) -> str:
    """What it means of a run that it has no finite value: an epoch that was never reached is no divergence."""
    return "have no finite value" if finding.metric.unit == "epochs" else "diverged"


def _give_paired_evidence(verdict: str, finding: Finding, c: Comparison) -> list[str]:
    lost = ""
    if c.control_diverged or c.treatment_diverged:
        rival = "" if finding.bound else f" and {c.control_diverged} of {c.control}"  # a number has no runs
        lost = f"{c.treatment_diverged} runs of {c.treatment}{rival} {_name_loss(finding)}"
    if c.identical:
        return [f"equal weights and answers in all {_repeats(c)}, so that nothing is tested", lost]
    if lost:
        return [f"{lost}, so that only who is ahead is tested", _favour(finding, c), _test(c)]
    difference = format_difference(c.estimate, finding.metric)
    if c.n == 1:
        return [f"one repeat says nothing about luck (difference {difference})", _fewest(c)]
    if c.sd == 0:
        luck = ", which so few may show by luck" if c.is_too_short else ""
        few = _fewest(c) if c.is_too_short else ""
        return [f"{difference}{_way(finding)} in every one of {_repeats(c)}{luck}", _test(c), few]
    if verdict == UNDECIDED:
        return [_favour(finding, c), _size(finding, c), _test(c), describe_disagreement(c), _plan(c, finding.metric)]
    return [_size(finding, c), _test(c), _equality(finding, c)]


def _size(finding: Finding, c: Comparison | SpreadTest) -> str:
    """Mean difference, positive where it goes the claim's way, with its intervals."""
    level = f"{100 * (1 - c.alpha):g} %{' simultaneous' if c.family_size > 1 else ''} interval"
    if isinstance(c, Comparison) and finding.is_equality:
        level = name_equivalence_interval(c)
    interval = format_interval(*finding.interval, finding.metric)
    if isinstance(c, Comparison) and c.new_images_low is not None:
        new = format_interval(c.new_images_low, c.new_images_high, finding.metric)
        interval += f" on these test images, {new} on new images"
    difference = f"mean difference {format_difference(c.estimate, finding.metric)}{_way(finding)}"
    return f"{difference} over {_repeats(c)} ({level} {interval})"


def _way(finding: Finding) -> str:
    """Whether a difference goes the claim's way, where it claims one."""
    estimate = finding.result.estimate
    if finding.relation in UNDIRECTED or not estimate:
        return ""
    return f" in the {'other' if estimate < 0 else 'claimed'} direction"


def _test(c: Comparison) -> str:
    return f"{name_test(c)}: {_p(c)}"


def _p(c: Comparison | SpreadTest) -> str:
    family = f" after Holm over {c.family_size} pairs" if c.family_size > 1 else ""
    smallest = (
        f", smallest attainable {min(1.0, c.p_smallest * c.family_size):.3g}" if isinstance(c, Comparison) else ""
    )
    value = f"= {c.p_adjusted:.3g}" if c.p_adjusted > TINY else f"< {TINY:g}"
    return f"p {value}{family}{smallest}"


def _equality(finding: Finding, c: Comparison) -> str:
    if c.equivalence_p_adjusted is None or c.equivalence_p_adjusted > c.alpha:
        return ""
    margin = format_amount(c.margin, finding.metric)
    tested = f"two one-sided t-tests inside the margin of {margin}: p = {c.equivalence_p_adjusted:.3g}"
    if finding.is_equality:
        return tested
    interval = format_interval(c.equivalence_low, c.equivalence_high, finding.metric)
    return f"{tested} ({name_equivalence_interval(c)} {interval})"


def _favour(finding: Finding, c: Comparison) -> str:
    tied = f", {c.ties} tied" if c.ties else ""
    if finding.relation in UNDIRECTED:
        return f"{c.treatment} is higher in {c.wins} of {_repeats(c)}, lower in {c.losses}{tied}"
    return f"{c.wins} of {_repeats(c)} go the claimed way{tied}"


def _plan(c: Comparison, unit: Metric) -> str:
    """How many repeats would decide."""
    parts = [_fewest(c)] if c.is_too_short else []
    if c.repeats_needed is not None:
        parts.append(describe_plan(c.repeats_needed, c.n, f"a difference of {format_amount(c.margin, unit)}"))
    return ", and ".join(parts)


def _fewest(c: Comparison) -> str:
    fewest = smallest_n_that_can_reject(c.family_size, c.alpha)
    return f"the exact test can decide nothing with fewer than {fewest} repeats"


def _name_deciding(answer: Answer) -> str:
    """Which of several comparisons the figures are of."""
    which = {SUPPORTED: "the weakest", REFUTED: "the clearest"}.get(answer.verdict, "the one that decides")
    n, held = len(answer.findings), sum(one.verdict == SUPPORTED for one in answer.findings)
    if answer.verdict == SUPPORTED and held < n:  # some two had to differ
        return f"{which} of the {held} that hold, of {n} comparisons of which not all have to"
    return f"{which} of the {n} comparisons that the claim needs"


def _repeats(c: Comparison | SpreadTest) -> str:
    return format_count(c.n, "repeat")
