"""Evaluation of a study's runs: the only code that is given test images. Evaluations are kept as runs are."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.analysis.evaluation import (
    accuracy_and_loss,
    kernel_statistics,
    negative_log_likelihood,
    predicted_labels,
)
from pipeline.data.preparation import Scaling
from pipeline.files import Arrays, canonical, read_arrays, write_arrays, write_json
from pipeline.params.schema import Recipe
from pipeline.training.fingerprint import code_fingerprint, library_versions
from pipeline.training.grid import progress, run_all
from pipeline.training.store import Store

EVALUATION_CODE = (
    "analysis/evaluation.py",
    "backend.py",
    "models/architectures.py",
    "models/blocks.py",
    "models/build.py",
    "models/modifiers.py",
    "models/predict.py",
    "models/weights.py",
    "training/evaluate.py",
)
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class TrainedRun:
    """A run to be evaluated: where its files are, and its task."""

    variant: str
    repeat: int
    folder: Path
    about: dict[str, Any]

    @property
    def task(self) -> str:
        """Name of the run's task."""
        return str(self.about["task"])


@dataclass(frozen=True)
class TaskImages:
    """All images of a task, by part; a part without images is absent."""

    parts: dict[str, Arrays]
    scaling: Scaling
    classes: int


@dataclass(frozen=True)
class _Job:
    recipe: Recipe
    weights: Arrays
    images: TaskImages


@dataclass(frozen=True)
class Evaluated:
    """Scalars of one run, and the prediction and negative log-likelihood of each test image."""

    scalars: dict[str, float]
    test: Arrays


def read_images(folder: Path, identity: dict[str, Any]) -> TaskImages:
    """Every part of a task's folder, the test images included."""
    parts = {part: read_arrays(folder / f"{part}.npz") for part in PARTS if identity[part]}
    return TaskImages(parts, Scaling(**read_arrays(folder / "scaling.npz")), len(identity["classes"]))


def evaluation_fingerprint(run: str, identity: dict[str, Any], code: str) -> str:
    """SHA-256 (hex) of all that an evaluation depends on."""
    parts = [run, identity["training_digest"], identity["test_digest"], code, library_versions()]
    return hashlib.sha256(canonical(parts).encode()).hexdigest()


def evaluation_code() -> str:
    """Fingerprint of the code that evaluates."""
    return code_fingerprint(EVALUATION_CODE)


def evaluate_missing(
    runs: Sequence[TrainedRun],
    fingerprints: Sequence[str],
    store: Store,
    load_images: Callable[[str], TaskImages],
    workers: int,
    label: str,
) -> int:
    """Evaluate the runs whose evaluation the store lacks; number of them."""
    missing = {name: run for name, run in zip(fingerprints, runs, strict=True) if not store.has(name)}
    print(f"{label}: {len(runs)} evaluations, {len(missing)} to compute", flush=True)
    images = {task: load_images(task) for task in sorted({run.task for run in missing.values()})}
    jobs = [_job(run, images[run.task]) for run in missing.values()]
    sizes = [sum(len(part["y"]) for part in job.images.parts.values()) for job in jobs]
    names = list(missing)
    results = run_all(_evaluate, jobs, workers)
    for index, result in progress(results, sum(sizes), lambda done: sizes[done[0]], f"{label} (evaluate)"):
        store.put(names[index], partial(_write, result))
    return len(missing)


def _job(run: TrainedRun, images: TaskImages) -> _Job:
    return _Job(Recipe.model_validate(run.about["recipe"]), read_arrays(run.folder / "weights.npz"), images)


def _evaluate(job: _Job) -> Evaluated:
    from pipeline.models.predict import probabilities

    scalars: dict[str, float] = {}
    answers = {}
    for part, arrays in job.images.parts.items():
        answers[part] = probabilities(
            job.recipe, job.weights, arrays["x"], job.images.scaling, job.images.classes
        )
        accuracy, loss = accuracy_and_loss(answers[part], arrays["y"])
        short = "val" if part == "validation" else part
        scalars |= {f"{short}_accuracy": accuracy, f"{short}_loss": loss}
    scalars |= kernel_statistics(job.weights)
    labels = job.images.parts["test"]["y"]
    test: Arrays = {
        "predicted": predicted_labels(answers["test"]),
        "nll": negative_log_likelihood(answers["test"], labels).astype(np.float32),
    }
    return Evaluated(scalars, test)


def _write(result: Evaluated, folder: Path) -> None:
    finite = {name: value if np.isfinite(value) else None for name, value in result.scalars.items()}
    write_json(folder / "scalars.json", finite)
    write_arrays(folder / "test.npz", result.test)
