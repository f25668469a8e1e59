"""Every run of a study: those the store has are reused, the others are trained and kept as they finish."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipeline.params.schema import Recipe
from pipeline.seeds import Seeds
from pipeline.training.data import TrainingData
from pipeline.training.declared import DeclaredRun
from pipeline.training.grid import progress, run_all
from pipeline.training.record import write_run
from pipeline.training.store import Store

if TYPE_CHECKING:  # importing it takes TensorFlow, which a study with nothing to train never needs
    from pipeline.training.run import RunResult


@dataclass(frozen=True)
class Job:
    """What a worker is sent."""

    recipe: Recipe
    seeds: Seeds
    data: TrainingData


def train_missing(
    runs: Sequence[DeclaredRun],
    store: Store,
    load_data: Callable[[str], TrainingData],
    workers: int,
    label: str,
) -> int:
    """Train the runs that the store lacks; number of them.

    Each result is kept as soon as it is there, so that a killed study resumes where it was.
    """
    missing = list({run.fingerprint: run for run in runs if not store.has(run.fingerprint)}.values())
    print(
        f"{label}: {len(runs)} runs declared, {len(runs) - len(missing)} reused, {len(missing)} to train",
        flush=True,
    )
    data = {task: load_data(task) for task in sorted({run.task for run in missing})}
    jobs = [Job(run.recipe, run.seeds, data[run.task]) for run in missing]
    passes = [job.recipe.epochs * len(job.data.x_train) for job in jobs]
    finished = progress(run_all(_train, jobs, workers), sum(passes), lambda done: passes[done[0]], label)
    for index, result in finished:
        store.put(missing[index].fingerprint, partial(write_run, missing[index], result))
    return len(missing)


def _train(job: Job) -> "RunResult":
    from pipeline.training.run import train

    return train(job.recipe, job.seeds, job.data)


def names(study: str, run: DeclaredRun) -> Mapping[str, object]:
    """What a study calls a run; the run store knows it by its fingerprint only."""
    return {"study": study, "variant": run.variant, "repeat": run.repeat, "task": run.task}
