"""Every declared model is the one its recipe says: its blocks with their shapes, counted by formula, and its output."""

from math import prod

import keras
import pytest

from pipeline.models import architectures
from pipeline.models.blocks import Block, Conv, Dense, set_units
from pipeline.models.build import build, output_layer
from pipeline.models.layer_counts import BatchNorm, Row, count, layers_of
from pipeline.params.recipe import Recipe
from pipeline.params.resolve import resolve_recipe
from tests.contract.declared import BUILT, Case
from tests.contract.tiny import built

SHAPED = (
    keras.layers.Conv2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.Flatten,
    keras.layers.Dense,
)


def blocks_of(recipe: Recipe) -> tuple[Block, ...]:
    return set_units(recipe.blocks, recipe.units)


def count_by_formula(case: Case) -> dict[str, Row]:
    """Rows of the summary of what the recipe says, by the names of the layers."""
    recipe = case.recipe
    normalized = (BatchNorm(),) if recipe.batch_normalization else ()
    named = dict(
        layers_of(
            blocks_of(recipe),
            output_layer(recipe, case.classes)[0],
            padding=recipe.padding,
            pooling=recipe.pooling,
            after_conv=normalized,
            after_dense=normalized,
        )
    )
    return dict(zip(named, count(list(named.values()), case.shape), strict=True))


def count_parameters(model: keras.Model) -> tuple[int, int]:
    """Trainable and other parameters, without the states of random generators."""
    trainable, other = (
        sum(prod(variable.shape) for variable in variables)
        for variables in (model.trainable_weights, model.non_trainable_weights)
    )
    return trainable, other


@pytest.mark.parametrize("case", BUILT)
def test_output_has_a_probability_for_every_class(case: Case) -> None:
    output = built(case.built).get_layer("output")
    binary = case.recipe.loss == "binary_crossentropy"
    assert built(case.built).output_shape == (None, 1 if binary else case.classes)
    assert output.activation is (keras.activations.sigmoid if binary else keras.activations.softmax)
    assert built(case.built).input_shape == (None, *case.shape)


@pytest.mark.parametrize("case", BUILT)
def test_parameters_are_those_of_the_formulas(case: Case) -> None:
    rows = count_by_formula(case).values()
    expected = sum(row.trainable for row in rows), sum(row.non_trainable for row in rows)
    assert count_parameters(built(case.built)) == expected


@pytest.mark.parametrize("case", BUILT)
def test_layers_have_the_shapes_of_the_formulas(case: Case) -> None:
    layers = [layer for layer in built(case.built).layers if isinstance(layer, SHAPED)]
    rows = count_by_formula(case)
    assert {layer.name: layer.output.shape[1:] for layer in layers} == {
        layer.name: rows[layer.name].shape for layer in layers
    }
    assert {layer.name for layer in layers} == {
        name for name in rows if not name.endswith(("_after", "_dropout"))
    }


@pytest.mark.parametrize("case", BUILT)
def test_hidden_layers_are_rectified_and_pools_are_the_blocks(case: Case) -> None:
    layers = built(case.built).layers
    hidden = [one for one in layers if hasattr(one, "activation") and one.name != "output"]
    assert {layer.activation for layer in hidden} == {keras.activations.relu}
    pools = [one for one in layers if one.name.endswith("_pool")]
    seen = [(type(pool).__name__.removesuffix("Pooling2D"), pool.pool_size, pool.strides) for pool in pools]
    declared = [block.pool for block in blocks_of(case.recipe) if isinstance(block, Conv) and block.pool]
    expected = [(one.kind.title(), (one.size, one.size), (one.strides, one.strides)) for one in declared]
    assert seen == (expected if case.recipe.pooling else [])


def test_an_architecture_is_one_function_and_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def wide() -> list[Block]:
        return [Conv("conv1", 5, 3), Dense("dense1", 7)]

    monkeypatch.setitem(architectures.ARCHITECTURES, "wide", wide)
    assert architectures.blocks_of("wide", None) == tuple(wide())
    optimizer = {"name": "adam", "learning_rate": 0.001}
    fields = {"architecture": "cnn3", "optimizer": optimizer, "batch_size": 64, "epochs": 1, "dropout": 0.25}
    recipe = resolve_recipe(fields).model_copy(update={"architecture": "wide", "blocks": tuple(wide())})
    model = build(recipe, (28, 28, 1), 10)
    assert model.count_params() == (9 + 1) * 5 + (26 * 26 * 5 + 1) * 7 + (7 + 1) * 10
    assert [one.name for one in model.layers if isinstance(one, keras.layers.Dropout)] == [
        "conv1_dropout",
        "dense1_dropout",
    ]
