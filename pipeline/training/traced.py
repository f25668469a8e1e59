"""What of a recipe is traced; without TensorFlow, so that runs can be grouped by it before that starts."""

from pipeline.params.recipe import Recipe


def traced_part(recipe: Recipe) -> Recipe:
    """The part of a recipe that a traced graph depends on; the rest is set per run."""
    optimizer = recipe.optimizer.model_copy(update={"learning_rate": 1.0})
    per_run = {"epochs": 1, "updates": None, "sampling": "epochs", "early_stopping": None, "step_decay": None}
    return recipe.model_copy(update={**per_run, "optimizer": optimizer})
