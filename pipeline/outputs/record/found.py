"""The page for people: what all recorded studies found, in Markdown, and plainly which those are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.claims.ledger import LedgerRow
from pipeline.layout import study_page
from pipeline.outputs.record import tables
from pipeline.outputs.record.overview import say_progress
from pipeline.outputs.record.study import RecordedStudy, merge_claims
from pipeline.outputs.report.story import Finding, Story, tell_story
from pipeline.outputs.report.views import TOLD

NOTHING = """No study has been run on real data yet. The command that runs and records one:

    dvc exp run -S profile=full -S 'select=[mnist_optimizers]' report && make record
"""
UNTESTABLE = "untestable"
ABOUT = {
    "answers": "A conclusion is asked as it is written, of the write-up's own variants, and controlled: of variants "
    "that differ in the one thing that it is about.",
    "undecided": "Neither a difference nor equality was shown. The last column is how many repeats would show a "
    "difference as large as the margin.",
    "seeds": "The text concludes from a difference between single runs. Our repeats of the same recipes show none, or "
    "one too small to matter.",
    "far": "z is the difference over the standard error of one more run of ours, which counts the spread over seeds; "
    "beyond 3 it asks for a cause.",
    "printed": "Of each figure the write-up's single run, the mean of our n runs, and the interval that holds one more "
    "run of ours in 95 of 100 cases.",
}


@dataclass(frozen=True)
class Recorded:
    """All that the page is made of: recorded studies with their printed figures, and titles of all declared ones.

    `pictures` are files by study, and `causes` why a row of a text is as far from ours as it is.
    """

    studies: Mapping[str, RecordedStudy]
    declared: Mapping[str, str]
    printed: Sequence[tables.Printed]
    pictures: Mapping[str, str]
    causes: Mapping[str, str]


def format_found(found: Recorded) -> str:
    """The page below its heading; where nothing is recorded, how to begin."""
    if not found.studies:
        return NOTHING
    progress = [f"{say_progress(found.studies, found.declared)}.", *_warn(found.studies)]
    return "\n\n".join([" ".join(progress), *_list_parts(found)]).rstrip() + "\n"


def _warn(studies: Mapping[str, RecordedStudy]) -> Iterator[str]:
    """Studies whose origin asks for care."""
    late = [one.results.label for one in studies.values() if one.provenance.precedes is False]
    mixed = [one.results.label for one in studies.values() if len(one.provenance.processors) > 1]
    if late:
        yield f"Declared after the first run: {'; '.join(late)}."
    if mixed:
        yield f"Trained by several kinds of processor: {'; '.join(mixed)}."


def _list_parts(found: Recorded) -> Iterator[str]:
    claims = merge_claims(found.studies)
    if story := tell_story(claims):
        yield _tell(story)
        yield _part("How many conclusions survive", ABOUT["answers"], tables.format_answers(claims))
        yield from _show_findings(story.findings, found)
    yield _part("Every recorded study", "", tables.format_studies(found.studies))
    yield from _filled("Undecided, and what would decide", "undecided", tables.format_undecided(claims))
    yield from _filled("Where seeds alone explain what was printed", "seeds", tables.format_seeds(claims))
    far = tables.format_printed(found.printed, found.causes)
    yield from _filled("What we could not reproduce", "far", far)
    yield from _filled("Every printed figure beside ours", "printed", tables.format_printed(found.printed))
    yield from _list_missing(found)


def _tell(story: Story) -> str:
    parts = [f"{n} {TOLD[name]}" for name, n in story.outcomes.items() if n and name != UNTESTABLE]
    testable = story.total - story.outcomes[UNTESTABLE]
    told = f", {', '.join(parts[:-1])}{' and ' if parts[1:] else ''}{parts[-1]}" if parts else ""
    rest = f" {story.outcomes[UNTESTABLE]} more can't be tested." if story.outcomes[UNTESTABLE] else ""
    return f"**Of {testable} testable conclusions{told}.**{rest}"


def _show_findings(findings: Iterable[Finding], found: Recorded) -> Iterator[str]:
    """The clearest findings, each with its study's picture where no earlier one has shown it."""
    shown: set[str] = set()
    lines = []
    for one in findings:
        lines.append(f"- “{one.row.says}” **{one.row.verdict}**. {one.line} {_link(one.row)}")
        if one.row.study in found.pictures and one.row.study not in shown:
            lines.append(f"\n  ![{one.row.study}]({found.pictures[one.row.study]})\n")
        shown.add(one.row.study)
    if lines:
        yield _part("The clearest findings", "", "\n".join(lines))


def _link(row: LedgerRow) -> str:
    return f"([{row.id}](full/{study_page(row.study)}))"


def _list_missing(found: Recorded) -> Iterator[str]:
    missing = [study for study in found.declared if study not in found.studies]
    if missing:
        named = "\n".join(f"- {found.declared[study]}: `{study}`" for study in missing)
        command = "    dvc exp run -S profile=full -S 'select=[<its name>]' report && make record"
        yield _part("Not yet run on real data", f"{named}\n\nThe command that goes on:\n\n{command}", "")


def _filled(title: str, about: str, table: str) -> Iterator[str]:
    if table != tables.EMPTY:
        yield _part(title, ABOUT[about], table)


def _part(title: str, about: str, text: str) -> str:
    return "\n\n".join(one.strip("\n") for one in (f"## {title}", about, text) if one)
