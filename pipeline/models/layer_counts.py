"""Output shapes and parameter counts of layers, by their formulas."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal, TypeAlias

from pipeline.models import blocks

Shape: TypeAlias = tuple[int, ...]
Padding: TypeAlias = Literal["valid", "same"]


class ImpossibleShapeError(ValueError):
    """A window larger than the map it should slide over."""


@dataclass(frozen=True)
class Conv:
    """2-D convolution with a square kernel and one bias a filter."""

    filters: int
    kernel_size: int
    strides: int = 1
    padding: Padding = "valid"


@dataclass(frozen=True)
class Pool:
    """2-D pooling with a square window; no parameters."""

    size: int = 2
    strides: int = 2
    padding: Padding = "valid"


@dataclass(frozen=True)
class Flatten:
    """Map to vector; no parameters."""


@dataclass(frozen=True)
class Dense:
    """Fully connected layer with one bias a unit."""

    units: int


@dataclass(frozen=True)
class BatchNorm:
    """Scale and shift (trainable), moving mean and variance (not trainable), one of each a channel."""


@dataclass(frozen=True)
class Dropout:
    """Random masking; no parameters."""


Layer: TypeAlias = Conv | Pool | Flatten | Dense | BatchNorm | Dropout


@dataclass(frozen=True)
class Row:
    """One line of a model summary: layer, output shape, parameter counts."""

    layer: Layer
    shape: Shape
    formula: str
    trainable: int = 0
    non_trainable: int = 0

    @property
    def parameters(self) -> int:
        """All parameters of the layer."""
        return self.trainable + self.non_trainable


def layers_of(
    hidden: Iterable[blocks.Block],
    outputs: int,
    *,
    padding: Padding = "valid",
    pooling: bool = True,
    after_conv: Sequence[Layer] = (),
    before_dense: Sequence[Layer] = (),
    after_dense: Sequence[Layer] = (),
) -> Iterator[tuple[str, Layer]]:
    """Layers of an architecture with the names of their roles, from its hidden blocks: with units, where dense.

    `outputs` are the units of the last layer, `padding` is that of convolutions and pools; without `pooling` the pools
    are left out. `after_conv` follows the activation of every convolution, before its pool, `after_dense` that of every
    hidden dense layer; `before_dense` stands before the flattening.
    """
    flatten = [*(("before_dense", layer) for layer in before_dense), ("flatten", Flatten())]
    for block in hidden:
        match block:
            case blocks.Conv(name, filters, kernel_size, pool):
                yield name, Conv(filters, kernel_size, padding=padding)
                yield from ((f"{name}_after", layer) for layer in after_conv)
                if pool and pooling:
                    yield f"{name}_pool", Pool(pool.size, pool.strides, padding)
            case blocks.Dense(name, int(units)):
                yield from flatten
                flatten = []
                yield name, Dense(units)
                yield from ((f"{name}_after", layer) for layer in after_dense)
        if block.dropout:
            yield f"{block.name}_dropout", Dropout()
    yield from flatten
    yield "output", Dense(outputs)


def slide(size: int, window: int, strides: int, padding: Padding) -> int:
    """Number of positions of a sliding window along one axis.

    `valid`: floor((size − window) / strides) + 1; `same`: ceil(size / strides).

    Raises
    ------
    ImpossibleShapeError
        When an unpadded window does not fit.
    """
    if padding == "same":
        return -(-size // strides)
    if window > size:
        raise ImpossibleShapeError(f"a window of {window} does not fit a map of {size}")
    return (size - window) // strides + 1


def count_layer(layer: Layer, shape: Shape) -> Row:
    """Output shape and parameter counts of one layer fed with the given shape."""
    channels = shape[-1]
    match layer:
        case Conv(filters, k, strides, padding):
            spatial = tuple(slide(size, k, strides, padding) for size in shape[:2])
            formula = f"({k}·{k}·{channels} + 1)·{filters}"
            return Row(layer, (*spatial, filters), formula, (k * k * channels + 1) * filters)
        case Pool(window, strides, padding):
            spatial = tuple(slide(size, window, strides, padding) for size in shape[:2])
            return Row(layer, (*spatial, channels), "0")
        case Flatten():
            return Row(layer, (prod(shape),), "0")
        case Dense(units):
            return Row(layer, (units,), f"({channels} + 1)·{units}", (channels + 1) * units)
        case BatchNorm():
            return Row(layer, shape, f"2·{channels} + 2·{channels}", 2 * channels, 2 * channels)
        case Dropout():
            return Row(layer, shape, "0")


def count(layers: Sequence[Layer], shape: Shape) -> list[Row]:
    """Rows of the model summary of a stack of layers."""
    rows: list[Row] = []
    for layer in layers:
        rows.append(count_layer(layer, rows[-1].shape if rows else shape))
    return rows


def total(rows: Sequence[Row]) -> int:
    """All parameters of a model."""
    return sum(row.parameters for row in rows)


def trainable(rows: Sequence[Row]) -> int:
    """Trainable parameters of a model."""
    return sum(row.trainable for row in rows)
