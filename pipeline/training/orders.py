"""In which order a run sees its examples: one table of indices for every library that trains; numpy only."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt

from pipeline.params.recipe import Recipe
from pipeline.training.recipes import batch_size_of

Indices = npt.NDArray[np.int32]


def order_table(recipe: Recipe, seed: int, n: int) -> Indices:
    """Indices of the examples that each epoch sees, int32 of shape (epochs, examples an epoch).

    With `updates` in the recipe, batches run on across passes over the data, and their number is divided evenly
    over as many as ten epochs, so that there is a history; otherwise an epoch is one pass.
    """
    orders = sampled_orders(seed, n) if recipe.sampling == "with_replacement" else epoch_orders(seed, n)
    if recipe.updates is None:
        return np.stack(list(islice(orders, recipe.epochs)))
    examples = recipe.updates * batch_size_of(recipe, n)
    passes = np.concatenate(list(islice(orders, -(-examples // n))))
    return passes[:examples].reshape(even_epochs(recipe.updates), -1)


def even_epochs(updates: int, most: int = 10) -> int:
    """Largest number of epochs, up to `most`, that divides a number of updates."""
    return max(epochs for epochs in range(1, most + 1) if updates % epochs == 0)


def sampled_orders(seed: int, n: int) -> Iterator[Indices]:
    """Orders of n indices drawn with replacement from n training examples, without end."""
    generator = np.random.Generator(np.random.PCG64(seed))
    while True:
        yield generator.integers(n, size=n, dtype=np.int32)


def epoch_orders(seed: int, n: int) -> Iterator[Indices]:
    """Orders of the n training examples, one permutation an epoch, without end.

    Fewer epochs see a prefix of the same orders, so variants that stop early still pair.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    while True:
        yield generator.permutation(n).astype(np.int32)
