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
    format_p,
    format_size,
    name_equivalence_interval,
    name_interval,
    name_test,
)

UNDIRECTED = ("equals", "differs_from")
FAMILIAR = "test accuracy"  # what is meant where no metric is named
MOST_WORDS = 2  # of a metric in the first sentence


def format_answer(answer: Answer) -> str:
    """Verdict and what was found in one short sentence; behind it interval, p and what could be seen."""
    if answer.verdict == NOT_TESTABLE or answer.deciding is None:
        return f"Not testable: {answer.reason}."
    finding = answer.deciding
    own = finding.verdict if answer.rankings or answer.verdict == OPEN else answer.verdict
    found, parts = _describe(own, finding), _give_evidence(own, finding)
    if not _is_short(finding.metric):
        parts[0] = f"in {finding.metric.label}, {parts[0]}"
    if answer.rankings:
        parts = [f"for one, {found}", *parts]
        found = _describe_rankings(answer.verdict)
    elif len(answer.findings) > 1:
        parts.append(_name_deciding(answer))
    parts += [describe_chance(finding.result) if isinstance(finding.result, Comparison) else "", answer.elsewhere or ""]
    if finding.metric.timed:
        parts.append("timed side by side in one process")
    evidence = "; ".join(filter(None, parts))
    return f"{answer.verdict.capitalize()}: {found}. {evidence[:1].upper()}{evidence[1:]}."


def _describe_rankings(verdict: str) -> str:
    return {
        SUPPORTED: "the best variant is another one in the second group",
        REFUTED: "the same variant is best in both groups",
        EQUIVALENT: "neither group has a best variant, all are equal within the margin",
    }.get(verdict, "neither that the best variant changes is shown, nor that it stays")


def _describe(verdict: str, finding: Finding) -> str:
    """What was found of the two arms."""
    result, (treatment, control) = finding.result, finding.labels
    known = finding.metric.label == FAMILIAR or not _is_short(finding.metric)
    what = "" if known else f" in {finding.metric.label}"
    if verdict == UNDECIDED:
        return _describe_doubt(finding, what)
    if finding.is_identical and not finding.same_run:
        return f"{treatment} and {control} are the same runs, bit for bit"
    if result.verdict == EQUIVALENT or (finding.relation == "equals" and verdict == SUPPORTED):
        return f"{treatment} and {control} are {_describe_equality(finding)}{what}"
    if isinstance(result, Comparison) and not result.estimate:  # diverged: wins and losses alone
        size = ""
    else:
        size = f"{format_size(result.estimate or 0.0, finding.metric)} "
    small = result.verdict.endswith("negligible") and not finding.bound
    doubt = ", within the margin" if small else ", not shown to matter" if verdict == DIFFERENT else ""
    return f"{treatment} is {size}{'above' if _is_higher(finding) else 'below'} {control}{what}{doubt}"


def _is_short(metric: Metric) -> bool:
    """Whether a metric is named in the first sentence, and not behind it."""
    return len(metric.label.split()) <= MOST_WORDS


def _describe_doubt(finding: Finding, what: str) -> str:
    """What was seen where nothing was shown."""
    result, (treatment, control) = finding.result, finding.labels
    if not isinstance(result, Comparison):
        return f"whether {treatment} is {finding.relation} {control}{what}"
    up, down = (result.wins, result.losses) if result.higher_is_better else (result.losses, result.wins)
    if finding.relation == "below":
        return f"{treatment} is below {control}{what} in {down} of {_repeats(result)}"
    return f"{treatment} is above {control}{what} in {up} of {_repeats(result)}"


def _describe_equality(finding: Finding) -> str:
    exactly = finding.is_identical or (finding.is_exact and finding.result.estimate == 0)
    inside = "" if exactly or finding.margin is None else f" within {format_amount(finding.margin, finding.metric)}"
    return f"{'exactly ' if exactly else ''}equal{inside}"


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
            why = "of variants that are the same runs, bit for bit" if finding.same_run else "computed and not sampled"
            return [f"{values}, {why}"]
        case SpreadTest(estimate=None, diverged=diverged) as test:
            return [f"no standard deviation of {_repeats(test)}, of which {diverged} {_name_loss(finding)}"]
        case SpreadTest() as test:
            interval = f"{_name_level(test)} {format_interval(*finding.interval, finding.metric)}"
            return [f"{interval} over {_repeats(test)}", f"chi-square test {_p(test)}"]
        case Comparison() as c:
            return _give_paired_evidence(verdict, finding, c)


