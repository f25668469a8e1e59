"""`make printed`: the write-ups' printed figures beside ours, a table in Markdown for each write-up."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd

from pipeline import layout
from pipeline.command_line import run as run_command
from pipeline.data.identity import read_identities
from pipeline.errors import UserError
from pipeline.evaluation.scores import recall
from pipeline.files import csv_text, read_arrays, read_table, write_text
from pipeline.params.plan import read_training
from pipeline.statistics.intervals import further_run
from pipeline.training.study_runs import REPEAT, read_history, read_trials
from pipeline.writeups.counts import read_networks
from pipeline.writeups.entries import PrintedRun, WorkedExercise, read_entries, read_printed
from pipeline.writeups.exercises import WORKED, solve

HEADER = (
    "| row | study / variant | figure | printed | ours (mean of n) | n | difference | standard errors "
    "| 95 % of one more run of ours | z | of all |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Line:
    """A printed figure beside the mean of ours, and how many printed figures it stands for, 0 if it is derived."""

    name: str
    printed: float
    ours: pd.Series
    figures: int
    images: int | None  # behind an accuracy
    of_all: str = ""  # how a whole learning curve or matrix compares

    def format(self, row: str, place: str) -> str:
        """The line in Markdown; its standard error is that of one run on the images of the printed figure."""
        mean, n = self.ours.mean(), len(self.ours)
        error = compute_standard_error(mean, self.printed, self.images) if self.images else 0
        errors = f"{(mean - self.printed) / error:+.1f}" if error else "–"
        low, high, z = self.place_among_ours()
        interval = "–" if low is None else f"{low:.6g} to {high:.6g}"
        beside = f"{interval} | {'–' if z is None else f'{z:+.1f}'} | {self.of_all}"
        figures = f"{self.printed:.6g} | {mean:.6g} | {n} | {mean - self.printed:+.3g} | {errors} | {beside}"
        return f"| `{row}` | {place} | {self.name} | {figures} |"

    def place_among_ours(self) -> tuple[float | None, float | None, float | None]:
        """The interval that holds one more run of ours in 95 of 100 cases, and z, how far off the printed one is.

        Both count the spread over seeds, of runs on the same images; z is of ours minus the printed one, as the
        difference is, and None where our runs do not differ.
        """
        found = further_run(self.ours)
        if found is None or not np.isfinite(found).all():
            return None, None, None
        low, high, error = found
        return low, high, (self.ours.mean() - self.printed) / error if error else None

    def to_row(self, write_up: str, row: str, study: str, variant: str) -> dict[str, str | float | int | None]:
        """The line as it is recorded, in full digits."""
        low, high, z = self.place_among_ours()
        named = {"write_up": write_up, "row": row, "study": study, "variant": variant, "figure": self.name}
        ours = {"printed": self.printed, "mean": float(self.ours.mean()), "n": len(self.ours)}
        return {**named, **ours, "low": low, "high": high, "z": z, "figures": self.figures, "of_all": self.of_all}


def compute_standard_error(one: float, other: float, images: int) -> float:
    """Standard error of the difference of two accuracies on as many images each, treated as independent.

    It covers the sampling of images only, not the spread over seeds, and is too large for runs on the same images.
    """
    return sqrt((one * (1 - one) + other * (1 - other)) / images)


def compare_run(run: PrintedRun, runs: pd.DataFrame, series: Mapping[str, pd.DataFrame]) -> Iterator[Line]:
    """A line for every printed figure, learning curve and matrix that `read_ours` has, too."""
    for name, figure in run.scalars.items():
        if name in runs and len(values := runs[name].dropna()):
            yield Line(name, figure, values, run.count()[name], run.images.get(name))
    for name in (name for name in run.epochs if name in series):
        yield from compare_series(name, pd.Series(run.curve(name)), series[name], run.images.get(name))
    if run.confusion:
        cells = pd.Series(np.ravel(run.confusion), series["confusion"].index)
        yield from compare_series("confusion", cells, series["confusion"], None)


def compare_series(name: str, printed: pd.Series, ours: pd.DataFrame, images: int | None) -> Iterator[Line]:
    """The last epoch or cell that both have, and how far the means of ours are from all that are printed."""
    off = (ours.mean(axis=1) - printed).dropna()
    if len(both := off.index):
        worst = int(off.abs().argmax())
        of_all = f"this {both[-1]}; {len(off)}: mean {off.mean():+.2g}, largest {off.iloc[worst]:+.2g} at {both[worst]}"
        yield Line(name, printed[both].iloc[-1], ours.loc[both].iloc[-1].dropna(), len(off), images, of_all)


def read_ours(study: str, variant: str) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """What the runs of a variant reached, a row each; by name, what each (a column) had at every epoch or cell."""
    table = layout.evaluated_runs(study)
    if not table.is_file():
        raise UserError(f"{table}: expected every planned study to be evaluated; run `dvc repro` first.")
    runs = read_table(table).query("variant == @variant").set_index("repeat")
    counts = read_arrays(layout.evaluated_images(study, variant))["confusion"]
    runs[[f"recall_{k}" for k in range(counts.shape[1])]] = recall(counts)
    last = read_trials(study, variant).groupby(REPEAT).last()
    runs["last_trial_val_accuracy"] = last["val_accuracy"] if len(last) else np.nan
    epochs = read_history(study, variant)
    curves = {n: epochs.pivot(index="epoch", columns=REPEAT, values=n) for n in epochs.columns.drop([REPEAT, "epoch"])}
    cells = pd.MultiIndex.from_product([range(counts.shape[1])] * 2)
    matrix = pd.DataFrame(counts.reshape(len(counts), -1).T, cells, runs.index)
    return runs, curves | {"confusion": matrix}


def find_rows() -> dict[str, tuple[str, str]]:
    """Study and variant that run a row: of several studies the first."""
    plans = reversed(read_training().items())
    return {row: (study, name) for study, plan in plans for name, one in plan.variants.items() for row in one.rows}


def format_write_up(write_up: str, places: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """Table of a write-up, then how many of its printed figures are compared, and which can't be."""
    yield f"\n## Write-up {write_up}\n\n{HEADER}"
    compared, left = 0, Counter[str]()
    for row, run in ((row, run) for row, run in read_printed().items() if run.place.write_up == write_up):
        lines = [*compare_run(run, *read_ours(*places[row]))] if row in places else []
        yield from (line.format(row, " / ".join(places[row])) for line in lines)
        compared += sum(line.figures for line in lines)
        for name, n in (run.count() - Counter({line.name: line.figures for line in lines})).items():
            left["times, of other machines" if "second" in name else f"{name} of `{row}`, no counterpart of ours"] += n
    worked, wrong = count_worked(write_up), sum(one.id.startswith(f"F{write_up}") for one in solve().errata)
    yield f"\n{compared + worked + left.total()} printed figures. Compared: {compared} with runs; {worked} of exercises"
    yield f"and summaries with computed values, {wrong} of them not right (see errata). Not compared: {left.total()}"
    yield from (f"- {n} {name}" for name, n in left.items())


