"""Pages of all recorded studies together: the overview, which says what is still missing, and the claims."""

import re
from collections.abc import Mapping, Sequence

from pipeline.layout import study_page
from pipeline.outputs.record.study import RecordedStudy, merge_claims
from pipeline.outputs.report.build import add_marks
from pipeline.outputs.report.claims import render_claims
from pipeline.outputs.report.render import render_index
from pipeline.outputs.report.views import Cell, Section, StudyView, Table

TIMES = re.compile(r'<a\s+href="\.\./timings/index\.html">(.*?)</a>', re.DOTALL)


def build_overview(
    recorded: Mapping[str, RecordedStudy], declared: Sequence[str], further: Mapping[str, str]
) -> dict[str, str]:
    """Pages by file name; `declared` are all studies, `further` are pages that belong to none."""
    views = [StudyView(one.results, (), add_marks({}, one.results)) for one in recorded.values()]
    missing = [study for study in declared if study not in recorded]
    sections = [Section("origin", "Where they come from", "table.html", _tabulate_origins(recorded))]
    if missing:
        title = f"Not yet run on real data: {len(missing)} of {len(declared)} studies"
        rows = tuple((Cell(study),) for study in missing)
        sections.insert(0, Section("missing", title, "table.html", Table(title, ("study",), rows, wordy=True)))
    claims = render_claims(merge_claims(recorded), stand_in=False)
    pages = {"index.html": render_index(views, sections, further), "claims.html": claims}
    return {**{file: unlink_times(text) for file, text in pages.items()}, **further}


def unlink_times(text: str) -> str:
    """A page without links to times, which are another machine's, and not recorded."""
    return TIMES.sub(r"\1", text)


def _tabulate_origins(recorded: Mapping[str, RecordedStudy]) -> Table:
    columns = ("study", "runs", "declared by commit", "data", "processor", "training code")
    rows = tuple(_describe_origin(study, one) for study, one in recorded.items())
    return Table("What was declared before the first run, and what the runs were made with", columns, rows, wordy=True)


def _describe_origin(study: str, one: RecordedStudy) -> tuple[Cell, ...]:
    origin = one.provenance
    mixed = "kinds of processor" if len(origin.processors) > 1 else None
    return (
        Cell(study, href=study_page(study)),
        Cell(str(len(one.runs))),
        Cell(origin.declared[:12]),
        Cell(", ".join(origin.data)),
        Cell("; ".join(f"{name}: {len(runs)} runs" for name, runs in origin.processors.items()), tag=mixed),
        Cell(", ".join(code[:12] for code in origin.code)),
    )
