"""Typed objects that tests build: recipes, images, identities, plans and finished runs, small and made up."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline import layout
from pipeline.data.identity import Identity, Part
from pipeline.data.images import Examples, Images, scale_to_unit
from pipeline.data.preparation import ChosenRows
from pipeline.data.tasks import write_rows, write_split
from pipeline.files import digest, write_array, write_arrays, write_model
from pipeline.params.plan import PlannedSource, PlannedVariant, TrainingPlan
from pipeline.params.recipe import Recipe
from pipeline.params.resolve import resolve_recipe
from pipeline.params.schema import Caps
from pipeline.seeds import repeat_seeds
from pipeline.training.data import RunResult
from pipeline.training.study_runs import StudyRun

FIELDS: dict[str, Any] = {
    "architecture": "cnn3",
    "optimizer": {"name": "adam", "learning_rate": 0.001},
    "batch_size": 64,
    "epochs": 5,
}


def build_recipe(**changes: Any) -> Recipe:
    """A small recipe; changes are to its declared fields."""
    return resolve_recipe({**FIELDS, **changes})


def build_examples(pixels: npt.NDArray[np.uint8], labels: Sequence[int] | npt.NDArray[Any]) -> Examples:
    """Every image of an array, in its order."""
    images = Images(pixels, np.arange(len(pixels), dtype=np.int32), digest(pixels))
    return Examples(images, np.asarray(labels, np.uint8))


def write_data_set(name: str, train: npt.NDArray[np.uint8], test: npt.NDArray[np.uint8] | None) -> None:
    """Images of a data set below the working folder, as stage `download` writes them; no test images where None."""
    digests: dict[Any, str] = {"x_train": digest(train), "x_test": digest(train if test is None else test)}
    source = PlannedSource(name="mine", stand_in=False, loader="npz", path="mine.npz", description="", sha256=digests)
    write_model(layout.raw_source(name), source)
    write_array(layout.raw_array(name, "x_train"), train)
    if test is not None:
        write_array(layout.raw_array(name, "x_test"), test)


def write_task(task: str, train: Sequence[int], test: Sequence[int], validating: int = 0) -> None:
    """A task of a data set's first images, with these labels, of which the last so many train images validate."""
    chosen = [
        ChosenRows(np.arange(len(labels), dtype=np.int32), np.asarray(labels, np.uint8)) for labels in (train, test)
    ]
    write_rows(layout.task_rows(task), *chosen)
    first = len(train) - validating
    write_split(layout.task_split(task), np.arange(first), np.arange(first, len(train)))
    write_arrays(layout.task_scaling(task), scale_to_unit().to_arrays())


def build_identity(n_train: int = 1000, **changes: Any) -> Identity:
    """Identity of a task with ten classes; changes are to its fields."""
    part = Part(n=n_train, shape=[28, 28, 1], x="x", y="y")
    fields: dict[str, Any] = {
        "data_set": "mnist",
        "source": "mine",
        "stand_in": False,
        "classes": [str(label) for label in range(10)],
        "groups": None,
        "validation_is_test": False,
        "split_per_repeat": None,
        "train": part,
        "validation": part,
        "test": part,
        "scaling": {},
        "training_digest": "a",
        "test_digest": "b",
    }
    return Identity(**{**fields, **changes})


def build_plan(
    variants: Mapping[str, Mapping[str, Any]],
    study: str = "s",
    repeats: int = 2,
    caps: Mapping[str, int] | None = None,
    shifts: list[int] | None = None,
) -> TrainingPlan:
    """A plan of variants, each of which may change its `task`, its `recipe` (fields) and its labels."""
    planned = {
        name: PlannedVariant(
            **{"task": "mnist", **{key: value for key, value in own.items() if key != "recipe"}},
            recipe=build_recipe(**own.get("recipe", {})),
        )
        for name, own in variants.items()
    }
    return TrainingPlan(
        study=study,
        profile="quick",
        repeats=repeats,
        caps=Caps(**(caps or {})),
        shifts=shifts,
        variants=planned,
    )


def build_study_run(repeat: int = 0, **changes: Any) -> StudyRun:
    """What run.json says of a run that was never trained; changes are to its fields."""
    fields: dict[str, Any] = {
        "study": "s",
        "variant": "none",
        "repeat": repeat,
        "task": "mnist",
        "fingerprint": "f",
        "recipe_fingerprint": "r",
        "recipe": build_recipe(),
        "search": None,
        "trials": None,
        "seeds": repeat_seeds(repeat),
        "input_shape": (28, 28, 1),
        "classes": 10,
        "epochs_run": 4,
        "stopped_epoch": None,
        "best_epoch": 3,
        "parameters": 20417,
        "trainable_parameters": 20400,
        "weights_digest": "w",
        "versions": {},
        "code": "c",
    }
    return StudyRun(**{**fields, **changes})


def build_result(recipe: Recipe, weights: float = 0.0, **changes: Any) -> RunResult:
    """What a training would leave behind; its one weight is given."""
    fields: dict[str, Any] = {
        "recipe": recipe,
        "weights": {"conv1/kernel": np.array([weights], np.float32)},
        "history": ({"epoch": 1, "loss": 0.5, "accuracy": 0.75, "val_loss": 0.4, "val_accuracy": 0.875},),
        "stopped_epoch": None,
        "best_epoch": 1,
        "input_shape": (2, 2, 1),
        "classes": 2,
        "parameters": 1,
        "trainable_parameters": 1,
        "summary": "a model\n",
        "train_seconds": 1.5,
        "traced": True,
        "processor": "a processor",
    }
    return RunResult(**{**fields, **changes})
