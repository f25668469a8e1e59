"""Seconds of training and inference, comparable: one process, everything traced first, variants interleaved."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.models.predict import probabilities
from pipeline.training.recipes import count_image_passes, count_updates
from pipeline.training.result import RunResult
from pipeline.training.work import Job, perform

PREDICTED = 10_000  # training images whose prediction is timed: test images are for evaluation only


def time_runs(jobs: Mapping[str, Sequence[Job]]) -> Iterator[dict[str, Any]]:
    """Times of every variant's repeats, as rows of `variant`, `repeat` and seconds, as they are measured.

    Each variant is trained once beforehand and not counted, so that nothing is traced while the clock runs. Then all
    variants train their first repeat, then all their second; who goes first rotates, so that a machine that slows
    down favours none.

    Parameters
    ----------
    jobs : mapping of str to sequence of Job
        Jobs of each variant, repeat by repeat; as many of each.
    """
    for own in jobs.values():
        _time_run(replace(own[0], recipe=own[0].recipe.model_copy(update={"epochs": 1})))
    variants = list(jobs)
    for repeat in range(len(jobs[variants[0]])):
        first = repeat % len(variants)
        for variant in variants[first:] + variants[:first]:
            yield {"variant": variant, "repeat": repeat, **_time_run(jobs[variant][repeat])}


def _time_run(job: Job) -> dict[str, Any]:
    """Seconds of one run; `seconds_per_image` counts every pass over an image."""
    result = perform(job)
    n = len(job.data.train)
    updates = count_updates(result.recipe, result.epochs_run, n)
    passes = count_image_passes(result.recipe, result.epochs_run, n)
    return {
        "train_seconds": result.train_seconds,
        "seconds_per_update": result.train_seconds / updates,
        "seconds_per_image": result.train_seconds / passes,
        "inference_seconds": _inference_seconds(result, job),
    }


def _inference_seconds(result: RunResult, job: Job) -> float | None:
    """Time to predict up to 10,000 training images; None for a network by hand, which the report's Keras rebuilds."""
    if result.recipe.library == "numpy":
        return None
    images = job.data.train.images[:PREDICTED]
    began = time.perf_counter()
    probabilities(result.recipe, result.weights, images, job.data.scaling, result.classes)
    return time.perf_counter() - began
