"""The data of the report: one block for each set of images that tasks share."""

from collections.abc import Mapping, Sequence

from pydantic import RootModel

from pipeline.data.identity import Identity
from pipeline.outputs.numbers import format_number
from pipeline.outputs.report.images import Samples, make_class_grid, make_sample_image
from pipeline.outputs.report.views import Cell, DataBlock, Table
from pipeline.params.plan import Origin
from pipeline.params.section import Section

PARTS = {"train": "development", "test": "test"}


class ArrayDescription(Section):
    """What metrics/data.json says of one array; labels have counts by class."""

    shape: list[int]
    dtype: str
    nulls: int
    minimum: int
    maximum: int
    class_counts: list[int] | None = None


About = dict[str, ArrayDescription]  # by array: x_train, y_train, x_test, y_test
DataDescription = RootModel[dict[str, About]]  # metrics/data.json, by task


def describe_data(
    about: Mapping[str, About],
    identities: Mapping[str, Identity],
    origins: Mapping[str, Origin],
    shown: Mapping[str, Samples],
) -> tuple[DataBlock, ...]:
    """Data of every task used, tasks with equal images and labels together; all by task, and `shown` orders them."""
    groups: dict[str, dict[str, Identity]] = {}
    for task, sample in shown.items():
        groups.setdefault(sample.identity, {})[task] = identities[task]
    firsts = {next(iter(tasks)): tasks for tasks in groups.values()}
    return tuple(_make_block(t, tasks, about[t], origins[t], shown[t]) for t, tasks in firsts.items())


def _make_block(title: str, tasks: Mapping[str, Identity], about: About, origin: Origin, shown: Samples) -> DataBlock:
    classes = tasks[title].classes
    return DataBlock(
        anchor=f"data-{title.replace('_', '-')}",
        title=title,
        origin=origin,
        tasks=_tabulate_tasks(tasks),
        arrays=_tabulate_arrays(about),
        counts=_tabulate_counts(about, classes),
        classes=make_class_grid(shown, classes),
        sample=make_sample_image(shown, classes),
    )


def _tabulate_tasks(tasks: Mapping[str, Identity]) -> Table:
    rows = tuple(
        (
            Cell(task, tag=_mark(one)),
            *(Cell(format_number(part.n if part else None)) for part in (one.train, one.validation, one.test)),
        )
        for task, one in tasks.items()
    )
    return Table("Tasks on these images, and how each divides them", ("task", "train", "validation", "test"), rows)


def _mark(identity: Identity) -> str | None:
    if identity.validation_is_test:
        return "validates on test images"
    return "divided anew in every repeat" if identity.split_per_repeat else None


def _tabulate_arrays(about: About) -> Table:
    texts = (
        (name, " × ".join(map(str, one.shape)), one.dtype, format_number(one.nulls), f"{one.minimum} to {one.maximum}")
        for name, one in about.items()
    )
    columns = ("array", "shape", "type", "nulls", "range")
    return Table("Arrays before scaling", columns, tuple(tuple(map(Cell, row)) for row in texts))


def _tabulate_counts(about: About, classes: Sequence[str]) -> Table:
    rows = tuple(
        (Cell(label), *(Cell(format_number(count)) for count in about[f"y_{part}"].class_counts or ()))
        for part, label in PARTS.items()
    )
    return Table("Images of each class", ("images", *classes), rows)
