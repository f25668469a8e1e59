"""The write-ups' models: parameters and output shapes as they print them, and the same counted by hand."""

from collections.abc import Callable

import keras
import pytest

from pipeline.models.architectures import ARCHITECTURES
from pipeline.models.layer_counts import total
from pipeline.writeups.counts import count_network, count_reading
from tests.contract.declared import BUILT, CASES, Case
from tests.contract.test_models import count_parameters
from tests.contract.tiny import built

Label = tuple[str | int, ...]

# (architecture, image width, output units, changes) -> (trainable, not trainable) as the write-ups print them, but
# for deep_cnn (a free choice) and the 4-class head with batch normalisation (its 5,088 + 56 + 56).
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
COUNTED: dict[Label, str] = {
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


def is_printed(case: Case) -> bool:
    return label(case) in PARAMETERS or case.recipe.architecture in TUNED


PRINTED = [one for one in BUILT if is_printed(one.values[0])]


@pytest.mark.parametrize("case", PRINTED)
def test_parameters_are_the_printed_ones(case: Case) -> None:
    tuned = TUNED.get(case.recipe.architecture)
    expected = (tuned(case.recipe.units or 0), 0) if tuned else PARAMETERS[label(case)]
    model = built(case.built)
    assert count_parameters(model) == expected
    assert model.count_params() == sum(expected)


def test_every_printed_count_is_of_a_declared_model() -> None:
    assert PARAMETERS.keys() - {("binary_cnn", 28, 2)} <= {label(case) for case in CASES}


@pytest.mark.parametrize("case", PRINTED)
def test_layers_have_the_printed_shapes(case: Case) -> None:
    architecture, width, _, *changes = label(case)
    expected = OUTPUTS[(architecture, width, *(one for one in changes if one != "normalized"))]
    layers = [one for one in built(case.built).layers if isinstance(one, (*KEPT, keras.layers.Dense))]
    shapes = ["x".join(map(str, layer.output.shape[1:])) for layer in layers if layer.name != "output"]
    assert " ".join(shapes) == expected.format(units=case.recipe.units)


def test_counts_by_hand_are_the_printed_numbers() -> None:
    for name, counted in COUNTED.items():
        assert total(count_network(counted)) == sum(PARAMETERS[name])
    for classes, padding in ((10, "valid"), (4, "valid"), (10, "same"), (4, "same")):
        name = ("cnn753", 28, classes, *(("same",) if padding == "same" else ()))
        rows = count_reading(classes, padding, padding)  # type: ignore[arg-type]
        assert total(rows) == sum(PARAMETERS[name])


def test_pools_of_the_7_5_3_network_overlap_and_the_last_is_an_average() -> None:
    case = next(case for case in CASES if case.recipe.architecture == "cnn753")
    pools = [layer for layer in built(case.built).layers if layer.name.endswith("_pool")]
    seen = [(type(pool).__name__.removesuffix("Pooling2D"), pool.pool_size, pool.strides) for pool in pools]
    assert seen == [("Max", (2, 2), (1, 1)), ("Max", (2, 2), (1, 1)), ("Average", (2, 2), (2, 2))]


def test_every_architecture_is_declared_by_some_variant() -> None:
    assert {case.recipe.architecture for case in CASES} == set(ARCHITECTURES)
