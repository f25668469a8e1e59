"""Every variant that the repository's params.yaml declares, and those of them that differ in some respect."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline.data.sources import load
from pipeline.params.planning import plan_sources
from pipeline.params.read import read
from pipeline.params.recipe import Optimizer, Recipe, Variant
from pipeline.params.resolve import resolve_variant
from pipeline.params.schema import Params
from pipeline.params.task import Task

PARAMS = Path(__file__).parents[2] / "params.yaml"
GREY, COLOUR = (28, 28, 1), (32, 32, 3)
SHAPES = {"mnist": GREY, "digits": GREY, "cifar10": COLOUR, "pictures": COLOUR}  # by loader
Shape = tuple[int, int, int]
Key = tuple[Recipe, Shape, int]


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
    def shape(self) -> Shape:
        return images_of(self.task.data)[0]

    @property
    def classes(self) -> int:
        return len(self.task.classes or range(images_of(self.task.data)[1]))

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


@cache
def images_of(data_set: str) -> tuple[Shape, int]:
    """Shape of a data set's images, and its number of classes; only a file of the user's own is opened."""
    source = plan_sources(params())[data_set]
    if source.loader in SHAPES:
        return SHAPES[source.loader], 10
    arrays = load(source, PARAMS.parent)
    height, width, *channels = arrays["x_train"].shape[1:]
    return (height, width, *(channels or [1])), 1 + int(max(arrays["y_train"].max(), arrays["y_test"].max()))


def _cases() -> Iterable[Case]:
    for study_name, study in params().studies.items():
        for name in study.variants:
            variant, recipe = resolve_variant(study, name, "params.yaml", f"studies.{study_name}")
            task = params().tasks[variant.task or study.task]
            yield Case(study_name, name, variant, recipe, task, study.control)


_ANY = Optimizer(name="adam", learning_rate=0.001)
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


def is_plain(case: Case) -> bool:
    """Whether nothing but the optimizer acts in a network that Keras trains."""
    one = case.recipe
    added = one.l1, one.l2, one.dropout, one.batch_normalization, one.augmentation, case.variant.merged
    return not (case.by_hand or any(added) or any(block.dropout for block in one.blocks))


BUILT = distinct(lambda case: case.built)
TRACED = list(thinned(distinct(lambda case: case.traced, where=lambda case: not case.variant.merged)))
PLAIN = distinct(lambda case: "the first", is_plain)
