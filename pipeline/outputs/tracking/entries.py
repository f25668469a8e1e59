"""What each MLflow run is to say of a study's files, before anything is written."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

from mlflow.entities import Dataset, DatasetInput, InputTag

from pipeline import layout
from pipeline.claims.ledger import format_ledger
from pipeline.data.identity import Identity
from pipeline.outputs.tracking.study_files import RunFiles, StudyFiles
from pipeline.params.plan import PlannedVariant
from pipeline.params.recipe import Recipe
from pipeline.statistics.wording import format_sentence

KEY = "claimcheck.key"
PARENT = "mlflow.parentRunId"
_ABOUT_COMPARISON = ("profile", "metric", "higher_is_better", "control", "repeats", "alpha", "margin")
_RUN_FILES = (layout.RUN, layout.HISTORY, layout.MODEL_SUMMARY)
MAX_PARAM_LENGTH = 6000

FINAL = {
    **{f"{part}_{what}": f"{part}/{what}" for part in ("test", "train", "val") for what in ("accuracy", "loss")},
    "test_correct": "test/correct",
    "n_test": "test/n",
    "train_seconds": "train/seconds",
    "generalization_gap": "train_minus_val/accuracy",
    "weight_norm": "weights/norm",
    "sparsity": "weights/sparsity",
}
"""Name in MLflow of a run's number; one that is not here keeps its own name (`epochs_run`, `parameters`)."""


class Point(NamedTuple):
    """One value of one metric, by its MLflow name."""

    name: str
    value: float
    step: int


@dataclass(frozen=True)
class Entry:
    """One MLflow run; the tags are kept up to date, the rest is written once, except numbers that changed."""

    name: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    points: Sequence[Point]
    data: Sequence[DatasetInput] = ()
    artifacts: Sequence[tuple[Path, str]] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    description: str = ""

    @property
    def key(self) -> str:
        """What makes this run itself: its place in the study and the hash of its content."""
        return self.tags[KEY]


def describe_variant(study: StudyFiles, name: str) -> Entry:
    """Parent run: a variant's recipe, and mean, sd and interval over its n repeats, at step n."""
    planned, results = study.plan.variants[name], study.results.variants[name]
    key = f"{study.name}/{name}@{study.runs[name][0].about.recipe_fingerprint}"
    statistics = {
        f"{name_final(metric)}/{statistic}": value
        for metric, estimate in results.metrics.items()
        for statistic, value in asdict(estimate).items()
        if statistic != "values"  # of single runs, which have their own
    }
    return Entry(
        name=name,
        tags=_tag(key, "variant", study.name) | _tag_variant(name, planned),
        params=_flatten_recipe(planned.recipe),
        points=list(_make_points({"n": results.n, **statistics}, step=results.n)),
    )


def describe_run(study: StudyFiles, run: RunFiles, parent: str) -> Entry:
    """Child run: one repeat with its seeds, epochs, final numbers, data and files."""
    about = run.about
    key = f"{about.study}/{about.variant}/{about.repeat}@{about.fingerprint}"
    place = {"claimcheck.repeat": str(about.repeat), PARENT: parent}
    # Keras measures these while it trains: a running mean, not the trained model's loss, so they stay apart.
    epochs = [
        point
        for epoch, row in run.history
        for point in _make_points({f"epoch/{column}": value for column, value in row.items()}, step=epoch)
    ]
    finals = _make_points({name_final(column): value for column, value in run.finals.items()}, step=0)
    return Entry(
        name=f"{about.variant}/{about.repeat:02d}",
        tags=_tag(key, "run", about.study) | _tag_variant(about.variant, study.plan.variants[about.variant]) | place,
        params=_flatten_recipe(about.recipe) | flatten(about.seeds.to_dict(), "seeds."),
        points=[*epochs, *finals],
        data=list(_list_data(about.task, study.identities[about.task], about.seeds.split)),
        artifacts=[(run.folder / file, "") for file in _RUN_FILES],
    )


def describe_comparison(study: StudyFiles) -> Entry:
    """Comparison run: the verdicts on treatments and claims, the numbers behind them, and the figures."""
    results, file = study.results, layout.study_metrics(study.name)
    claims = {layout.CLAIMS.name: format_ledger(study.claims)} if study.claims else {}
    digest = hashlib.sha256(file.read_bytes() + "".join(claims.values()).encode()).hexdigest()
    verdicts = {f"verdict.{treatment}": found.verdict for treatment, found in results.comparisons.items()}
    verdicts |= {f"claim/{row.id}/{row.scope}": row.verdict for row in study.claims}
    stand_in = {"claimcheck.stand_in": json.dumps(results.stand_in)}
    figures = {
        f"{treatment}/{field}": value
        for treatment, found in results.comparisons.items()
        for field, value in asdict(found).items()
        if isinstance(value, int | float)
    }
    return Entry(
        name="comparison",
        tags=_tag(f"{study.name}@{digest}", "comparison", study.name) | stand_in | verdicts,
        params=flatten({name: getattr(results, name) for name in _ABOUT_COMPARISON}),
        points=list(_make_points(figures, step=0)),
        artifacts=[(file, ""), *((figure, "figures") for figure in study.figures)],
        texts=claims,
        description="\n\n".join([results.question, *map(format_sentence, results.comparisons.values())]),
    )


def name_final(column: str) -> str:
    """MLflow name of a column of runs.csv or of a metric of metrics/<study>.json."""
    return FINAL.get(column, column)


def flatten(settings: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Settings as MLflow params: nested names joined by dots, behind a prefix; lists and null as JSON.

    ``{"l1": {"amount": 0.001}}`` gives ``{"l1.amount": "0.001"}``.
    """
    params: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            params |= flatten(value, f"{prefix}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            params[f"{prefix}{name}"] = text[:MAX_PARAM_LENGTH]
    return params


def _flatten_recipe(recipe: Recipe) -> dict[str, str]:
    """A recipe without its blocks, which are what its architecture's name means."""
    return flatten(recipe.model_dump(exclude={"blocks"}))


def _tag(key: str, level: str, study: str) -> dict[str, str]:
    return {KEY: key, "claimcheck.level": level, "claimcheck.study": study}


def _tag_variant(name: str, planned: PlannedVariant) -> dict[str, str]:
    about = {"variant": name, "kind": planned.kind, "task": planned.task, "row": ", ".join(planned.rows)}
    return {f"claimcheck.{key}": value for key, value in about.items()}


def _make_points(numbers: Mapping[str, float | None], step: int) -> Iterator[Point]:
    for name, value in numbers.items():
        if value is not None:
            # MLflow's SQL store would show infinity (a diverged run's loss, an epoch never reached) as 1.8e308.
            yield Point(name, float(value) if math.isfinite(value) else math.nan, step)


def _list_data(task: str, identity: Identity, split_seed: int) -> Iterator[DatasetInput]:
    """The array pairs that a run was given, each with a digest that identifies both arrays."""
    source = json.dumps(identity.model_dump(include={"data_set", "source", "stand_in"}))
    parts = {"train": identity.train, "validation": identity.validation, "test": identity.test}
    for name, part in parts.items():
        if part:
            seed = split_seed if identity.split_per_repeat and name != "test" else ""
            # MLflow allows 36 characters: the full hashes are in the profile.
            digest = hashlib.sha256(f"{part.x}{part.y}{seed}".encode()).hexdigest()[:32]
            profile = json.dumps(part.model_dump())
            dataset = Dataset(f"{task}/{name}", digest, "claimcheck", source, profile=profile)
            yield DatasetInput(dataset, [InputTag("mlflow.data.context", name)])
