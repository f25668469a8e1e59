"""Stage report: pages and pictures for people, and tables for DVC's plots."""

import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from pipeline import layout
from pipeline.command_line import run
from pipeline.files import write_text
from pipeline.folders import replaced_folder
from pipeline.outputs.plots import KINDS
from pipeline.outputs.report.build import build_overview, build_study
from pipeline.outputs.report.gather import ReportFiles, fingerprint_study, read_report_files, read_study_files
from pipeline.outputs.report.render import link_studies
from pipeline.params.plan import read_unselected
from pipeline.store import kept_store

NO_PICTURES = (layout.STUDY_PAGE, *map(layout.plot_table, KINDS))


def report() -> None:
    """Write report/, pictures/<study>/<section>_<number>.svg and plots/<kind>/<study>.csv of the planned studies.

    Those of studies that are not selected stay.
    """
    files, store, others = read_report_files(), kept_store(), read_unselected().studies
    names = {study: fingerprint_study(study, files) for study in files.plans}
    made = {study: store.keep(name, partial(_write_study, study, files)) for study, name in names.items()}
    _write_pages(files, made, others)
    with replaced_folder(layout.PICTURES, others) as pictures:
        for study, name in names.items():
            store.copy(name, pictures / study, leave=NO_PICTURES)
    for kind in KINDS:
        _write_tables(kind, made, others)


def _write_pages(files: ReportFiles, made: Mapping[str, Path], others: Sequence[str]) -> None:
    linked = {name: one.label for name, one in sorted((files.kept | files.results).items())}
    with replaced_folder(layout.REPORT, [layout.study_page(study) for study in others]) as pages:
        for study, folder in made.items():
            text = (folder / layout.STUDY_PAGE).read_text("utf-8")
            write_text(pages / layout.study_page(study), link_studies(text, study, linked))
        for file, text in build_overview(files).items():
            write_text(pages / file, text)


def _write_tables(kind: str, made: Mapping[str, Path], others: Sequence[str]) -> None:
    with replaced_folder(layout.PLOTS / kind, [layout.study_plot(kind, study).name for study in others]) as tables:
        for study, folder in made.items():
            if (table := folder / layout.plot_table(kind)).exists():
                shutil.copy(table, tables / layout.study_plot(kind, study).name)


def _write_study(study: str, files: ReportFiles, folder: Path) -> None:
    own = read_study_files(files.plans[study], files.results[study], files.identities)
    for file, text in build_study(study, own, files).items():
        write_text(folder / file, text)


if __name__ == "__main__":
    run(report)
