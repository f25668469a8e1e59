"""Stage evaluate: what every run achieved; the only stage that opens every task's test images."""

from functools import partial

from pipeline import layout
from pipeline.command_line import run
from pipeline.data.identity import read_identities
from pipeline.evaluation.collect import write_study
from pipeline.evaluation.evaluate import evaluate_missing, fingerprint_evaluation, plan_evaluations, read_images
from pipeline.files import replaced
from pipeline.params.plan import read_execution, read_training
from pipeline.training.record import read_run
from pipeline.training.store import evaluation_store, run_store


def evaluate() -> None:
    """Write evaluations/<study>/runs.csv and <variant>.npz for every planned study."""
    identities, plans, store = read_identities(), read_training(), evaluation_store()
    studies = {}
    for study, plan in plans.items():
        runs = plan_evaluations(plan, identities, partial(read_run, study))
        studies[study] = [(fingerprint_evaluation(one, identities[one.task]), one) for one in runs]
    every = {name: one for runs in studies.values() for name, one in runs}
    evaluate_missing(every, run_store(), store, lambda t: read_images(t, identities[t]), read_execution())
    with replaced(layout.EVALUATIONS) as folder:
        for study, plan in plans.items():
            write_study(folder / study, plan, identities, studies[study], store)


if __name__ == "__main__":
    run(evaluate)
