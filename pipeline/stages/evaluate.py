"""Stage evaluate: what every run achieved; the only stage that opens every task's test images."""

from functools import partial

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.identity import read_identities
from pipeline.evaluation.collect import fingerprint_study, write_study
from pipeline.evaluation.evaluate import evaluate_missing, fingerprint_evaluation, plan_evaluations, read_images
from pipeline.folders import replaced_folder
from pipeline.params.plan import read_execution, read_training, read_unselected
from pipeline.store import evaluation_store, kept_store, run_store
from pipeline.training.study_runs import read_runs


def evaluate() -> None:
    """Write evaluations/<study>/runs.csv and <variant>.npz for every planned study."""
    identities, plans, store, kept = read_identities(), read_training(), evaluation_store(), kept_store()
    studies = {}
    for study, plan in plans.items():
        runs = plan_evaluations(plan, identities, partial(read_runs, plan))
        studies[study] = [(fingerprint_evaluation(one, identities[one.task]), one) for one in runs]
    every = {name: one for runs in studies.values() for name, one in runs}
    evaluate_missing(every, run_store(), store, lambda t: read_images(t, identities[t]), read_execution())
    with replaced_folder(layout.EVALUATIONS, read_unselected().studies) as folder:
        for study, plan in plans.items():
            own = plan, identities, studies[study]
            name = fingerprint_study(*own)
            kept.keep(name, partial(write_study, store, *own))
            kept.copy(name, folder / study)


if __name__ == "__main__":
    run(evaluate)
