"""The entries of `data/*.yaml`: what was written, validated; their texts may name computed values (`text.fill`)."""

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field
from ruamel.yaml import YAML

from pipeline.params.section import Place, Section, validate
from pipeline.writeups.text import Value

DATA = Path(__file__).parent / "data"


class Figure(Section):
    """A printed figure, what its shortened intermediates give, the decimals it stands for, a remark."""

    text: str
    carried: float | None = None
    decimals: int | None = None
    note: str | None = None
    place: Place | None = None


TextAlone = BeforeValidator(lambda figure: {"text": figure} if isinstance(figure, str) else figure)
Figures = dict[str, Annotated[Figure, TextAlone]]
Inserted = Literal["batch_norm", "dropout"] | None


class WorkedStep(Section):
    """A step of a worked exercise; its result is the value of its title, unless named. `optional`: only if printed."""

    title: str
    formula: str
    substitution: str
    result: str | None = None
    note: str | None = None
    optional: bool = False


class WorkedExercise(Section):
    """An exercise as a list of steps; names of values are looked up under its own id first."""

    write_up: str
    title: str
    given: dict[str, Value] = Field(default={})
    steps: list[WorkedStep]
    printed: Figures = Field(default={})
    alternative: bool = False


class Network(Section):
    """An architecture whose parameters a write-up counts. `built` is False for those that no write-up trained."""

    write_up: str
    architecture: str
    units: int | None = None
    dense: list[int] = Field(default=[])
    outputs: int = 10
    input_shape: list[int]
    after_conv: Inserted = None
    before_dense: Inserted = None
    after_dense: Inserted = None
    built: bool = True
    printed: Figures = Field(default={})


class Question(Section):
    """A prose question, the write-up's answer, the right one, and how the former fares."""

    id: str
    where: str
    question: str
    written: str
    right: str
    verdict: Literal["right", "partly right", "wrong"]
    place: Place | None = None


class Erratum(Section):
    """What was written, where, and what is right.

    The id is a letter (D: the text against the write-up's own code or log, R: a fault in a worked exercise,
    F: a wrong figure), the write-up's three digits, and a number. `right_value` carries numbers, if there are
    any; `verdict` and `source` ("exercise id/step title") belong to figures.
    """

    id: str
    where: str
    written: str
    right: str
    right_value: Value = None
    verdict: str | None = None
    source: str | None = None
    place: Place | None = None


Quotient = BeforeValidator(lambda number: float(Fraction(number)) if isinstance(number, str) else number)
Number = Annotated[int | float, Quotient]  # or a share as text: "2031/2038"


class PrintedRun(Section):
    """What a write-up printed of the single run behind a row of `rows.csv`.

    `metrics` are figures of the whole run, `epochs` lists with one figure an epoch, null where none is printed;
    `images` is how many the `compared` metric was measured on.
    """

    images: int
    compared: str = "test_accuracy"
    metrics: dict[str, Number] = Field(default={})
    epochs: dict[str, list[Number | None]] = Field(default={})
    note: str | None = None
    place: Place | None = None


Entry = TypeVar("Entry", bound=Section)


@cache
def read_entries(file: str, kind: type[Entry]) -> dict[str, Entry]:
    """Entries of a file of `data/` by their ids; UserError naming file, entry, what was expected and received."""
    loaded = YAML(typ="safe").load((DATA / file).read_text(encoding="utf-8"))
    identified = "id" in kind.model_fields
    return {
        key: validate(kind, {**entry, "id": key} if identified else entry, f"{file}: {key}")
        for key, entry in loaded.items()
    }
