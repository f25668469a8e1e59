"""How long the planned training takes on so many workers, by a simulated schedule, and by plain `fit` in a row.

    dvc exp run -S profile=full standardize      # or as you like it: the plan and the data that are to be looked at
    python -m benchmarks.cluster_schedule [--workers 2 4 8 16 32 64]

Every network of the plan is tried for a moment: by as many workers of one thread as there are cores, all at work, as
`train` does before a long training; and by `model.fit` in a process of its own with all cores. A run takes its image
passes at its network's rate, those of early stopping at the most. Bundles and their order are those of `train`: a free
worker takes the next one, and runs that build on others wait for all of these. Traces and the wire are left out.
"""

import argparse
import heapq
import os
import platform
import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from pipeline.data.identity import read_identities
from pipeline.params.plan import read_training
from pipeline.params.schema import Execution
from pipeline.training.estimate import EPOCHS, network_of, shorten, time_epochs
from pipeline.training.grid import group_jobs, open_pool, run_all
from pipeline.training.runs import DeclaredRun, declare_runs
from pipeline.training.train import group_waves, read_training_data
from pipeline.training.work import Job

Waves = list[list[Job]]


def read_waves() -> Waves:
    """Every distinct planned run as a job, in groups that need only runs of earlier ones."""
    identities = read_identities()
    declared: dict[str, DeclaredRun] = {}
    for plan in read_training().values():
        declared |= {run.fingerprint: run for run in declare_runs(plan, identities)}
    data = {task: read_training_data(task, identities[task]) for task in {run.task for run in declared.values()}}
    waves = group_waves(list(declared.values()))
    return [[Job(run.recipe, run.search, run.seeds, data[run.task]) for run in wave] for wave in waves]


def measure_ours(trials: Mapping[Hashable, Job]) -> dict[Hashable, float]:
    """Seconds an image of each network, by this machine's workers, all of them busy."""
    jobs = [shorten(job) for job in trials.values()]
    with open_pool(Execution()) as pool:
        doubled = jobs * pool.workers  # so that no worker is ever alone
        bundles = [[i + copy * len(jobs)] for i in range(len(jobs)) for copy in range(pool.workers)]
        found: dict[int, list[float]] = {}
        for index, (images, seconds) in run_all(time_epochs, doubled, pool, bundles, lambda _: None):
            found.setdefault(index % len(jobs), []).append(seconds / images)
    return {name: float(np.mean(found[i])) for i, name in enumerate(trials)}


def time_fit(job: Job) -> float:
    """Seconds an image of plain `model.fit`, after the first epoch; networks by hand as they are."""
    if job.recipe.library == "numpy":
        images, seconds = time_epochs(job, lambda _: None)
        return seconds / images
    from pipeline.models.build import build
    from pipeline.training.recipes import batch_size_of
    from pipeline.training.run import encode_labels

    data = job.data
    x, y = data.scaling(data.train.images[:]), encode_labels(data.train.labels, job.recipe.loss, data.classes)
    model = build(job.recipe, x.shape[1:], data.classes)
    model.compile(job.recipe.optimizer.name, job.recipe.loss, metrics=["accuracy"])
    size = batch_size_of(job.recipe, len(x))
    model.fit(x, y, batch_size=size, epochs=1, verbose=0)
    began = time.perf_counter()
    model.fit(x, y, batch_size=size, epochs=EPOCHS - 1, verbose=0)
    return (time.perf_counter() - began) / (EPOCHS - 1) / len(x)


def measure_plain(trials: Mapping[Hashable, Job]) -> dict[Hashable, float]:
    """Seconds an image of each network by `fit`, one after the other in another process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return dict(zip(trials, process.map(time_fit, map(shorten, trials.values())), strict=True))


def simulate(bundles: Sequence[float], workers: int) -> float:
    """Seconds until the last bundle is done, where a free worker takes the next."""
    free = [0.0] * workers
    for seconds in bundles:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)


def bundle_seconds(waves: Waves, rates: Mapping[Hashable, float]) -> Iterator[list[float]]:
    """Seconds of every bundle, in the order in which workers take them, of each wave."""
    for jobs in waves:
        bundles = group_jobs([job.trace for job in jobs], [job.image_passes for job in jobs])
        seconds = [rates[network_of(job)] * job.image_passes for job in jobs]
        yield [sum(seconds[index] for index in bundle) for bundle in bundles]


def main() -> None:
    """Measure, simulate and print."""
    parser = argparse.ArgumentParser(description="The planned training on so many workers, simulated.")
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4, 8, 16, 32, 64])
    arguments = parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    waves = read_waves()
    jobs = [job for wave in waves for job in wave]
    trials = {network_of(job): job for job in jobs}
    passes = sum(job.image_passes for job in jobs)
    load = os.getloadavg()[0]
    ours, plain = measure_ours(trials), measure_plain(trials)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}")
    print(f"{len(jobs)} runs of {len(trials)} networks, {passes / 1e6:,.0f} million image passes\n")
    fit = sum(plain[network_of(job)] * job.image_passes for job in jobs) / 3600
    print("| workers | hours | against plain fit |\n|---|---|---|")
    print(f"| plain `fit`, one process, all cores | {fit:,.1f} | 1.0x |")
    seconds = list(bundle_seconds(waves, ours))
    for workers in arguments.workers:
        hours = sum(simulate(one, workers) for one in seconds) / 3600
        print(f"| {workers} | {hours:,.2f} | {fit / hours:,.1f}x |")


if __name__ == "__main__":
    main()
