"""One side of a condition as an arm: a value a repeat, from variants, numbers, or networks nobody trains."""

import zlib
from collections.abc import Callable, Iterator
from math import prod

import numpy as np
from scipy import stats

from pipeline.claims.recorded import Floats, NotRecordedError, Recorded
from pipeline.claims.vocabulary import Network, Operand, SplitOf
from pipeline.data.splits import split_indices
from pipeline.models import blocks
from pipeline.models.architectures import blocks_of
from pipeline.models.layer_counts import (
    Conv,
    Dense,
    Flatten,
    ImpossibleShapeError,
    Layer,
    Pool,
    Row,
    Shape,
    count_layer,
)
from pipeline.statistics.comparison import Arm

Values = Callable[[str], Floats]


def make_arm(operand: Operand, metric: str, recorded: Recorded) -> Arm:
    """An operand's values in each repeat, with its name in words.

    Raises
    ------
    NotRecordedError
        When it speaks of something that the study did not record.
    """
    chosen = operand.metric or metric
    name = name_operand(operand) + (f" ({operand.metric})" if operand.metric else "")
    if operand.times != 1:
        name = f"{operand.times:g} times {name}"
    with np.errstate(invalid="ignore"):  # infinite - infinite is undefined, and scored as such
        values = _values(operand, lambda variant: recorded.values(chosen, variant), recorded.n)
    images = _images(operand, chosen, recorded) if operand.times == 1 else None
    return Arm(name, operand.times * values, images)


def name_operand(operand: Operand) -> str:
    """An operand in words."""
    match operand:
        case Operand(variant=str(name)):
            return name
        case Operand(value=float(number)):
            return f"{number:g}"
        case Operand(difference=[first, second]):
            return f"{first} minus {second}"
        case Operand(lowest=list(names)):
            return f"the lowest of {', '.join(names)}"
        case Operand(highest=list(names)):
            return f"the highest of {', '.join(names)}"
        case Operand(sd_over=list(names)):
            return f"the spread over {', '.join(names)}"
        case Operand(rank=str(name), among=list(names)):
            return f"the rank of {name} among {', '.join(names)}"
        case Operand(deviation=str(name)):
            return f"the distance of {name} from its median"
        case Operand(spread=str(name)):
            return f"the sd of {name} over repeats"
        case Operand(network=Network() as network):
            return _name_network(network)
        case Operand(split=SplitOf(seed=seed)):
            return f"the split of seed {seed}"
    raise ValueError(f"expected one kind of operand, received {operand}")


def _values(operand: Operand, of: Values, n: int) -> Floats:
    match operand:
        case Operand(variant=str(name)) | Operand(spread=str(name)):
            return of(name)
        case Operand(value=float(number)):
            return np.full(n, number)
        case Operand(difference=[first, second]):
            return of(first) - of(second)
        case Operand(lowest=list(names)):
            return np.asarray(np.min([of(name) for name in names], axis=0))
        case Operand(highest=list(names)):
            return np.asarray(np.max([of(name) for name in names], axis=0))
        case Operand(sd_over=list(names)):
            return np.asarray(np.std([of(name) for name in names], axis=0, ddof=1))
        case Operand(rank=str(name), among=list(names)):
            ranks = stats.rankdata([-of(other) for other in names], axis=0)
            return np.asarray(ranks[names.index(name)], dtype=float)
        case Operand(deviation=str(name)):
            finite = of(name)[np.isfinite(of(name))]
            return np.abs(of(name) - (np.median(finite) if finite.size else np.nan))
        case Operand(network=Network() as network):
            return np.full(n, _parameters(network))
        case Operand(split=SplitOf() as split):
            return np.full(n, float(_checksum(split)))
    raise ValueError(f"expected one kind of operand, received {operand}")


def _images(operand: Operand, metric: str, recorded: Recorded) -> Floats | None:
    """What each repeat got of each test image, where the operand is linear in it; a number is one for all."""
    match operand:
        case Operand(variant=str(name)):
            return recorded.images(metric, name)
        case Operand(value=float(number)):
            return np.asarray(number)
        case Operand(difference=[first, second]):
            one, other = recorded.images(metric, first), recorded.images(metric, second)
            return None if one is None or other is None or one.shape != other.shape else one - other
    return None


def _parameters(network: Network) -> float:
    try:
        return float(count_parameters(network))
    except ImpossibleShapeError as error:
        raise NotRecordedError(f"there is no {_name_network(network)}: {error}") from None


def _checksum(split: SplitOf) -> int:
    """CRC-32 of the indices that train, drawn anew at each call."""
    task = {"kind": "shuffled", "fraction": split.fraction, "seed": split.seed, "stratified": False}
    train, _ = split_indices(np.zeros(split.n, np.uint8), task, "claim")
    return zlib.crc32(train.astype("<i8").tobytes())


def _name_network(network: Network) -> str:
    size = "x".join(map(str, network.input_shape))
    layer = f"{network.layer} of " if network.layer else ""
    dense = "a dense layer in place of " if network.as_dense else ""
    units = f" with {network.units} units" if network.units else ""
    pooling = "" if network.pooling else " without pooling"
    return f"{dense}{layer}{network.architecture}{units}{pooling} on {size}"


def count_parameters(network: Network) -> int:
    """Parameters of all layers, of one, or of a dense layer that gives the same output from the same input.

    Raises
    ------
    KeyError
        When the network has no layer of the name; `check.check_claims` refuses such a claim.
    """
    counted = dict(_count_layers(network))
    if network.layer is None:
        return sum(row.parameters for _, row in counted.values())
    shape, row = counted[network.layer]
    return prod(row.shape) * (prod(shape) + 1) if network.as_dense else row.parameters


def _count_layers(network: Network) -> Iterator[tuple[str, tuple[Shape, Row]]]:
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
