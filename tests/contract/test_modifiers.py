"""Modifiers of every declared variant: really in its model, where declared, as strong as declared, and only they."""

from typing import Any

import keras
import numpy as np
import pytest

from pipeline.models.blocks import Conv, Dense
from pipeline.models.weights import initialize
from tests.contract.declared import BUILT, BY_NAME, Case, distinct
from tests.contract.tiny import N, built, images, initial_weights

RANDOM = (
    keras.layers.RandomFlip,
    keras.layers.RandomRotation,
    keras.layers.RandomTranslation,
    keras.layers.RandomZoom,
)
ORDINARY = (
    *(keras.layers.InputLayer, keras.layers.Conv2D, keras.layers.Dense, keras.layers.Flatten),
    *(keras.layers.MaxPooling2D, keras.layers.AveragePooling2D),
)


def layers_of(case: Case, *kinds: type) -> list[Any]:
    return [layer for layer in built(case.built).layers if isinstance(layer, kinds)]


def hidden(case: Case) -> list[str]:
    kinds = keras.layers.Conv2D, keras.layers.Dense
    return [layer.name for layer in layers_of(case, *kinds) if layer.name != "output"]


def first_conv(case: Case) -> list[str]:
    return [block.name for block in case.recipe.blocks if isinstance(block, Conv)][:1]


def dropouts(case: Case) -> dict[str, float]:
    """Dropout rates by the hidden layer they follow: as declared, or else the architecture's own."""
    declared, blocks = case.recipe.dropout, case.recipe.blocks
    own = {block.name: block.dropout for block in blocks if block.dropout is not None}
    if declared is None:
        return own
    dense = [block.name for block in blocks if isinstance(block, Dense)]
    last_conv = [block.name for block in blocks if isinstance(block, Conv)][-1:]
    after = {
        "last_conv_and_dense": [*last_conv, *dense],
        "last_conv": last_conv,
        "dense": dense,
        "hidden": [block.name for block in blocks],
    }
    return own | dict.fromkeys(after[declared.after], declared.rate)


@pytest.mark.parametrize("case", BUILT)
def test_no_other_layer_is_there(case: Case) -> None:
    modifiers = (keras.layers.Dropout, keras.layers.BatchNormalization, *RANDOM)
    assert {type(layer) for layer in built(case.built).layers} <= {*ORDINARY, *modifiers}


@pytest.mark.parametrize("case", BUILT)
def test_dropout_is_where_declared_after_pooling(case: Case) -> None:
    seen = {one.name.removesuffix("_dropout"): one.rate for one in layers_of(case, keras.layers.Dropout)}
    assert seen == dropouts(case)
    assert not case.recipe.dropout or seen
    names = [layer.name for layer in built(case.built).layers]
    for block in seen:
        before = names[names.index(f"{block}_dropout") - 1]
        pooled = f"{block}_pool" in names
        normalized = f"{block}_batch_normalization" if case.recipe.batch_normalization else block
        assert before == (f"{block}_pool" if pooled else normalized)


@pytest.mark.parametrize("case", BUILT)
def test_batch_normalisation_follows_every_hidden_activation(case: Case) -> None:
    names = [layer.name for layer in layers_of(case, keras.layers.BatchNormalization)]
    declared = case.recipe.batch_normalization
    assert names == ([f"{block}_batch_normalization" for block in hidden(case)] if declared else [])
    order = [layer.name for layer in built(case.built).layers]
    for name in names:
        assert order[order.index(name) - 1] == name.removesuffix("_batch_normalization")


@pytest.mark.parametrize("case", BUILT)
def test_penalties_are_on_the_declared_kernels_with_the_declared_amount(case: Case) -> None:
    where = {"first_conv": first_conv(case), "all": [*hidden(case), "output"]}
    declared = {"l1": case.recipe.l1, "l2": case.recipe.l2}
    expected = {
        f"{layer} {kind}": penalty.amount
        for kind, penalty in declared.items()
        for layer in (where[penalty.layers] if penalty else ())
        if penalty
    }
    seen = {}
    for layer in layers_of(case, keras.layers.Conv2D, keras.layers.Dense):
        regularizer = layer.kernel_regularizer
        for kind in declared if regularizer else ():
            seen[f"{layer.name} {kind}"] = float(getattr(regularizer, kind))
        assert layer.bias_regularizer is layer.activity_regularizer is None
    assert {name: amount for name, amount in seen.items() if amount} == pytest.approx(expected)


