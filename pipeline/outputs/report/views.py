"""What a page shows, as frozen objects: numbers still numbers, pictures already text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from pipeline.outputs.figures.verdicts import VERDICTS, VerdictStyle


@dataclass(frozen=True)
class Section:
    """Part of a page: a heading, the template that shows it and what that template is given.

    Attributes
    ----------
    anchor : end of the part's address, unique within its study or page: lower-case letters, digits, hyphens.
    title : heading.
    template : file in ``templates/sections/``; it reads ``section.content`` and, within a study, ``study``.
    content : the template's own view (`Table`, tuple of `Picture`, ...), or None.
    """

    anchor: str
    title: str
    template: str
    content: Any = None


@dataclass(frozen=True)
class Picture:
    """Figure with its caption; `svg` is trusted markup that carries its own text for screen readers."""

    svg: Markup
    caption: str


@dataclass(frozen=True)
class Cell:
    """Table cell: what is read first, and smaller notes below it, one a line.

    `href` makes the text a link; `tag` is a mark beside it.
    """

    text: str
    notes: tuple[str, ...] = ()
    href: str | None = None
    tag: str | None = None


@dataclass(frozen=True)
class Table:
    """Plain table whose first column names the row; numbers are already text.

    `folded` tables are closed until the reader opens them by their `summary`; `wordy` ones hold words, not
    numbers, and are set to the left.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: bool = False
    summary: str = "Show the table"
    wordy: bool = False


@dataclass(frozen=True)
class Label:
    """Text of an image grid, from (x, y) in its pixels; `wrong` adds the mark of an error."""

    x: float
    y: float
    lines: tuple[str, ...]
    wrong: bool = False


@dataclass(frozen=True)
class ImageGrid:
    """Images in one PNG with their titles.

    Attributes
    ----------
    href : the PNG as a ``data:`` address.
    left : pixels kept free for names of rows.
    width, height : size in pixels of the images, `left` included.
    font : height of the text in pixels.
    titles, names : texts above the images, and before the rows.
    boxes : (x, y, width, height) of the frames around wrongly predicted images.
    caption : what it shows.
    """

    href: str
    left: int
    width: int
    height: int
    font: float
    titles: tuple[Label, ...]
    names: tuple[Label, ...]
    boxes: tuple[tuple[float, float, float, float], ...]
    caption: str


@dataclass(frozen=True)
class Recipes:
    """How the variants of a study are trained: what differs, what they share, what the profile caps."""

    table: Table
    shared: tuple[tuple[str, str], ...]
    caps: str | None


@dataclass(frozen=True)
class Variance:
    """Arms of a variance study: a table, a sentence for each arm, and those that can't be, which must be seen."""

    table: Table
    sentences: tuple[str, ...]
    alarms: tuple[str, ...]
    new_splits: bool


@dataclass(frozen=True)
class DataBlock:
    """One set of images, and the tasks that use it."""

    anchor: str
    title: str
    source: str
    stand_in: bool
    description: str
    tasks: Table
    arrays: Table
    counts: Table
    classes: ImageGrid
    sample: ImageGrid


@dataclass(frozen=True)
class Data:
    """Images behind one task of a study."""

    task: str
    source: str
    stand_in: bool
    description: str


@dataclass(frozen=True)
class Comparison:
    """Treatment against control; fractions, and differences oriented so that higher is better.

    None is what a single repeat, a diverged run or an undeclared margin leaves undefined, and what too few
    repeats leave unbounded.
    """

    treatment: str
    kind: str
    n: int
    control_mean: float | None
    treatment_mean: float | None
    estimate: float | None
    low: float | None
    high: float | None
    simultaneous_low: float | None
    simultaneous_high: float | None
    margin: float | None
    p_adjusted: float | None
    p_smallest: float | None
    new_images_low: float | None
    new_images_high: float | None
    peek_proof_low: float | None
    peek_proof_high: float | None
    minimum_detectable_effect: float | None
    wins: int
    ties: int
    losses: int
    verdict: str
    sentence: str
    control_diverged: int = 0
    treatment_diverged: int = 0

    @property
    def style(self) -> VerdictStyle:
        """Look of the verdict."""
        return VERDICTS[self.verdict]


@dataclass(frozen=True)
class StudyView:
    """One question: who was compared, on what, with which verdicts, and the parts of its page.

    `marks` says what a reader must know of a variant wherever it is named.
    """

    name: str
    anchor: str
    question: str
    profile: str
    stand_in: bool
    metric: str
    higher_is_better: bool
    alpha: float
    looks: Sequence[int] | None
    margin: float | None
    control: str
    n: int
    data: tuple[Data, ...]
    comparisons: tuple[Comparison, ...]
    sections: tuple[Section, ...]
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Name of the study's page."""
        return file_of(self.name)

    @property
    def tally(self) -> Mapping[str, tuple[str, ...]]:
        """Treatments by verdict, best verdict first; verdicts that nobody got are left out."""
        found = {v: tuple(c.treatment for c in self.comparisons if c.verdict == v) for v in VERDICTS}
        return {verdict: treatments for verdict, treatments in found.items() if treatments}

    @property
    def level(self) -> float:
        """Level at which the comparisons were tested: alpha, with looks one look's share of it."""
        return self.alpha / len(self.looks) if self.looks else self.alpha

    @property
    def smallest_adjusted_p(self) -> float | None:
        """Smallest p the exact test can attain after Holm's first step; None where it is unknown."""
        attainable = [c.p_smallest for c in self.comparisons if c.p_smallest is not None]
        return min(1.0, len(self.comparisons) * min(attainable)) if attainable else None


def file_of(study: str) -> str:
    """Name of a study's page, never that of the overview."""
    name = re.sub(r"[^a-z0-9_]+", "-", study.lower()).strip("-") or "study"
    return "index_study.html" if name == "index" else f"{name}.html"
