"""One study as its files describe it: what MLflow is to show, read before anything is written there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import layout
from pipeline.claims.ledger import LedgerRow, read_ledger
from pipeline.data.identity import Identity, read_identities
from pipeline.errors import UserError
from pipeline.files import read_model, read_rows
from pipeline.params.plan import PlannedVariant, TrainingPlan, read_training
from pipeline.statistics.results import StudyResults, VariantResults
from pipeline.statistics.results_file import read_results
from pipeline.training.record import Seconds, StudyRun, read_run
from pipeline.training.store import run_store

Numbers = Mapping[str, float]
_IDENTITY = ("variant", "repeat", "fingerprint")


@dataclass(frozen=True)
class RunFiles:
    """One finished run with its epochs, by number from 1, and its final numbers by column."""

    folder: Path
    about: StudyRun
    history: tuple[tuple[int, Numbers], ...]
    finals: Numbers


@dataclass(frozen=True)
class VariantFiles:
    """One trained variant: what was planned, its runs in order of the repeat, and what they reached."""

    name: str
    planned: PlannedVariant
    runs: tuple[RunFiles, ...]
    results: VariantResults

    @property
    def fingerprint(self) -> str:
        """Hash of the recipe, which the repeats share."""
        return self.runs[0].about.recipe_fingerprint


@dataclass(frozen=True)
class StudyFiles:
    """One study: its trained variants in order of the plan, its tasks, results, claims and pictures."""

    name: str
    variants: tuple[VariantFiles, ...]
    identities: Mapping[str, Identity]
    results: StudyResults
    claims: tuple[LedgerRow, ...]
    figures: tuple[Path, ...]


def read_studies() -> list[StudyFiles]:
    """Every planned study.

    Raises
    ------
    UserError
        When a declared file or row is missing, or an evaluation is of another run than the one on disk.
    """
    identities, claims = read_identities(), read_ledger(layout.CLAIMS)
    return [_read_study(plan, identities, claims) for plan in read_training().values()]


def _read_study(
    plan: TrainingPlan, identities: Mapping[str, Identity], claims: list[LedgerRow]
) -> StudyFiles:
    results = read_results(layout.study_metrics(plan.study))
    finals = _read_finals(plan.study)
    return StudyFiles(
        name=plan.study,
        variants=tuple(_read_variant(plan, name, results, finals) for name in plan.trained),
        identities=identities,
        results=results,
        claims=tuple(row for row in claims if row.study == plan.study),
        figures=tuple(sorted(layout.study_plots(plan.study).glob("*.svg"))),
    )


def _read_variant(
    plan: TrainingPlan, name: str, results: StudyResults, finals: Mapping[tuple[str, int], Mapping[str, str]]
) -> VariantFiles:
    if name not in results.variants:
        path = layout.study_metrics(plan.study)
        raise UserError(f"{path}: expected variant '{name}', which the plan declares. Run `dvc repro`.")
    runs = [_read_run(plan.study, name, repeat, finals.get((name, repeat))) for repeat in range(plan.repeats)]
    return VariantFiles(name, plan.variants[name], tuple(runs), results.variants[name])


def _read_run(study: str, variant: str, repeat: int, row: Mapping[str, str] | None) -> RunFiles:
    folder, about = layout.run_folder(study, variant, repeat), read_run(study, variant, repeat)
    received = row["fingerprint"] if row else "no row"
    if row is None or received != about.fingerprint:
        raise UserError(
            f"{folder}: expected its fingerprint {about.fingerprint} in the study's evaluation, "
            f"received {received}. Run `dvc repro`."
        )
    finals = _to_numbers({column: cell for column, cell in row.items() if column not in _IDENTITY})
    history = _read_history(folder / layout.HISTORY)
    return RunFiles(folder, about, history, finals | _read_seconds(about.fingerprint))


def _read_seconds(fingerprint: str) -> dict[str, float]:
    """What a run took, which only the machine knows that trained it."""
    path = run_store().path(fingerprint) / layout.SECONDS
    return read_model(path, Seconds).model_dump() if path.is_file() else {}


def _read_finals(study: str) -> dict[tuple[str, int], Mapping[str, str]]:
    """Rows of a study's evaluation by variant and repeat."""
    rows = read_rows(layout.evaluated_runs(study))
    return {(row["variant"], int(row["repeat"])): row for row in rows}


def _read_history(path: Path) -> tuple[tuple[int, Numbers], ...]:
    rows = [_to_numbers(row) for row in read_rows(path)]
    return tuple((int(row.pop("epoch")), row) for row in rows)


def _to_numbers(row: Mapping[str, str]) -> dict[str, float]:
    """Cells that are not empty, as numbers; a diverged run's NaN stays one."""
    return {column: float(cell) for column, cell in row.items() if cell != ""}
