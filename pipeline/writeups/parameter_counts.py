"""Exercise: parameter counts by hand: every architecture, write-up 003 in every reading, by image size."""

from collections.abc import Iterator, Sequence
from itertools import product

from pipeline.models.layer_counts import (
    BatchNorm,
    Conv,
    Dense,
    ImpossibleShapeError,
    Padding,
    Row,
    count,
    total,
    trainable,
)
from pipeline.writeups.stacks import GREY, STACKS, Stack, Triple, cnn753
from pipeline.writeups.steps import Exercise, Step, Value, grade, number

BYTES = 4  # a float32 weight
UNITS = {"KB": 1024, "MB": 1024**2}
SIZES = (16, 32, 64)
FORMULAS = {
    "Conv": "(k·k·channels + 1)·filters",
    "Dense": "(inputs + 1)·units",
    "BatchNorm": "2·channels trainable + 2·channels not trainable",
}


def rows_of(name: str) -> list[Row]:
    """Model summary of one of the write-ups' architectures."""
    return count(STACKS[name].layers, STACKS[name].input_shape)


def parameters_of(name: str) -> int:
    """Parameters of one of the write-ups' architectures."""
    return total(rows_of(name))


def reading(
    classes: int,
    conv_padding: Padding = "valid",
    pool_padding: Padding = "valid",
    conv_strides: Triple = (1, 1, 1),
    pool_strides: Triple = (1, 1, 2),
) -> list[Row]:
    """Model summary of write-up 003's network under one reading of paddings and strides."""
    return count(cnn753(classes, conv_padding, pool_padding, conv_strides, pool_strides), GREY)


def resized(name: str, pixels: int) -> list[Row]:
    """Model summary of an architecture on square images of another size."""
    stack = STACKS[name]
    return count(stack.layers, (pixels, pixels, stack.input_shape[-1]))


def without_second_kernel_factor(row: Row, channels: int) -> int:
    """Parameters of a convolution by write-up 003's formula taken literally: (k·channels + 1)·filters."""
    assert isinstance(row.layer, Conv)
    return (row.layer.kernel_size * channels + 1) * row.layer.filters


def _describe(row: Row) -> str:
    """Layer and output shape as text."""
    shape = "×".join(map(str, row.shape))
    match row.layer:
        case Conv(filters, k, _, _):
            return f"Conv2D {filters} of {k}×{k} → {shape}"
        case Dense(units):
            return f"Dense {units}"
        case _:
            return f"{type(row.layer).__name__} → {shape}"


def _step(title: str, formula: str, substitution: str, result: float, printed: str | None) -> Step:
    if printed is None:
        return Step(title, formula, substitution, result)
    return Step(title, formula, substitution, result, printed, grade(printed.replace(",", ""), result))


def _layer_steps(stack: Stack, rows: Sequence[Row]) -> Iterator[Step]:
    """One step per layer that has parameters."""
    for index, row in enumerate(rows):
        if isinstance(row.layer, Conv | Dense | BatchNorm):
            formula = FORMULAS[type(row.layer).__name__]
            title = f"{index}: {_describe(row)}"
            yield _step(title, formula, row.formula, row.parameters, stack.printed.get(index))


def _total_steps(stack: Stack, rows: Sequence[Row]) -> Iterator[Step]:
    """Totals by kind, and their sizes."""
    parts = " + ".join(number(row.parameters) for row in rows if row.parameters)
    everything, learned = total(rows), trainable(rows)
    counts = {"total": everything, "trainable": learned, "non-trainable": everything - learned}
    texts = {
        "total": parts,
        "trainable": f"{number(everything)} − {number(everything - learned)}",
        "non-trainable": "moving means and variances of batch normalisation",
    }
    for name, value in counts.items():
        yield _step(name, "Σ over layers", texts[name], value, stack.printed.get(name))
    yield from _size_steps(stack, counts)


