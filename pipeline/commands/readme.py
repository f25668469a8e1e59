"""`make readme`: the README's verdicts, written from the committed metrics so that no figure is typed."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline import layout
from pipeline.claims.ledger import ON_IDENTICAL
from pipeline.command_line import run
from pipeline.errors import UserError
from pipeline.files import write_text
from pipeline.metrics import words
from pipeline.outputs.figures.theme import CLAIM_STYLES, COMPARISON_STYLES
from pipeline.statistics.results import StudyResults, read_results, read_summary

README = Path("README.md")
BEGIN, END = "<!-- verdicts: make readme -->\n", "<!-- end of verdicts -->\n"


def format_verdicts(studies: Sequence[StudyResults]) -> str:
    """Markdown table: how many comparisons with their control got each verdict, studies of as many repeats in a row.

    Studies that compare nothing have no verdict to count.
    """
    by_repeats: dict[int, list[StudyResults]] = {}
    for study in studies:
        if study.comparisons:
            by_repeats.setdefault(study.repeats, []).append(study)
    rows = [
        f"| comparisons with a control | {' | '.join(COMPARISON_STYLES)} |",
        "|---" * (1 + len(COMPARISON_STYLES)) + "|",
    ]
    for repeats, alike in sorted(by_repeats.items()):
        found = Counter(one.verdict for study in alike for one in study.comparisons.values())
        cells = " | ".join(str(found[verdict]) for verdict in COMPARISON_STYLES)
        rows.append(f"| {len(alike)} {'study' if len(alike) == 1 else 'studies'}, {repeats} repeats | {cells} |")
    return "\n".join(rows) + "\n"


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
