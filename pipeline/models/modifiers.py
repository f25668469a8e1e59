"""Modifiers: what a recipe's fields add to the blocks of an architecture.

A modifier is one row of one of four tables, by the place where it acts: the options of every Keras layer with a
kernel, the layers before the first block, those right after an activation (before pooling), and those after a
whole block (after pooling).
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from pipeline.models.blocks import Block, Conv, Dense
from pipeline.models.weights import LayerGlorotUniform
from pipeline.params.recipe import Dropout, Penalty, Recipe

Options = Callable[[Recipe, Block | None, Sequence[Block]], dict[str, Any]]
Inputs = Callable[[Recipe], list[keras.Layer]]
Layers = Callable[[Recipe, Block, Sequence[Block]], list[keras.Layer]]


def initializers(recipe: Recipe, block: Block | None, blocks: Sequence[Block]) -> dict[str, Any]:
    """Initialisers of kernel and bias, the same for every layer."""
    bias = recipe.bias_initializer
    return {
        "kernel_initializer": recipe.kernel_initializer,
        "bias_initializer": LayerGlorotUniform() if bias == "layer_glorot_uniform" else bias,
    }


def kernel_regularizer(recipe: Recipe, block: Block | None, blocks: Sequence[Block]) -> dict[str, Any]:
    """L1 and L2 penalties on the kernels they name; `None` stands for the output layer."""
    amounts = {
        name: penalty.amount
        for name, penalty in (("l1", recipe.l1), ("l2", recipe.l2))
        if penalty and _penalised(penalty, block, blocks)
    }
    return {"kernel_regularizer": keras.regularizers.L1L2(**amounts)} if amounts else {}


def _penalised(penalty: Penalty, block: Block | None, blocks: Sequence[Block]) -> bool:
    return penalty.layers == "all" or block is next(one for one in blocks if isinstance(one, Conv))


def augmentation(recipe: Recipe) -> list[keras.Layer]:
    """Random flip, rotation, translation and zoom of training images; what moves in is background."""
    chosen = recipe.augmentation
    if chosen is None:
        return []
    outside = {"fill_mode": "constant", "fill_value": 0.0}
    layers = keras.layers
    found = [
        chosen.flip and layers.RandomFlip(chosen.flip, name="flip"),
        chosen.rotation and layers.RandomRotation(chosen.rotation, name="rotation", **outside),
        chosen.translation
        and layers.RandomTranslation(chosen.translation, chosen.translation, name="translation", **outside),
        chosen.zoom and layers.RandomZoom(chosen.zoom, name="zoom", **outside),
    ]
    return [layer for layer in found if layer]


def batch_normalization(recipe: Recipe, block: Block, blocks: Sequence[Block]) -> list[keras.Layer]:
    """Batch normalisation after every hidden activation."""
    if not recipe.batch_normalization:
        return []
    return [keras.layers.BatchNormalization(name=f"{block.name}_batch_normalization")]


def dropout(recipe: Recipe, block: Block, blocks: Sequence[Block]) -> list[keras.Layer]:
    """The recipe's dropout where it is declared, and the architecture's own elsewhere."""
    declared = recipe.dropout
    rate = declared.rate if declared and _dropped(declared, block, blocks) else block.dropout
    return [] if rate is None else [keras.layers.Dropout(rate, name=f"{block.name}_dropout")]


def _dropped(declared: Dropout, block: Block, blocks: Sequence[Block]) -> bool:
    last_conv = block is [None, *(one for one in blocks if isinstance(one, Conv))][-1]
    dense = isinstance(block, Dense)
    places = {"last_conv_and_dense": last_conv or dense, "last_conv": last_conv, "dense": dense, "hidden": True}
    return places[declared.after]


OPTIONS: tuple[Options, ...] = (initializers, kernel_regularizer)
BEFORE_BLOCKS: tuple[Inputs, ...] = (augmentation,)
AFTER_ACTIVATION: tuple[Layers, ...] = (batch_normalization,)
AFTER_BLOCK: tuple[Layers, ...] = (dropout,)
