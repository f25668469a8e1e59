"""What a page shows, as frozen objects: numbers still numbers, pictures already text."""

from collections.abc import Mapping
from dataclasses import dataclass
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
    """Table cell: what is read first, and smaller notes below it, one a line."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Plain table whose first column names the row; numbers are already text.

    `folded` tables are closed until the reader opens them.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: bool = False


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

    None is what a single repeat, a diverged run or an undeclared margin leaves undefined.
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
    """One question: who was compared, on what, with which verdicts, and the parts of its page."""

    name: str
    anchor: str
    question: str
    profile: str
    stand_in: bool
    metric: str
    higher_is_better: bool
    alpha: float
    margin: float | None
    control: str
    n: int
    data: tuple[Data, ...]
    comparisons: tuple[Comparison, ...]
    sections: tuple[Section, ...]

    @property
    def tally(self) -> Mapping[str, tuple[str, ...]]:
        """Treatments by verdict, best verdict first; verdicts that nobody got are left out."""
        found = {v: tuple(c.treatment for c in self.comparisons if c.verdict == v) for v in VERDICTS}
        return {verdict: treatments for verdict, treatments in found.items() if treatments}

    @property
    def smallest_adjusted_p(self) -> float | None:
        """Smallest p the exact test can attain after Holm's first step; None where it is unknown."""
        attainable = [c.p_smallest for c in self.comparisons if c.p_smallest is not None]
        return min(1.0, len(self.comparisons) * min(attainable)) if attainable else None
