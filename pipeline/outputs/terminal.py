"""The verdicts as a short table in the terminal, and where to look next."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline import layout
from pipeline.files import read_json
from pipeline.outputs.report.numbers import difference, difference_interval
from pipeline.stages.command import run

NEXT = "Next: open report/index.html, or browse the runs with `make ui`."


def verdict_table(study: Mapping[str, Any]) -> Table:
    """One row a comparison: difference from the control with its simultaneous interval, and the verdict."""
    table = Table(
        title=f"{study['question']}  (n = {study['repeats']} repeats, control '{study['control']}')"
    )
    for column in (
        "treatment",
        f"{study['metric']}, treatment - control",
        "simultaneous interval",
        "verdict",
    ):
        table.add_column(column)
    for name, one in study["comparisons"].items():
        interval = difference_interval(one["simultaneous_low"], one["simultaneous_high"], study["metric"])
        table.add_row(name, difference(one["estimate"], study["metric"]), interval, one["verdict"])
    return table


def show(studies: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print every study's verdicts; say when the data are stand-ins."""
    for study in studies:
        console.print(verdict_table(study))
    if any(study["stand_in"] for study in studies):
        console.print("Stand-in data (profile quick): these numbers say nothing about the real data sets.")
    console.print(NEXT)


def main() -> None:
    """Show the verdicts of the studies in metrics/summary.json."""
    names = read_json(layout.METRICS / "summary.json")["studies"]
    show([read_json(layout.study_metrics(name)) for name in names], Console(file=sys.stdout, highlight=False))


if __name__ == "__main__":
    run(main)
