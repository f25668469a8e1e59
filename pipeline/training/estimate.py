"""What a long training will take: every network is tried for a moment by the workers that will train it."""

import time
from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np

from pipeline.data.images import Examples
from pipeline.training.data import Tell, TrainingData
from pipeline.training.grid import run_all
from pipeline.training.pool import Pool
from pipeline.training.progress import Rates
from pipeline.training.recipes import traced_part
from pipeline.training.work import Job, perform

WORTH_MEASURING = 4_000_000  # image passes; fewer hardly take ten minutes
TRIED = 2_048  # images an epoch
EPOCHS = 3
LONG = 600.0  # seconds from which an estimate is said


def network_of(job: Job) -> Hashable:
    """What seconds an image depend on, whatever the images show."""
    return traced_part(job.recipe), job.data.train.images.shape[1:]


def measure_rates(jobs: Sequence[Job], pool: Pool) -> Rates:
    """Seconds an image of every network of some jobs; of none where the jobs are small."""
    rates = Rates()
    if sum(job.image_passes for job in jobs) < WORTH_MEASURING:
        return rates
    trials = {network_of(job): shorten(job) for job in jobs}
    print(f"trying {len(trials)} networks for a moment each, for an estimate", flush=True)
    timed = run_all(time_epochs, list(trials.values()), pool, [[index] for index in range(len(trials))], lambda _: None)
    for index, (images, seconds) in timed:
        rates.add(list(trials)[index], images, seconds)
    left: dict[Hashable, int] = dict.fromkeys(trials, 0)
    for job in jobs:
        left[network_of(job)] += job.image_passes
    expected = (rates.seconds(left) or 0) / pool.workers
    if expected > LONG:
        print(f"about {expected / 3600:.1f} h on {pool.workers} workers, by these rates", flush=True)
    return rates


def shorten(job: Job) -> Job:
    """A job's network on a few of its images, from its own initial weights."""
    whole = job.data.divide(job.seeds.split) if job.data.split else job.data
    share = min(1.0, TRIED / len(whole.train))
    data = TrainingData(
        digest=f"{whole.digest}/{TRIED}",
        classes=whole.classes,
        train=_first(whole.train, share),
        validation=whole.validation and _first(whole.validation, share),
        scaling=whole.scaling,
    )
    recipe = job.recipe.model_copy(update={"epochs": EPOCHS, "updates": None, "early_stopping": None})
    return replace(job, recipe=recipe, search=None, data=data, hyperparameters=None, start=None)


def _first(examples: Examples, share: float) -> Examples:
    return examples.take(np.arange(max(1, round(share * len(examples)))))


def time_epochs(job: Job, tell: Tell) -> tuple[int, float]:
    """Images of a job's epochs after the first, which traces, and the seconds that they took."""
    told: list[tuple[int, float]] = []

    def note(images: int) -> None:
        told.append((images, time.perf_counter()))
        tell(images)

    perform(job, note)
    (_, began), *_, (_, ended) = told
    return sum(images for images, _ in told[1:]), ended - began
