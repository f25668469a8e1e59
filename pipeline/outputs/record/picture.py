"""The picture of what is recorded: accuracies that write-ups printed of one run, beside every repeat of ours."""

from collections.abc import Iterable, Mapping

from pipeline.outputs.figures.beside import draw_beside
from pipeline.outputs.figures.canvas import render_svg
from pipeline.outputs.record.study import RecordedStudy
from pipeline.outputs.record.tables import Printed, choose_first

METRIC = "test_accuracy"
LEAST = 0.95  # of a printed accuracy: on one axis with much lower ones nobody sees a tenth of a point
MOST = 12
LABEL = "Accuracies that the write-ups printed, each of one run, beside every seeded repeat of ours and their mean"


def choose_runs(
    recorded: Mapping[str, RecordedStudy], printed: Iterable[Printed]
) -> dict[str, tuple[float, list[float]]]:
    """By title what a text printed of a run and what ours reached; studies of which it printed most come first."""
    rows = [one for one in choose_first(printed) if one["figure"] == METRIC and float(one["printed"]) >= LEAST]
    rows.sort(key=lambda row: -sum(other["study"] == row["study"] for other in rows))
    return {_name(row, recorded): (float(row["printed"]), _read_ours(row, recorded)) for row in rows[:MOST]}


def draw_picture(runs: Mapping[str, tuple[float, list[float]]]) -> str:
    """SVG on white, readable wherever it is put."""
    return render_svg(draw_beside(runs, METRIC), label=LABEL)


def _name(row: Printed, recorded: Mapping[str, RecordedStudy]) -> str:
    results = recorded[row["study"]].results
    return f"{results.label}: {results.titles[row['variant']]}"


def _read_ours(row: Printed, recorded: Mapping[str, RecordedStudy]) -> list[float]:
    runs = recorded[row["study"]].runs
    return [float(one) for one in runs.loc[runs["variant"] == row["variant"], METRIC]]
