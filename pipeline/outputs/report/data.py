"""The data of the report: one block for each set of images that tasks share."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.outputs.report.images import Samples, class_grid, sample_image
from pipeline.outputs.report.numbers import MISSING, number
from pipeline.outputs.report.views import Cell, DataBlock, Table

About = Mapping[str, Any]
PARTS = {"train": "development", "test": "test"}


def data_blocks(
    about: Mapping[str, About],
    identities: Mapping[str, About],
    origins: Mapping[str, About],
    shown: Mapping[str, Samples],
) -> tuple[DataBlock, ...]:
    """Data of every task used, tasks with equal images and labels together.

    Parameters
    ----------
    about : mapping of task to description
        ``metrics/data.json``.
    identities : mapping of task to identity
        ``data/digests/<study>.json`` of all studies.
    origins : mapping of task to {"source", "stand_in", "description"}
    shown : mapping of task to Samples
        Names the tasks, in order.
    """
    groups: dict[str, list[str]] = {}
    for task, sample in shown.items():
        groups.setdefault(sample.identity, []).append(task)
    return tuple(
        _block(tasks, about[tasks[0]], identities, origins[tasks[0]], shown[tasks[0]])
        for tasks in groups.values()
    )


def _block(
    tasks: Sequence[str], about: About, identities: Mapping[str, About], origin: About, shown: Samples
) -> DataBlock:
    classes = identities[tasks[0]]["classes"]
    return DataBlock(
        anchor=f"data-{tasks[0].replace('_', '-')}",
        title=tasks[0],
        source=origin["source"],
        stand_in=origin["stand_in"],
        description=origin["description"],
        tasks=_tasks({task: identities[task] for task in tasks}),
        arrays=_arrays(about),
        counts=_counts(about, classes),
        classes=class_grid(shown, classes),
        sample=sample_image(shown, classes),
    )


def _tasks(identities: Mapping[str, About]) -> Table:
    rows = tuple(
        (
            Cell(task, tag=_tag(one)),
            *(
                Cell(number(one[part]["n"]) if one[part] else MISSING)
                for part in ("train", "validation", "test")
            ),
        )
        for task, one in identities.items()
    )
    return Table(
        "Tasks on these images, and how each divides them", ("task", "train", "validation", "test"), rows
    )


def _tag(identity: About) -> str | None:
    if identity["validation_is_test"]:
        return "validates on test images"
    return "divided anew in every repeat" if identity["split_per_repeat"] else None


def _arrays(about: About) -> Table:
    rows = tuple(
        (
            Cell(name),
            Cell(" × ".join(map(str, one["shape"]))),
            Cell(one["dtype"]),
            Cell(number(one["nulls"])),
            Cell(f"{one['minimum']} to {one['maximum']}"),
        )
        for name, one in about.items()
    )
    return Table("Arrays before scaling", ("array", "shape", "type", "nulls", "range"), rows)


def _counts(about: About, classes: Sequence[str]) -> Table:
    rows = tuple(
        (Cell(said), *(Cell(number(count)) for count in about[f"y_{part}"]["class_counts"]))
        for part, said in PARTS.items()
    )
    return Table("Images of each class", ("images", *classes), rows)