def _size_steps(stack: Stack, counts: dict[str, int]) -> Iterator[Step]:
    """Sizes in memory, where the write-up prints them beside a count."""
    for title, printed in stack.printed.items():
        if isinstance(title, str) and "size in" in title:
            weights, unit = counts[title.partition("size")[0].strip() or "total"], title[-2:]
            substitution = f"{BYTES}·{number(weights)} / {UNITS[unit]:,}"
            yield _step(title, "4 bytes a parameter", substitution, BYTES * weights / UNITS[unit], printed)


def _architecture(name: str) -> Exercise:
    """Worked count of one architecture."""
    stack, rows = STACKS[name], rows_of(name)
    steps = (*_layer_steps(stack, rows), *_total_steps(stack, rows))
    given: dict[str, Value] = {"input shape": list(stack.input_shape)}
    return Exercise(name, stack.write_up, f"Parameters of {name}", steps, given, not stack.built)


def _reading_step(conv_padding: Padding, pool_padding: Padding, convs: Triple, pools: Triple) -> Step:
    """Totals with a head of 10 and of 4 classes under one reading; None where it cannot be built."""
    title = (
        f"convolutions {conv_padding}, strides {','.join(map(str, convs))}; "
        f"pools {pool_padding}, strides {','.join(map(str, pools))}"
    )
    formula = "800 + 3,208 + 292 + (flat + 1)·classes, classes = 10 and 4"
    try:
        models = [reading(classes, conv_padding, pool_padding, convs, pools) for classes in (10, 4)]
    except ImpossibleShapeError as error:
        return Step(title, formula, f"impossible: {error}", None)
    shape = "×".join(map(str, models[0][-3].shape))
    heads = [rows[-1].parameters for rows in models]
    flat = models[0][-2].shape[0]
    values = f"last map {shape}, flat {number(flat)}, heads {number(heads[0])} and {number(heads[1])}"
    return Step(title, formula, values, [total(rows) for rows in models])


def _readings() -> Exercise:
    """Every reading of the paddings and strides that write-up 003 leaves open."""
    paddings: tuple[Padding, ...] = ("valid", "same")
    conv_strides, pool_strides = ((1, 1, 1), (1, 1, 2)), ((1, 1, 2), (2, 2, 2))
    grid = product(paddings, paddings, conv_strides, pool_strides)
    steps = tuple(_reading_step(*choice) for choice in grid)
    return Exercise("cnn753_readings", "003", "The 7-5-3 network in every reading", steps, alternative=True)


def _written_formula() -> Exercise:
    """Write-up 003's parameter formula taken literally, beside the right count of each convolution."""
    steps = []
    for index, channels in ((0, 1), (2, 16), (4, 8)):
        row = rows_of("cnn753_10")[index]
        assert isinstance(row.layer, Conv)
        k, filters = row.layer.kernel_size, row.layer.filters
        literal = number(without_second_kernel_factor(row, channels))
        note = f"({k}·{channels} + 1)·{filters} = {literal} is what the written formula gives"
        title = _describe(row)
        verdict = grade(literal, row.parameters)
        steps.append(Step(title, FORMULAS["Conv"], row.formula, row.parameters, literal, verdict, note))
    convolutions = total(rows_of("cnn753_10")[:5])
    steps.append(Step("the three convolutions", "Σ over layers", "800 + 3,208 + 292", convolutions))
    return Exercise("cnn753_formula", "003", "The written parameter formula", tuple(steps))


def _image_size() -> Exercise:
    """Parameters of the two CIFAR networks against image size."""
    steps = []
    for name, pixels in product(("ffn", "lenet"), SIZES):
        rows = resized(name, pixels)
        parts = " + ".join(number(row.parameters) for row in rows if row.parameters)
        steps.append(Step(f"{name} at {pixels}×{pixels}", "Σ over layers", parts, total(rows)))
        dense = next(row for row in rows if isinstance(row.layer, Dense))
        title = f"{name} at {pixels}×{pixels}, first dense layer"
        steps.append(Step(title, FORMULAS["Dense"], dense.formula, dense.parameters))
    return Exercise("image_size", "002", "Dependence on image height and width", tuple(steps))


def exercises() -> list[Exercise]:
    """Worked counts: every architecture, the readings of write-up 003, its formula, and the image sizes."""
    return [*map(_architecture, STACKS), _readings(), _written_formula(), _image_size()]
