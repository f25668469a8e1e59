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
from pipeline.statistics.results import Summary, read_summary

NEXT = "Next: open report/claims.html and report/index.html, or browse the runs with `make ui`."


def tabulate_verdicts(summary: Summary) -> Table:
    """One row a study: its repeats, and its treatments by verdict against the control, and marks of variants."""
    table = Table("study", "n", "treatments, by verdict against the control", show_lines=True)
    mixed = len({study.profile for study in summary.studies.values()}) > 1
    for name, study in summary.studies.items():
        groups = [f"{verdict}: {', '.join(names)}" for verdict, names in group_by_verdict(study.verdicts).items()]
        groups += [f"({variant}: {mark})" for variant, mark in study.marks.items()]
        table.add_row(
            f"{name}\n(profile {study.profile})" if mixed else name, str(study.n), "\n".join(groups) or "no comparisons"
        )
    return table


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
