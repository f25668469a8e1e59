"""What a recorded study has to give again: its results and the answers to its claims, from runs and answers alone."""

from pipeline.claims.ledger import LedgerRow
from pipeline.outputs.record.study import RecordedStudy, find_again

ANSWER = ("id", "scope", "verdict", "n", "metric", "estimate", "low", "high", "p_adjusted", "repeats_needed")


def assert_found_again(study: RecordedStudy) -> None:
    """Results equal to the last digit; of claims all but words, and intervals that need the loss of every image."""
    results, claims = find_again(study.plan, study.runs, study.arrays)
    assert results == study.results
    assert [_answer(row) for row in claims] == [_answer(row) for row in study.claims]


def _answer(row: LedgerRow) -> list[object]:
    return [getattr(row, name) for name in ANSWER]
