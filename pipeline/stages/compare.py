"""Stage compare: paired comparisons and verdicts of every study, and an answer to every claim."""

import gc
import shutil
from functools import partial
from pathlib import Path

from pipeline import layout
from pipeline.claims.answers import answer_study
from pipeline.claims.ledger import count_verdicts, make_ledger, read_ledger, write_ledger
from pipeline.command_line import run
from pipeline.files import read_arrays, read_table, replaced
from pipeline.params.plan import ComparisonPlan, read_comparison
from pipeline.statistics.results import compute_results, read_results, summarize, write_results, write_summary
from pipeline.store import digest_folder, fingerprint_made, kept_store


def compare() -> None:
    """Write metrics/studies/<study>.json for every planned study, metrics/claims.csv and metrics/summary.json."""
    plans = read_comparison()
    kept = {study: _keep(plan) for study, plan in plans.items()}
    with replaced(layout.STUDY_METRICS) as folder:
        folder.mkdir()
        for study, made in kept.items():
            shutil.copy(made / layout.study_metrics(study).name, folder)
    rows = [row for made in kept.values() for row in read_ledger(made / layout.CLAIMS.name)]
    write_ledger(layout.CLAIMS, sorted(rows, key=lambda row: (row.id, row.scope)))
    studies = {study: read_results(layout.study_metrics(study)) for study in plans}
    profile = next(iter(plans.values())).profile
    write_summary(layout.SUMMARY, summarize(profile, studies, count_verdicts(rows)))


def _keep(plan: ComparisonPlan) -> Path:
    evaluated = digest_folder(layout.evaluated_runs(plan.study).parent)
    name = fingerprint_made("pipeline.stages.compare", plan.model_dump(mode="json"), evaluated)
    return kept_store().keep(name, partial(_compare, plan))


def _compare(plan: ComparisonPlan, folder: Path) -> None:
    """Write a study's results and the answers to its claims."""
    gc.freeze()  # statsmodels collects garbage at every correction, through all that was there before
    runs = read_table(layout.evaluated_runs(plan.study))
    arrays = {name: read_arrays(layout.evaluated_images(plan.study, name)) for name in plan.variants}
    write_results(folder / layout.study_metrics(plan.study).name, compute_results(plan, runs, arrays))
    write_ledger(folder / layout.CLAIMS.name, make_ledger(answer_study(plan, runs, arrays)))


if __name__ == "__main__":
    run(compare)
