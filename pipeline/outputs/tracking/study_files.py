"""One study as its files describe it: what MLflow is to show, read before anything is written there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import layout
from pipeline.claims.ledger import LedgerRow, read_ledger
from pipeline.data.identity import Identity, read_identities
from pipeline.errors import UserError
from pipeline.evaluation.collect import RunSeconds, read_seconds
from pipeline.files import read_rows
from pipeline.params.plan import TrainingPlan, read_training
from pipeline.statistics.results import StudyResults, read_results
from pipeline.statistics.runs import NOT_MEASURED
from pipeline.training.record import StudyRun, read_run
from pipeline.training.store import evaluation_store, run_store

Numbers = Mapping[str, float]


@dataclass(frozen=True)
class RunFiles:
    """One finished run with its epochs, by number from 1, and its final numbers by column."""

    folder: Path
    about: StudyRun
    history: tuple[tuple[int, Numbers], ...]
    finals: Numbers


@dataclass(frozen=True)
class StudyFiles:
    """One study: plan, tasks by name, runs by variant in order of the repeat, results, claims and pictures."""

    plan: TrainingPlan
    identities: Mapping[str, Identity]
    runs: Mapping[str, tuple[RunFiles, ...]]
    results: StudyResults
    claims: tuple[LedgerRow, ...]
    figures: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The study's name."""
        return self.plan.study


def read_studies() -> list[StudyFiles]:
    """Every planned study.

    Raises
    ------
    UserError
        When a declared file or row is missing, or an evaluation is of another run than the one on disk.
    """
    identities, claims = read_identities(), read_ledger(layout.CLAIMS)
    return [_read_study(plan, identities, claims) for plan in read_training().values()]


def _read_study(plan: TrainingPlan, identities: Mapping[str, Identity], claims: list[LedgerRow]) -> StudyFiles:
    results = read_results(path := layout.study_metrics(plan.study))
    if missing := [variant for variant in plan.trained if variant not in results.variants]:
        raise UserError(f"{path}: expected variant '{missing[0]}', which the plan declares. Run `dvc repro`.")
    own = tuple(row for row in claims if row.study == plan.study)
    figures = tuple(sorted(layout.study_pictures(plan.study).glob("*")))
    return StudyFiles(plan, identities, _read_runs(plan, identities), results, own, figures)


def _read_runs(plan: TrainingPlan, identities: Mapping[str, Identity]) -> dict[str, tuple[RunFiles, ...]]:
    rows = {(row["variant"], int(row["repeat"])): row for row in read_rows(layout.evaluated_runs(plan.study))}
    seconds = read_seconds(plan, identities, run_store(), evaluation_store())
    return {
        variant: tuple(
            _read_run(read_run(plan.study, variant, repeat), rows.get((variant, repeat)), times[repeat])
            for repeat in range(plan.repeats)
        )
        for variant, times in seconds.items()
        if variant in plan.trained
    }


def _read_run(about: StudyRun, row: Mapping[str, str] | None, seconds: RunSeconds) -> RunFiles:
    folder = layout.run_folder(about.study, about.variant, about.repeat)
    received = row["fingerprint"] if row else "no row"
    if row is None or received != about.fingerprint:
        raise UserError(
            f"{folder}: expected its fingerprint {about.fingerprint} in the study's evaluation, "
            f"received {received}. Run `dvc repro`."
        )
    finals = _to_numbers({column: cell for column, cell in row.items() if column not in NOT_MEASURED})
    epochs = [_to_numbers(epoch) for epoch in read_rows(folder / layout.HISTORY)]
    history = tuple((int(epoch.pop("epoch")), epoch) for epoch in epochs)
    return RunFiles(folder, about, history, finals | seconds.model_dump(exclude_none=True))


def _to_numbers(row: Mapping[str, str]) -> dict[str, float]:
    """Cells that are not empty, as numbers; a diverged run's NaN stays one."""
    return {column: float(cell) for column, cell in row.items() if cell != ""}
