"""How large images must be: no window of a network may be larger than its map, and no shift may leave nothing."""

from collections.abc import Iterator, Mapping

from pipeline.models.blocks import set_units
from pipeline.models.layer_counts import ImpossibleShapeError, count, layers_of
from pipeline.params.recipe import Recipe, Variant
from pipeline.params.schema import Study
from pipeline.params.task import Task

SIDES = {"mnist": 28, "digits": 28, "cifar10": 32, "pictures": 32}  # pixels, by loader; an .npz's are seen when read
LARGEST_SIDE = 4096

Demand = tuple[str, str, int]
"""A data set, the field of a study that asks for its size, and the least side in pixels."""


def list_demands(
    study: Study, tasks: Mapping[str, Task], resolved: Mapping[str, tuple[Variant, Recipe]]
) -> Iterator[Demand]:
    """What each variant of a study, and its shifts, need of the images of the data set that they are given."""
    for name, (variant, recipe) in resolved.items():
        data_set = tasks[variant.task or study.task].data
        yield data_set, f"variants.{name}", least_side(recipe)
        if study.shifts:
            yield data_set, "shifts", max(study.shifts) + 1


def least_side(recipe: Recipe) -> int:
    """Smallest side of square images, in pixels, that every window of a recipe's network fits."""
    blocks = set_units(recipe.blocks, recipe.units)
    layers = [layer for _, layer in layers_of(blocks, 2, padding=recipe.padding, pooling=recipe.pooling)]

    def fits(side: int) -> bool:
        try:
            return bool(count(layers, (side, side, 1)))
        except ImpossibleShapeError:
            return False

    return next((side for side in range(1, LARGEST_SIDE) if fits(side)), LARGEST_SIDE)
