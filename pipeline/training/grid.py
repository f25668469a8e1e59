"""The grid of runs: independent jobs through a pool of single-thread workers, results as they finish."""

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from pipeline.errors import UserError
from pipeline.params.schema import Execution
from pipeline.training.data import Tell
from pipeline.training.pool import Bundle, Pool, Say, local_pool

T = TypeVar("T")
R = TypeVar("R")
SMALL = 50_000  # image passes, about ten seconds of a small convolutional network


@contextmanager
def open_pool(execution: Execution) -> Iterator[Pool]:
    """The workers that are declared: this machine's, or a cluster's; a UserError without Dask."""
    if execution.backend == "loky":
        yield local_pool(execution)
        return
    try:
        from pipeline.training.cluster import cluster
    except ImportError:
        raise UserError(
            "execution.backend: expected Dask to be installed for dask: python -m pip install '.[dask]'"
        ) from None
    with cluster(execution.scheduler) as pool:
        yield pool


def run_all(
    function: Callable[[T, Tell], R], jobs: Sequence[T], pool: Pool, bundles: Sequence[Sequence[int]], hear: Say
) -> Iterator[tuple[int, R]]:
    """Results of `function` over jobs, as (index, result) in the order their bundles finish.

    Which worker does what never enters a result: every job carries its own seeds. A bundle holds the indices of the
    jobs that one worker does in a row; see `group_jobs`. `hear` is given news of jobs under way, and the last of each.
    """
    if not jobs:
        return
    work = (Bundle(function, [jobs[index] for index in bundle], bundle) for bundle in bundles)
    for finished in pool.run(work, hear):
        for result, news in finished:
            hear(news)
            yield news.index, result


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
