"""Pages of all recorded studies together, in the form of a report: it says first what is still missing."""

from collections.abc import Mapping

from pipeline.layout import study_page
from pipeline.outputs.record.provenance import WHEN
from pipeline.outputs.record.study import RecordedStudy, merge_claims
from pipeline.outputs.report.build import build_overview as build_report
from pipeline.outputs.report.gather import ReportFiles
from pipeline.outputs.report.printed import Printed
from pipeline.outputs.report.views import Cell, Section, Table


def build_overview(
    recorded: Mapping[str, RecordedStudy], declared: Mapping[str, str], printed: Printed, further: Mapping[str, str]
) -> dict[str, str]:
    """Pages by file name; `declared` are titles of all studies, `further` are pages that belong to none."""
    files = ReportFiles(
        plans={study: one.training for study, one in recorded.items()},
        results={study: one.results for study, one in recorded.items()},
        about={},
        identities={task: found for one in recorded.values() for task, found in one.provenance.tasks.items()},
        samples={},
        claims=merge_claims(recorded),
        pages=dict(further),
        printed=printed,
        measured={study: one.runs for study, one in recorded.items()},
    )
    missing = {study: title for study, title in declared.items() if study not in recorded}
    sections = [*_list_missing(missing), Section("origin", "Where they come from", "table.html", _origins(recorded))]
    note = f"{say_progress(recorded, declared)}.{' The others are named below.' if missing else ''}"
    return build_report(files, sections, times=False, note=note)


def say_progress(recorded: Mapping[str, RecordedStudy], declared: Mapping[str, str]) -> str:
    """How many of the declared studies are recorded, as a sentence without its full stop."""
    done = sum(study in recorded for study in declared)
    some = f"{done} of {len(declared)} studies {'has' if done == 1 else 'have'} been run on real data so far"
    return "Every study has been run on real data" if done == len(declared) else some


def _list_missing(missing: Mapping[str, str]) -> list[Section]:
    rows = tuple((Cell(title), Cell(study)) for study, title in missing.items())
    table = Table("Studies that are declared and not yet run on real data", ("study", "name"), rows, wordy=True)
    return [Section("missing", f"Not yet run: {len(missing)}", "table.html", table)] if missing else []


def _origins(recorded: Mapping[str, RecordedStudy]) -> Table:
    columns = ("study", "runs", "declared by commit", "data", "processor", "training code")
    rows = tuple(_describe_origin(study, one) for study, one in recorded.items())
    return Table("What was declared, and what the runs were made with", columns, rows, wordy=True)


def _describe_origin(study: str, one: RecordedStudy) -> tuple[Cell, ...]:
    origin = one.provenance
    mixed = "kinds of processor" if len(origin.processors) > 1 else None
    return (
        Cell(one.results.label, href=study_page(study)),
        Cell(str(len(one.runs))),
        Cell(origin.declared[:12], (WHEN[origin.precedes],), tag="late" if origin.precedes is False else None),
        Cell(", ".join(origin.data)),
        Cell("; ".join(f"{name}: {len(runs)} runs" for name, runs in origin.processors.items()), tag=mixed),
        Cell(", ".join(code[:12] for code in origin.code)),
    )
