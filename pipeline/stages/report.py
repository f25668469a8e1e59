"""Stage report: pages and pictures for people."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.files import replaced, write_text
from pipeline.outputs.report.build import build_report
from pipeline.outputs.report.gather import read_report_files


def report() -> None:
    """Write the pages of report/, and plots/<study>/<section>_<number>.svg."""
    built = build_report(read_report_files())
    for folder, texts in ((layout.REPORT, built.pages), (layout.PLOTS, built.plots)):
        with replaced(folder) as unfinished:
            for name, text in texts.items():
                write_text(unfinished / name, text)


if __name__ == "__main__":
    run(report)
