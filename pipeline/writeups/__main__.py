"""Stage writeups: every worked exercise, question and erratum of the write-ups, computed, and their page."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.files import write_json, write_text
from pipeline.folders import replaced_folder
from pipeline.writeups.exercises import solve
from pipeline.writeups.page import exercises_page


def writeups() -> None:
    """Write metrics/exercises.json and pages/exercises.html."""
    solved = solve()
    write_json(layout.EXERCISES, solved.to_dict())
    with replaced_folder(layout.PAGES) as folder:
        write_text(folder / "exercises.html", exercises_page(solved))


if __name__ == "__main__":
    run(writeups)
