"""Times of training and inference, comparable: one process, everything traced first, variants interleaved."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline import layout
from pipeline.backend import start_tensorflow
from pipeline.data.identity import Identity
from pipeline.files import hash_json, read_model, write_model
from pipeline.params.plan import TrainingPlan
from pipeline.params.section import Section
from pipeline.store import Store, kept_store
from pipeline.training.data import RunResult
from pipeline.training.pool import News
from pipeline.training.progress import Planned, Progress
from pipeline.training.recipes import count_image_passes, count_updates
from pipeline.training.record import require_weights
from pipeline.training.runs import DeclaredRun, declare_runs
from pipeline.training.train import job_of, read_training_data
from pipeline.training.work import Job, perform

PREDICTED = 10_000  # training images whose prediction is timed: test images are for evaluation only
Row = dict[str, str | int | float | None]


class Measured(Section):
    """Rows of times by variant and repeat, and the fingerprints of the runs that they are of."""

    fingerprints: dict[str, list[str]]
    rows: list[Row]


def measure_study(
    plan: TrainingPlan, identities: Mapping[str, Identity], variants: Sequence[str], store: Store
) -> Measured:
    """Times of a study's variants by the runs' own jobs, kept from before where the same runs were measured."""
    declared = [one for one in declare_runs(plan, identities) if one.variant in variants]
    chosen = {v: [one for one in declared if one.variant == v] for v in variants}
    fingerprints = {v: [one.fingerprint for one in own] for v, own in chosen.items()}

    def measure(folder: Path) -> None:
        rows = list(_measure(plan.study, identities, chosen, store))
        write_model(folder / layout.TIMES, Measured(fingerprints=fingerprints, rows=rows))

    made = kept_store().keep(hash_json(["times", fingerprints]), measure)
    return read_model(made / layout.TIMES, Measured)


def _measure(
    study: str, identities: Mapping[str, Identity], chosen: Mapping[str, Sequence[DeclaredRun]], store: Store
) -> Iterator[Row]:
    require_weights(store, {parent.fingerprint for own in chosen.values() for one in own for parent in one.parents})
    start_tensorflow()
    data = {task: read_training_data(task, identities[task]) for task in {one[0].task for one in chosen.values()}}
    jobs = {v: [job_of(one, data[one.task], store.path) for one in own] for v, own in chosen.items()}
    planned = {f"{v}/{n}": Planned(v, job.image_passes) for v, own in jobs.items() for n, job in enumerate(own)}
    with Progress(planned, workers=1, label=f"{study} (timing)") as progress:
        for row in time_runs(jobs):
            name = f"{row['variant']}/{row['repeat']}"
            progress.hear(name, News(0, planned[name].images, float(row["train_seconds"] or 0)))
            progress.finish(name)
            yield row


def time_runs(jobs: Mapping[str, Sequence[Job]]) -> Iterator[Row]:
    """Times of every variant's jobs, repeat by repeat and as many of each, as rows of `variant`, `repeat`, seconds.

    Each variant is trained once beforehand and not counted, so that nothing is traced while the clock runs. Then all
    variants train their first repeat, then all their second; who goes first rotates, so that a machine that slows
    down favours none.
    """
    for own in jobs.values():
        _time_run(replace(own[0], recipe=own[0].recipe.model_copy(update={"epochs": 1})))
    variants = list(jobs)
    for repeat in range(len(jobs[variants[0]])):
        first = repeat % len(variants)
        for variant in variants[first:] + variants[:first]:
            yield {"variant": variant, "repeat": repeat, **_time_run(jobs[variant][repeat])}


def _time_run(job: Job) -> Row:
    """Seconds of one run; `seconds_per_image` counts every pass over an image."""
    result, n = perform(job), len(job.data.train)
    return {
        "train_seconds": result.train_seconds,
        "seconds_per_update": result.train_seconds / count_updates(result.recipe, result.epochs_run, n),
        "seconds_per_image": result.train_seconds / count_image_passes(result.recipe, result.epochs_run, n),
        "inference_seconds": _inference_seconds(result, job),
    }


def _inference_seconds(result: RunResult, job: Job) -> float | None:
    """Time to predict up to 10,000 training images; None for a network by hand, which the report's Keras rebuilds."""
    if result.recipe.library == "numpy":
        return None
    from pipeline.models.predict import probabilities  # imports Keras, which is to find TensorFlow started

    images = job.data.train.images[:PREDICTED]
    began = time.perf_counter()
    probabilities(result.recipe, result.weights, images, job.data.scaling, result.classes)
    return time.perf_counter() - began
