"""Printed accuracies beside ours, and the write-ups' claims in the committed ledger."""

from math import sqrt

import pytest
from pipeline.commands.printed import line

from pipeline import layout
from pipeline.claims.ledger import read_ledger
from pipeline.claims.verdicts import VERDICTS
from pipeline.writeups.printed import PRINTED, Printed, standard_error
from tests.conftest import ROOT


def test_standard_error_of_a_difference_is_the_two_proportion_one() -> None:
    assert standard_error(0.99, 0.98, 10_000) == pytest.approx(sqrt((0.99 * 0.01 + 0.98 * 0.02) / 10_000))


def test_line_states_printed_ours_n_difference_and_standard_errors() -> None:
    printed = Printed(0.98, 10_000)
    errors = 0.005 / standard_error(0.985, 0.98, 10_000)
    expected = f"| `row` | s / v | test_accuracy | 0.9800 | 0.9850 | 2 | +0.0050 | {errors:+.1f} |"
    assert line("row", "s / v", printed, [0.984, 0.986]) == expected


def test_printed_accuracies_are_those_of_the_confusion_matrices() -> None:
    """Write-up 001: 7, 37, 30 and 30 errors among 2,038 images."""
    errors = {"warm_es": 7, "glorot_uniform": 37, "random_uniform": 30, "random_normal": 30}
    names = {"warm_es": "mnist37_cnn_warm_es"}
    for name, wrong in errors.items():
        printed = PRINTED[names.get(name, f"mnist37_init_{name}")]
        assert round((1 - printed.accuracy) * printed.images) == wrong


def test_the_committed_ledger_answers_every_claim_in_both_scopes() -> None:
    rows = read_ledger(ROOT / layout.CLAIMS)
    assert len({row.id for row in rows}) == 70
    assert len({(row.id, row.scope) for row in rows}) == len(rows) == 140
    assert {row.verdict for row in rows} <= set(VERDICTS)
    assert all(row.sentence.lower().startswith(row.verdict) for row in rows)