@pytest.mark.parametrize("case", distinct(lambda case: case.built, lambda case: case.recipe.l1 or case.recipe.l2))
def test_penalty_is_the_sum_over_the_kernels(case: Case) -> None:
    weights = initial_weights(case.built)
    expected = 0.0
    for penalty, power in ((case.recipe.l1, 1), (case.recipe.l2, 2)):
        if penalty:
            where = "/kernel" if penalty.layers == "all" else f"{first_conv(case)[0]}/kernel"
            sizes = [np.abs(value.astype(float)) ** power for name, value in weights.items() if where in name]
            expected += penalty.amount * float(sum(size.sum() for size in sizes))
    assert expected > 0
    assert float(sum(built(case.built).losses)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("case", BUILT)
def test_augmentation_layers_are_the_declared_ones(case: Case) -> None:
    chosen = case.recipe.augmentation
    expected: dict[type, Any] = {}
    if chosen:
        expected = {
            keras.layers.RandomFlip: chosen.flip,
            keras.layers.RandomRotation: chosen.rotation and [-chosen.rotation, chosen.rotation],
            keras.layers.RandomTranslation: chosen.translation and [-chosen.translation, chosen.translation],
            keras.layers.RandomZoom: chosen.zoom and [-chosen.zoom, chosen.zoom],
        }
    seen = {type(layer): layer.get_config() for layer in layers_of(case, *RANDOM)}
    keys = ("mode", "factor", "height_factor", "height_factor")
    strength = {kind: _listed(seen[kind][key]) for kind, key in zip(RANDOM, keys, strict=True) if kind in seen}
    assert strength == {kind: value for kind, value in expected.items() if value}
    first = [layer.name for layer in built(case.built).layers[1 : 1 + len(seen)]]
    assert first == [layer.name for layer in layers_of(case, *RANDOM)]


def _listed(value: Any) -> Any:
    return value if isinstance(value, str) else list(value) if np.ndim(value) else [-value, value]


@pytest.mark.parametrize(
    "case", distinct(lambda case: case.built, lambda case: case.recipe.augmentation or dropouts(case))
)
def test_dropout_and_augmentation_act_in_training_only(case: Case) -> None:
    model = built(case.built)
    initialize(model, 7, 7)
    x = images(case.shape, case.classes, True).train.images[:].astype(np.float32) / 255
    for layer in layers_of(case, keras.layers.Dropout, *RANDOM):
        given = x if isinstance(layer, RANDOM) else np.ones((N, *layer.input.shape[1:]), np.float32)
        assert np.array_equal(layer(given, training=False), given)
        assert not np.array_equal(layer(given, training=True), given)
    answers = [np.asarray(model(x, training=mode)) for mode in (False, False, True, True)]
    assert np.array_equal(answers[0], answers[1])
    assert not np.array_equal(answers[0], answers[2])
    assert not np.array_equal(answers[2], answers[3])


INITIALIZED = distinct(
    lambda case: (
        case.recipe.architecture,
        case.recipe.units,
        case.recipe.kernel_initializer,
        case.recipe.bias_initializer,
        case.shape,
        case.recipe.loss,
    )
)


@pytest.mark.parametrize("case", INITIALIZED)
def test_kernels_and_biases_start_as_declared(case: Case) -> None:
    weights = initial_weights(case.built)
    for layer in layers_of(case, keras.layers.Conv2D, keras.layers.Dense):
        kernel, bias = (weights[f"{layer.name}/{role}"].astype(float) for role in ("kernel", "bias"))
        receptive = int(np.prod(kernel.shape[:-2]))
        fans = receptive * kernel.shape[-2], receptive * kernel.shape[-1]
        _check_draw(case.recipe.kernel_initializer, kernel.ravel(), *fans)
        by_layer = case.recipe.bias_initializer == "layer_glorot_uniform"
        of_vector = len(bias), len(bias)  # Keras's fans
        _check_draw(case.recipe.bias_initializer, bias, *(fans if by_layer else of_vector))


def _check_draw(initializer: str, values: Any, fan_in: int, fan_out: int) -> None:
    """Range and, where there are values enough, spread of a Keras initialiser's draw."""
    glorot = np.sqrt(6 / (fan_in + fan_out))  # sqrt(3 / n) for a bias of n
    he = np.sqrt(2 / fan_in)
    limit, sd = {
        "zeros": (0.0, 0.0),
        "glorot_uniform": (glorot, glorot / np.sqrt(3)),
        "layer_glorot_uniform": (glorot, glorot / np.sqrt(3)),
        "random_uniform": (0.05, 0.05 / np.sqrt(3)),
        "random_normal": (np.inf, 0.05),
        "he_normal": (2 * he / 0.87962566103423978, he),  # truncated at two sd of the normal that is cut
    }[initializer]
    assert np.abs(values).max() <= limit * (1 + 1e-6)
    assert initializer == "zeros" or np.abs(values).max() > 0
    if len(values) >= 250:  # 250 values give their sd to about 4.5 % (one sd of the estimate)
        assert values.std() == pytest.approx(sd, rel=0.2)
        assert values.mean() == pytest.approx(0, abs=5 * sd / np.sqrt(len(values)) + 1e-12)
    elif initializer.endswith("uniform") and len(values) >= 30:
        assert np.abs(values).max() > 0.8 * limit


@pytest.mark.parametrize("name", ["scratch_mlp_sgd", "keras_mlp_sgd", "scratch_mlp_adam"])
def test_networks_by_hand_and_their_control_draw_biases_within_the_bound_of_their_kernels(name: str) -> None:
    """As 000 does: sqrt(6 / (784 + 128)) in the first layer, where Keras's own bias of 128 reaches sqrt(3 / 128)."""
    case = BY_NAME[f"mnist_by_hand/{name}"]
    weights = initial_weights(case.built)
    for layer, fan_in, fan_out in (("dense1", 784, 128), ("dense2", 128, 64), ("output", 64, 10)):
        bias, limit = np.abs(weights[f"{layer}/bias"]), np.sqrt(6 / (fan_in + fan_out))
        assert 0.7 * limit < bias.max() <= limit * (1 + 1e-6)
        assert limit < 0.9 * np.sqrt(3 / fan_out)
    assert case.recipe.bias_initializer == "layer_glorot_uniform"
    assert not np.array_equal(initial_weights(case.built, weights=8)["dense1/bias"], weights["dense1/bias"])
