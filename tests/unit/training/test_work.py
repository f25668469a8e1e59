"""Jobs: how much work one is, which progress is shown by."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.data.preparation import unit_scaling
from pipeline.files import write_arrays
from pipeline.params.schema import Recipe, Search
from pipeline.seeds import repeat_seeds
from pipeline.training.data import TrainingData, read_training_data
from pipeline.training.work import Job, perform

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


SPLIT: dict[str, Any] = {"kind": "shuffled", "fraction": 0.3, "seed": "repeat", "stratified": False}


def development() -> TrainingData:
    """Ten noisy images that each repeat splits."""
    images = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 1), np.uint8)
    return TrainingData("d", 2, images, np.arange(10, dtype=np.uint8) % 2, None, None, unit_scaling(), SPLIT)


def test_a_repeats_data_are_told_apart_by_its_seed_and_hold_every_image_once() -> None:
    whole = development()
    one, same, other = (whole.divided(seed) for seed in (1, 1, 2))
    assert one == same
    assert len({one, other, whole}) == 3
    assert one.split is None
    assert one.x_validation is not None
    assert (len(one.x_train), len(one.x_validation)) == (7, 3)
    images = [image.tobytes() for image in (*one.x_train, *one.x_validation)]
    assert sorted(images) == sorted(image.tobytes() for image in whole.x_train)


def test_a_task_split_per_repeat_is_read_whole_and_from_its_train_file_alone(tmp_path: Path) -> None:
    whole = development()
    write_arrays(tmp_path / "train.npz", {"x": whole.x_train, "y": whole.y_train})
    write_arrays(tmp_path / "scaling.npz", unit_scaling().to_arrays())
    identity = {
        "training_digest": "d",
        "classes": ["0", "1"],
        "validation": {"n": 3},
        "split_per_repeat": SPLIT,
    }
    found = read_training_data(tmp_path, identity)
    assert (found.x_validation, found.split) == (None, SPLIT)
    assert found.divided(1) == whole.divided(1)


def test_a_job_trains_on_the_split_of_its_own_repeat_and_equal_seeds_give_equal_bits() -> None:
    recipe = Recipe.model_validate({**RECIPE, "architecture": "mlp", "epochs": 1})

    def history(repeat: int, *vary: str) -> Any:
        return perform(Job(recipe, None, repeat_seeds(repeat, vary), development())).history

    first = history(0)
    assert "val_accuracy" in first[0]
    assert history(1, "split") != first
    assert history(1) == history(0) == first
