"""Made-up results of every run that is declared, in the columns and arrays that the evaluation really writes."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.evaluation.table import make_row, stack_repeats, summarize_history
from pipeline.files import Arrays
from pipeline.params.plan import PlannedVariant
from pipeline.params.planning import plan_training
from pipeline.params.schema import Params
from pipeline.training.study_runs import StudyRun

E = 60  # test images


def evaluate_study(params: Params, study: str) -> tuple[pd.DataFrame, dict[str, Arrays]]:
    """Rows of evaluations/<study>/runs.csv, and arrays by variant."""
    plan = plan_training(params, study)
    found, arrays = [], {}
    rng = np.random.default_rng(len(study))
    for name, planned in plan.variants.items():
        task = params.tasks[planned.task]
        classes, validated = len(task.classes) if task.classes else 10, task.split.kind != "none"
        labels = (np.arange(E) % classes).astype(np.uint8)
        tests = [_answers(rng, labels, classes) for _ in range(plan.repeats)]
        for repeat, test in enumerate(tests):
            run = _run(study, name, repeat, planned, validated)
            scalars, learned = _scalars(plan.shifts, validated, rng), _learned(run, validated, rng)
            found.append(make_row(name, run, scalars, learned, test, labels, planned.threshold))
        arrays[name] = stack_repeats(tests, labels, classes, planned.threshold)
    return pd.DataFrame(found), arrays


def _answers(rng: np.random.Generator, labels: Any, classes: int) -> Arrays:
    predicted = np.where(rng.uniform(size=E) < 0.8, labels, rng.integers(classes, size=E)).astype(np.uint8)
    test: Arrays = {"predicted": predicted, "nll": rng.uniform(size=E).astype(np.float32)}
    return test | ({"positive": rng.uniform(size=E).astype(np.float32)} if classes == 2 else {})


def _run(study: str, variant: str, repeat: int, planned: PlannedVariant, validated: bool) -> StudyRun:
    return StudyRun.model_construct(
        study=study,
        variant=variant,
        repeat=repeat,
        task=planned.task,
        fingerprint="f",
        recipe=planned.recipe,
        epochs_run=3,
        stopped_epoch=None,
        best_epoch=2 if validated else None,
        weights_digest=f"{variant}{repeat}",
        parameters=100,
        trainable_parameters=90,
    )


def make_history(validated: bool, rng: np.random.Generator) -> pd.DataFrame:
    """Three epochs of history.csv."""
    columns = ["accuracy", "loss", *(["val_accuracy", "val_loss"] if validated else [])]
    return pd.DataFrame({"epoch": [1, 2, 3], **{name: rng.uniform(size=3) for name in columns}})


def _learned(run: StudyRun, validated: bool, rng: np.random.Generator) -> dict[str, float | None]:
    return summarize_history(run, make_history(validated, rng), 1000)


def _scalars(shifts: list[int] | None, validated: bool, rng: np.random.Generator) -> dict[str, float | None]:
    names = ["test_loss", "train_accuracy", "train_loss", "weight_norm", "sparsity", "probability_sum_error"]
    names += ["val_accuracy", "val_loss"] if validated else []
    names += [f"test_accuracy_shift_{k}" for k in shifts or ()]
    return {name: float(rng.uniform()) for name in names}
