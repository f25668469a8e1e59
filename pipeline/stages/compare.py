"""Stage compare: paired comparisons and verdicts of every selected study, and an answer to each of its claims."""

import gc
import shutil
from functools import partial
from pathlib import Path

from pipeline import layout
from pipeline.claims.answers import answer_study
from pipeline.claims.ledger import count_verdicts, make_ledger, merge_ledger, read_ledger, write_ledger
from pipeline.command_line import run
from pipeline.files import read_arrays, read_table, write_json
from pipeline.folders import replaced_folder
from pipeline.outputs.verdicts import describe_claims, describe_study
from pipeline.params.plan import ComparisonPlan, find_caveats, read_comparison, read_unselected
from pipeline.statistics.results import compute_results, read_results, summarize, write_results, write_summary
from pipeline.store import digest_folder, fingerprint_made, kept_store


def compare() -> None:
    """Write what was found of each planned study to metrics/ and verdicts/; the unselected keep what they have."""
    others = read_unselected().studies
    kept = {study: _keep(plan) for study, plan in read_comparison().items()}
    with replaced_folder(layout.STUDY_METRICS, [layout.study_metrics(study).name for study in others]) as folder:
        for study, made in kept.items():
            shutil.copy(made / layout.study_metrics(study).name, folder)
    answers = [row for made in kept.values() for row in read_ledger(made / layout.CLAIMS.name)]
    claims = merge_ledger(answers, layout.CLAIMS, others)
    paths = {study: layout.study_metrics(study) for study in sorted([*kept, *others])}
    studies = {study: read_results(path) for study, path in paths.items() if path.exists()}
    summary = summarize(studies, count_verdicts(claims))
    with replaced_folder(layout.VERDICTS, [layout.study_verdicts(study).name for study in others]) as folder:
        for study in kept:
            write_json(folder / layout.study_verdicts(study).name, describe_study(studies[study]))
        write_json(folder / layout.claims_verdicts().name, describe_claims(summary.claims))
    write_ledger(layout.CLAIMS, claims)
    write_summary(layout.SUMMARY, summary)


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
    write_ledger(folder / layout.CLAIMS.name, make_ledger(answer_study(plan, runs, arrays), find_caveats(plan.data)))


if __name__ == "__main__":
    run(compare)
