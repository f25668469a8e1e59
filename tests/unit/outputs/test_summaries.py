"""Verdicts in the README and in the terminal."""

import io
import re
from typing import Any

import pytest
from rich.console import Console

from pipeline.commands.readme import BEGIN, END, claim_lines, tables, verdict_lines, with_verdicts
from pipeline.commands.verdicts import NEXT, show
from pipeline.errors import UserError
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
