"""Modifiers: what a recipe's fields add to the blocks of an architecture.

A modifier is one row of one of three tables, by the place where it acts: the options of a block's Keras layer,
the layers right after its activation (before pooling), the layers after the whole block (after pooling).
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from pipeline.models.blocks import Block, Conv
from pipeline.params.schema import Penalty, Recipe

Options = Callable[[Recipe, Block | None, Sequence[Block]], dict[str, Any]]
Layers = Callable[[Recipe, Block, Sequence[Block]], list[keras.Layer]]


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


def batch_normalization(recipe: Recipe, block: Block, blocks: Sequence[Block]) -> list[keras.Layer]:
    """Batch normalisation after every hidden activation."""
    if not recipe.batch_normalization:
        return []
    return [keras.layers.BatchNormalization(name=f"{block.name}_batch_normalization")]


def dropout(recipe: Recipe, block: Block, blocks: Sequence[Block]) -> list[keras.Layer]:
    """Dropout after the last convolution and after every hidden dense layer."""
    convolutions = [one for one in blocks if isinstance(one, Conv)]
    inner = block in convolutions[:-1]
    if recipe.dropout is None or inner:
        return []
    return [keras.layers.Dropout(recipe.dropout, name=f"{block.name}_dropout")]


OPTIONS: tuple[Options, ...] = (kernel_regularizer,)
AFTER_ACTIVATION: tuple[Layers, ...] = (batch_normalization,)
AFTER_BLOCK: tuple[Layers, ...] = (dropout,)
