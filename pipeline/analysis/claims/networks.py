"""Parameters of an architecture on images of any size, counted by formula: nobody trains these."""

from collections.abc import Iterator
from math import prod

from pipeline.analysis.exercises.layer_counts import (
    Conv,
    Dense,
    Flatten,
    Layer,
    Pool,
    Row,
    Shape,
    count_layer,
)
from pipeline.models import blocks
from pipeline.models.architectures import blocks_of
from pipeline.params.claims import Network


def network_parameters(network: Network) -> int:
    """Parameters of all layers, of one, or of a dense layer that gives the same output from the same input.

    Raises
    ------
    KeyError
        When the network has no layer of the name; `params.check_claims` refuses such a claim.
    """
    counted = dict(_rows(network))
    if network.layer is None:
        return sum(row.parameters for _, row in counted.values())
    shape, row = counted[network.layer]
    return prod(row.shape) * (prod(shape) + 1) if network.as_dense else row.parameters


def _rows(network: Network) -> Iterator[tuple[str, tuple[Shape, Row]]]:
    """Each layer with the shape it is given and its row of the summary."""
    shape: Shape = tuple(network.input_shape)
    for name, layer in _layers(network):
        if isinstance(layer, Dense) and len(shape) > 1:
            shape = count_layer(Flatten(), shape).shape
        row = count_layer(layer, shape)
        yield name, (shape, row)
        shape = row.shape


def _layers(network: Network) -> Iterator[tuple[str, Layer]]:
    for block in blocks_of(network.architecture, network.units):
        if isinstance(block, blocks.Dense):
            yield block.name, Dense(block.units)
            continue
        yield block.name, Conv(block.filters, block.kernel_size)
        if block.pool and network.pooling:
            yield f"{block.name}_pool", Pool(block.pool.size, block.pool.strides)
    yield "output", Dense(network.classes)
