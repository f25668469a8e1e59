"""All the analytic exercises, answers and errata of the write-ups, their texts filled with computed values."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from pipeline.errors import UserError
from pipeline.writeups.counts import count_parameters, read_networks
from pipeline.writeups.entries import Erratum, Figure, Question, WorkedExercise, WorkedStep, read_entries
from pipeline.writeups.steps import Exercise, Step
from pipeline.writeups.text import Value, fill, fill_text, format_value
from pipeline.writeups.values import compute_values

WORKED = ("convolution", "backpropagation", "numpy_network")  # data files
KINDS = {"D": "discrepancy", "R": "remark", "F": "figure"}

Answer = TypeVar("Answer", Question, Erratum)


@dataclass(frozen=True)
class Solved:
    """Worked exercises by topic, answered questions, and errata."""

    topics: dict[str, list[Exercise]]
    questions: list[Question]
    errata: list[Erratum]

    def to_dict(self) -> dict[str, list[dict[str, Any]]]:
        """Everything as plain values for JSON: each topic, "questions", "errata"."""
        topics = {topic: [asdict(exercise) for exercise in part] for topic, part in self.topics.items()}
        return {**topics, "questions": [*map(_dump, self.questions)], "errata": [*map(_dump, self.errata)]}


def _dump(answer: Question | Erratum) -> dict[str, Any]:
    dumped, write_up = answer.model_dump(), answer.place.write_up
    if isinstance(answer, Erratum):
        return {"kind": KINDS[answer.id[0]], "write_up": write_up, **dumped}
    return {"id": answer.id, "write_up": write_up, **dumped, "agrees": answer.verdict == "right"}


def solve() -> Solved:
    """Worked solutions, answered questions and errata.

    Raises
    ------
    UserError
        When an entry names no computed value, a figure stands beside no step, or is listed as an erratum without
        being wrong; file and entry are named.
    """
    values = compute_values()
    topics = {topic: _work(f"{topic}.yaml", values) for topic in WORKED}
    topics["parameter_counts"] = count_parameters() + _work("counts.yaml", values)
    errata = _fill("errata.yaml", values, Erratum)
    questions = _fill("questions.yaml", values, Question)
    every = (exercise for topic in topics.values() for exercise in topic)
    return Solved(topics, questions, errata + find_wrong_figures(every, read_figures()))


def _work(file: str, values: Mapping[str, Value]) -> list[Exercise]:
    """Worked exercises of a file; values under an exercise's own id go there by their short names."""
    found = []
    for name, entry in read_entries(file, WorkedExercise).items():
        own = {key.removeprefix(f"{name}/"): one for key, one in values.items() if key.startswith(f"{name}/")}
        known, where = {**values, **entry.given, **own}, f"{file}: {name}"
        given = {key: fill(value, known, where) for key, value in entry.given.items()}
        shown = (step for step in entry.steps if not step.optional or step.title in entry.printed)
        steps = [_step(step, known, where) for step in shown]
        exercise = Exercise(name, entry.write_up, entry.title, entry.alternative, given, steps)
        found.append(exercise.compare(entry.printed))
    return found


def _step(step: WorkedStep, values: Mapping[str, Value], where: str) -> Step:
    where = f"{where}: {step.title}"
    result = fill(step.result or f"{{{step.title}}}", values, where)
    note = None if step.note is None else fill_text(step.note, values, where)
    return Step(step.title, step.formula, fill_text(step.substitution, values, where), result, note=note)


def _fill(file: str, values: Mapping[str, Value], kind: type[Answer]) -> list[Answer]:
    """Entries of a file with the computed values in their texts."""
    found = []
    for name, entry in read_entries(file, kind).items():
        where = f"{file}: {name}"
        changes = {key: fill_text(getattr(entry, key), values, where) for key in ("written", "right")}
        right = {"right_value": fill(entry.right_value, values, where)} if isinstance(entry, Erratum) else {}
        found.append(entry.model_copy(update={**changes, **right}))
    return found


def read_figures() -> dict[str, Figure]:
    """Printed figures of all exercises by "exercise id/step title"."""
    worked = [read_entries(f"{topic}.yaml", WorkedExercise) for topic in (*WORKED, "counts")]
    exercises = [item for part in (*worked, read_networks()) for item in part.items()]
    return {f"{name}/{title}": figure for name, one in exercises for title, figure in one.printed.items()}


def find_wrong_figures(exercises: Iterable[Exercise], figures: Mapping[str, Figure]) -> list[Erratum]:
    """Errata of figures that are wrong in the main reading of their exercise.

    Rounding, cutting off, and following from the write-up's own earlier figures make no erratum.

    Raises
    ------
    UserError
        When a wrong figure has no id and place as an erratum, or one that is not wrong has an id.
    """
    steps = ((one, step, f"{one.id}/{step.title}") for one in exercises if not one.alternative for step in one.steps)
    printed = ((exercise, step, source) for exercise, step, source in steps if source in figures)
    errata = (_accuse(exercise, step, figures[source], source) for exercise, step, source in printed)
    return [erratum for erratum in errata if erratum]


def _accuse(exercise: Exercise, step: Step, figure: Figure, source: str) -> Erratum | None:
    if step.verdict != "wrong":
        if figure.erratum:
            raise UserError(f"{source}: erratum: expected none, as the figure is {step.verdict}.")
        return None
    if not figure.erratum or not figure.place:
        raise UserError(f"{source}: expected erratum and place, as the figure is wrong.")
    return Erratum(
        id=figure.erratum,
        where=f"{exercise.title} / {step.title}",
        place=figure.place,
        quote=figure.quote or figure.text.replace("−", "-"),
        written=figure.text,
        right=format_value(step.result, digits=12),
        right_value=step.result,
        verdict=step.verdict,
        source=source,
    )
