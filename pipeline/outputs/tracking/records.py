"""One study's files, read into immutable records; what is read is what the plan declares."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import layout
from pipeline.errors import UserError
from pipeline.files import read_json, read_rows

Json = Mapping[str, Any]
Numbers = Mapping[str, float]
_IDENTITY = ("variant", "repeat", "fingerprint")


@dataclass(frozen=True)
class RunRecord:
    """One run: what it was given, its epochs, and its final numbers by file name."""

    folder: Path
    variant: str
    repeat: int
    fingerprint: str
    recipe_fingerprint: str
    recipe: Json
    seeds: Mapping[str, int]
    history: tuple[tuple[int, Numbers], ...]
    finals: Numbers


@dataclass(frozen=True)
class VariantRecord:
    """One variant: its recipe, the summary of its repeats, and its runs in order of the repeat."""

    name: str
    task: str
    kind: str
    rows: tuple[str, ...]
    recipe: Json
    n: int
    summary: Mapping[str, Mapping[str, float | None]]
    runs: tuple[RunRecord, ...]

    @property
    def recipe_fingerprint(self) -> str:
        """Hex hash of the recipe, which the repeats share."""
        return self.runs[0].recipe_fingerprint


@dataclass(frozen=True)
class StudyRecords:
    """One study: its variants in order of the plan, its data by task, its comparisons, and its claims as rows."""

    study: str
    variants: tuple[VariantRecord, ...]
    digests: Mapping[str, Json]
    metrics: Json
    metrics_file: Path
    claims: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class _Tables:
    """What is stored per study, keyed by variant and repeat."""

    evaluated: Mapping[tuple[str, int], Mapping[str, str]]
    timings: Mapping[str, Mapping[str, Mapping[str, float]]]


def read_study(folder: Path, study: str) -> StudyRecords:
    """Everything that MLflow shows of one study.

    Parameters
    ----------
    folder : Path
        The working folder, which holds `plan/`, `runs/`, `evaluations/`, `metrics/` and so on.
    study : str
        A study that has a plan.

    Raises
    ------
    UserError
        When a declared file or row is missing, or an evaluation is of another run than the one on disk.
    """
    plan = _json(folder / layout.training_plan(study))
    metrics_file = folder / layout.study_metrics(study)
    metrics = _json(metrics_file)
    tables = _Tables(_evaluated(folder, study), _timings(folder, study))
    variants = []
    for name, declared in plan["variants"].items():
        folders = [folder / layout.run_folder(study, name, repeat) for repeat in range(plan["repeats"])]
        runs = tuple(_run(at, name, repeat, tables) for repeat, at in enumerate(folders))
        variants.append(_variant(name, declared, metrics, metrics_file, runs))
    digests = _json(folder / layout.digests(study))
    claims = tuple(row for row in _rows(folder / layout.CLAIMS) if row["study"] == study)
    return StudyRecords(study, tuple(variants), digests, metrics, metrics_file, claims)


def _variant(
    name: str, declared: Json, metrics: Json, metrics_file: Path, runs: tuple[RunRecord, ...]
) -> VariantRecord:
    if name not in metrics["variants"]:
        raise UserError(
            f"{metrics_file}: expected variant '{name}', which the plan declares. Run `dvc repro`."
        )
    found = metrics["variants"][name]
    row = declared.get("row")
    rows = (row,) if isinstance(row, str) else tuple(row or ())
    return VariantRecord(
        name, declared["task"], declared["kind"], rows, declared["recipe"], found["n"], found["metrics"], runs
    )


def _run(folder: Path, variant: str, repeat: int, tables: _Tables) -> RunRecord:
    run = _json(folder / "run.json")
    finals = _finals(folder, run["fingerprint"], tables.evaluated.get((variant, repeat)))
    seconds = tables.timings.get(variant, {}).get(str(repeat), {})
    return RunRecord(
        folder,
        variant,
        repeat,
        run["fingerprint"],
        run["recipe_fingerprint"],
        run["recipe"],
        run["seeds"],
        _history(folder / "history.csv"),
        {**finals, **seconds},
    )


def _finals(folder: Path, fingerprint: str, row: Mapping[str, str] | None) -> dict[str, float]:
    received = row["fingerprint"] if row else "no row"
    if row is None or received != fingerprint:
        raise UserError(
            f"{folder}: expected its fingerprint {fingerprint} in the study's evaluation, "
            f"received {received}. Run `dvc repro`."
        )
    return _numbers({column: cell for column, cell in row.items() if column not in _IDENTITY})


def _history(path: Path) -> tuple[tuple[int, Numbers], ...]:
    rows = _rows(path)
    return tuple(
        (int(row["epoch"]), _numbers({k: v for k, v in row.items() if k != "epoch"})) for row in rows
    )


def _numbers(row: Mapping[str, str]) -> dict[str, float]:
    return {column: float(cell) for column, cell in row.items() if cell != ""}


def _evaluated(folder: Path, study: str) -> dict[tuple[str, int], Mapping[str, str]]:
    rows = _rows(folder / layout.EVALUATIONS / study / "runs.csv")
    return {(row["variant"], int(row["repeat"])): row for row in rows}


def _timings(folder: Path, study: str) -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    path = folder / layout.TIMINGS / f"{study}.json"
    timings: Mapping[str, Mapping[str, Mapping[str, float]]] = read_json(path) if path.exists() else {}
    return timings


def _rows(path: Path) -> list[dict[str, str]]:
    return read_rows(_present(path))


def _json(path: Path) -> Json:
    value: Json = read_json(_present(path))
    return value


def _present(path: Path) -> Path:
    if not path.is_file():
        raise UserError(
            f"{path}: expected this file, which the plan declares; there is none. Run `dvc repro`."
        )
    return path
