"""One study as its files describe it: what MLflow is to show, read before anything is written there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import layout
from pipeline.claims.ledger import LedgerRow, format_ledger, read_ledger
from pipeline.data.identity import Identity, read_identities
from pipeline.errors import UserError
from pipeline.evaluation.collect import RunSeconds, read_seconds
from pipeline.files import read_rows
from pipeline.params.plan import TrainingPlan, read_training
from pipeline.statistics.results import StudyResults, read_results
from pipeline.statistics.runs import NOT_MEASURED
from pipeline.store import digest_file, digest_folder, evaluation_store, fingerprint_made, run_store
from pipeline.training.study_runs import REPEAT, StudyRun, read_runs

Numbers = Mapping[str, float]


@dataclass(frozen=True)
class RunFiles:
    """One finished run with its epochs, by number from 1, and its final numbers by column."""

    about: StudyRun
    history: tuple[tuple[int, Numbers], ...]
    finals: Numbers
    span: tuple[int, int] | None  # of its training, from and to, in milliseconds; None where the run store lacks it


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


@dataclass(frozen=True)
class PlannedStudy:
    """A study before its files are read: its plan, tasks by name, and claims."""

    plan: TrainingPlan
    identities: Mapping[str, Identity]
    claims: tuple[LedgerRow, ...]


def plan_studies() -> list[PlannedStudy]:
    """Every planned study."""
    identities, claims = read_identities(), read_ledger(layout.CLAIMS)
    return [
        PlannedStudy(plan, identities, tuple(row for row in claims if row.study == study))
        for study, plan in read_training().items()
    ]


def fingerprint_study(study: PlannedStudy) -> str:
    """SHA-256 (hex) of all that MLflow is to show of a study, but for seconds, and of the code that shows it."""
    name, tasks = study.plan.study, sorted({one.task for one in study.plan.variants.values()})
    return fingerprint_made(
        "pipeline.outputs.tracking.projection",
        study.plan.model_dump(mode="json"),
        format_ledger(study.claims),
        {task: study.identities[task].model_dump(mode="json") for task in tasks},
        digest_file(layout.study_metrics(name)),
        digest_file(layout.evaluated_runs(name)),
        [digest_folder(folder) for folder in (layout.RUNS / name, layout.study_pictures(name))],
    )


def read_study(study: PlannedStudy) -> StudyFiles:
    """All files of a study.

    Raises
    ------
    UserError
        When a declared file or row is missing, or an evaluation is of another run than the one on disk.
    """
    plan, identities = study.plan, study.identities
    results = read_results(path := layout.study_metrics(plan.study))
    if missing := [variant for variant in plan.trained if variant not in results.variants]:
        raise UserError(f"{path}: expected variant '{missing[0]}', which the plan declares. Run `dvc repro`.")
    figures = tuple(sorted(layout.study_pictures(plan.study).glob("*")))
    return StudyFiles(plan, identities, _read_runs(plan, identities), results, study.claims, figures)


def _read_runs(plan: TrainingPlan, identities: Mapping[str, Identity]) -> dict[str, tuple[RunFiles, ...]]:
    rows = {(row["variant"], int(row["repeat"])): row for row in read_rows(layout.evaluated_runs(plan.study))}
    seconds = read_seconds(plan, identities, run_store(), evaluation_store())
    return {
        variant: tuple(
            _read_run(about, rows.get((variant, about.repeat)), seconds[variant][about.repeat], history)
            for about, history in _read_variant(plan, variant)
        )
        for variant in plan.trained
    }


def _read_variant(plan: TrainingPlan, variant: str) -> Iterator[tuple[StudyRun, list[dict[str, str]]]]:
    """What is known of every run, and its epochs."""
    epochs = read_rows(layout.variant_runs(plan.study, variant) / layout.HISTORY)
    for about in read_runs(plan, variant):
        yield about, [row for row in epochs if row[REPEAT] == str(about.repeat)]


def _read_run(
    about: StudyRun, row: Mapping[str, str] | None, seconds: RunSeconds, history: Iterable[Mapping[str, str]]
) -> RunFiles:
    place = f"{about.study}/{about.variant}, repeat {about.repeat}"
    received = row["fingerprint"] if row else "no row"
    if row is None or received != about.fingerprint:
        raise UserError(
            f"{place}: expected its fingerprint {about.fingerprint} in the study's evaluation, "
            f"received {received}. Run `dvc repro`."
        )
    finals = _to_numbers({column: cell for column, cell in row.items() if column not in NOT_MEASURED})
    epochs = [{name: one for name, one in _to_numbers(row).items() if name != REPEAT} for row in history]
    finals |= seconds.model_dump(exclude_none=True, exclude={"processor"})
    return RunFiles(about, tuple((int(one.pop("epoch")), one) for one in epochs), finals, _span(about, seconds))


def _span(about: StudyRun, seconds: RunSeconds) -> tuple[int, int] | None:
    """When a run was trained: its files in the run store are as old as its end."""
    kept = run_store().path(about.fingerprint) / layout.RUN
    if seconds.train_seconds is None or not kept.is_file():
        return None
    end = round(1000 * kept.stat().st_mtime)
    return end - round(1000 * seconds.train_seconds), end


def _to_numbers(row: Mapping[str, str]) -> dict[str, float]:
    """Cells that are not empty, as numbers; a diverged run's NaN stays one."""
    return {column: float(cell) for column, cell in row.items() if cell != ""}
