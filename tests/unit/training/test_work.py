"""Jobs: how much work one is, which progress is shown by, and which of them can share a trace."""

from typing import Any

import numpy as np
import pytest

from pipeline.data.images import scale_to_unit
from pipeline.params.recipe import Range, Recipe, Search
from pipeline.params.task import Split
from pipeline.seeds import repeat_seeds
from pipeline.training.data import TrainingData
from pipeline.training.work import Job, perform
from tests.builders import build_examples, build_recipe

SPLIT = Split(kind="shuffled", fraction=0.3, seed="repeat")


def recipe_of(**changes: Any) -> Recipe:
    """Three epochs of batches of 4 by default."""
    sgd = {"name": "sgd", "learning_rate": 0.1}
    return build_recipe(**{"optimizer": sgd, "batch_size": 4, "epochs": 3, **changes})


def job(recipe: dict[str, Any] | None = None, search: Search | None = None, repeat: int = 0, digest: str = "d") -> Job:
    train = build_examples(np.zeros((10, 2, 2), np.uint8), np.zeros(10))
    data = TrainingData(digest, 2, train, None, scale_to_unit())
    return Job(recipe_of(**(recipe or {})), search, repeat_seeds(repeat), data)


def development() -> TrainingData:
    """Ten noisy images that each repeat splits."""
    images = np.random.default_rng(0).integers(0, 256, (10, 8, 8), np.uint8)
    return TrainingData("d", 2, build_examples(images, np.arange(10) % 2), None, scale_to_unit(), SPLIT)


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
    search = Search(trials=trials, learning_rate=[0.1]) if trials else None
    assert job(recipe, search).image_passes == passes


def test_jobs_share_a_trace_that_differ_in_what_is_set_per_run() -> None:
    callbacks = {"early_stopping": {"monitor": "val_loss", "patience": 2}, "step_decay": None}
    faster = {"optimizer": {"name": "sgd", "learning_rate": 0.5}, "epochs": 9, **callbacks}
    assert job().trace == job(faster, repeat=1).trace
    assert hash(job().trace) == hash(job(faster, repeat=1).trace)


@pytest.mark.parametrize(
    "recipe",
    [{"optimizer": {"name": "adam", "learning_rate": 0.1}}, {"batch_size": 5}, {"architecture": "mlp"}],
)
def test_jobs_whose_graphs_differ_do_not_share_a_trace(recipe: dict[str, Any]) -> None:
    assert job().trace != job(recipe).trace


def test_jobs_on_other_images_do_not_share_a_trace() -> None:
    assert job().trace != job(digest="other").trace


def test_repeats_share_a_trace_only_where_they_share_the_split() -> None:
    recipe = recipe_of()

    def trace(repeat: int, *vary: str) -> object:
        return Job(recipe, None, repeat_seeds(repeat, vary), development()).trace

    assert trace(1, "weights", "order") == trace(0)
    assert trace(1, "split") != trace(0)


def test_searches_share_a_trace_unless_they_search_its_units() -> None:
    rates = Search(trials=2, learning_rate=[0.1, 0.2])
    units = Search(trials=2, units=Range(minimum=10, maximum=20, step=10))
    tuned = {"architecture": "tuned_mlp", "units": 10}
    assert job(search=rates).trace == job(search=rates, repeat=1).trace
    assert job(tuned, units).trace != job(tuned, units, repeat=1).trace


def test_a_job_trains_on_the_split_of_its_own_repeat_and_equal_seeds_give_equal_bits() -> None:
    recipe = recipe_of(architecture="mlp", epochs=1)

    def history(repeat: int, *vary: str) -> Any:
        return perform(Job(recipe, None, repeat_seeds(repeat, vary), development())).history

    first = history(0)
    assert "val_accuracy" in first[0]
    assert history(1, "split") != first
    assert history(1) == history(0) == first
