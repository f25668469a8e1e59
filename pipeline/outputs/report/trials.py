"""Trials of the hyperparameter searches, one folded table a repeat."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.outputs.figures.units import is_fraction, words
from pipeline.outputs.report.numbers import number, percent
from pipeline.outputs.report.views import Cell, Table

SCORE = "val_accuracy"
BEST = "★ best"


def trial_tables(trials: Mapping[str, Sequence[pd.DataFrame]]) -> tuple[Table, ...]:
    """Every trial of every repeat's search, the best one marked.

    Parameters
    ----------
    trials : mapping of variant to DataFrames
        ``runs/<study>/<variant>/<repeat>/trials.csv``, one a repeat: columns ``trial``, the hyperparameters,
        ``val_accuracy`` and ``val_loss``. Best is the first with the largest ``val_accuracy``, as in the tuner.
    """
    return tuple(
        _table(variant, repeat, table)
        for variant, repeats in trials.items()
        for repeat, table in enumerate(repeats)
    )


def _table(variant: str, repeat: int, trials: pd.DataFrame) -> Table:
    best = int(trials[SCORE].to_numpy().argmax())
    rows = tuple(
        tuple(_cell(name, row[name], at == best) for name in trials.columns)
        for at, row in enumerate(trials.to_dict("records"))
    )
    said = f"{variant}, repeat {repeat}: {len(trials)} trials, best {percent(trials[SCORE].max())}"
    columns = tuple(words(str(name)).replace("val ", "validation ") for name in trials.columns)
    return Table(f"{said} of the validation images", columns, rows, folded=True, summary=said)


def _cell(name: object, value: float, best: bool) -> Cell:
    if name == "trial":
        return Cell(str(int(value)), tag=BEST if best else None)
    return Cell(percent(value) if is_fraction(str(name)) else number(value))
