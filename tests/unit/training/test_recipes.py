"""What follows from a recipe before anything is built: batches, updates, caps, a trial's values, what is traced."""

from typing import Any

import pytest

from pipeline.training.recipes import (
    apply_hyperparameters,
    batch_size_of,
    cap_recipe,
    count_image_passes,
    count_updates,
    suits_xla,
    traced_part,
)
from tests.builders import build_recipe


@pytest.mark.parametrize(
    ("recipe", "cap", "n", "expected"),
    [
        ({"epochs": 5}, None, 1000, {"epochs": 5}),
        ({"epochs": 5}, 5000, 1000, {"epochs": 5}),
        ({"epochs": 5}, 4999, 1000, {"epochs": 4}),
        ({"epochs": 5}, 2000, 1000, {"epochs": 2}),
        ({"epochs": 5}, 999, 1000, {"epochs": 1}),
        ({"epochs": 5}, 1, 1000, {"epochs": 1}),
        ({"updates": 100, "batch_size": 64}, 6400, 1000, {"updates": 100}),
        ({"updates": 100, "batch_size": 64}, 6399, 1000, {"updates": 99}),
        ({"updates": 100, "batch_size": 64}, 63, 1000, {"updates": 1}),
        ({"updates": 100, "batch_size": "full"}, 4000, 1000, {"updates": 4}),
        ({"updates": 100, "batch_size": "full"}, 999, 1000, {"updates": 1}),
        ({"updates": 3, "batch_size": 1, "epochs": 9}, 2, 1000, {"updates": 2, "epochs": 9}),
    ],
)
def test_a_cap_bounds_the_images_trained_on_but_leaves_one_step(
    recipe: dict[str, Any], cap: int | None, n: int, expected: dict[str, int]
) -> None:
    declared = build_recipe(**recipe)
    assert cap_recipe(declared, cap, n) == declared.model_copy(update=expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 5 * 750),
        ({"batch_size": 512}, 5 * 94),
        ({"batch_size": "full"}, 5),
        ({"updates": 14_000}, 14_000),
    ],
)
def test_updates_count_the_smaller_last_batch(changes: dict[str, Any], expected: int) -> None:
    recipe = build_recipe(architecture="mlp", epochs=9, **changes)
    assert count_updates(recipe, 5, 48_000) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, 5000), ({"updates": 7}, 7 * 64), ({"updates": 7, "batch_size": "full"}, 7000)],
)
def test_image_passes_are_of_the_epochs_run_or_of_the_updates(changes: dict[str, Any], expected: int) -> None:
    assert count_image_passes(build_recipe(epochs=9, **changes), 5, 1000) == expected


def test_a_full_batch_is_all_images() -> None:
    assert batch_size_of(build_recipe(batch_size="full"), 1234) == 1234
    assert batch_size_of(build_recipe(batch_size=10), 1234) == 10


def test_a_trials_units_and_learning_rate_replace_the_recipes_and_nothing_else_does() -> None:
    recipe = build_recipe(architecture="tuned_mlp", units=10)
    found = apply_hyperparameters(recipe, {"units": 32.0, "learning_rate": 0.5, "unused": 20.0})
    assert found == build_recipe(architecture="tuned_mlp", units=32, optimizer={"name": "adam", "learning_rate": 0.5})
    assert isinstance(found.units, int)
    assert apply_hyperparameters(recipe, {}) == recipe


def test_what_is_set_per_run_is_no_part_of_the_trace() -> None:
    per_run = {
        "epochs": 9,
        "updates": 3,
        "sampling": "with_replacement",
        "early_stopping": {"patience": 2},
        "step_decay": {"factor": 0.5, "epochs": 3},
        "optimizer": {"name": "adam", "learning_rate": 0.5},
    }
    for name, value in per_run.items():
        assert traced_part(build_recipe(**{name: value})) == traced_part(build_recipe()), name
    for changes in ({"batch_size": 65}, {"dropout": 0.5}, {"l2": {"amount": 0.1, "layers": "all"}}):
        assert traced_part(build_recipe(**changes)) != traced_part(build_recipe())


@pytest.mark.parametrize(
    ("recipe", "suited"),
    [
        ({"architecture": "mlp"}, True),
        ({"architecture": "tuned_mlp", "units": 7}, True),
        ({"architecture": "mlp", "batch_normalization": True, "batch_size": 1}, True),
        ({"architecture": "mlp", "dropout": 0.5}, False),
        ({"architecture": "cnn3"}, False),
        ({"architecture": "tuned_cnn", "units": 7}, False),
        ({"architecture": "mlp", "augmentation": {"rotation": 0.1}}, False),
    ],
)
def test_xla_is_for_dense_layers_without_noise(recipe: dict[str, Any], suited: bool) -> None:
    assert suits_xla(build_recipe(**recipe)) is suited
