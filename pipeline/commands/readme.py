"""`make readme`: what documents say of results, written from what is recorded, or from metrics/: none is typed."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from pipeline import layout
from pipeline.claims.ledger import ON_IDENTICAL, count_verdicts
from pipeline.command_line import run
from pipeline.errors import UserError
from pipeline.files import read_rows, write_text
from pipeline.metrics import words
from pipeline.outputs.figures.theme import CLAIM_STYLES, COMPARISON_STYLES
from pipeline.outputs.record.found import Recorded, format_found
from pipeline.outputs.record.overview import say_progress
from pipeline.outputs.record.picture import LABEL, choose_runs, draw_picture
from pipeline.outputs.record.study import list_recorded, merge_claims, read_recorded
from pipeline.outputs.record.tables import Printed
from pipeline.params.read import read
from pipeline.statistics.results import StudyResults, read_results, read_summary

README, FOUND = Path("README.md"), Path("results/README.md")
STAND_IN = """
Profile quick, on **stand-in data** (scikit-learn's small digits, no network): it shows that everything works, and says
nothing about MNIST. Profile full runs the write-ups' own data. Verdicts are paired comparisons over n repeats,
Holm-corrected.
"""


def format_verdicts(studies: Sequence[StudyResults]) -> str:
    """Markdown table: how many comparisons with their control got each verdict, studies of as many repeats in a row.

    Studies that compare nothing have no verdict to count.
    """
    by_repeats: dict[int, list[StudyResults]] = {}
    for study in studies:
        if study.comparisons:
            by_repeats.setdefault(study.repeats, []).append(study)
    rows = [
        f"| comparisons with a control | {' | '.join(COMPARISON_STYLES)} |",
        "|---" * (1 + len(COMPARISON_STYLES)) + "|",
    ]
    for repeats, alike in sorted(by_repeats.items()):
        found = Counter(one.verdict for study in alike for one in study.comparisons.values())
        cells = " | ".join(str(found[verdict]) for verdict in COMPARISON_STYLES)
        rows.append(f"| {len(alike)} {'study' if len(alike) == 1 else 'studies'}, {repeats} repeats | {cells} |")
    return "\n".join(rows) + "\n"


def format_claims(claims: Mapping[str, Mapping[str, int]], data: str) -> str:
    """Markdown table: how many claims of each scope got each verdict on some data, and how many on identical runs."""
    columns = (*CLAIM_STYLES, ON_IDENTICAL)
    rows = [f"| claims, on {data} | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    for scope, counts in claims.items():
        rows.append(f"| {words(scope)} | {' | '.join(str(counts.get(column, 0)) for column in columns)} |")
    return "\n".join(rows) + "\n"


def replace_block(document: str, name: str, text: str) -> str:
    """A document's text with what stands between the two marks of a name replaced.

    Raises
    ------
    UserError
        When the two marks are not there.
    """
    begin, end = f"<!-- {name}: make readme -->\n", f"<!-- end of {name} -->\n"
    replaced, found = re.subn(f"{begin}.*?{end}", lambda _: f"{begin}{text}{end}", document, count=1, flags=re.DOTALL)
    if not found:
        raise UserError(f"expected the lines {begin.strip()} and {end.strip()} in the document.")
    return replaced


def read_found(root: Path = Path()) -> Recorded:
    """What is recorded, of a working folder."""
    names = list_recorded(root)
    return Recorded(
        studies={study: read_recorded(study, root) for study in names},
        declared={name: one.title or name for name, one in read(root / layout.PARAMS).studies.items()},
        printed=[row for study in names for row in _read_printed(study, root)],
        pictures={study: path for study in names if (path := _find_picture(study, root))},
        causes=YAML(typ="safe").load((root / layout.CAUSES).read_text("utf-8")),
    )


def format_blocks(root: Path = Path()) -> dict[Path, dict[str, str]]:
    """Generated texts of every document by name, from what a working folder records."""
    found = read_found(root)
    verdicts = _format_recorded(found) if found.studies else _format_own(root)
    return {README: {"verdicts": verdicts}, FOUND: {"found": format_found(found)}}


def _format_own(root: Path) -> str:
    """Verdicts on treatments and on claims from the metrics of a working folder."""
    summary = read_summary(root / layout.SUMMARY)
    studies = [read_results(root / layout.study_metrics(name)) for name in summary.studies]
    data = "stand-in data" if summary.stand_in else "the write-ups' own data"
    return f"{format_verdicts(studies)}\n{format_claims(summary.claims, data)}{STAND_IN if summary.stand_in else ''}"


def _format_recorded(found: Recorded) -> str:
    """A picture of printed accuracies beside ours, the claims by verdict, and how many studies are done."""
    caveats = sorted({one for study in found.studies.values() for one in study.results.caveats})
    pictured = choose_runs(found.studies, found.printed)
    picture = f"![{LABEL}]({layout.PICTURE_OF_RECORD})\n\n" if pictured else ""
    progress = say_progress(found.studies, found.declared)
    report = f"{progress}: [the report]({layout.RECORD}/index.html) opens offline; [what we found]({FOUND})."
    said = "".join(f"\nNot the official data: {one}." for one in caveats)
    return f"{picture}{format_claims(count_verdicts(merge_claims(found.studies)), 'real data')}\n{report}{said}\n"


def _read_printed(study: str, root: Path) -> list[Printed]:
    path = root / layout.recorded(study) / layout.RECORDED_PRINTED
    return list(read_rows(path)) if path.exists() else []


def _find_picture(study: str, root: Path) -> str | None:
    """A recorded study's picture of differences, or of spreads, by its path from what we found."""
    folder = root / layout.recorded(study)
    files = (folder / layout.picture(kind, 1) for kind in ("differences", "spread"))
    return next((one.relative_to((root / FOUND).parent).as_posix() for one in files if one.exists()), None)


def main() -> None:
    """Rewrite the generated parts of the documents, and the picture."""
    for path, blocks in format_blocks().items():
        text = path.read_text("utf-8")
        for name, block in blocks.items():
            text = replace_block(text, name, block)
        write_text(path, text)
    found = read_found()
    if runs := choose_runs(found.studies, found.printed):
        write_text(layout.PICTURE_OF_RECORD, draw_picture(runs))


if __name__ == "__main__":
    run(main)
