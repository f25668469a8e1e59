"""Everything declared in params.yaml, through the same checks."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pytest

from pipeline.analysis.exercises.parameter_counts import parameters_of
from pipeline.models.build import build
from pipeline.models.weights import initialize, named_weights
from pipeline.params import Recipe
from pipeline.seeds import Seeds, repeat_seeds
from pipeline.training import run
from pipeline.training.data import TrainingData
from pipeline.training.epoch import epochs_dataset
from tests.contract.declared import CASES, RECIPES, controls

SHAPE = (28, 28, 1)


def short(recipe: Recipe) -> Recipe:
    """The recipe with two epochs of small batches, the last one partial."""
    return recipe.model_copy(update={"epochs": 2, "batch_size": 16})


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


@pytest.fixture(params=CASES, ids="/".join)
def recipe(request: pytest.FixtureRequest) -> Recipe:
    study, variant = request.param
    return RECIPES[study][variant]


def test_output_has_a_probability_for_every_class(recipe: Recipe) -> None:
    assert build(recipe, SHAPE, 10).output_shape == (None, 10)


def test_parameter_count_is_the_catalogues(recipe: Recipe) -> None:
    name = recipe.architecture + ("_bn" if recipe.batch_normalization else "")
    assert build(recipe, SHAPE, 10).count_params() == parameters_of(name)


def test_modifiers_are_really_there_and_only_they(recipe: Recipe) -> None:
    layers = build(recipe, SHAPE, 10).layers
    dropped = [layer.name for layer in layers if isinstance(layer, keras.layers.Dropout)]
    normalized = [layer.name for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
    penalised = [layer.name for layer in layers if getattr(layer, "kernel_regularizer", None)]
    assert dropped == (["conv3_dropout", "dense1_dropout"] if recipe.dropout else [])
    blocks = ("conv1", "conv2", "conv3", "dense1")
    assert normalized == ([f"{b}_batch_normalization" for b in blocks] if recipe.batch_normalization else [])
    penalty = recipe.l1 or recipe.l2
    where = {None: [], "first_conv": ["conv1"], "all": [*blocks, "output"]}
    assert penalised == where[penalty.layers if penalty else None]


def test_penalties_have_the_declared_kind_and_amount(recipe: Recipe) -> None:
    model = build(recipe, SHAPE, 10)
    initialize(model, 1, 1)
    kernels = {"first_conv": ["conv1"], "all": ["conv1", "conv2", "conv3", "dense1", "output"]}
    weights = named_weights(model)
    expected = 0.0
    for penalty, power in ((recipe.l1, 1), (recipe.l2, 2)):
        for name in kernels[penalty.layers] if penalty else ():
            assert penalty
            values = weights[f"{name}/kernel"].astype(float)
            expected += penalty.amount * float((np.abs(values) ** power).sum())
    assert float(sum(model.losses, 0.0)) == pytest.approx(expected, rel=1e-5)


def test_training_changes_every_trainable_variable(recipe: Recipe, few_images: TrainingData) -> None:
    seeds = repeat_seeds(0)
    model = build(recipe, SHAPE, 10)
    initialize(model, seeds.weights, seeds.noise)
    before, after = named_weights(model), run.train(short(recipe), seeds, few_images).weights
    assert [name for name in before if np.array_equal(before[name], after[name])] == []


def test_same_repeat_is_bit_identical_with_a_reused_and_a_fresh_trace(
    recipe: Recipe, few_images: TrainingData
) -> None:
    seeds = repeat_seeds(0)
    first = run.train(short(recipe), seeds, few_images)
    run.train(short(recipe), repeat_seeds(1), few_images)
    reused = run.train(short(recipe), seeds, few_images)
    assert not reused.traced
    assert same(first.weights, reused.weights)
    assert first.history == reused.history
    if not first.traced:  # an earlier test traced it
        run._compiled.cache_clear()
        fresh = run.train(short(recipe), seeds, few_images)
        assert fresh.traced
        assert same(first.weights, fresh.weights)
        assert first.history == fresh.history


@pytest.mark.parametrize("stream", ["weights", "order", "noise"])
@pytest.mark.parametrize("variant", ["none", "dropout"])
def test_each_stream_changes_what_it_names(variant: str, stream: str, few_images: TrainingData) -> None:
    recipe = short(RECIPES["mnist_regularizers"][variant])
    seeds = repeat_seeds(0)
    other = Seeds(**{**seeds.to_dict(), stream: 12345})
    one, two = (run.train(recipe, each, few_images).weights for each in (seeds, other))
    matters = stream != "noise" or recipe.dropout is not None
    assert same(one, two) != matters


def test_variants_of_a_study_start_from_equal_weights(recipe: Recipe, request: pytest.FixtureRequest) -> None:
    study = request.node.callspec.params["recipe"][0]
    start = []
    for each in (RECIPES[study][controls()[study]], recipe):
        model = build(each, SHAPE, 10)
        initialize(model, 7, 7)
        start.append(named_weights(model))
    control, variant = start
    assert control.keys() <= variant.keys()
    assert same(control, {name: variant[name] for name in control})


def test_variants_of_a_study_see_the_same_order(
    recipe: Recipe, few_images: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[int]] = []
    real = epochs_dataset

    def spy(orders: Any, epochs: int, batch_size: int) -> Any:
        dataset = real(orders, epochs, batch_size)
        for ((full, rest),) in dataset:
            seen.append([*full.numpy().ravel().tolist(), *rest.numpy().tolist()])
        return dataset

    monkeypatch.setattr(run, "epochs_dataset", spy)
    run.train(short(recipe), repeat_seeds(3), few_images)
    generator = np.random.Generator(np.random.PCG64(repeat_seeds(3).order))
    assert seen == [generator.permutation(40).tolist() for _ in range(2)]
