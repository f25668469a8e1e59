"""The grid of runs: independent jobs through a pool of single-thread workers, results as they finish."""

import math
import os
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cache
from typing import TypeVar

import joblib
import numpy as np
from tqdm import tqdm

from pipeline.backend import start_tensorflow
from pipeline.errors import UserError
from pipeline.processes import end_with

T = TypeVar("T")
R = TypeVar("R")
WORKERS = "CLAIMCHECK_WORKERS"
SMALL = 50_000  # image passes, about ten seconds of a small convolutional network


def count_workers() -> int:
    """Workers to use: the CLAIMCHECK_WORKERS environment variable, a whole number from 1, or one for every core."""
    declared = os.environ.get(WORKERS) or str(joblib.cpu_count())
    if not declared.isdecimal() or int(declared) < 1:
        raise UserError(f"{WORKERS}: expected a whole number from 1; received '{declared}'.")
    return int(declared)


def run_all(
    function: Callable[[T], R], jobs: Sequence[T], workers: int, bundles: Sequence[Sequence[int]]
) -> Iterator[tuple[int, R]]:
    """Results of `function` over jobs, as (index, result) in the order their bundles finish.

    Which worker does what never enters a result: every job carries its own seeds. A bundle holds the indices of the
    jobs that one worker does in a row; see `group_jobs`.
    """
    if not jobs:
        return
    pool = joblib.Parallel(
        n_jobs=workers,  # always the same, so that a process's next call finds its workers warm
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch="n_jobs",
    )
    main = os.getpid()
    work = (joblib.delayed(_work)(function, [jobs[index] for index in bundle], bundle, main) for bundle in bundles)
    for results in pool(work):
        yield from results


def group_jobs(keys: Sequence[Hashable], costs: Sequence[int], most: int = SMALL) -> list[list[int]]:
    """Jobs of one key together, in bundles that cost about `most` or less, the longest bundle first.

    So a model is traced once for small runs, and the workers end at about the same time. A key is what a job's model
    is traced for, a cost the job's image passes; jobs that cost `most` or more stand alone.
    """
    groups: dict[Hashable, list[int]] = {}
    for index, key in enumerate(keys):
        groups.setdefault(key, []).append(index)

    def cost(bundle: Sequence[int]) -> int:
        return sum(costs[index] for index in bundle)

    bundles = []
    for group in groups.values():
        pieces = min(len(group), max(1, math.ceil(cost(group) / most)))
        bundles += [piece.tolist() for piece in np.array_split(group, pieces)]
    return sorted(bundles, key=cost, reverse=True)


def _work(function: Callable[[T], R], jobs: Sequence[T], indices: Sequence[int], main: int) -> list[tuple[int, R]]:
    _prepare_worker(main)
    return [(index, function(job)) for index, job in zip(indices, jobs, strict=True)]


@cache
def _prepare_worker(main: int) -> None:
    """Start TensorFlow; see that a worker ends with the main process, which may be this one."""
    if os.getpid() != main:
        end_with(main)
    start_tensorflow()


def show_progress(results: Iterable[R], total: int, work: Callable[[R], int], label: str) -> Iterator[R]:
    """Pass results through, showing images done, rate and time left.

    `total` is the image passes that all jobs will need at the most, `work` those that a finished job stood for.
    """
    if not total:
        yield from results
        return
    pause = 0.5 if sys.stderr.isatty() else 15.0
    with tqdm(total=total, desc=label, unit="image", unit_scale=True, mininterval=pause, maxinterval=pause) as bar:
        for count, result in enumerate(results, 1):
            bar.set_postfix_str(f"{count} finished", refresh=False)
            bar.update(work(result))
            yield result
