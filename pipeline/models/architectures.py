"""Architectures: one function each, returning its hidden blocks in order, and one row in the table.

Layer names are roles (`conv1`, `dense1`): the seed of a layer's initial weights is derived from its name, so
equal roles start from equal weights in every variant. The output layer is added by the builder.
"""

from collections.abc import Callable

from pipeline.models.blocks import Block, Conv, Dense, Pool


def cnn3() -> list[Block]:
    """Three 3x3 convolutions of 32, 64, 64 filters, two max pools, 64 dense units (catalogue A_CNN3)."""
    return [
        Conv("conv1", 32, 3, pool=Pool()),
        Conv("conv2", 64, 3, pool=Pool()),
        Conv("conv3", 64, 3),
        Dense("dense1", 64),
    ]


ARCHITECTURES: dict[str, Callable[[], list[Block]]] = {
    "cnn3": cnn3,
}
