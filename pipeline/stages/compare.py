"""Stage compare: paired comparisons and verdicts of every study, and an answer to every claim."""

import gc

from pipeline import layout
from pipeline.claims.answering import answer_study
from pipeline.claims.ledger import COLUMNS, counts, rows
from pipeline.command_line import run
from pipeline.files import csv_text, read_arrays, read_json, read_table, replaced, write_json, write_text
from pipeline.statistics.results import study_statistics, summary


def compare() -> None:
    """Write metrics/studies/<study>.json for every planned study, metrics/claims.csv and metrics/summary.json."""
    gc.freeze()  # statsmodels collects garbage at every correction, through all that is imported
    studies, answers = {}, []
    plans = [read_json(path) for path in sorted((layout.PLAN / "comparison").glob("*.json"))]
    for plan in plans:
        folder = layout.EVALUATIONS / plan["study"]
        runs = read_table(folder / "runs.csv")
        arrays = {name: read_arrays(folder / f"{name}.npz") for name in plan["kinds"]}
        studies[plan["study"]] = study_statistics(plan, runs, arrays)
        answers += answer_study(plan, runs, arrays)
    with replaced(layout.METRICS / "studies") as folder:
        for name, statistics in studies.items():
            write_json(folder / f"{name}.json", statistics)
    write_text(layout.CLAIMS, csv_text(rows(answers), COLUMNS))
    write_json(layout.METRICS / "summary.json", summary(plans[0]["profile"], studies, counts(answers)))


if __name__ == "__main__":
    run(compare)
