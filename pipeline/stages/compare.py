"""Stage compare: paired comparisons and verdicts of every selected study, and an answer to each of its claims."""

import gc

from pipeline import layout
from pipeline.claims.answers import answer_study
from pipeline.claims.ledger import count_verdicts, make_ledger, merge_ledger, write_ledger
from pipeline.command_line import run
from pipeline.files import read_arrays, read_table, replaced, write_json
from pipeline.outputs.verdicts import describe_claims, describe_study
from pipeline.params.plan import read_comparison, read_unselected
from pipeline.statistics.results import compute_results, read_results, summarize, write_results, write_summary


def compare() -> None:
    """Write what was found of each planned study to metrics/ and verdicts/; the unselected keep what they have."""
    gc.freeze()  # statsmodels collects garbage at every correction, through all that is imported
    studies, answers, others = {}, [], read_unselected().studies
    for study, plan in read_comparison().items():
        runs = read_table(layout.evaluated_runs(study))
        arrays = {name: read_arrays(layout.evaluated_images(study, name)) for name in plan.variants}
        studies[study] = compute_results(plan, runs, arrays)
        answers += answer_study(plan, runs, arrays)
    kept = {name: read_results(path) for name in others if (path := layout.study_metrics(name)).exists()}
    claims = merge_ledger(make_ledger(answers), layout.CLAIMS, others)
    summary = summarize(dict(sorted((kept | studies).items())), count_verdicts(claims))
    with replaced(layout.STUDY_METRICS, [layout.study_metrics(name).name for name in kept]) as folder:
        for name, results in studies.items():
            write_results(folder / layout.study_metrics(name).name, results)
    with replaced(layout.VERDICTS, [layout.study_verdicts(name).name for name in kept]) as folder:
        for name, results in studies.items():
            write_json(folder / layout.study_verdicts(name).name, describe_study(results))
        write_json(folder / layout.claims_verdicts().name, describe_claims(summary.claims))
    write_ledger(layout.CLAIMS, claims)
    write_summary(layout.SUMMARY, summary)


if __name__ == "__main__":
    run(compare)
