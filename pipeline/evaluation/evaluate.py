"""Evaluation of finished runs. Evaluations are kept as runs are, by all that they depend on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from pipeline import layout
from pipeline.data.identity import Identity
from pipeline.data.preparation import merge_map
from pipeline.data.tasks import read_examples, read_scaling, read_trained_on
from pipeline.dependencies import fingerprint_code
from pipeline.evaluation.work import Evaluated, Job, Merge, TaskImages, perform
from pipeline.files import hash_json, read_arrays, write_arrays, write_model
from pipeline.params.plan import TrainingPlan
from pipeline.params.schema import Execution
from pipeline.params.section import Section
from pipeline.store import Store
from pipeline.training.fingerprint import VALUES, library_versions
from pipeline.training.grid import group_jobs, open_pool, run_all
from pipeline.training.progress import Planned, Progress
from pipeline.training.record import require_weights
from pipeline.training.study_runs import StudyRun

ENTRIES = ("pipeline.evaluation.work", "pipeline.backend")


@dataclass(frozen=True)
class TrainedRun:
    """A run to be evaluated: the variant it stands for, the task, and how its predictions are merged, if at all."""

    variant: str
    task: str
    about: StudyRun
    shifts: tuple[int, ...] = ()
    merge: Merge | None = None


class Evaluation(Section):
    """What evaluation.json says: the run that was evaluated, and its numbers, None where not finite."""

    fingerprint: str
    run: str
    scalars: dict[str, float | None]
    inference_seconds: float


def plan_evaluations(
    plan: TrainingPlan, identities: Mapping[str, Identity], read: Callable[[str], Sequence[StudyRun]]
) -> list[TrainedRun]:
    """Runs that a plan wants evaluated: every trained variant's, then every derived one's.

    `read` gives the runs.json of a variant.
    """
    found, shifts = [], tuple(plan.shifts or ())
    for variant, planned in {**plan.trained, **plan.derived}.items():
        for about in read(planned.merged.variant if planned.merged else variant):
            merge = None
            if planned.merged:
                merge = merge_classes(planned.merged.rule, identities[about.task], identities[planned.task])
            found.append(TrainedRun(variant, planned.task, about, shifts, merge))
    return found


def merge_classes(rule: str, trained_on: Identity, task: Identity) -> Merge:
    """How the classes of one task become those of another that merges them."""
    labels = [group[0] for group in trained_on.groups or [[int(name)] for name in trained_on.classes]]
    return Merge(tuple(merge_map(task.groups or [])[labels].tolist()), rule)


def read_images(task: str, identity: Identity) -> TaskImages:
    """Every part of a task, the test images included."""
    train, validation = read_trained_on(task, identity.data_set, identity.validation_is_test)
    parts = {"train": train} | ({"validation": validation} if validation else {})
    parts["test"] = read_examples(task, identity.data_set, "test")
    return TaskImages(parts, read_scaling(task), len(identity.classes), identity.split_per_repeat)


def fingerprint_evaluation(run: TrainedRun, identity: Identity) -> str:
    """SHA-256 (hex) of all that an evaluation depends on."""
    merge = [run.merge.new_class, run.merge.rule] if run.merge else None
    data = [identity.training_digest, identity.test_digest]
    return hash_json([run.about.fingerprint, data, run.shifts, merge, _code(), library_versions()])


@cache
def _code() -> str:
    return fingerprint_code(ENTRIES, leave=VALUES)


def evaluate_missing(
    runs: Mapping[str, TrainedRun],
    trained: Store,
    evaluated: Store,
    load_images: Callable[[str], TaskImages],
    execution: Execution,
) -> int:
    """Evaluate the runs, by the fingerprint of their evaluation, that the store of evaluations lacks; number of them.

    A UserError where the store of runs lacks the weights of any, or no longer has them as they were.
    """
    held = evaluated.check(runs)
    missing = {name: run for name, run in runs.items() if name not in held}
    print(f"{len(runs)} evaluations, {len(missing)} to compute", flush=True)
    if not missing:
        return 0
    require_weights(trained, {run.about.fingerprint for run in missing.values()})
    images = {task: load_images(task) for task in sorted({run.task for run in missing.values()})}
    jobs = [_make_job(run, images[run.task], trained) for run in missing.values()]
    sizes = [sum(map(len, job.images.parts.values())) for job in jobs]
    bundles = group_jobs([(run.about.recipe, run.task) for run in missing.values()], sizes)
    names = list(missing)
    planned = {name: Planned(run.about.recipe, size) for (name, run), size in zip(missing.items(), sizes, strict=True)}
    with open_pool(execution) as pool, Progress(planned, pool.workers, "evaluate") as progress:
        for index, result in run_all(perform, jobs, pool, bundles, partial(progress.hear_of, names)):
            name = names[index]
            evaluated.put(name, partial(_write, name, missing[name].about.fingerprint, result))
            progress.finish(name)
    return len(missing)


def _make_job(run: TrainedRun, images: TaskImages, trained: Store) -> Job:
    weights = read_arrays(trained.path(run.about.fingerprint) / layout.WEIGHTS)
    return Job(run.about.recipe, weights, images, run.about.seeds.split, run.shifts, run.merge)


def _write(name: str, run: str, result: Evaluated, folder: Path) -> None:
    finite = {key: value if np.isfinite(value) else None for key, value in result.scalars.items()}
    found = Evaluation(fingerprint=name, run=run, scalars=finite, inference_seconds=result.inference_seconds)
    write_model(folder / layout.EVALUATION, found)
    write_arrays(folder / layout.ANSWERS, result.test)
