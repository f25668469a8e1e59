"""Every variant that the repository's params.yaml declares, and those of them that differ in some respect."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline.params.read import read
from pipeline.params.recipe import Recipe, Variant
from pipeline.params.resolve import resolve_variant
from pipeline.params.schema import Params
from pipeline.params.task import Task

PARAMS = Path(__file__).parents[2] / "params.yaml"
GREY, COLOUR = (28, 28, 1), (32, 32, 3)
SHAPES = {"mnist": GREY, "cifar10": COLOUR}
Key = tuple[Recipe, tuple[int, int, int], int]


@dataclass(frozen=True)
class Case:
    """A declared variant with its recipe and what its task gives it: image shape, classes, validation images."""

    study: str
    name: str
    variant: Variant
    recipe: Recipe
    task: Task
    control: str

    @property
    def shape(self) -> tuple[int, int, int]:
        return SHAPES.get(self.task.data, GREY)  # any will do, as the tests make their own images

    @property
    def classes(self) -> int:
        return len(self.task.classes or range(10))

    @property
    def validated(self) -> bool:
        return self.task.split.kind != "none"

    @property
    def by_hand(self) -> bool:
        return self.recipe.library == "numpy"

    @property
    def built(self) -> Key:
        """All that a model depends on: the recipe without how it is trained, the images, the classes."""
        of_training = {"optimizer": _ANY, "library": "keras", "loss_reduction": "mean"}
        return _without_schedule(self.recipe, **of_training), self.shape, self.classes

    @property
    def traced(self) -> Hashable:
        """All that a compiled training depends on, but for the batch size, which tests choose."""
        optimizer = _ANY.model_copy(update={"name": self.recipe.optimizer.name})
        recipe = _without_schedule(self.recipe, optimizer=optimizer)
        return recipe, self.shape, self.classes, self.validated

    def __str__(self) -> str:
        return f"{self.study}/{self.name}"


def _without_schedule(recipe: Recipe, **more: Any) -> Recipe:
    between_steps = {"updates": None, "sampling": "epochs", "early_stopping": None, "step_decay": None}
    return recipe.model_copy(update={"batch_size": 1, "epochs": 1, **between_steps, **more})


@cache
def params() -> Params:
    return read(PARAMS)


def _cases() -> Iterable[Case]:
    for study_name, study in params().studies.items():
        for name in study.variants:
            variant, recipe = resolve_variant(study, name, "params.yaml", f"studies.{study_name}")
            task = params().tasks[variant.task or study.task]
            yield Case(study_name, name, variant, recipe, task, study.control)


_ANY = resolve_variant(params().studies["mnist_regularizers"], "none", "", "")[1].optimizer
CASES = list(_cases())
BY_NAME = {str(case): case for case in CASES}


def distinct(
    key: Callable[[Case], Hashable], where: Callable[[Case], object] = lambda case: True
) -> list[Any]:
    """One case for each value of a key among the cases that satisfy a condition, as pytest parameters."""
    found: dict[Hashable, Case] = {}
    for case in CASES:
        if where(case):
            found.setdefault(key(case), case)
    return [pytest.param(case, id=str(case)) for case in found.values()]


def features(case: Case) -> set[Hashable]:
    """What a training exercises: each modifier in each network, each initialiser, head, optimizer and library."""
    one = case.recipe
    penalties = tuple((kind, penalty.layers) for kind, penalty in (("l1", one.l1), ("l2", one.l2)) if penalty)
    modifiers = penalties, one.dropout, one.batch_normalization, one.augmentation
    return {
        (one.architecture, case.shape, modifiers),
        (one.architecture, one.padding, one.pooling),
        (one.kernel_initializer, one.bias_initializer),
        (one.loss, case.classes),
        (one.optimizer.name, one.library, one.loss_reduction),
        (case.validated, one.library),
    }


def thinned(parameters: Iterable[Any]) -> Iterable[Any]:
    """Parameters of which those that exercise nothing that an earlier one does not are slow tests."""
    seen: set[Hashable] = set()
    for parameter in parameters:
        (case,) = parameter.values
        news = not features(case) <= seen
        seen |= features(case)
        yield parameter if news else pytest.param(case, id=parameter.id, marks=pytest.mark.slow)


BUILT = distinct(lambda case: case.built)
TRACED = list(thinned(distinct(lambda case: case.traced, where=lambda case: not case.variant.merged)))
