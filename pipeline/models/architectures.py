"""Architectures: one function each, returning its hidden blocks in order, and one row in the table.

Layer names are roles (`conv1`, `dense1`): the seed of a layer's initial weights is derived from its name, so
equal roles start from equal weights in every variant. The output layer is added by the builder.
"""

from collections.abc import Callable

from pipeline.models.blocks import Block, Conv, Dense, Pool, set_units


def mlp() -> list[Block]:
    """Two dense layers of 128 and 64 units (catalogue A_MLP and, on 32x32x3 images, A_FFN)."""
    return [Dense("dense1", 128), Dense("dense2", 64)]


def cnn3() -> list[Block]:
    """Three 3x3 convolutions of 32, 64, 64 filters, two max pools, 64 dense units (A_CNN3; on 32x32x3, A_CC3)."""
    return [
        Conv("conv1", 32, 3, pool=Pool()),
        Conv("conv2", 64, 3, pool=Pool()),
        Conv("conv3", 64, 3),
        Dense("dense1", 64),
    ]


def deep_cnn() -> list[Block]:
    """Seven convolutions and two dense layers: deep enough for batch normalisation to have something to do."""
    return [
        Conv("conv1", 32, 3),
        Conv("conv2", 32, 3, pool=Pool()),
        Conv("conv3", 32, 3),
        Conv("conv4", 32, 3, pool=Pool()),
        Conv("conv5", 32, 1),
        Conv("conv6", 32, 1),
        Conv("conv7", 32, 3),
        Dense("dense1", 64),
        Dense("dense2", 64),
    ]


def binary_cnn() -> list[Block]:
    """Two pooled convolutions and a dropout of 0.5 before the output (A_BIN)."""
    return [Conv("conv1", 32, 3, pool=Pool()), Conv("conv2", 64, 3, pool=Pool(), dropout=0.5)]


def binary_cnn_dense() -> list[Block]:
    """The network of `binary_cnn` with a third hidden layer: 32 + 64 + 64 units, as its table says."""
    return [*binary_cnn(), Dense("dense1", 64)]


def cnn2() -> list[Block]:
    """Two convolutions, only the first of them pooled, and 64 dense units (A_CNN2)."""
    return [Conv("conv1", 32, 3, pool=Pool()), Conv("conv2", 64, 3), Dense("dense1", 64)]


def lenet() -> list[Block]:
    """LeNet-5 with max pooling and ReLU (A_LENET)."""
    return [
        Conv("conv1", 6, 5, pool=Pool()),
        Conv("conv2", 16, 5, pool=Pool()),
        Dense("dense1", 120),
        Dense("dense2", 84),
    ]


def cnn753() -> list[Block]:
    """Kernels of 7, 5 and 3 with 16, 8 and 4 filters; pools of stride 1, 1 and 2, the last an average (A_753)."""
    return [
        Conv("conv1", 16, 7, pool=Pool(strides=1)),
        Conv("conv2", 8, 5, pool=Pool(strides=1)),
        Conv("conv3", 4, 3, pool=Pool(kind="average")),
    ]


def tuned_mlp() -> list[Block]:
    """One dense layer of the recipe's number of units (A_TMLP)."""
    return [Dense("dense1", None)]


def tuned_cnn() -> list[Block]:
    """One pooled convolution, a dense layer of the recipe's number of units, and one of 64 (A_TCNN)."""
    return [Conv("conv1", 30, 3, pool=Pool()), Dense("dense1", None), Dense("dense2", 64)]


ARCHITECTURES: dict[str, Callable[[], list[Block]]] = {
    "mlp": mlp,
    "cnn3": cnn3,
    "deep_cnn": deep_cnn,
    "binary_cnn": binary_cnn,
    "binary_cnn_dense": binary_cnn_dense,
    "cnn2": cnn2,
    "lenet": lenet,
    "cnn753": cnn753,
    "tuned_mlp": tuned_mlp,
    "tuned_cnn": tuned_cnn,
}
TUNABLE = tuple(
    name
    for name, blocks in ARCHITECTURES.items()
    if any(isinstance(block, Dense) and block.units is None for block in blocks())
)


def blocks_of(architecture: str, units: int | None) -> tuple[Block, ...]:
    """Hidden blocks of an architecture by name; `units` for a tunable one, None for any other."""
    return set_units(ARCHITECTURES[architecture](), units)


def layer_names(architecture: str, pooling: bool = True) -> list[str]:
    """Names of the layers that have a name of their own, in order, the output among them."""
    names = []
    for block in ARCHITECTURES[architecture]():
        names.append(block.name)
        if isinstance(block, Conv) and block.pool and pooling:
            names.append(f"{block.name}_pool")
    return [*names, "output"]
