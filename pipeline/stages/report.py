"""Stage report: pages and pictures for people, and tables for DVC's plots."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.files import replaced, write_text
from pipeline.outputs.report.build import build_report
from pipeline.outputs.report.gather import read_report_files
from pipeline.params.plan import read_unselected


def report() -> None:
    """Write report/, pictures/<study>/<section>_<number>.svg and plots/<kind>/<study>.csv of the planned studies.

    Those of studies that are not selected stay.
    """
    others, built = read_unselected().studies, build_report(read_report_files())
    parts = [
        (layout.REPORT, built.pages, [layout.study_page(name) for name in others]),
        (layout.PICTURES, built.pictures, others),
    ]
    for kind, tables in built.plots.items():
        files = {study: layout.study_plot(kind, study) for study in (*tables, *others)}
        texts = {files[study].name: text for study, text in tables.items()}
        parts.append((layout.PLOTS / kind, texts, [files[study].name for study in others]))
    for folder, texts, keep in parts:
        with replaced(folder, keep) as unfinished:
            unfinished.mkdir(exist_ok=True)
            for name, text in texts.items():
                write_text(unfinished / name, text)


if __name__ == "__main__":
    run(report)
