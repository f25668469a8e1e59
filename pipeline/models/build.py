"""A recipe as a Keras model: its architecture's blocks, its modifiers, and the output layer."""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import keras

from pipeline.models.blocks import Block, Conv, set_units
from pipeline.models.modifiers import AFTER_ACTIVATION, AFTER_BLOCK, BEFORE_BLOCKS, OPTIONS
from pipeline.params.recipe import Recipe


def build(
    recipe: Recipe, input_shape: Sequence[int], classes: int, model_class: type[keras.Model] = keras.Model
) -> Any:
    """Uncompiled functional model of a recipe, of which only blocks and modifiers matter here.

    Parameters
    ----------
    input_shape : sequence of int
        Shape (height, width, channels) of one image, given scaled, as float32.

    Raises
    ------
    ValueError
        From Keras, when the images are too small for the architecture.
    """
    blocks = set_units(recipe.blocks, recipe.units)
    inputs = keras.Input(tuple(input_shape), name="image")
    x = _through(inputs, (layer for add in BEFORE_BLOCKS for layer in add(recipe)))
    for block in blocks:
        x = _apply(x, block, recipe, blocks)
    options = _options(recipe, None, blocks)
    units, activation = output_layer(recipe, classes)
    outputs = keras.layers.Dense(units, activation=activation, name="output", **options)(_flat(x))
    return model_class(inputs=inputs, outputs=outputs, name=recipe.architecture)


def output_layer(recipe: Recipe, classes: int) -> tuple[int, str]:
    """Units and activation of the output: one sigmoid for binary cross-entropy, else a softmax over the classes."""
    return (1, "sigmoid") if recipe.loss == "binary_crossentropy" else (classes, "softmax")


def _apply(x: Any, block: Block, recipe: Recipe, blocks: Sequence[Block]) -> Any:
    options = _options(recipe, block, blocks)
    if isinstance(block, Conv):
        x = keras.layers.Conv2D(
            block.filters, block.kernel_size, padding=recipe.padding, activation="relu", name=block.name, **options
        )(x)
    else:
        x = keras.layers.Dense(block.units, activation="relu", name=block.name, **options)(_flat(x))
    x = _through(x, (layer for add in AFTER_ACTIVATION for layer in add(recipe, block, blocks)))
    if isinstance(block, Conv) and block.pool and recipe.pooling:
        pooling = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[block.pool.kind]
        x = pooling(block.pool.size, block.pool.strides, padding=recipe.padding, name=f"{block.name}_pool")(x)
    return _through(x, (layer for add in AFTER_BLOCK for layer in add(recipe, block, blocks)))


def _options(recipe: Recipe, block: Block | None, blocks: Sequence[Block]) -> dict[str, Any]:
    return {key: value for give in OPTIONS for key, value in give(recipe, block, blocks).items()}


def _through(x: Any, layers: Iterable[keras.Layer]) -> Any:
    return reduce(lambda value, layer: layer(value), layers, x)


def _flat(x: Any) -> Any:
    return x if len(x.shape) == 2 else keras.layers.Flatten(name="flatten")(x)
