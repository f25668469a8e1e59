"""A study's evaluations, collected from the store into its table and its arrays; and the seconds that runs took."""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path

import pandas as pd

from pipeline import layout
from pipeline.data.identity import Identity
from pipeline.data.tasks import read_examples
from pipeline.evaluation.evaluate import Evaluation, TrainedRun, fingerprint_evaluation, plan_evaluations
from pipeline.evaluation.table import make_row, stack_repeats, summarize_history
from pipeline.files import Arrays, csv_text, read_arrays, read_model, write_arrays, write_text
from pipeline.params.plan import TrainingPlan
from pipeline.params.section import Section
from pipeline.store import Store, fingerprint_made
from pipeline.training.record import Seconds
from pipeline.training.study_runs import read_history, read_runs, split_by_repeat


class RunSeconds(Section):
    """Seconds of one run; None where a store no longer has them as they were, or the variant was not trained."""

    train_seconds: float | None = None
    traced: bool | None = None
    processor: str | None = None
    inference_seconds: float | None = None


Times = dict[str, dict[int, RunSeconds]]


def write_study(
    store: Store,
    plan: TrainingPlan,
    identities: Mapping[str, Identity],
    runs: Sequence[tuple[str, TrainedRun]],
    folder: Path,
) -> None:
    """Write runs.csv and an .npz a variant into a study's folder.

    Runs come in order of the plan, each with the fingerprint of its evaluation, which the store of evaluations has.
    """
    tasks = {run.task for _, run in runs}
    labels = {task: read_examples(task, identities[task].data_set, "test").labels for task in tasks}
    tests: dict[tuple[str, str], list[Arrays]] = {}
    rows, read = [], cache(_read_histories)
    for name, run in runs:
        scalars = read_model(store.path(name) / layout.EVALUATION, Evaluation).scalars
        test, threshold = read_arrays(store.path(name) / layout.ANSWERS), plan.variants[run.variant].threshold
        history = read(run.about.study, run.about.variant)[run.about.repeat]
        learned = summarize_history(run.about, history, identities[run.about.task].train.n)
        rows.append(make_row(run.variant, run.about, scalars, learned, test, labels[run.task], threshold))
        tests.setdefault((run.variant, run.task), []).append(test)
    write_text(folder / layout.evaluated_runs("").name, csv_text(rows))
    for (variant, task), repeats in tests.items():
        classes, threshold = len(identities[task].classes), plan.variants[variant].threshold
        arrays = stack_repeats(repeats, labels[task], classes, threshold)
        write_arrays(folder / layout.evaluated_images("", variant).name, arrays)


def _read_histories(study: str, variant: str) -> dict[int, pd.DataFrame]:
    return split_by_repeat(read_history(study, variant))


def fingerprint_study(
    plan: TrainingPlan, identities: Mapping[str, Identity], runs: Sequence[tuple[str, TrainedRun]]
) -> str:
    """SHA-256 (hex) of all that a study's table and arrays are made of; `runs` as for `write_study`."""
    tasks = sorted({task for _, run in runs for task in (run.task, run.about.task)})
    about = [[name, run.variant, run.task, run.about.model_dump(mode="json")] for name, run in runs]
    known = {task: identities[task].model_dump(mode="json") for task in tasks}
    return fingerprint_made("pipeline.evaluation.collect", plan.model_dump(mode="json"), known, about)


def read_seconds(plan: TrainingPlan, identities: Mapping[str, Identity], trained: Store, evaluated: Store) -> Times:
    """Seconds of every run of a study, by variant and repeat, as the stores keep them: of no hashed file."""
    found: Times = {}
    for run in plan_evaluations(plan, identities, partial(read_runs, plan)):
        seconds = _read_seconds(run, fingerprint_evaluation(run, identities[run.task]), trained, evaluated)
        found.setdefault(run.variant, {})[run.about.repeat] = seconds
    return found


def _read_seconds(run: TrainedRun, evaluation: str, trained: Store, evaluated: Store) -> RunSeconds:
    about = RunSeconds()
    if run.merge is None and trained.holds(run.about.fingerprint, [layout.SECONDS]):
        seconds = read_model(trained.path(run.about.fingerprint) / layout.SECONDS, Seconds)
        about = about.model_copy(update=dict(seconds))
    if evaluated.holds(evaluation, [layout.EVALUATION]):
        found = read_model(evaluated.path(evaluation) / layout.EVALUATION, Evaluation)
        about = about.model_copy(update={"inference_seconds": found.inference_seconds})
    return about
