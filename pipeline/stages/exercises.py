"""Stage exercises: every worked exercise and the errata of the write-ups, computed."""

from pipeline import layout
from pipeline.analysis.exercises import solve
from pipeline.files import write_json
from pipeline.stages.command import run


def exercises() -> None:
    """Write metrics/exercises.json."""
    write_json(layout.EXERCISES, solve())


if __name__ == "__main__":
    run(exercises)
