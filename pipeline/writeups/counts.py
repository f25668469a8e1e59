"""Parameter counts by hand: every architecture, write-up 003 in every reading, by image size."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

from pipeline.models import layer_counts
from pipeline.models.architectures import blocks_of
from pipeline.models.blocks import Dense
from pipeline.models.layer_counts import (
    ImpossibleShapeError,
    Layer,
    Padding,
    Row,
    count,
    layers_of,
    total,
    trainable,
)
from pipeline.writeups.entries import Figure, Network, read_entries
from pipeline.writeups.steps import Exercise, Step
from pipeline.writeups.text import Value, format_number

BYTES = 4  # a float32 weight
UNITS = {"B": 1, "KB": 1024, "MB": 1024**2}
INSERTED: dict[str | None, tuple[Layer, ...]] = {
    None: (),
    "batch_norm": (layer_counts.BatchNorm(),),
    "dropout": (layer_counts.Dropout(),),
}
FORMULAS = {
    "Conv": "(k·k·channels + 1)·filters",
    "Dense": "(inputs + 1)·units",
    "BatchNorm": "2·channels trainable + 2·channels not trainable",
}

Triple = tuple[int, int, int]


def read_networks() -> dict[str, Network]:
    """The networks that the write-ups count, by name."""
    return read_entries("architectures.yaml", Network)


def count_network(name: str, pixels: int | None = None) -> list[Row]:
    """Model summary of one of the networks, perhaps on square images of another size."""
    network = read_networks()[name]
    hidden = (*blocks_of(network.architecture, network.units), *(Dense("", units) for units in network.dense))
    layers = layers_of(
        hidden,
        network.outputs,
        after_conv=INSERTED[network.after_conv],
        before_dense=INSERTED[network.before_dense],
        after_dense=INSERTED[network.after_dense],
    )
    shape = (pixels, pixels, network.input_shape[-1]) if pixels else tuple(network.input_shape)
    return count([layer for _, layer in layers], shape)


def count_reading(
    classes: int,
    conv_padding: Padding = "valid",
    pool_padding: Padding = "valid",
    conv_strides: Triple = (1, 1, 1),
    pool_strides: Triple = (1, 1, 2),
) -> list[Row]:
    """Model summary of write-up 003's network under one reading of paddings and strides."""
    layers: list[Layer] = []
    strides = iter(zip(conv_strides, pool_strides, strict=True))
    for _, layer in layers_of(blocks_of("cnn753", None), classes):
        if isinstance(layer, layer_counts.Conv):
            conv, pool = next(strides)
            layer = layer_counts.Conv(layer.filters, layer.kernel_size, conv, conv_padding)
        elif isinstance(layer, layer_counts.Pool):
            layer = layer_counts.Pool(layer.size, pool, pool_padding)
        layers.append(layer)
    return count(layers, (28, 28, 1))


def _describe_layer(row: Row) -> str:
    """Layer and output shape as text."""
    shape = "×".join(map(str, row.shape))
    match row.layer:
        case layer_counts.Conv(filters, k, _, _):
            return f"Conv2D {filters} of {k}×{k} → {shape}"
        case layer_counts.Dense(units):
            return f"Dense {units}"
        case _:
            return f"{type(row.layer).__name__} → {shape}"


def _layer_steps(rows: Sequence[Row], printed: dict[str, Figure]) -> Iterator[Step]:
    """One step per layer that has parameters, or whose lack of any is printed."""
    for index, row in enumerate(rows):
        title, formula = f"{index}: {_describe_layer(row)}", FORMULAS.get(type(row.layer).__name__)
        if formula or title in printed:
            yield Step(title, formula or "nothing to learn", row.formula, row.parameters)


def _total_steps(rows: Sequence[Row], printed: dict[str, Figure]) -> Iterator[Step]:
    """Totals by kind, and sizes in memory where the write-up prints them beside a count."""
    everything, learned = total(rows), trainable(rows)
    fixed = everything - learned
    difference = f"{format_number(everything)} − {format_number(fixed)}"
    terms = " + ".join(format_number(row.parameters) for row in rows if row.parameters)
    yield Step("total", "Σ over layers", terms, everything)
    yield Step("trainable", "Σ over layers", difference, learned)
    yield Step("non-trainable", "Σ over layers", "moving means and variances of batch normalisation", fixed)
    counts = {"": everything, "trainable ": learned, "non-trainable ": fixed}
    for (kind, weights), (unit, size) in product(counts.items(), UNITS.items()):
        if (title := f"{kind}size in {unit}") in printed:
            substitution = f"{BYTES}·{format_number(weights)} / {size:,}"
            yield Step(title, "4 bytes a parameter", substitution, BYTES * weights / size)


@cache
def count_parameters() -> list[Exercise]:
    """Worked counts of every network."""
    found = []
    for name, network in read_networks().items():
        rows, given = count_network(name), {"input shape": network.input_shape}
        steps = [*_layer_steps(rows, network.printed), *_total_steps(rows, network.printed)]
        exercise = Exercise(name, network.write_up, f"Parameters of {name}", not network.built, given, steps)
        found.append(exercise.compare(network.printed))
    return found


def compute_counts() -> Iterator[tuple[str, Value]]:
    """Counts and texts by the names that `counts.yaml` and the errata use."""
    yield from _readings()
    for name, pixels in product(("ffn", "lenet"), (16, 32, 64)):
        rows, title = count_network(name, pixels), f"image_size/{name} at {pixels}×{pixels}"
        dense = next(row for row in rows if isinstance(row.layer, layer_counts.Dense))
        yield from ((title, total(rows)), (f"{title}, first dense layer", dense.parameters))
    for classes in (10, 4):
        rows = count_reading(classes, "same", "same")
        yield f"cnn753_same/head of {classes}", rows[-1].parameters
        yield f"cnn753_same/total with {classes}", total(rows)
    conv1, conv2 = (count_network("binary")[index].shape[-1] for index in (0, 2))
    yield from (
        ("binary/conv1 filters", conv1),
        ("binary/conv2 filters", conv2),
        ("binary/filters", conv1 + conv2),
    )
    yield "cnn2/filters and units", sum(count_network("cnn2")[index].shape[-1] for index in (0, 2, 4))
    first = count_network("cnn3")[0]
    kernel = first.parameters - first.shape[-1]  # without biases
    yield "cnn3/conv1 kernel", kernel
    yield "cnn3/conv1 kernel, share", kernel / total(count_network("cnn3"))


def _readings() -> Iterator[tuple[str, Value]]:
    """Totals with a head of 10 and of 4 classes under every reading; None where it cannot be built."""
    paddings: tuple[Padding, ...] = ("valid", "same")
    for convs, pools, *strides in product(paddings, paddings, ((1, 1, 1), (1, 1, 2)), ((1, 1, 2), (2, 2, 2))):
        conv, pool = (",".join(map(str, each)) for each in strides)
        title = f"cnn753_readings/convolutions {convs}, strides {conv}; pools {pools}, strides {pool}"
        try:
            yield title, [total(count_reading(classes, convs, pools, *strides)) for classes in (10, 4)]
        except ImpossibleShapeError:
            yield title, None
