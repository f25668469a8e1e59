"""Every declared model against the catalogue's section 0: parameters, output shapes, layers."""

from collections.abc import Callable
from math import prod

import keras
import pytest
from pipeline.writeups.parameter_counts import reading, rows_of
from pipeline.writeups.stacks import STACKS, mlp, tuned_cnn

from pipeline.models import architectures
from pipeline.models.blocks import Block
from pipeline.models.blocks import Conv as ConvBlock
from pipeline.models.blocks import Dense as DenseBlock
from pipeline.models.build import build
from pipeline.models.layer_counts import BatchNorm, Conv, Dense, Flatten, Layer, Pool, count
from tests.contract.declared import BUILT, BY_NAME, CASES, Case
from tests.contract.tiny import built

Label = tuple[str | int, ...]

# (architecture, image width, output units, changes) -> (trainable, not trainable) as the catalogue prints them,
# but for deep_cnn (a free choice) and the 4-class head with batch normalisation (its 5,088 + 56 + 56).
PARAMETERS: dict[Label, tuple[int, int]] = {
    ("mlp", 28, 10): (109_386, 0),
    ("mlp", 32, 10): (402_250, 0),
    ("cnn3", 28, 10): (93_322, 0),
    ("cnn3", 28, 10, "normalized"): (93_770, 448),
    ("cnn3", 28, 10, "unpooled"): (2_038_922, 0),
    ("cnn3", 32, 10): (122_570, 0),
    ("cnn3", 32, 10, "normalized"): (123_018, 448),
    ("binary_cnn", 28, 1): (20_417, 0),
    ("binary_cnn", 28, 2): (22_018, 0),
    ("cnn2", 28, 10): (515_146, 0),
    ("lenet", 32, 10): (62_006, 0),
    ("lenet", 32, 10, "normalized"): (62_458, 452),
    ("cnn753", 28, 10): (6_270, 0),
    ("cnn753", 28, 4): (5_088, 0),
    ("cnn753", 28, 10, "same"): (12_150, 0),
    ("cnn753", 28, 4, "same"): (7_440, 0),
    ("cnn753", 28, 10, "normalized"): (6_326, 56),
    ("cnn753", 28, 4, "normalized"): (5_144, 56),
    ("deep_cnn", 28, 10): (52_490, 0),
    ("deep_cnn", 28, 10, "normalized"): (53_194, 704),
}
TUNED: dict[str, Callable[[int], int]] = {
    "tuned_mlp": lambda n: 795 * n + 10,
    "tuned_cnn": lambda u: 5135 * u + 1014,
}
STACK_OF: dict[Label, str] = {
    ("mlp", 28, 10): "mlp",
    ("mlp", 32, 10): "ffn",
    ("cnn3", 28, 10): "cnn3",
    ("cnn3", 28, 10, "normalized"): "cnn3_bn",
    ("cnn3", 32, 10): "cc3",
    ("cnn3", 32, 10, "normalized"): "cc3_bn",
    ("binary_cnn", 28, 1): "binary",
    ("binary_cnn", 28, 2): "binary_softmax",
    ("cnn2", 28, 10): "cnn2",
    ("lenet", 32, 10): "lenet",
    ("lenet", 32, 10, "normalized"): "lenet_bn",
}
DEEP = (
    *(Conv(32, 3), Conv(32, 3), Pool(), Conv(32, 3), Conv(32, 3), Pool()),
    *(Conv(32, 1), Conv(32, 1), Conv(32, 3), Flatten(), Dense(64), Dense(64), Dense(10)),
)
# Output shapes of convolutions, pools, and dense layers, in order, as printed.
OUTPUTS: dict[Label, str] = {
    ("mlp", 28): "784 128 64",
    ("mlp", 32): "3072 128 64",
    ("cnn3", 28): "26x26x32 13x13x32 11x11x64 5x5x64 3x3x64 576 64",
    ("cnn3", 28, "unpooled"): "26x26x32 24x24x64 22x22x64 30976 64",
    ("cnn3", 32): "30x30x32 15x15x32 13x13x64 6x6x64 4x4x64 1024 64",
    ("binary_cnn", 28): "26x26x32 13x13x32 11x11x64 5x5x64 1600",
    ("cnn2", 28): "26x26x32 13x13x32 11x11x64 7744 64",
    ("lenet", 32): "28x28x6 14x14x6 10x10x16 5x5x16 400 120 84",
    ("cnn753", 28): "22x22x16 21x21x16 17x17x8 16x16x8 14x14x4 7x7x4 196",
    ("cnn753", 28, "same"): "28x28x16 28x28x16 28x28x8 28x28x8 28x28x4 14x14x4 784",
    ("tuned_cnn", 28): "26x26x30 13x13x30 5070 {units} 64",
    ("tuned_mlp", 28): "784 {units}",
    ("deep_cnn", 28): "26x26x32 24x24x32 12x12x32 10x10x32 8x8x32 4x4x32 4x4x32 4x4x32 2x2x32 128 64 64",
}
KEPT = (keras.layers.Conv2D, keras.layers.MaxPooling2D, keras.layers.AveragePooling2D, keras.layers.Flatten)


