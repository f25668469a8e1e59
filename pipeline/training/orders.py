"""In which order a run sees its examples: one table of indices for every library that trains; numpy only."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt

from pipeline.params.recipe import Recipe
from pipeline.seeds import epoch_orders, sampled_orders

Indices = npt.NDArray[np.int32]


def batch_size_of(recipe: Recipe, n: int) -> int:
    """Batch size of a recipe on n training images."""
    return n if recipe.batch_size == "full" else recipe.batch_size


def updates_of(recipe: Recipe, epochs_run: int, n: int) -> int:
    """Weight updates of a run on n training images: one a batch, the smaller last one of an epoch included."""
    return recipe.updates or epochs_run * -(-n // batch_size_of(recipe, n))


def order_table(recipe: Recipe, seed: int, n: int) -> Indices:
    """Indices of the examples that each epoch sees, int32 of shape (epochs, examples an epoch).

    With `updates` in the recipe, batches run on across passes over the data, and their number is divided evenly
    over as many as ten epochs, so that there is a history; otherwise an epoch is one pass.
    """
    orders = sampled_orders(seed, n) if recipe.sampling == "with_replacement" else epoch_orders(seed, n)
    if recipe.updates is None:
        return np.stack(list(islice(orders, recipe.epochs)))
    examples = recipe.updates * batch_size_of(recipe, n)
    return _first(orders, examples).reshape(even_epochs(recipe.updates), -1)


def even_epochs(updates: int, most: int = 10) -> int:
    """Largest number of epochs, up to `most`, that divides a number of updates."""
    return max(epochs for epochs in range(1, most + 1) if updates % epochs == 0)


def _first(orders: Iterator[Indices], examples: int) -> Indices:
    found: list[Indices] = []
    while sum(map(len, found)) < examples:
        found.append(next(orders))
    return np.concatenate(found)[:examples]
