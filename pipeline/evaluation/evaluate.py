"""Evaluation of a study's runs. Evaluations are kept as runs are, by all that they depend on."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.data.preparation import Scaling, merge_map
from pipeline.evaluation.work import Evaluated, Job, Merge, TaskImages, perform
from pipeline.files import canonical, read_arrays, read_json, write_arrays, write_json
from pipeline.params.recipe import Recipe
from pipeline.training.fingerprint import code_fingerprint, library_versions
from pipeline.training.grid import batched, progress, run_all
from pipeline.training.store import Store

EVALUATION_CODE = (
    "evaluation/scores.py",
    "backend.py",
    "data/preparation.py",
    "data/splits.py",
    "evaluation/study.py",
    "evaluation/work.py",
    "models/architectures.py",
    "models/blocks.py",
    "models/build.py",
    "models/modifiers.py",
    "models/predict.py",
    "models/weights.py",
)
PARTS = ("train", "validation", "test")
TIMING = "timing.json"


@dataclass(frozen=True)
class TrainedRun:
    """A run to be evaluated: the variant it stands for, its files, and how its predictions are merged, if at all."""

    variant: str
    repeat: int
    task: str
    folder: Path
    about: dict[str, Any]
    shifts: tuple[int, ...] = ()
    merge: Merge | None = None


def planned_runs(
    plan: Mapping[str, Any],
    identities: Mapping[str, Any],
    read_run: Callable[[str, int], tuple[Path, dict[str, Any]]],
) -> list[TrainedRun]:
    """Runs that a plan wants evaluated: every trained variant's, then every derived one's.

    Parameters
    ----------
    plan : mapping
        plan/training/<study>.json.
    identities : mapping
        data/digests/<study>.json.
    read_run : callable
        Folder and run.json of a variant's repeat.
    """
    shifts = tuple(plan["shifts"] or ())
    runs = []
    for variant, planned in [*plan["variants"].items(), *plan["derived"].items()]:
        merged = planned["merged"]
        source = merged["variant"] if merged else variant
        for repeat in range(plan["repeats"]):
            folder, about = read_run(source, repeat)
            merge = (
                merge_of(merged["rule"], identities[about["task"]], identities[planned["task"]])
                if merged
                else None
            )
            runs.append(TrainedRun(variant, repeat, planned["task"], folder, about, shifts, merge))
    return runs


def merge_of(rule: str, trained_on: Mapping[str, Any], task: Mapping[str, Any]) -> Merge:
    """How the classes of one task become those of another that merges them."""
    labels = [group[0] for group in trained_on["groups"] or [[int(name)] for name in trained_on["classes"]]]
    return Merge(tuple(merge_map(task["groups"])[labels].tolist()), rule)


def read_images(folder: Path, identity: dict[str, Any]) -> TaskImages:
    """Every part of a task's folder, the test images included."""
    split = identity["split_per_repeat"]
    stored = [part for part in PARTS if identity[part] and not (split and part == "validation")]
    parts = {part: read_arrays(folder / f"{part}.npz") for part in stored}
    return TaskImages(parts, Scaling(**read_arrays(folder / "scaling.npz")), len(identity["classes"]), split)


def evaluation_fingerprint(run: TrainedRun, identity: dict[str, Any], code: str) -> str:
    """SHA-256 (hex) of all that an evaluation depends on."""
    merge = [run.merge.new_class, run.merge.rule] if run.merge else None
    data = [identity["training_digest"], identity["test_digest"]]
    parts = [run.about["fingerprint"], data, run.shifts, merge, code, library_versions()]
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
    batches = batched([run.variant for run in missing.values()], sizes)
    results = run_all(perform, jobs, workers, batches)
    for index, result in progress(results, sum(sizes), lambda done: sizes[done[0]], f"{label} (evaluate)"):
        store.put(names[index], partial(_write, result))
    return len(missing)


def _job(run: TrainedRun, images: TaskImages) -> Job:
    recipe = Recipe.model_validate(run.about["recipe"])
    weights = read_arrays(run.folder / "weights.npz")
    return Job(recipe, weights, images, run.about["seeds"]["split"], run.shifts, run.merge)


def _write(result: Evaluated, folder: Path) -> None:
    finite = {name: value if np.isfinite(value) else None for name, value in result.scalars.items()}
    write_json(folder / "scalars.json", finite)
    write_arrays(folder / "test.npz", result.test)
    write_json(folder / TIMING, {"inference_seconds": result.inference_seconds})


def read_evaluated(folder: Path) -> Evaluated:
    """An evaluation as the store keeps it; a number that was not finite is None."""
    seconds = read_json(folder / TIMING)["inference_seconds"]
    return Evaluated(read_json(folder / "scalars.json"), read_arrays(folder / "test.npz"), seconds)
