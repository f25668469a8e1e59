"""Stage report: pages and pictures for people."""

from functools import partial
from pathlib import Path

from pipeline import layout
from pipeline.command_line import run
from pipeline.files import replaced, write_text
from pipeline.outputs.report.build import build_overview, build_study
from pipeline.outputs.report.gather import ReportFiles, fingerprint_study, read_report_files, read_study_files
from pipeline.outputs.report.render import link_studies
from pipeline.store import kept_store


def report() -> None:
    """Write the pages of report/, and plots/<study>/<section>_<number>.svg."""
    files, store = read_report_files(), kept_store()
    names = {study: fingerprint_study(study, files) for study in files.plans}
    with replaced(layout.REPORT) as pages, replaced(layout.PLOTS) as plots:
        for study, name in names.items():
            page = store.keep(name, partial(_write_study, study, files)) / layout.STUDY_PAGE
            write_text(pages / layout.study_page(study), link_studies(page.read_text("utf-8"), study, names))
            store.copy(name, plots / study, leave=[layout.STUDY_PAGE])
        for file, text in build_overview(files).items():
            write_text(pages / file, text)


def _write_study(study: str, files: ReportFiles, folder: Path) -> None:
    own = read_study_files(files.plans[study], files.results[study].control)
    for file, text in build_study(study, own, files).items():
        write_text(folder / file, text)


if __name__ == "__main__":
    run(report)
