"""Stage compare: paired comparisons and verdicts of every study."""

import pandas as pd

from pipeline import layout
from pipeline.analysis.study import study_statistics, summary
from pipeline.files import read_arrays, read_json, replaced, write_json
from pipeline.stages.command import run


def compare() -> None:
    """Write metrics/studies/<study>.json for every planned study, and metrics/summary.json."""
    studies = {}
    plans = [read_json(path) for path in sorted((layout.PLAN / "comparison").glob("*.json"))]
    for plan in plans:
        folder = layout.EVALUATIONS / plan["study"]
        arrays = {name: read_arrays(folder / f"{name}.npz") for name in plan["kinds"]}
        studies[plan["study"]] = study_statistics(plan, pd.read_csv(folder / "runs.csv"), arrays)
    with replaced(layout.METRICS / "studies") as folder:
        for name, statistics in studies.items():
            write_json(folder / f"{name}.json", statistics)
    write_json(layout.METRICS / "summary.json", summary(plans[0]["profile"], studies))


if __name__ == "__main__":
    run(compare)
