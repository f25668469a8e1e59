"""The write-ups' architectures as stacks of layers to count by hand, apart from the models that train."""

from dataclasses import dataclass, field

from pipeline.models.layer_counts import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Padding,
    Pool,
    Shape,
)

GREY, COLOUR = (28, 28, 1), (32, 32, 3)

Layers = tuple[Layer, ...]
Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Stack:
    """An architecture: the write-up it belongs to, its input, its layers, and the totals the write-up prints.

    `printed` maps "total", "trainable", "non-trainable", "[…] size in KB" or "… MB", or a position in the
    stack (from 0) to a printed figure. `built` is False for stacks no write-up trained.
    """

    write_up: str
    input_shape: Shape
    layers: Layers
    printed: dict[str | int, str] = field(default_factory=dict)
    built: bool = True


def mlp(*units: int) -> Layers:
    """Flatten, then dense layers."""
    return (Flatten(), *map(Dense, units))


def cnn3(after_conv: Layers = (), before_dense: Layers = (), after_dense: Layers = ()) -> Layers:
    """3x3 convolutions of 32, 64, 64 filters, two max pools, Dense 64, Dense 10, with layers inserted."""
    blocks = (Conv(32, 3), *after_conv, Pool(), Conv(64, 3), *after_conv, Pool(), Conv(64, 3), *after_conv)
    return (*blocks, *before_dense, Flatten(), Dense(64), *after_dense, Dense(10))


def binary(*head: Layer) -> Layers:
    """Two 3x3 convolutions of 32, 64 filters, each pooled, dropout, then the given head."""
    return (Conv(32, 3), Pool(), Conv(64, 3), Pool(), Flatten(), Dropout(), *head)


def lenet(after_conv: Layers = (), after_dense: Layers = ()) -> Layers:
    """LeNet-5 with max pools and layers inserted after convolutions or hidden dense layers."""
    convs = (Conv(6, 5), *after_conv, Pool(), Conv(16, 5), *after_conv, Pool())
    return (*convs, Flatten(), Dense(120), *after_dense, Dense(84), *after_dense, Dense(10))


def cnn753(
    classes: int,
    conv_padding: Padding = "valid",
    pool_padding: Padding = "valid",
    conv_strides: Triple = (1, 1, 1),
    pool_strides: Triple = (1, 1, 2),
) -> Layers:
    """Convolutions 7x7x16, 5x5x8, 3x3x4, each followed by a 2x2 pool, and a softmax head."""
    blocks: list[Layer] = []
    for filters, kernel, conv, pool in zip((16, 8, 4), (7, 5, 3), conv_strides, pool_strides, strict=True):
        blocks += [Conv(filters, kernel, conv, conv_padding), Pool(2, pool, pool_padding)]
    return (*blocks, Flatten(), Dense(classes))


def tuned_cnn(units: int) -> Layers:
    """The tuned network of write-up 004 with `units` in its first dense layer."""
    return (Conv(30, 3), Pool(), Flatten(), Dense(units), Dense(64), Dense(10))


CNN2: Layers = (Conv(32, 3), Pool(), Conv(64, 3), Flatten(), Dense(64), Dense(10))
BN: Layers = (BatchNorm(),)
DROPOUT: Layers = (Dropout(),)
CONVS_753: dict[str | int, str] = {0: "800", 2: "3,208", 4: "292", "non-trainable": "0"}
CC3_BN: dict[str | int, str] = {
    "total": "123466",
    "trainable": "123018",
    "non-trainable": "448",
    "size in KB": "482.29",
    "trainable size in KB": "480.54",
    "non-trainable size in KB": "1.75",
}

STACKS: dict[str, Stack] = {
    "mlp": Stack("001", GREY, mlp(128, 64, 10), {"total": "109386"}),
    "cnn3": Stack("000", GREY, cnn3()),
    "cnn3_dropout": Stack("000", GREY, cnn3(before_dense=DROPOUT, after_dense=DROPOUT)),
    "cnn3_bn": Stack("000", GREY, cnn3(after_conv=BN, after_dense=BN)),
    "binary": Stack("001", GREY, binary(Dense(1)), {"total": "20417", "size in KB": "79.75"}),
    "binary_softmax": Stack("001", GREY, binary(Dense(2)), built=False),
    "binary_dense64": Stack("001", GREY, binary(Dense(64), Dense(1)), built=False),
    "cnn2": Stack("001", GREY, CNN2),
    "ffn": Stack("002", COLOUR, mlp(128, 64, 10), {"total": "402250", "size in MB": "1.53"}),
    "lenet": Stack("002", COLOUR, lenet(), {"total": "62006", "size in KB": "242.21"}),
    "lenet_dropout": Stack("002", COLOUR, lenet(DROPOUT, DROPOUT), built=False),
    "lenet_bn": Stack("002", COLOUR, lenet(BN, BN), built=False),
    "lenet_bn_dense": Stack("002", COLOUR, lenet(after_dense=BN), built=False),
    "cc3": Stack("002", COLOUR, cnn3(), built=False),
    "cc3_dropout": Stack(
        "002", COLOUR, cnn3(before_dense=DROPOUT), {"total": "122570", "size in KB": "478.79"}
    ),
    "cc3_bn": Stack("002", COLOUR, cnn3(after_conv=BN, after_dense=BN), CC3_BN),
    "cnn753_10": Stack("003", GREY, cnn753(10), CONVS_753),
    "cnn753_4": Stack("003", GREY, cnn753(4), CONVS_753),
    "tuned_mlp_256": Stack(
        "004", GREY, mlp(256, 10), {1: "200960", 2: "2570", "total": "203530", "size in KB": "795.04"}
    ),
    "tuned_mlp_32": Stack("004", GREY, mlp(32, 10)),
    "tuned_mlp_512": Stack("004", GREY, mlp(512, 10)),
    "tuned_cnn_100": Stack("004", GREY, tuned_cnn(100)),
    "tuned_cnn_500": Stack("004", GREY, tuned_cnn(500)),
}
