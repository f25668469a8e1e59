"""Every run that is declared: those the store has are reused, the others are trained and kept as they finish."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from pipeline import layout
from pipeline.data.identity import Identity
from pipeline.data.tasks import read_scaling, read_trained_on
from pipeline.files import read_arrays, read_model
from pipeline.params.schema import Execution
from pipeline.store import Store
from pipeline.training.data import RunResult, Start, TrainingData
from pipeline.training.estimate import measure_rates, network_of
from pipeline.training.grid import group_jobs, open_pool, run_all
from pipeline.training.pool import Pool
from pipeline.training.progress import Planned, Progress
from pipeline.training.record import FinishedRun, write_run
from pipeline.training.runs import DeclaredRun
from pipeline.training.work import Job, perform

Data = Mapping[str, TrainingData]


def read_training_data(task: str, identity: Identity) -> TrainingData:
    """Training data of a task; test images are opened only where the task validates on them."""
    train, validation = read_trained_on(task, identity.data_set, identity.validation_is_test)
    return TrainingData(
        digest=identity.training_digest,
        classes=len(identity.classes),
        train=train,
        validation=validation,
        scaling=read_scaling(task),
        split=identity.split_per_repeat,
    )


def train_missing(
    runs: Sequence[DeclaredRun], store: Store, load_data: Callable[[str], TrainingData], execution: Execution
) -> int:
    """Train the runs that the store lacks, once each; number of them.

    Each result is kept as soon as it is there, so that a killed process resumes where it was. Runs that build on
    others wait until those are there. The optimizer is kept of a run that a declared one goes on from; a kept run
    that lacks it, or is not as it was written, is trained again, to the same bits.
    """
    declared = {run.fingerprint: run for run in runs}
    held = store.check(declared)
    continued = {one.fingerprint for run in runs for one in run.parents if one.use == "optimizer"}
    short = {name for name in continued & held if not (store.path(name) / layout.OPTIMIZER).is_file()}
    missing = [run for name, run in declared.items() if name not in held - short]
    print(f"{len(declared)} runs declared, {len(declared) - len(missing)} reused, {len(missing)} to train", flush=True)
    if not missing:
        return 0
    data = {task: load_data(task) for task in sorted({run.task for run in missing})}
    jobs = {run.fingerprint: Job(run.recipe, run.search, run.seeds, data[run.task]) for run in missing}
    planned = {name: Planned(network_of(job), job.image_passes) for name, job in jobs.items()}
    with open_pool(execution) as pool:
        rates = measure_rates(list(jobs.values()), pool)
        with Progress(planned, pool.workers, "train", rates) as progress:
            for run, result in _train(missing, data, store, pool, progress):
                goes_on = run.fingerprint in continued
                keep = store.replace if goes_on else store.put
                keep(run.fingerprint, partial(write_run, run, result, goes_on))
                progress.finish(run.fingerprint)
    return len(missing)


def _train(
    missing: Sequence[DeclaredRun], data: Data, store: Store, pool: Pool, progress: Progress
) -> Iterator[tuple[DeclaredRun, RunResult]]:
    """Runs with their results as they finish; the caller keeps each before it asks for the next."""
    for wave in group_waves(missing):
        jobs = [job_of(run, data[run.task], store.path) for run in wave]
        bundles = group_jobs([job.trace for job in jobs], [job.image_passes for job in jobs])
        names = [run.fingerprint for run in wave]
        for index, result in run_all(perform, jobs, pool, bundles, partial(progress.hear_of, names)):
            yield wave[index], result


def group_waves(missing: Sequence[DeclaredRun]) -> Iterator[list[DeclaredRun]]:
    """Missing runs in groups, each of which needs only runs that are there or in an earlier group."""
    left = {run.fingerprint: run for run in missing}
    while left:
        ready = [run for run in left.values() if left.keys().isdisjoint(parent.fingerprint for parent in run.parents)]
        yield ready
        for run in ready:
            del left[run.fingerprint]


def job_of(run: DeclaredRun, data: TrainingData, folder_of: Callable[[str], Path]) -> Job:
    """A run with what it takes from its parents, whose folders are found by their fingerprints."""
    folders = {parent.use: folder_of(parent.fingerprint) for parent in run.parents}
    arrays = {
        use: read_arrays(folders[use] / file)
        for use, file in (("weights", layout.WEIGHTS), ("optimizer", layout.OPTIMIZER))
        if use in folders
    }
    hyperparameters = None
    for which in {"best", "last"} & folders.keys():
        hyperparameters = (read_model(folders[which] / layout.RUN, FinishedRun).trials or {})[which]
    start = Start(**arrays) if arrays else None
    return Job(run.recipe, run.search, run.seeds, data, hyperparameters, start)