def count_worked(write_up: str) -> int:
    """Printed figures of worked exercises and model summaries."""
    sheets = [one for file in WORKED for one in read_entries(f"{file}.yaml", WorkedExercise).values()]
    every = [*(one for one in sheets if not one.alternative), *read_networks().values()]
    return sum(figure.count() for one in every if one.write_up == write_up for figure in one.printed.values())


def record_study(study: str, places: Mapping[str, tuple[str, str]]) -> None:
    """Write the lines of a recorded study beside what else is recorded of it."""
    lines = [
        line.to_row(run.place.write_up, row, *places[row])
        for row, run in read_printed().items()
        if row in places and places[row][0] == study
        for line in compare_run(run, *read_ours(*places[row]))
    ]
    write_text(layout.recorded(study) / layout.RECORDED_PRINTED, csv_text(lines))


def main(*, record: bool = False) -> None:
    """Print the tables, or `record` those of recorded studies; refuse stand-in data, on which they mean nothing."""
    if any(identity.stand_in for identity in read_identities().values()):
        raise UserError(f"{layout.IDENTITIES}: expected real data; run with profile=full first.")
    if record:
        for study in filter(lambda one: layout.recorded(one).exists(), read_training()):
            record_study(study, find_rows())
        return
    for write_up in ("000", "001", "002", "003", "004"):
        print("\n".join(format_write_up(write_up, find_rows())))


if __name__ == "__main__":
    run_command(main)
