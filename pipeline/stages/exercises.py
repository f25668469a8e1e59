"""Stage exercises: every worked exercise and the errata of the write-ups, computed."""

from pipeline import layout
from pipeline.command_line import run
from pipeline.files import write_json
from pipeline.writeups import solve


def exercises() -> None:
    """Write metrics/exercises.json."""
    write_json(layout.EXERCISES, solve())


if __name__ == "__main__":
    run(exercises)
