"""Verdicts in the README and in the terminal."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from pipeline.claims.ledger import ON_IDENTICAL
from pipeline.commands.readme import format_blocks, format_claims, format_verdicts, replace_block
from pipeline.commands.verdicts import NEXT, show
from pipeline.errors import UserError
from pipeline.outputs.figures.theme import CLAIM_STYLES
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.results import StudyResults, StudyVerdicts, Summary
from tests.conftest import ROOT


def compared(treatment: str, p: float) -> Comparison:
    """A comparison that is better at a p of 0.01, and undecided at a p of 1."""
    return Comparison(
        control="none",
        treatment=treatment,
        metric="test_accuracy",
        higher_is_better=True,
        n=10,
        family_size=2,
        alpha=0.05,
        margin=0.02,
        differences=(),
        control_mean=0.9,
        treatment_mean=0.9123,
        control_diverged=0,
        treatment_diverged=0,
        wins=9,
        ties=0,
        losses=1,
        p=p,
        p_smallest=0.002,
        p_adjusted=p,
        estimate=0.0123,
        simultaneous_low=0.001,
        simultaneous_high=0.0236,
    )


STUDY = StudyResults(
    study="a_study",
    question="Does it help?",
    profile="quick",
    metric="test_accuracy",
    higher_is_better=True,
    alpha=0.05,
    margin=0.02,
    control="none",
    repeats=10,
    looks=None,
    data={},
    stand_in=True,
    variants={},
    comparisons={"dropout": compared("dropout", 0.01), "l1": compared("l1", 1.0)},
)
COUNTED = (*CLAIM_STYLES, ON_IDENTICAL)
CLAIMS = {
    "as_written": dict(zip(COUNTED, range(1, 9), strict=True)),
    "controlled": dict(zip(COUNTED, range(9, 17), strict=True)),
}
FOUND = {"dropout": "better", "l1": "undecided"}
SUMMARY = Summary(
    stand_in=True,
    studies={"a_study": StudyVerdicts(10, FOUND, {"l1": "2 of 10 runs diverged"}, profile="quick")},
    counts={"better": 1, "undecided": 1},
    claims=CLAIMS,
)


def test_readme_counts_comparisons_by_verdict_and_repeats() -> None:
    head, _, *rows = format_verdicts([STUDY, replace(STUDY, repeats=7), STUDY]).splitlines()
    verdicts = head.strip("| ").split(" | ")[1:]
    counts = {row.strip("| ").split(" | ")[0]: row.strip("| ").split(" | ")[1:] for row in rows}
    assert list(counts) == ["1 study, 7 repeats", "2 studies, 10 repeats"]
    for name, of_each in (("1 study, 7 repeats", "1"), ("2 studies, 10 repeats", "2")):
        found = dict(zip(verdicts, counts[name], strict=True))
        assert (found.pop("better"), found.pop("undecided")) == (of_each, of_each)
        assert set(found.values()) == {"0"}


def test_studies_that_compare_nothing_have_no_row_and_are_not_counted() -> None:
    nothing = replace(STUDY, comparisons={})
    assert format_verdicts([STUDY, nothing]) == format_verdicts([STUDY])
    out = io.StringIO()
    show(replace(SUMMARY, studies={"a_study": StudyVerdicts(10, {}, profile="quick")}), Console(file=out, width=150))
    assert "no comparisons" in out.getvalue()


def test_only_the_readmes_table_is_replaced() -> None:
    begin, end = "<!-- here: make readme -->\n", "<!-- end of here -->\n"
    other = begin.replace("here", "there") + end.replace("here", "there")
    assert replace_block(f"a\n{begin}old\n{end}z\n{other}", "here", "new\n") == f"a\n{begin}new\n{end}z\n{other}"
    with pytest.raises(UserError, match="<!-- here: make readme -->"):
        replace_block("no markers", "here", "new\n")


def test_readme_counts_claims_by_verdict_and_says_on_which_data() -> None:
    assert format_claims(CLAIMS, "stand-in data") == (
        "| claims, on stand-in data | supported | refuted | different | equivalent | open | undecided | not testable "
        "| on identical runs |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
        "| as written | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 |\n"
        "| controlled | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 |\n"
    )


def test_committed_documents_show_what_is_recorded_or_the_committed_metrics() -> None:
    for path, blocks in format_blocks(ROOT).items():
        text = (ROOT / path).read_text("utf-8")
        for name, block in blocks.items():
            assert replace_block(text, name, block) == text, (path, name)


def test_terminal_shows_treatments_by_verdict_stand_in_and_where_to_look() -> None:
    out = io.StringIO()
    show(SUMMARY, Console(file=out, width=150))
    text = out.getvalue()
    for expected in (
        "a_study",
        "10",
        "better: dropout",
        "undecided: l1",
        "(l1: 2 of 10 runs diverged)",
        "Stand-in data",
        NEXT,
    ):
        assert expected in text
    assert re.search(
        r"as written\W+1\W+2\W+3\W+4\W+5\W+6\W+7\W+8\W+controlled\W+9\W+10\W+11\W+12\W+13\W+14\W+15\W+16\b", text
    )
    assert "report/claims.html" in text
    out = io.StringIO()
    show(replace(SUMMARY, stand_in=False), Console(file=out, width=150))
    assert "Stand-in" not in out.getvalue()


def test_terminal_calls_studies_and_variants_by_their_titles() -> None:
    titles = {"dropout": "dropout, 25 %", "l1": "L1 on every layer"}
    study = replace(SUMMARY.studies["a_study"], title="Five regularisers", titles=titles)
    out = io.StringIO()
    show(replace(SUMMARY, studies={"a_study": study}), Console(file=out, width=150))
    text = out.getvalue()
    for expected in (
        "Five regularisers",
        "a_study",  # by which it is selected
        "better: dropout, 25 %",
        "undecided: L1 on every layer",
        "(L1 on every layer: 2 of 10 runs diverged)",
    ):
        assert expected in text
    assert "l1" not in text


def test_terminal_names_the_profile_of_each_study_where_they_differ() -> None:
    out = io.StringIO()
    show(SUMMARY, Console(file=out, width=150))
    assert "(profile" not in out.getvalue().partition("Stand-in")[0]
    older = StudyVerdicts(10, {}, profile="full")
    show(replace(SUMMARY, studies={**SUMMARY.studies, "older": older}), Console(file=out, width=150))
    assert "(profile full)" in out.getvalue() and "(profile quick)" in out.getvalue()
