"""Stage writeups: every worked exercise, question and erratum of the write-ups, computed, and their page."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.files import write_json, write_model, write_text
from pipeline.folders import replaced_folder
from pipeline.outputs.report.printed import PrintedFigures, PrintedFile
from pipeline.writeups.entries import read_printed
from pipeline.writeups.exercises import solve
from pipeline.writeups.page import exercises_page


def writeups() -> None:
    """Write metrics/exercises.json, pages/exercises.html and pages/printed.json."""
    solved = solve()
    write_json(layout.EXERCISES, solved.to_dict())
    with replaced_folder(layout.PAGES) as folder:
        write_text(folder / "exercises.html", exercises_page(solved))
        write_model(folder / layout.PRINTED.name, PrintedFile(list_printed()))


def list_printed() -> dict[str, PrintedFigures]:
    """What the write-ups printed of their runs, as pages show it."""
    return {
        row: PrintedFigures(place=run.place, figures=run.scalars, curves={name: run.curve(name) for name in run.epochs})
        for row, run in read_printed().items()
    }


if __name__ == "__main__":
    run(writeups)
