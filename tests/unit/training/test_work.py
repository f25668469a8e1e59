"""Jobs: how much work one is, which progress is shown by."""

from typing import Any

import numpy as np
import pytest

from pipeline.data.preparation import unit_scaling
from pipeline.params.schema import Recipe, Search
from pipeline.seeds import repeat_seeds
from pipeline.training.data import TrainingData
from pipeline.training.work import Job

RECIPE: dict[str, Any] = {
    "architecture": "cnn3",
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
    "batch_size": 4,
    "epochs": 3,
}


@pytest.mark.parametrize(
    ("recipe", "trials", "passes"),
    [
        ({}, None, 30),
        ({"batch_size": 1}, None, 30),
        ({"batch_size": "full"}, None, 30),
        ({}, 5, 150),
        ({"updates": 7}, None, 28),
        ({"updates": 7, "batch_size": 1}, None, 7),
        ({"updates": 7, "batch_size": "full"}, None, 70),
        ({"updates": 7}, 2, 56),
    ],
)
def test_image_passes_are_epochs_of_all_images_or_updates_of_a_batch(
    recipe: dict[str, Any], trials: int | None, passes: int
) -> None:
    images = np.zeros((10, 2, 2, 1), np.uint8)
    data = TrainingData("d", 2, images, np.zeros(10, np.uint8), None, None, unit_scaling())
    search = Search(trials=trials, learning_rate=[0.1]) if trials else None
    job = Job(Recipe.model_validate({**RECIPE, **recipe}), search, repeat_seeds(0), data)
    assert job.image_passes == passes