def _name_loss(finding: Finding) -> str:
    """What it means of a run that it has no finite value: an epoch that was never reached is no divergence."""
    return "have no finite value" if finding.metric.unit == "epochs" else "diverged"


def _give_paired_evidence(verdict: str, finding: Finding, c: Comparison) -> list[str]:
    lost = ""
    if c.control_diverged or c.treatment_diverged:
        rival = "" if finding.bound else f" and {c.control_diverged}"  # a number has no runs
        lost = f"{c.treatment_diverged}{rival} of {_repeats(c)} {_name_loss(finding)}"
    if c.identical:
        return [f"equal weights and answers in all {_repeats(c)}, so that nothing is tested", lost]
    if lost:
        return [f"{lost}, so that only who is ahead is tested", _favour(finding, c), _test(c)]
    difference = format_difference(c.estimate, finding.metric)
    if c.n == 1:
        return [f"one repeat says nothing about luck ({difference})", _fewest(c)]
    if c.sd == 0:
        luck = ", which so few may show by luck" if c.is_too_short else ""
        few = _fewest(c) if c.is_too_short else ""
        return [f"{difference} in every one of {_repeats(c)}{luck}", _test(c), few]
    if verdict == UNDECIDED:
        return [_size(finding, c), _test(c), describe_disagreement(c), _plan(c, finding.metric)]
    return [_size(finding, c), _test(c), _equality(finding, c)]


def _size(finding: Finding, c: Comparison) -> str:
    """The interval that decided, positive where it goes the claim's way; the mean where the verdict doesn't say it."""
    interval = format_interval(*finding.interval, finding.metric)
    way = " towards the claim" if finding.relation == "below" else ""
    told = f"{name_interval(c, finding.is_equality)}{way} {interval}"
    mean = f"mean {format_difference(c.estimate, finding.metric)}, "
    if finding.verdict == UNDECIDED:  # whose first sentence has n
        return f"{mean}{told}"
    return f"{mean if finding.is_equality else ''}{told} over {_repeats(c)}"


def _name_level(test: SpreadTest) -> str:
    return f"{100 * (1 - test.alpha):g} %{' simultaneous' if test.family_size > 1 else ''} interval"


def _test(c: Comparison) -> str:
    return f"{name_test(c)} {_p(c)}"


def _p(c: Comparison | SpreadTest) -> str:
    family = f" after Holm over {c.family_size}" if c.family_size > 1 else ""
    smallest = f" (smallest {format_p(min(1.0, c.p_smallest * c.family_size))})" if isinstance(c, Comparison) else ""
    return f"p {format_p(c.p_adjusted, '= ')}{family}{smallest}"


def _equality(finding: Finding, c: Comparison) -> str:
    if c.equivalence_p_adjusted is None or c.equivalence_p_adjusted > c.alpha:
        return ""
    tested = f"two one-sided t-tests p {format_p(c.equivalence_p_adjusted, '= ')}"
    if finding.is_equality:
        return tested
    interval = format_interval(c.equivalence_low, c.equivalence_high, finding.metric)
    return f"{tested} ({name_equivalence_interval(c)} {interval})"


def _favour(finding: Finding, c: Comparison) -> str:
    tied = f", {c.ties} tied" if c.ties else ""
    if finding.relation in UNDIRECTED:
        return f"higher in {c.wins} of {_repeats(c)}, lower in {c.losses}{tied}"
    return f"{c.wins} of {_repeats(c)} go the claimed way{tied}"


def _plan(c: Comparison, unit: Metric) -> str:
    """How many repeats would decide."""
    parts = [_fewest(c)] if c.is_too_short else []
    if c.repeats_needed is not None:
        parts.append(describe_plan(c.repeats_needed, c.n, format_amount(c.margin, unit)))
    return ", and ".join(parts)


def _fewest(c: Comparison) -> str:
    fewest = smallest_n_that_can_reject(c.family_size, c.alpha)
    return f"the exact test decides nothing below {fewest} repeats"


def _name_deciding(answer: Answer) -> str:
    """Which of several comparisons the figures are of."""
    which = {UNDECIDED: "the vaguest", REFUTED: "the clearest"}.get(answer.verdict, "the weakest")
    n, held = len(answer.findings), sum(one.verdict == SUPPORTED for one in answer.findings)
    if answer.verdict == SUPPORTED and held < n:  # some two had to differ
        return f"{which} of the {held} that hold, of {n}"
    return f"{which} of {n} comparisons"


def _repeats(c: Comparison | SpreadTest) -> str:
    return format_count(c.n, "repeat")