def label(case: Case) -> Label:
    recipe = case.recipe
    changes = {
        "same": recipe.padding == "same",
        "unpooled": not recipe.pooling,
        "normalized": recipe.batch_normalization,
    }
    outputs = 1 if recipe.loss == "binary_crossentropy" else case.classes
    return recipe.architecture, case.shape[0], outputs, *(name for name, there in changes.items() if there)


def stack(case: Case) -> tuple[Layer, ...]:
    """The layers to count by hand."""
    recipe, name = case.recipe, label(case)
    if name in STACK_OF:
        return STACKS[STACK_OF[name]].layers
    if recipe.units:
        return (
            tuned_cnn(recipe.units) if recipe.architecture == "tuned_cnn" else mlp(recipe.units, case.classes)
        )
    if recipe.architecture == "cnn753":
        layers = tuple(row.layer for row in reading(case.classes, recipe.padding, recipe.padding))
    else:
        layers = {"deep_cnn": DEEP, "cnn3": STACKS["cnn3"].layers}[recipe.architecture]
    if not recipe.pooling:
        layers = tuple(layer for layer in layers if not isinstance(layer, Pool))
    if recipe.batch_normalization:
        after = {True: (BatchNorm(),), False: ()}
        *hidden, output = layers
        layers = (
            *(one for layer in hidden for one in (layer, *after[isinstance(layer, Conv | Dense)])),
            output,
        )
    return layers


def counted(model: keras.Model) -> tuple[int, int]:
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
def test_parameters_are_the_catalogues(case: Case) -> None:
    tuned = TUNED.get(case.recipe.architecture)
    expected = (tuned(case.recipe.units or 0), 0) if tuned else PARAMETERS[label(case)]
    model = built(case.built)
    assert counted(model) == expected
    assert model.count_params() == sum(expected)


@pytest.mark.parametrize("case", BUILT)
def test_parameters_are_those_counted_by_hand(case: Case) -> None:
    rows = count(stack(case), case.shape)
    by_hand = sum(row.trainable for row in rows), sum(row.non_trainable for row in rows)
    assert counted(built(case.built)) == by_hand


@pytest.mark.parametrize("case", BUILT)
def test_layers_have_the_catalogues_shapes(case: Case) -> None:
    architecture, width, _, *changes = label(case)
    expected = OUTPUTS[(architecture, width, *(one for one in changes if one != "normalized"))]
    layers = [one for one in built(case.built).layers if isinstance(one, (*KEPT, keras.layers.Dense))]
    shapes = ["x".join(map(str, layer.output.shape[1:])) for layer in layers if layer.name != "output"]
    assert " ".join(shapes) == expected.format(units=case.recipe.units)


@pytest.mark.parametrize("case", BUILT)
def test_hidden_layers_are_rectified_and_pools_are_the_architectures(case: Case) -> None:
    layers = built(case.built).layers
    hidden = [one for one in layers if hasattr(one, "activation") and one.name != "output"]
    assert {layer.activation for layer in hidden} == {keras.activations.relu}
    pools = [one for one in layers if one.name.endswith("_pool")]
    seen = [(type(pool).__name__.removesuffix("Pooling2D"), pool.pool_size, pool.strides) for pool in pools]
    of_753 = [("Max", (2, 2), (1, 1)), ("Max", (2, 2), (1, 1)), ("Average", (2, 2), (2, 2))]
    ordinary = [("Max", (2, 2), (2, 2))] * len(pools)
    assert seen == (of_753 if case.recipe.architecture == "cnn753" else ordinary)


def test_stacks_by_hand_are_the_golden_numbers() -> None:
    for name, stack_name in STACK_OF.items():
        assert sum(row.parameters for row in rows_of(stack_name)) == sum(PARAMETERS[name])


def test_every_architecture_is_declared_by_some_variant() -> None:
    assert {case.recipe.architecture for case in CASES} == set(architectures.ARCHITECTURES)


def test_an_architecture_is_one_function_and_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def wide() -> list[Block]:
        return [ConvBlock("conv1", 5, 3), DenseBlock("dense1", 7)]

    monkeypatch.setitem(architectures.FIXED, "wide", wide)
    assert architectures.blocks_of("wide", None) == wide()
    recipe = BY_NAME["mnist_regularizers/dropout"].recipe.model_copy(update={"architecture": "wide"})
    model = build(recipe, (28, 28, 1), 10)
    assert model.count_params() == (9 + 1) * 5 + (26 * 26 * 5 + 1) * 7 + (7 + 1) * 10
    assert [one.name for one in model.layers if isinstance(one, keras.layers.Dropout)] == [
        "conv1_dropout",
        "dense1_dropout",
    ]
