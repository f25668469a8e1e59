"""Every run of a study: those the store has are reused, the others are trained and kept as they finish."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from pipeline.files import read_arrays, read_json
from pipeline.training.data import TrainingData
from pipeline.training.grid import batched, progress, run_all
from pipeline.training.record import write_run
from pipeline.training.runs import DeclaredRun
from pipeline.training.store import Store
from pipeline.training.work import Job, perform


def train_missing(
    runs: Sequence[DeclaredRun],
    store: Store,
    load_data: Callable[[str], TrainingData],
    workers: int,
    label: str,
) -> int:
    """Train the runs that the store lacks; number of them.

    Each result is kept as soon as it is there, so that a killed study resumes where it was. Runs that build on
    others wait until those are there.
    """
    missing = list({run.fingerprint: run for run in runs if not store.has(run.fingerprint)}.values())
    print(
        f"{label}: {len(runs)} runs declared, {len(runs) - len(missing)} reused, {len(missing)} to train",
        flush=True,
    )
    data = {task: load_data(task) for task in sorted({run.task for run in missing})}
    waves = list(_waves(missing))
    for number, wave in enumerate(waves, 1):
        name = label if len(waves) == 1 else f"{label} ({number} of {len(waves)})"
        jobs = [job_of(run, data[run.task], store.path) for run in wave]
        _train(wave, jobs, store, workers, name)
    return len(missing)


def _train(runs: Sequence[DeclaredRun], jobs: Sequence[Job], store: Store, workers: int, label: str) -> None:
    passes = [job.image_passes for job in jobs]
    results = run_all(perform, jobs, workers, batched([job.trace for job in jobs], passes))
    for index, result in progress(results, sum(passes), lambda done: passes[done[0]], label):
        store.put(runs[index].fingerprint, partial(write_run, runs[index], result))


def _waves(missing: Sequence[DeclaredRun]) -> Iterator[list[DeclaredRun]]:
    """Missing runs in groups, each of which needs only runs that are there or in an earlier group."""
    left = list(missing)
    while left:
        absent = {run.fingerprint for run in left}
        ready = [run for run in left if absent.isdisjoint(parent.fingerprint for parent in run.parents)]
        yield ready
        left = [run for run in left if run not in ready]


def job_of(run: DeclaredRun, data: TrainingData, folder_of: Callable[[str], Path]) -> Job:
    """A run with what it takes from its parents, whose folders are found by their fingerprints."""
    hyperparameters = start = None
    for parent in run.parents:
        folder = folder_of(parent.fingerprint)
        if parent.use == "weights":
            start = read_arrays(folder / "weights.npz")
        else:
            hyperparameters = read_json(folder / "run.json")["trials"][parent.use]
    return Job(run.recipe, run.search, run.seeds, data, hyperparameters, start)


def names(study: str, run: DeclaredRun) -> Mapping[str, object]:
    """What a study calls a run; the run store knows it by its fingerprint only."""
    return {"study": study, "variant": run.variant, "repeat": run.repeat, "task": run.task}
