"""The grid of runs: independent jobs through a pool of single-thread workers, results as they finish."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TypeVar

import joblib
from tqdm import tqdm

from pipeline.backend import start_tensorflow
from pipeline.errors import UserError
from pipeline.processes import end_with

T = TypeVar("T")
R = TypeVar("R")
WORKERS = "CLAIMCHECK_WORKERS"


def worker_count() -> int:
    """Workers to use: the CLAIMCHECK_WORKERS environment variable, or one for every core.

    Raises
    ------
    UserError
        When the variable is not a whole number from 1.
    """
    declared = os.environ.get(WORKERS) or str(joblib.cpu_count())
    if not declared.isdecimal() or int(declared) < 1:
        raise UserError(f"{WORKERS}: expected a whole number from 1; received '{declared}'.")
    return int(declared)


def run_all(function: Callable[[T], R], jobs: Sequence[T], workers: int) -> Iterator[tuple[int, R]]:
    """Results of `function` over jobs, as (index, result) in the order they finish.

    Which worker does what never enters a result: every job carries its own seeds.
    """
    if not jobs:
        return
    pool = joblib.Parallel(
        n_jobs=min(workers, len(jobs)), return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs"
    )
    main = os.getpid()
    yield from pool(
        joblib.delayed(_work)(function, index, jobs[index], main) for index in lanes(len(jobs), workers)
    )


def lanes(count: int, workers: int) -> list[int]:
    """Order in which jobs are handed out: one after the other from each of `workers` equal stretches.

    Neighbours are repeats of one variant; a worker that stays in its stretch traces each variant once.
    """
    size = -(-count // workers)
    return [
        lane * size + step for step in range(size) for lane in range(workers) if lane * size + step < count
    ]


def _work(function: Callable[[T], R], index: int, job: T, main: int) -> tuple[int, R]:
    _prepare_worker(main)
    return index, function(job)


@cache
def _prepare_worker(main: int) -> None:
    """Start TensorFlow; see that a worker ends with the main process, which may be this one."""
    if os.getpid() != main:
        end_with(main)
    start_tensorflow()


def progress(results: Iterable[R], total: int, work: Callable[[R], int], label: str) -> Iterator[R]:
    """Pass results through, showing images done, rate and time left.

    Parameters
    ----------
    results : iterable
        Finished jobs.
    total : int
        Image passes that all jobs will need at the most.
    work : callable
        Image passes that a finished job stood for.
    label : str
        What is being done.
    """
    if not total:
        yield from results
        return
    interval = 0.5 if sys.stderr.isatty() else 15.0
    with tqdm(
        total=total, desc=label, unit="image", unit_scale=True, mininterval=interval, maxinterval=interval
    ) as bar:
        for count, result in enumerate(results, 1):
            bar.set_postfix_str(f"{count} finished", refresh=False)
            bar.update(work(result))
            yield result
