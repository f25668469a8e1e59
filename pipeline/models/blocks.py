"""The building blocks of an architecture, as data: no TensorFlow, so that params.yaml is checked without it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Pool:
    """A pooling layer that follows a convolution."""

    kind: str = "max"
    size: int = 2
    strides: int = 2


@dataclass(frozen=True)
class Conv:
    """A convolution with its activation, the pooling that follows it, and a dropout of its own after that."""

    name: str
    filters: int
    kernel_size: int
    pool: Pool | None = None
    dropout: float | None = None


@dataclass(frozen=True)
class Dense:
    """A hidden dense layer with its activation; what comes in is flattened. Without `units` it has the recipe's."""

    name: str
    units: int | None
    dropout: float | None = None


Block = Conv | Dense


def set_units(blocks: Iterable[Block], units: int | None) -> tuple[Block, ...]:
    """Blocks whose dense layers without units of their own have these."""
    return tuple(
        replace(block, units=units) if isinstance(block, Dense) and block.units is None else block for block in blocks
    )
