"""Parameters of an architecture on images of any size, counted by formula: nobody trains these."""

from collections.abc import Iterator
from math import prod

from pipeline.claims.vocabulary import Network
from pipeline.models import blocks
from pipeline.models.architectures import blocks_of
from pipeline.models.layer_counts import (
    Conv,
    Dense,
    Flatten,
    Layer,
    Pool,
    Row,
    Shape,
    count_layer,
)


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
        match block:
            case blocks.Dense(name, int(units)):
                yield name, Dense(units)
            case blocks.Conv(name, filters, kernel_size, pool):
                yield name, Conv(filters, kernel_size)
                if pool and network.pooling:
                    yield f"{name}_pool", Pool(pool.size, pool.strides)
    yield "output", Dense(network.classes)
