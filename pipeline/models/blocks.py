"""The building blocks of an architecture, as data: no TensorFlow, so that params.yaml is checked without it."""

from dataclasses import dataclass


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
    """A hidden dense layer with its activation; what comes in is flattened."""

    name: str
    units: int
    dropout: float | None = None


Block = Conv | Dense
