"""What a page shows, as frozen objects: numbers still numbers, pictures already text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from pipeline.layout import study_page
from pipeline.outputs.figures.theme import COMPARISON_STYLES
from pipeline.outputs.report.marks import INERT, explain_marks
from pipeline.params.plan import Origin
from pipeline.statistics.interim import plan_analyses
from pipeline.statistics.results import StudyResults

TOLD = {
    "survive": "survive",
    "fail": "fail",
    "equal": "make no difference that matters",
    "unsettled": "are open",
    "untestable": "can’t be tested",
}
"""What is said of conclusions, by what became of them; see `story.OUTCOMES`."""


@dataclass(frozen=True)
class Section:
    """Part of a page: a heading, the template that shows it and what that template is given."""

    anchor: str  # ends the part's address, unique within its study or page: lower-case letters, digits, hyphens
    title: str
    template: str  # in templates/sections/; it reads section.content and, within a study, study
    content: Any = None  # the template's own view: a Table, a tuple of Picture ...


@dataclass(frozen=True)
class Picture:
    """Figure with its caption; `svg` is trusted markup that carries its own text for screen readers."""

    svg: Markup
    caption: str
    on_paper: bool = False  # coloured cells, which stay on white in any theme


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

    @property
    def explained(self) -> list[str]:
        """What its marks mean."""
        return explain_marks(cell.tag for row in self.rows for cell in row)


@dataclass(frozen=True)
class Label:
    """Text of an image grid, from (x, y) in its pixels; `wrong` adds the mark of an error."""

    x: float
    y: float
    lines: tuple[str, ...]
    wrong: bool = False


@dataclass(frozen=True)
class ImageGrid:
    """Images in one PNG with their titles; sizes and places are in its pixels."""

    href: str  # the PNG as a ``data:`` address
    left: int  # kept free for the names
    width: int  # `left` included
    height: int
    font: float  # height of the text
    titles: tuple[Label, ...]  # above the images
    names: tuple[Label, ...]  # before the rows
    boxes: tuple[tuple[float, float, float, float], ...]  # x, y, width, height around wrongly predicted images
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
    answer: str | None = None  # in one line


@dataclass(frozen=True)
class DataBlock:
    """One set of images, and the tasks that use it."""

    anchor: str
    title: str
    origin: Origin
    tasks: Table
    arrays: Table
    counts: Table
    classes: ImageGrid
    sample: ImageGrid


@dataclass(frozen=True)
class Provenance:
    """Where a page's numbers come from, as names and texts, and the command that makes it again."""

    facts: tuple[tuple[str, str], ...]
    command: str


@dataclass(frozen=True)
class StudyView:
    """One question: its results, and the parts of its page."""

    results: StudyResults  # its variants by their titles
    sections: tuple[Section, ...]
    marks: Mapping[str, str]  # what a reader must know of a variant wherever it is named
    answer: str | None = None  # in one line
    made: Provenance | None = None

    @property
    def name(self) -> str:
        """Name of the study."""
        return self.results.study

    @property
    def label(self) -> str:
        """What people call the study."""
        return self.results.label

    @property
    def anchor(self) -> str:
        """Its name as the fragment of an address."""
        return anchor_of(self.name)

    @property
    def file(self) -> str:
        """Name of the study's page."""
        return study_page(self.name)

    @property
    def caps(self) -> str | None:
        """What the profile caps in its runs; None where they train as declared."""
        return next((one.content.caps for one in self.sections if isinstance(one.content, Recipes)), None)

    @property
    def tally(self) -> Mapping[str, tuple[str, ...]]:
        """Treatments by verdict, best verdict first; verdicts that nobody got are left out."""
        return group_by_verdict({v: one.verdict for v, one in self.results.comparisons.items()})

    def explain(self, variant: str) -> list[str]:
        """What a reader must know of a variant beside its figures, by its marks and where it is inert."""
        one, c = self.results.variants[variant], self.results.comparisons.get(variant)
        told = []
        if one.diverged:
            worst = "a loss was no number any more, which counts as worst"
            told.append(f"{variant}: {one.diverged} of {one.n} runs diverged: {worst}.")
        if one.at_chance:
            both = "; nor is the control, so that nothing is learnt" if c and c.at_chance else ""
            told.append(f"{variant} is at chance: no better than always naming the largest class{both}.")
        told += [meaning for meaning in explain_marks([self.marks.get(variant)]) if "test images" in meaning]
        return [*told, *([INERT] if c and c.identical else [])]

    @property
    def level(self) -> float:
        """Level at which the comparisons were tested: alpha, with looks one look's share of it."""
        return plan_analyses(self.results.repeats, self.results.alpha, self.results.looks)[-1][1]

    @property
    def smallest_adjusted_p(self) -> float | None:
        """Smallest p the exact test can attain after Holm's first step; None where nothing is compared."""
        attainable = [one.p_smallest for one in self.results.comparisons.values()]
        return min(1.0, len(attainable) * min(attainable)) if attainable else None


def use_titles(results: StudyResults) -> StudyResults:
    """Results whose variants go by their titles, as pages show them; titles are unique within a study."""
    titles = results.titles
    renamed = {
        titles[name]: replace(one, treatment=titles[one.treatment], control=titles[one.control])
        for name, one in results.comparisons.items()
    }
    variants = {titles[name]: one for name, one in results.variants.items()}
    return replace(results, control=titles[results.control], variants=variants, comparisons=renamed)


def read_headline(sentence: str) -> str:
    """The first sentence of a verdict, without the verdict before its colon."""
    first = sentence.partition(". ")[0].removesuffix(".")
    _, colon, rest = first.partition(": ")
    text = rest if colon else first
    return f"{text[:1].upper()}{text[1:]}."


def group_by_verdict(verdicts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Treatments by the verdict on them, best verdict first; verdicts that nobody got are left out."""
    found = {v: tuple(name for name, one in verdicts.items() if one == v) for v in COMPARISON_STYLES}
    return {verdict: names for verdict, names in found.items() if names}


def anchor_of(name: str) -> str:
    """Name as the fragment of an address: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "study"
