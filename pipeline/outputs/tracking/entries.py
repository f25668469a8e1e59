"""Records as entries: what each MLflow run is to say, before anything is written."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.files import csv_text
from pipeline.outputs.tracking import names
from pipeline.outputs.tracking.records import RunRecord, StudyRecords, VariantRecord

KEY = "claimcheck.key"
PARENT = "mlflow.parentRunId"
_SPLITS = ("train", "validation", "test")
_ABOUT_COMPARISON = ("profile", "metric", "higher_is_better", "control", "repeats", "alpha", "margin")


class Point(NamedTuple):
    """One value of one metric, by its MLflow name."""

    name: str
    value: float
    step: int


class DataSet(NamedTuple):
    """One array pair that a run was given; `digest` identifies both arrays."""

    name: str
    context: str
    digest: str
    source: str
    profile: str


@dataclass(frozen=True)
class Entry:
    """One MLflow run; the tags are kept up to date, the rest is written once, except numbers that changed."""

    name: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    points: Sequence[Point]
    data: Sequence[DataSet] = ()
    artifacts: Sequence[tuple[Path, str]] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    description: str = ""

    @property
    def key(self) -> str:
        """What makes this run itself: its place in the study and the hash of its content."""
        return self.tags[KEY]


def of_variant(records: StudyRecords, variant: VariantRecord) -> Entry:
    """Parent run: a variant's recipe, and mean, sd and interval over its n repeats, at step n."""
    key = f"{records.study}/{variant.name}@{variant.recipe_fingerprint}"
    statistics = {
        f"{names.final(metric)}/{statistic}": value
        for metric, summary in variant.summary.items()
        for statistic, value in summary.items()
    }
    return Entry(
        name=variant.name,
        tags=_tags(key, "variant", records.study) | _about(variant),
        params=names.flat(variant.recipe),
        points=list(_points({"n": variant.n, **statistics}, step=variant.n)),
    )


def of_run(records: StudyRecords, variant: VariantRecord, run: RunRecord, parent: str) -> Entry:
    """Child run: one repeat with its seeds, epochs, final numbers, data and files."""
    key = f"{records.study}/{variant.name}/{run.repeat}@{run.fingerprint}"
    epochs = [
        point
        for epoch, row in run.history
        for point in _points({names.epoch(column): value for column, value in row.items()}, step=epoch)
    ]
    finals = _points({names.final(column): value for column, value in run.finals.items()}, step=0)
    place = {"claimcheck.repeat": str(run.repeat), PARENT: parent}
    return Entry(
        name=f"{variant.name}/{run.repeat:02d}",
        tags=_tags(key, "run", records.study) | _about(variant) | place,
        params=names.flat(run.recipe) | names.flat(run.seeds, "seeds."),
        points=[*epochs, *finals],
        data=list(_data(variant.task, records.digests[variant.task], run.seeds["split"])),
        artifacts=[(run.folder / file, "") for file in ("run.json", "history.csv", "summary.txt")],
    )


def of_comparison(records: StudyRecords, figures: Sequence[Path]) -> Entry:
    """Comparison run: the verdicts on treatments and claims, the numbers behind them, and the figures."""
    metrics, comparisons = records.metrics, records.metrics["comparisons"]
    claims = {"claims.csv": csv_text(records.claims)} if records.claims else {}
    digest = hashlib.sha256(records.metrics_file.read_bytes() + "".join(claims.values()).encode()).hexdigest()
    verdicts = {f"verdict.{treatment}": found["verdict"] for treatment, found in comparisons.items()}
    verdicts |= {f"claim/{row['id']}/{row['scope']}": row["verdict"] for row in records.claims}
    numbers = {
        f"{treatment}/{field}": value
        for treatment, found in comparisons.items()
        for field, value in found.items()
        if isinstance(value, int | float)
    }
    stand_in = {"claimcheck.stand_in": json.dumps(metrics["stand_in"])}
    return Entry(
        name="comparison",
        tags=_tags(f"{records.study}@{digest}", "comparison", records.study) | stand_in | verdicts,
        params=names.flat({name: metrics[name] for name in _ABOUT_COMPARISON}),
        points=list(_points(numbers, step=0)),
        artifacts=[(records.metrics_file, ""), *((figure, "figures") for figure in figures)],
        texts=claims,
        description="\n\n".join(
            [metrics["question"], *(found["sentence"] for found in comparisons.values())]
        ),
    )


def _tags(key: str, level: str, study: str) -> dict[str, str]:
    return {KEY: key, "claimcheck.level": level, "claimcheck.study": study}


def _about(variant: VariantRecord) -> dict[str, str]:
    about = {
        "variant": variant.name,
        "kind": variant.kind,
        "task": variant.task,
        "row": ", ".join(variant.rows),
    }
    return {f"claimcheck.{name}": value for name, value in about.items()}


def _points(numbers: Mapping[str, float | None], step: int) -> Iterator[Point]:
    for name, value in numbers.items():
        if value is not None:
            # MLflow's SQL store holds infinity as the largest float; NaN (a diverged run) it keeps.
            yield Point(name, float(np.nan_to_num(value, nan=math.nan)), step)


def _data(task: str, digests: Mapping[str, Any], split_seed: int) -> Iterator[DataSet]:
    source = json.dumps({name: digests[name] for name in ("data_set", "source", "stand_in")})
    for split in _SPLITS:
        if arrays := digests[split]:
            # MLflow allows 36 characters: the full hashes are in the profile.
            seed = split_seed if digests["split_per_repeat"] and split != "test" else ""
            digest = hashlib.sha256(f"{arrays['x']}{arrays['y']}{seed}".encode()).hexdigest()[:32]
            yield DataSet(f"{task}/{split}", split, digest, source, json.dumps(arrays))
