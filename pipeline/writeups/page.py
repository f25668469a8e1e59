"""The worked exercises and the errata of the write-ups, as a page."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.outputs.numbers import MISSING
from pipeline.outputs.report.render import page
from pipeline.outputs.report.views import Cell, Section, Table
from pipeline.params.section import Place
from pipeline.writeups.entries import Erratum, Question
from pipeline.writeups.exercises import Solved
from pipeline.writeups.steps import Exercise, Step
from pipeline.writeups.text import Value

TOPICS = {
    "convolution": "Convolution and average pooling (write-up 000)",
    "backpropagation": "Back-propagation worksheets (write-up 001)",
    "numpy_network": "A network in numpy (write-up 002)",
    "parameter_counts": "Parameter counts",
}
STEP = ("step", "formula", "values substituted", "result", "the write-up", "so the write-up is")
ERRATUM = ("id", "where", "written", "right")
QUESTION = ("question", "write-up's answer", "right answer", "so the write-up is")


def exercises_page(solved: Solved) -> str:
    """HTML page of the worked solutions, the prose questions and the errata; nothing on it rests on images."""
    tables = {topic: tuple(map(_tabulate, exercises)) for topic, exercises in solved.topics.items()}
    sections = [
        *(Section(one.replace("_", "-"), TOPICS[one], "tables.html", table) for one, table in tables.items()),
        Section("questions", "Questions answered in prose", "table.html", _questions(solved.questions)),
        Section("errata", "Errata of the five write-ups", "table.html", _errata(solved.errata)),
    ]
    templates = Path(__file__).parent / "templates"
    return page("exercises.html", folder=templates, sections=sections, stand_in=False)


def _tabulate(exercise: Exercise) -> Table:
    """One exercise as a table of steps; other readings are folded away."""
    given = "; ".join(f"{name} = {show(value)}" for name, value in exercise.given.items())
    caption, summary = f"{exercise.title}. Given {given}.", f"Another reading: {exercise.title}"
    return Table(caption, STEP, tuple(map(_step, exercise.steps)), exercise.alternative, summary, wordy=True)


def _step(step: Step) -> tuple[Cell, ...]:
    return (
        Cell(step.title, (step.note,) if step.note else ()),
        *map(Cell, (step.formula, step.substitution, show(step.result))),
        Cell(step.write_up or MISSING, (f"line {step.line}",) if step.line else ()),
        Cell(step.verdict or MISSING, tag="✗" if step.verdict == "wrong" else None),
    )


def show(value: Value) -> str:
    """A value of the exercises as text: at most 12 significant digits, lists in brackets."""
    if value is None:
        return "impossible"
    if isinstance(value, list):
        return f"[{', '.join(map(show, value))}]"
    if isinstance(value, float):
        return f"{value:.12g}".replace("-", "−")
    return value if isinstance(value, str) else json.dumps(value).replace("-", "−")


def _questions(questions: Sequence[Question]) -> Table:
    notes = {one.id: f"{one.id}, {one.where} ({_show_place(one.place)})" for one in questions}
    rows = tuple(
        (Cell(one.question, (notes[one.id],)), *map(Cell, (one.written, one.right, one.verdict))) for one in questions
    )
    return Table("Questions of the assignments, in our own words", QUESTION, rows, wordy=True)


def _errata(errata: Iterable[Erratum]) -> Table:
    rows = tuple(
        (Cell(one.id), Cell(one.where, (_show_place(one.place),)), Cell(one.written), Cell(one.right)) for one in errata
    )
    return Table(f"{len(rows)} errata", ERRATUM, rows, wordy=True)


def _show_place(place: Place) -> str:
    return f"line {place.line} of {place.write_up}"
