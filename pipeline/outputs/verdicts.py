"""Accuracies and verdicts in few words, as numbers and texts, so that DVC's tables of metrics fit a screen."""

from collections.abc import Mapping
from textwrap import fill

from pipeline.metrics import words
from pipeline.outputs.numbers import format_percent
from pipeline.statistics.comparison import VERDICTS
from pipeline.statistics.results import StudyResults

WIDTH = 44  # `dvc metrics diff` shows two such texts and the file's name side by side, in 160 columns
NOT_COMPARED = "not compared"


def describe_study(results: StudyResults) -> dict[str, int | str]:
    """Row of a study: n, profile, the control with its accuracy, and the other variants with theirs by verdict."""
    groups: dict[str, list[str]] = {}
    for name in results.variants:
        if name != results.control:
            found = results.comparisons.get(name)
            groups.setdefault(found.verdict if found else NOT_COMPARED, []).append(_show(results, name))
    lines = [f"{verdict}: {', '.join(groups[verdict])}" for verdict in (*VERDICTS, NOT_COMPARED) if verdict in groups]
    return {
        "n": results.repeats,
        "profile": results.profile,
        "control": f"{_show(results, results.control)} %",
        "verdicts": _wrap(lines),
    }


def describe_claims(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int | str]:
    """Row of the claims: by scope, how many got each verdict."""
    lines = [
        f"{words(scope)}: {', '.join(f'{count} {verdict}' for verdict, count in found.items() if count)}"
        for scope, found in counts.items()
    ]
    return {"verdicts": _wrap(lines)}


def _show(results: StudyResults, variant: str) -> str:
    """A variant with its mean accuracy in percent."""
    return f"{variant} {format_percent(results.variants[variant].metrics[results.metric].mean).removesuffix(' %')}"


def _wrap(lines: list[str]) -> str:
    return "\n".join(fill(line, WIDTH, subsequent_indent="  ", break_long_words=False) for line in lines)
