"""Verdicts in the README and in the terminal, and printed accuracies beside ours."""

import io
import re
from math import sqrt
from typing import Any

import pytest
from rich.console import Console

from pipeline.commands.printed import line
from pipeline.commands.readme import BEGIN, END, claim_lines, tables, verdict_lines, with_verdicts
from pipeline.commands.verdicts import NEXT, show
from pipeline.errors import UserError
from pipeline.files import read_rows
from pipeline.writeups.printed import PRINTED, Printed, standard_error
from tests.conftest import ROOT

STUDY: dict[str, Any] = {
    "study": "a_study",
    "question": "Does it help?",
    "control": "none",
    "repeats": 10,
    "alpha": 0.05,
    "metric": "test_accuracy",
    "stand_in": True,
    "comparisons": {
        "dropout": {
            "estimate": 0.0123,
            "simultaneous_low": 0.001,
            "simultaneous_high": 0.0236,
            "verdict": "better",
        },
        "l1": {"estimate": None, "simultaneous_low": None, "simultaneous_high": None, "verdict": "undecided"},
    },
}

VERDICTS = ("supported", "refuted", "equivalent", "undecided", "not testable")
CLAIMS = {
    "as_written": dict(zip(VERDICTS, range(1, 6), strict=True)),
    "controlled": dict(zip(VERDICTS, range(6, 11), strict=True)),
}


def test_readme_row_names_every_treatment_under_its_verdict() -> None:
    row = verdict_lines([STUDY]).splitlines()[2]
    assert row == "| Does it help? (`none`) | 10 | **better**: dropout; **undecided**: l1 |"


def test_studies_that_cannot_decide_are_counted_not_listed() -> None:
    lines = verdict_lines([STUDY, {**STUDY, "repeats": 6}, {**STUDY, "repeats": 7}]).splitlines()
    assert [line.split(" | ")[1] for line in lines[2:]] == ["10", "7", "6"]
    assert lines[-1].startswith("| 1 more studies")


def test_studies_that_compare_nothing_have_no_row_and_are_not_counted() -> None:
    nothing = {**STUDY, "comparisons": {}}
    assert verdict_lines([STUDY, nothing]) == verdict_lines([STUDY])
    out = io.StringIO()
    show([nothing], CLAIMS, Console(file=out, width=150))
    assert "no comparisons" in out.getvalue()


def test_only_the_readmes_table_is_replaced() -> None:
    assert with_verdicts(f"a\n{BEGIN}old\n{END}z\n", "new\n") == f"a\n{BEGIN}new\n{END}z\n"
    with pytest.raises(UserError, match="README"):
        with_verdicts("no markers", "new\n")


def test_readme_counts_claims_by_verdict_and_says_on_which_data() -> None:
    assert claim_lines(CLAIMS, stand_in=True) == (
        "| claims, on stand-in data | supported | refuted | equivalent | undecided | not testable |\n"
        "|---|---|---|---|---|---|\n"
        "| as written | 1 | 2 | 3 | 4 | 5 |\n"
        "| controlled | 6 | 7 | 8 | 9 | 10 |\n"
    )
    assert "stand-in" not in claim_lines(CLAIMS, stand_in=False)


def test_committed_readme_shows_the_committed_metrics() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert with_verdicts(readme, tables(ROOT / "metrics")) == readme


def test_terminal_shows_treatments_by_verdict_stand_in_and_where_to_look() -> None:
    out = io.StringIO()
    show([STUDY], CLAIMS, Console(file=out, width=150))
    text = out.getvalue()
    for expected in ("a_study", "10", "better: dropout", "undecided: l1", "Stand-in data", NEXT):
        assert expected in text
    assert re.search(r"as written\W+1\W+2\W+3\W+4\W+5\W+controlled\W+6\W+7\W+8\W+9\W+10\b", text)
    assert "report/claims.html" in text
    out = io.StringIO()
    show([{**STUDY, "stand_in": False}], CLAIMS, Console(file=out, width=150))
    assert "Stand-in" not in out.getvalue()


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
    rows = read_rows(ROOT / "metrics/claims.csv")
    assert len({row["id"] for row in rows}) == 70
    assert len({(row["id"], row["scope"]) for row in rows}) == len(rows) == 140
    assert {row["verdict"] for row in rows} <= set(VERDICTS)
    assert all(row["sentence"].lower().startswith(row["verdict"]) for row in rows)
