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
from pipeline.outputs.tracking.figures import name_final, name_verdict, select_differences, select_figures
from pipeline.outputs.tracking.study_files import RunFiles, StudyFiles
from pipeline.outputs.tracking.words import describe_arm
from pipeline.params.plan import PlannedVariant
from pipeline.params.recipe import Recipe
from pipeline.statistics.wording import format_sentence

KEY = "claimcheck.key"
PARENT = "mlflow.parentRunId"
_ABOUT_COMPARISON = ("profile", "metric", "higher_is_better", "control", "repeats", "alpha", "margin")
MAX_PARAM_LENGTH = 6000


class Point(NamedTuple):
    """One value of one metric, by its MLflow name."""

    name: str
    value: float
    step: int


@dataclass(frozen=True)
class Entry:
    """One MLflow run; tags, description and texts are kept up to date, the rest is written once, but for numbers."""

    name: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    points: Sequence[Point]
    data: Sequence[DatasetInput] = ()
    artifacts: Sequence[tuple[Path, str]] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    span: tuple[int, int] | None = None  # when it was made, from and to, in milliseconds; None: while it is written

    @property
    def key(self) -> str:
        """What makes this run itself: its place in the study and the hash of its content."""
        return self.tags[KEY]


def describe_variant(study: StudyFiles, name: str) -> Entry:
    """Parent run: a variant's recipe and data, what its n repeats reached on average, and the verdict, at step n."""
    planned, results, runs = study.plan.variants[name], study.results.variants[name], study.runs[name]
    key = f"{study.name}/{name}@{runs[0].about.recipe_fingerprint}"
    verdict = {"verdict": name_verdict(study.results, name)}
    return Entry(
        name=name,
        tags=_tag(key, "variant", study.name) | _tag_variant(name, planned) | verdict,
        params=_flatten_recipe(planned.recipe),
        points=list(_make_points(select_figures(study.results, name), step=results.n)),
        data=list(_list_data(planned.task, study.identities[planned.task], runs[0].about.seeds.split)),
        texts={layout.STATISTICS: _write_statistics(study, name), **_read_texts(study, name)},
        description=describe_arm(study.results, name, planned),
        span=_add_up([run.span for run in runs if run.span]),
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
        span=run.span,
    )


def describe_comparison(study: StudyFiles) -> Entry:
    """Comparison run: the verdicts on treatments and claims, the numbers behind them, and the figures."""
    results, file = study.results, layout.study_metrics(study.name)
    claims = {layout.CLAIMS.name: format_ledger(study.claims)} if study.claims else {}
    digest = hashlib.sha256(file.read_bytes() + "".join(claims.values()).encode()).hexdigest()
    verdicts = {f"verdict.{treatment}": found.verdict for treatment, found in results.comparisons.items()}
    verdicts |= {f"claim/{row.id}/{row.scope}": row.verdict for row in study.claims}
    stand_in = {"claimcheck.stand_in": json.dumps(results.stand_in)}
    return Entry(
        name="comparison",
        tags=_tag(f"{study.name}@{digest}", "comparison", study.name) | stand_in | verdicts,
        params=flatten({name: getattr(results, name) for name in _ABOUT_COMPARISON}),
        points=list(_make_points(select_differences(results), step=0)),
        artifacts=[(file, ""), *((figure, "figures") for figure in study.figures)],
        texts=claims,
        description="\n\n".join([results.question, *map(format_sentence, results.comparisons.values())]),
    )


def _read_texts(study: StudyFiles, name: str) -> dict[str, str]:
    """Files of a variant's runs."""
    return {path.name: path.read_text("utf-8") for path in sorted(layout.variant_runs(study.name, name).glob("*"))}


def _write_statistics(study: StudyFiles, name: str) -> str:
    """Everything that is known of a variant, of which an MLflow run shows a part as metrics."""
    compared = study.results.comparisons.get(name)
    found = {"variant": asdict(study.results.variants[name]), "comparison": asdict(compared) if compared else None}
    return json.dumps(found, indent=2) + "\n"


def _add_up(spans: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """From when the first of several was begun, as long as all of them took."""
    if not spans:
        return None
    start = min(first for first, _ in spans)
    return start, start + sum(last - first for first, last in spans)


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
