"""The ledger of claims: one row for every claim and scope."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.claims.answers import VERDICTS, Answer
from pipeline.claims.findings import Finding
from pipeline.claims.wording import sentence_of

COLUMNS = (
    *("id", "scope", "write_up", "study", "says", "verdict", "n", "metric", "unit"),
    *("estimate", "low", "high"),
    *("new_images_low", "new_images_high", "peek_proof_low", "peek_proof_high"),
    *("p_adjusted", "p_smallest", "family_size", "margin", "repeats_needed", "printed", "ours", "sentence"),
)


def rows(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """Rows of metrics/claims.csv, by id and scope.

    `estimate`, `low` and `high` are the mean advantage in the claim's direction and its simultaneous interval, of
    the comparison that decided, in `unit` ("share" is a fraction, "" a bare number); p is absent where nothing was
    tested. An interval without bounds is absent.
    """
    ordered = sorted(answers, key=lambda one: (one.claim, one.scope))
    return [_row(answer) for answer in ordered]


def _row(answer: Answer) -> dict[str, Any]:
    figures = {} if answer.deciding is None else _figures(answer.deciding)
    row = {
        "id": answer.claim,
        "scope": answer.scope,
        "write_up": answer.write_up,
        "study": answer.study,
        "says": answer.says,
        "verdict": answer.verdict,
        **figures,
        "printed": _listed(answer.printed),
        "ours": _listed(ours(answer)),
        "sentence": sentence_of(answer),
    }
    return {name: row.get(name) for name in COLUMNS}


def _figures(finding: Finding) -> dict[str, Any]:
    c = finding.comparison
    exact = finding.computed or c.sd == 0
    return {
        "n": None if finding.computed else c.n,
        "metric": c.metric,
        "unit": "share" if finding.metric.share else finding.metric.unit,
        "estimate": c.estimate,
        "low": c.simultaneous_low,
        "high": c.simultaneous_high,
        "new_images_low": c.new_images_low,
        "new_images_high": c.new_images_high,
        "peek_proof_low": c.peek_proof_low,
        "peek_proof_high": c.peek_proof_high,
        "p_adjusted": None if exact else c.p_adjusted,
        "p_smallest": None if exact else c.p_smallest,
        "family_size": c.family_size,
        "margin": c.margin,
        "repeats_needed": c.repeats_needed,
    }


def ours(answer: Answer) -> dict[str, float]:
    """Our means beside the printed figures: of every arm of the quantity that decided, by its name."""
    if answer.deciding is None:
        return {}
    found: dict[str, float] = {}
    for one in answer.findings:
        c = one.comparison
        if one.metric == answer.deciding.metric:
            for name, mean in ((c.treatment, c.treatment_mean), (c.control, c.control_mean)):
                if mean is not None and not _is_number(name):
                    found[name] = mean
    return found


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def _listed(figures: Mapping[str, float]) -> str:
    return "; ".join(f"{name} {value:.6g}" for name, value in figures.items())


def counts(answers: Iterable[Answer]) -> dict[str, dict[str, int]]:
    """How many claims of each scope got each verdict."""
    found: dict[str, Counter[str]] = {}
    for answer in answers:
        found.setdefault(answer.scope, Counter())[answer.verdict] += 1
    return {scope: {word: found[scope][word] for word in VERDICTS} for scope in sorted(found)}
