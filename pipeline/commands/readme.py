"""`make readme`: the README's verdicts, written from the committed metrics so that no figure is typed."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline import layout
from pipeline.claims.ledger import ON_IDENTICAL
from pipeline.command_line import run
from pipeline.errors import UserError
from pipeline.files import write_text
from pipeline.metrics import words
from pipeline.outputs.figures.theme import CLAIM_STYLES
from pipeline.outputs.report.views import group_by_verdict
from pipeline.statistics.power import smallest_n_that_can_reject
from pipeline.statistics.results import StudyResults, read_results, read_summary

README = Path("README.md")
BEGIN, END = "<!-- verdicts: make readme -->\n", "<!-- end of verdicts -->\n"


def format_verdicts(studies: Sequence[StudyResults]) -> str:
    """Markdown table: the studies with repeats enough for the exact test to decide, and how many have fewer.

    Studies that compare nothing have no verdict to show.
    """
    compared = [study for study in studies if study.comparisons]
    shown = [s for s in compared if s.repeats >= smallest_n_that_can_reject(len(s.comparisons), s.alpha)]
    rows = ["| question | n | treatment: verdict, against the control |", "|---|---|---|"]
    rows += [f"| {s.question} (`{s.control}`) | {s.repeats} | {_format_study(s)} |" for s in shown]
    if fewer := sorted({study.repeats for study in compared if study not in shown}):
        reason = "fewer repeats than the exact test needs to tell a difference"
        more = f"{len(compared) - len(shown)} more studies, in the report"
        rows.append(f"| {more} | {', '.join(map(str, fewer))} | {reason} |")
    return "\n".join(rows) + "\n"


def _format_study(study: StudyResults) -> str:
    groups = group_by_verdict({name: one.verdict for name, one in study.comparisons.items()})
    marks = {name: f"{name} ({one.mark})" for name, one in study.variants.items() if one.mark}
    named = {verdict: ", ".join(marks.get(name, name) for name in names) for verdict, names in groups.items()}
    return "; ".join(f"**{verdict}**: {names}" for verdict, names in named.items())


def format_claims(claims: Mapping[str, Mapping[str, int]], stand_in: bool) -> str:
    """Markdown table: how many claims of each scope got each verdict, and how many rest on identical runs."""
    data, columns = "stand-in data" if stand_in else "the write-ups' own data", (*CLAIM_STYLES, ON_IDENTICAL)
    rows = [f"| claims, on {data} | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    for scope, counts in claims.items():
        rows.append(f"| {words(scope)} | {' | '.join(str(counts.get(column, 0)) for column in columns)} |")
    return "\n".join(rows) + "\n"


def replace_verdicts(readme: str, tables: str) -> str:
    """The README's text with its verdicts replaced.

    Raises
    ------
    UserError
        When the two markers are not there.
    """
    replaced, found = re.subn(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}{tables}{END}", readme, count=1, flags=re.DOTALL)
    if not found:
        raise UserError(f"{README}: expected the lines {BEGIN.strip()} and {END.strip()}.")
    return replaced


def format_tables(root: Path = Path()) -> str:
    """Both tables, of the verdicts on treatments and of those on claims, from the metrics of a working folder."""
    summary = read_summary(root / layout.SUMMARY)
    studies = [read_results(root / layout.study_metrics(name)) for name in summary.studies]
    return f"{format_verdicts(studies)}\n{format_claims(summary.claims, summary.stand_in)}"


def main() -> None:
    """Rewrite the tables from metrics/."""
    write_text(README, replace_verdicts(README.read_text("utf-8"), format_tables()))


if __name__ == "__main__":
    run(main)
