"""Stage compare: paired comparisons and verdicts of every study, and an answer to every claim."""

import gc

from pipeline import layout
from pipeline.claims.answers import answer_study
from pipeline.claims.ledger import count_verdicts, make_ledger, write_ledger
from pipeline.command_line import run
from pipeline.files import read_arrays, read_table, replaced
from pipeline.params.plan import read_comparison
from pipeline.statistics.results import compute_results, summarize, write_results, write_summary


def compare() -> None:
    """Write metrics/studies/<study>.json for every planned study, metrics/claims.csv and metrics/summary.json."""
    gc.freeze()  # statsmodels collects garbage at every correction, through all that is imported
    studies, answers = {}, []
    plans = read_comparison()
    for study, plan in plans.items():
        runs = read_table(layout.evaluated_runs(study))
        arrays = {name: read_arrays(layout.evaluated_images(study, name)) for name in plan.variants}
        studies[study] = compute_results(plan, runs, arrays)
        answers += answer_study(plan, runs, arrays)
    with replaced(layout.STUDY_METRICS) as folder:
        for name, results in studies.items():
            write_results(folder / layout.study_metrics(name).name, results)
    write_ledger(layout.CLAIMS, make_ledger(answers))
    profile = next(iter(plans.values())).profile
    write_summary(layout.SUMMARY, summarize(profile, studies, count_verdicts(answers)))


if __name__ == "__main__":
    run(compare)
