"""The entries of `data/*.yaml`: what was written, validated; their texts may name computed values (`text.fill`)."""

import re
from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field
from ruamel.yaml import YAML

from pipeline.params.section import Place, Section, validate
from pipeline.writeups.text import Value

DATA = Path(__file__).parent / "data"
NUMBER = re.compile(r"\d[\d.,]*(?:e-?\d+)?")


class Figure(Section):
    """A printed figure.

    `carried` is what the write-up's own earlier figures give, shortened ones or one that is an erratum itself;
    `decimals` those the figure stands for; `quote` what stands at its place, if not `text`; `again` the lines that
    print it of its siblings, too; `derived` how it follows, if it isn't printed as such; `erratum` the id under which
    a wrong figure is listed.
    """

    text: str
    carried: float | None = None
    decimals: int | None = None
    note: str | None = None
    place: Place | None = None
    quote: str | None = None
    erratum: str | None = None
    again: list[int] = Field(default=[])
    derived: str | None = None

    def count(self) -> int:
        """How many printed numbers it stands for: those of its text, each as often as it is printed."""
        return 0 if self.derived else len(NUMBER.findall(self.text)) * (1 + len(self.again))


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
    place: Place | None = None


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
    place: Place | None = None


class Question(Section):
    """A prose question, the write-up's answer, the right one, and how the former fares; a quote from its place."""

    id: str
    where: str
    place: Place
    quote: str
    question: str
    written: str
    right: str
    verdict: Literal["right", "partly right", "wrong"]


class Erratum(Section):
    """What was written, where, and what is right.

    The id is a letter (D: the text against itself, its code, its log or what is known, R: a fault in a worked
    exercise, F: a wrong figure), the write-up's three digits, and a number that stays when others go. `quote` stands
    at the place as it is printed there; `right_value` carries numbers, if there are any; `verdict` and `source`
    ("exercise id/step title") belong to figures.
    """

    id: str
    where: str
    place: Place
    quote: str
    written: str
    right: str
    right_value: Value = None
    verdict: str | None = None
    source: str | None = None


Quotient = BeforeValidator(lambda number: float(Fraction(number)) if isinstance(number, str) else number)
Number = Annotated[int | float, Quotient]  # or a share as text: "2031/2038"


class PrintedRun(Section):
    """What a write-up printed of the single run behind a row of `rows.csv`, to the digits of the data file.

    `metrics` are figures of the whole run, those `derived` not printed; `evaluation` is the log line of its pass over
    the test images, `samples` are answers on a few. `epochs` are lists with one figure an epoch, null where none is
    printed; of `unplaced` ones the epoch is lost. Rows of `confusion` are the truth; of a class, `lost` images lack.
    `settings` are no results. `images` is how many an accuracy was measured on; `lines` are those of further blocks.
    """

    place: Place
    lines: dict[str, int] = Field(default={})
    images: dict[str, int] = Field(default={})
    settings: dict[str, Number] = Field(default={})
    epochs: dict[str, list[Number | None]] = Field(default={})
    unplaced: dict[str, list[Number]] = Field(default={})
    evaluation: dict[str, Number] = Field(default={})
    metrics: dict[str, Number] = Field(default={})
    samples: dict[str, dict[str, Number]] = Field(default={})
    confusion: list[list[int]] = Field(default=[])
    lost: dict[int, int] = Field(default={})
    derived: dict[str, str] = Field(default={})
    note: str | None = None

    @property
    def scalars(self) -> dict[str, float]:
        """Figures of the whole run by name, with the most digits that are printed; derived ones, too."""
        return {f"test_{name}": figure for name, figure in self.evaluation.items()} | self.metrics

    def curve(self, metric: str) -> dict[int, float]:
        """Printed learning curve: the figures that are printed by epoch, from 1; see `read_printed`."""
        return {epoch: one for epoch, one in enumerate(self.epochs.get(metric, ()), 1) if one is not None}

    def count(self) -> Counter[str]:
        """Number of printed figures by name: those of epochs by their metric, a figure twice if printed twice."""
        found = Counter([*(self.metrics.keys() - self.derived), *(f"test_{name}" for name in self.evaluation)])
        found.update({metric: len(self.curve(metric)) for metric in self.epochs})
        found.update({f"{metric} of lost epochs": len(figures) for metric, figures in self.unplaced.items()})
        found.update(f"{name} of samples" for sample in self.samples.values() for name in sample)
        found.update({"confusion": sum(map(len, self.confusion))})
        return +found


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


def read_printed() -> dict[str, PrintedRun]:
    """What the five write-ups printed of their runs, by row."""
    files = sorted((DATA / "printed").glob("*.yaml"))
    return {row: run for file in files for row, run in read_entries(f"printed/{file.name}", PrintedRun).items()}
