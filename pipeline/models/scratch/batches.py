"""Orders of examples: which indices make up each mini-batch."""

from collections.abc import Iterator

import numpy as np

from pipeline.models.scratch.arrays import Array


def in_order(order: Array, batch_size: int) -> Iterator[Array]:
    """The indices of an order, batch by batch; the last batch may be smaller.

    Parameters
    ----------
    order : ndarray of int, shape (examples,)
        Usually a permutation: one epoch.
    """
    return (order[start : start + batch_size] for start in range(0, len(order), batch_size))


def with_replacement(
    generator: np.random.Generator, examples: int, batch_size: int, steps: int
) -> Iterator[Array]:
    """Indices drawn anew for every batch, each from all examples, so that there are no epochs."""
    return (generator.integers(examples, size=batch_size) for _ in range(steps))
