"""The verdicts as a short table in the terminal, and where to look next."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline import layout
from pipeline.command_line import run
from pipeline.commands.readme import Claims, by_verdict
from pipeline.files import read_json
from pipeline.outputs.figures.units import words
from pipeline.outputs.figures.verdicts import CLAIM_VERDICTS

NEXT = "Next: open report/claims.html and report/index.html, or browse the runs with `make ui`."


def verdict_table(studies: Sequence[Mapping[str, Any]]) -> Table:
    """One row a study: its repeats, and its treatments by verdict against the control."""
    table = Table(show_lines=True)
    for column in ("study", "n", "treatments, by verdict against the control"):
        table.add_column(column)
    for study in studies:
        verdicts = "\n".join(f"{verdict}: {', '.join(names)}" for verdict, names in by_verdict(study).items())
        table.add_row(study["study"], str(study["repeats"]), verdicts or "no comparisons")
    return table


def claim_table(claims: Claims) -> Table:
    """One row a scope: how many claims got each verdict."""
    table = Table(title="Claims by verdict: report/claims.html", title_justify="left", title_style="")
    table.add_column("scope")
    for verdict in CLAIM_VERDICTS:
        table.add_column(verdict, justify="right")
    for scope, counts in claims.items():
        table.add_row(words(scope), *(str(counts[verdict]) for verdict in CLAIM_VERDICTS))
    return table


def show(studies: Sequence[Mapping[str, Any]], claims: Claims, console: Console) -> None:
    """Print every study's verdicts and the number of claims by verdict; say when the data are stand-ins."""
    console.print(verdict_table(studies))
    if claims:
        console.print(claim_table(claims))
    if any(study["stand_in"] for study in studies):
        console.print("Stand-in data (profile quick): these verdicts say nothing about the real data sets.")
    console.print(NEXT)


def main() -> None:
    """Show the verdicts of metrics/summary.json."""
    summary = read_json(layout.METRICS / "summary.json")
    studies = [read_json(layout.study_metrics(name)) for name in summary["studies"]]
    show(studies, summary["claims"], Console(file=sys.stdout, highlight=False))


if __name__ == "__main__":
    run(main)
