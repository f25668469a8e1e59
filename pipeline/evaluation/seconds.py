"""Seconds that training and evaluation took by the way, as the stores keep them: of no hashed file."""

from collections.abc import Mapping
from functools import partial

from pipeline import layout
from pipeline.data.identity import Identity
from pipeline.evaluation.evaluate import TrainedRun, fingerprint_evaluation, plan_evaluations, read_evaluation
from pipeline.files import read_model
from pipeline.params.plan import TrainingPlan
from pipeline.params.section import Section
from pipeline.training.record import Seconds, read_run
from pipeline.training.store import Store


class RunSeconds(Section):
    """Seconds of one run; None where a store no longer has them, or the variant was not trained."""

    train_seconds: float | None = None
    traced: bool | None = None
    inference_seconds: float | None = None


Times = dict[str, dict[int, RunSeconds]]


def read_seconds(plan: TrainingPlan, identities: Mapping[str, Identity], trained: Store, evaluated: Store) -> Times:
    """Seconds of every run of a study, by variant and repeat."""
    found: Times = {}
    for run in plan_evaluations(plan, identities, partial(read_run, plan.study)):
        seconds = _read(run, fingerprint_evaluation(run, identities[run.task]), trained, evaluated)
        found.setdefault(run.variant, {})[run.about.repeat] = seconds
    return found


def _read(run: TrainedRun, evaluation: str, trained: Store, evaluated: Store) -> RunSeconds:
    about = RunSeconds()
    if run.merge is None and trained.has(run.about.fingerprint):
        seconds = read_model(trained.path(run.about.fingerprint) / layout.SECONDS, Seconds)
        about = about.model_copy(update=dict(seconds))
    if evaluated.has(evaluation):
        inference, _ = read_evaluation(evaluated.path(evaluation))
        about = about.model_copy(update={"inference_seconds": inference.inference_seconds})
    return about
