"""The verdicts as a short table in the terminal, and where to look next."""

import sys

from rich.console import Console
from rich.table import Column, Table

from pipeline import layout
from pipeline.claims.ledger import ON_IDENTICAL
from pipeline.command_line import run
from pipeline.metrics import words
from pipeline.outputs.figures.theme import CLAIM_STYLES
from pipeline.outputs.report.views import group_by_verdict
from pipeline.statistics.results import StudyVerdicts, Summary, read_summary

NEXT = "Next: open report/claims.html and report/index.html, or browse the runs with `make ui`."


def tabulate_verdicts(summary: Summary) -> Table:
    """One row a study: its title and name, its repeats, and its treatments by verdict against the control."""
    table = Table("study", "n", "treatments, by verdict against the control", show_lines=True)
    mixed = len({study.profile for study in summary.studies.values()}) > 1
    for name, study in summary.studies.items():
        about = [study.title, name, f"(profile {study.profile})" if mixed else None]
        table.add_row("\n".join(filter(None, about)), str(study.n), "\n".join(_list_groups(study)) or "no comparisons")
    return table


def _list_groups(study: StudyVerdicts) -> list[str]:
    """A study's treatments by verdict, and marks of its variants, by their titles; those may hold commas."""
    called = {name: study.titles.get(name, name) for name in (*study.verdicts, *study.marks)}
    groups = group_by_verdict(study.verdicts).items()
    told = [f"{verdict}: {'; '.join(called[name] for name in names)}" for verdict, names in groups]
    return [*told, *(f"({called[variant]}: {mark})" for variant, mark in study.marks.items())]


def tabulate_claims(summary: Summary) -> Table:
    """One row a scope: how many claims got each verdict, and how many rest on identical runs."""
    counted = (*CLAIM_STYLES, ON_IDENTICAL)
    columns = [Column("scope"), *(Column(name, justify="right") for name in counted)]
    table = Table(*columns, title="Claims by verdict: report/claims.html", title_justify="left", title_style="")
    for scope, counts in summary.claims.items():
        table.add_row(words(scope), *(str(counts.get(name, 0)) for name in counted))
    return table


def show(summary: Summary, console: Console) -> None:
    """Print every study's verdicts and the number of claims by verdict; say when the data are stand-ins."""
    console.print(tabulate_verdicts(summary))
    if summary.claims:
        console.print(tabulate_claims(summary))
    if summary.stand_in:
        console.print("Stand-in data (profile quick): these verdicts say nothing about the real data sets.")
    console.print(NEXT)


def main() -> None:
    """Show the verdicts of metrics/summary.json."""
    show(read_summary(layout.SUMMARY), Console(file=sys.stdout, highlight=False))


if __name__ == "__main__":
    run(main)
