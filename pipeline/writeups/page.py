"""The worked exercises and the errata of the write-ups, on a page of their own."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.outputs.report.numbers import MISSING
from pipeline.outputs.report.render import page
from pipeline.outputs.report.views import Cell, Section, Table

TOPICS = {
    "convolution": "Convolution and average pooling (write-up 000)",
    "backpropagation": "Back-propagation worksheets (write-up 001)",
    "numpy_network": "A network in numpy (write-up 002)",
    "parameter_counts": "Parameter counts",
}
STEP = ("step", "formula", "values substituted", "result", "the write-up", "so the write-up is")
ERRATUM = ("id", "write-up", "where", "written", "right")
QUESTION = ("question", "write-up's answer", "right answer", "so the write-up is")


def exercises_page(solved: Mapping[str, Any], stand_in: bool) -> str:
    """HTML page of the worked solutions, the prose questions and the errata.

    Parameters
    ----------
    solved : mapping
        metrics/exercises.json.
    stand_in : bool
        Whether the report's other pages rest on stand-in data; nothing here does.
    """
    sections = [
        *(
            Section(topic.replace("_", "-"), title, "tables.html", tuple(map(_worked, solved[topic])))
            for topic, title in TOPICS.items()
        ),
        Section("questions", "Questions answered in prose", "table.html", _questions(solved["questions"])),
        Section("errata", "Errata of the five write-ups", "table.html", _errata(solved["errata"])),
    ]
    return page("exercises.html", sections=sections, stand_in=stand_in)


def _worked(exercise: Mapping[str, Any]) -> Table:
    """One exercise as a table of steps; other readings are folded away."""
    given = "; ".join(f"{name} = {shown(value)}" for name, value in exercise["given"].items())
    return Table(
        f"{exercise['title']}. Given {given}.",
        STEP,
        tuple(_step(step) for step in exercise["steps"]),
        folded=exercise["alternative"],
        summary=f"Another reading: {exercise['title']}",
        wordy=True,
    )


def _step(step: Mapping[str, Any]) -> tuple[Cell, ...]:
    notes = (step["note"],) if step["note"] else ()
    return (
        Cell(step["title"], notes),
        Cell(step["formula"]),
        Cell(step["substitution"]),
        Cell(shown(step["result"])),
        Cell(step["write_up"] or MISSING),
        Cell(step["verdict"] or MISSING, tag="✗" if step["verdict"] == "wrong" else None),
    )


def shown(value: Any) -> str:
    """A value of the exercises as text: at most 12 significant digits, lists in brackets."""
    if value is None:
        return "impossible"
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, float):
        return f"{value:.12g}".replace("-", "−")
    return value if isinstance(value, str) else json.dumps(value).replace("-", "−")


def _questions(questions: Sequence[Mapping[str, Any]]) -> Table:
    rows = tuple(
        (
            Cell(one["question"], (f"{one['id']}, {one['where']}",)),
            Cell(one["written"]),
            Cell(one["right"]),
            Cell(one["verdict"]),
        )
        for one in questions
    )
    return Table("Questions of the assignments, in our own words", QUESTION, rows, wordy=True)


def _errata(errata: Sequence[Mapping[str, Any]]) -> Table:
    rows = tuple(
        (Cell(one["id"]), *(Cell(one[name] or MISSING) for name in ("write_up", "where", "written", "right")))
        for one in errata
    )
    return Table(f"{len(rows)} errata", ERRATUM, rows, wordy=True)
