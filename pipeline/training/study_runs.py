"""runs/<study>/<variant>/: a variant's finished runs under the names that a study gives them, one file of each kind.

Of each kind and not of each run, as DVC looks at every file and folder of an output in every stage that depends on it.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import pandas as pd
from pydantic import RootModel

from pipeline import layout
from pipeline.errors import UserError
from pipeline.files import csv_text, read_model, read_rows, read_text, write_model, write_text
from pipeline.params.plan import TrainingPlan
from pipeline.params.section import Name
from pipeline.store import Store, fingerprint_made
from pipeline.training.record import FinishedRun
from pipeline.training.runs import DeclaredRun

REPEAT = "repeat"
HEADING = re.compile(r"^repeat (\d+)\n", re.MULTILINE)


class StudyRun(FinishedRun):
    """A finished run under the name that a study gives it."""

    study: Name
    variant: Name
    repeat: int
    task: Name


class VariantRuns(RootModel[tuple[StudyRun, ...]]):
    """What runs.json says of a variant's runs, in order of the repeat."""


def fingerprint_runs(study: str, runs: Sequence[DeclaredRun]) -> str:
    """SHA-256 (hex) of all that a study's files in runs/ are made of."""
    named = [[one.variant, one.repeat, one.task, one.fingerprint] for one in runs]
    return fingerprint_made("pipeline.training.study_runs", study, named)


def write_runs(store: Store, study: str, runs: Sequence[DeclaredRun], folder: Path) -> None:
    """Write the files of every variant; its runs, which the store has, follow each other in order of the repeat."""
    for variant, group in groupby(runs, key=lambda run: run.variant):
        write_variant(
            folder / variant, [(_read_named(store, study, run), store.path(run.fingerprint)) for run in group]
        )


def write_variant(folder: Path, runs: Sequence[tuple[StudyRun, Path]]) -> None:
    """Write a variant's files from its runs, in order of the repeat, each with the folder that holds its own."""
    write_model(folder / layout.VARIANT_RUNS, VariantRuns(tuple(run for run, _ in runs)))
    write_text(folder / layout.MODEL_SUMMARY, _join([read_text(own / layout.MODEL_SUMMARY) for _, own in runs]))
    for table in (layout.HISTORY, layout.TRIALS):
        rows = [row for run, own in runs for row in _read_numbered(run.repeat, own / table)]
        if rows:
            write_text(folder / table, csv_text(rows, list(dict.fromkeys(name for row in rows for name in row))))


def read_runs(plan: TrainingPlan, variant: str) -> tuple[StudyRun, ...]:
    """What runs.json says of a variant's runs, in order of the repeat; a UserError where not all are there."""
    path = layout.variant_runs(plan.study, variant) / layout.VARIANT_RUNS
    runs = read_model(path, VariantRuns).root
    if [run.repeat for run in runs] != list(range(plan.repeats)):
        raise UserError(f"{path}: expected {plan.repeats} runs, as planned; received {len(runs)}. Run `dvc repro`.")
    return runs


def read_history(study: str, variant: str) -> pd.DataFrame:
    """Every epoch of every run: `repeat`, `epoch` from 1, then losses and accuracies."""
    return pd.read_csv(layout.variant_runs(study, variant) / layout.HISTORY)


def read_trials(study: str, variant: str) -> pd.DataFrame:
    """Every trial of every run in the order in which they ran; without a row where nothing was searched."""
    path = layout.variant_runs(study, variant) / layout.TRIALS
    return pd.read_csv(path) if path.exists() else pd.DataFrame({REPEAT: []})


def split_by_repeat(table: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Rows of each repeat, without its number."""
    return {int(str(one)): part.drop(columns=REPEAT).reset_index(drop=True) for one, part in table.groupby(REPEAT)}


def read_summaries(plan: TrainingPlan, variant: str) -> tuple[str, ...]:
    """Keras's summary of every run's network, in order of the repeat."""
    _, *found = HEADING.split(read_text(layout.variant_runs(plan.study, variant) / layout.MODEL_SUMMARY))
    since = dict(zip(map(int, found[::2]), found[1::2], strict=True))
    return tuple(since[max(first for first in since if first <= repeat)] for repeat in range(plan.repeats))


def _read_named(store: Store, study: str, run: DeclaredRun) -> StudyRun:
    about = read_model(store.path(run.fingerprint) / layout.RUN, FinishedRun)
    return StudyRun(study=study, variant=run.variant, repeat=run.repeat, task=run.task, **dict(about))


def _read_numbered(repeat: int, path: Path) -> Iterable[dict[str, str]]:
    return ({REPEAT: str(repeat), **row} for row in read_rows(path)) if path.exists() else ()


def _join(texts: Sequence[str]) -> str:
    """Texts in order of the repeat, each under the repeat from which on it holds."""
    new = (repeat for repeat, text in enumerate(texts) if repeat == 0 or text != texts[repeat - 1])
    return "".join(f"repeat {repeat}\n{texts[repeat]}" for repeat in new)
