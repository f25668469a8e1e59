"""What follows from a recipe before anything is built: sizes, caps, trials, and what a trace depends on."""

from collections.abc import Mapping
from typing import Any

from pipeline.models.blocks import Dense
from pipeline.params.recipe import Recipe


def batch_size_of(recipe: Recipe, n: int) -> int:
    """Batch size of a recipe on n training images."""
    return n if recipe.batch_size == "full" else recipe.batch_size


def count_updates(recipe: Recipe, epochs_run: int, n: int) -> int:
    """Weight updates of a run on n training images: one a batch, the smaller last one of an epoch included."""
    return recipe.updates or epochs_run * -(-n // batch_size_of(recipe, n))


def count_image_passes(recipe: Recipe, epochs_run: int, n: int) -> int:
    """Passes over an image in a run of so many epochs on n training images."""
    return recipe.updates * batch_size_of(recipe, n) if recipe.updates else epochs_run * n


def cap_recipe(recipe: Recipe, image_passes: int | None, n: int) -> Recipe:
    """A recipe with as many epochs or updates as a cap on image passes allows, at least one of them."""
    if image_passes is None:
        return recipe
    if recipe.updates is None:
        return recipe.model_copy(update={"epochs": min(recipe.epochs, max(1, image_passes // n))})
    most = max(1, image_passes // batch_size_of(recipe, n))
    return recipe.model_copy(update={"updates": min(recipe.updates, most)})


def apply_hyperparameters(recipe: Recipe, hyperparameters: Mapping[str, float]) -> Recipe:
    """A recipe with a trial's units and learning rate; any other hyperparameter is read by nothing."""
    changes: dict[str, Any] = {}
    if "units" in hyperparameters:
        changes["units"] = int(hyperparameters["units"])
    if "learning_rate" in hyperparameters:
        rate = float(hyperparameters["learning_rate"])
        changes["optimizer"] = recipe.optimizer.model_copy(update={"learning_rate": rate})
    return recipe.model_copy(update=changes)


def traced_part(recipe: Recipe) -> Recipe:
    """The part of a recipe that a traced graph depends on; the rest is set per run."""
    optimizer = recipe.optimizer.model_copy(update={"learning_rate": 1.0})
    per_run = {"epochs": 1, "updates": None, "sampling": "epochs", "early_stopping": None, "step_decay": None}
    return recipe.model_copy(update={**per_run, "optimizer": optimizer})


def suits_xla(recipe: Recipe) -> bool:
    """Whether dense layers are all there is to compute: no convolution, no noise; on a CPU, XLA is slow at either."""
    noise = recipe.augmentation or recipe.dropout or any(block.dropout for block in recipe.blocks)
    return not noise and all(isinstance(block, Dense) for block in recipe.blocks)
