"""Synthetic files of one study, as the stages before `track` leave them, and what MLflow then shows of it."""

import csv
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

from pipeline import layout
from pipeline.claims.ledger import LedgerRow, write_ledger
from pipeline.data.identity import Identities, Identity, Part
from pipeline.files import write_arrays, write_model, write_text
from pipeline.outputs.tracking.mlflow_store import list_runs, resolve_tracking_uri
from pipeline.outputs.tracking.projection import Receipt, update_mlflow
from pipeline.params.plan import Origin, PlannedVariant, TrainingPlan, Unselected
from pipeline.params.recipe import Recipe
from pipeline.params.resolve import resolve_recipe
from pipeline.params.schema import Caps
from pipeline.params.task import Split
from pipeline.seeds import Seeds
from pipeline.statistics.comparison import Comparison
from pipeline.statistics.estimates import Estimate
from pipeline.statistics.results import StudyResults, VariantResults, write_results
from pipeline.store import run_store
from pipeline.training.record import Seconds
from pipeline.training.study_runs import StudyRun, write_variant

STUDY = "regularizers"
VARIANTS = ("none", "dropout")
REPOSITORY = Path(__file__).parents[3]


def rebuild(run: StudyRun, weights: Path) -> Any:
    """Compiled Keras model, three numbers into two classes, with a run's weights."""
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax", name="output")])
    model.compile("adam", "sparse_categorical_crossentropy")
    with np.load(weights, allow_pickle=False) as arrays:
        model.set_weights([arrays["output/kernel"], arrays["output/bias"]])
    return model


def no_model(run: StudyRun, weights: Path) -> Any:
    raise AssertionError(f"{weights}: a model was rebuilt")


class Files:
    """Synthetic files of one study, as the stages before `track` leave them; and the run store."""

    def __init__(self, folder: Path, repeats: int = 2, version: str = "a") -> None:
        self.folder, self.repeats, self.version = folder, repeats, version
        self.rng = np.random.default_rng(20)
        self.split: Split | None = None
        self.write()

    def write(self) -> None:
        rows = [row for variant in VARIANTS for row in self.runs(variant)]
        self.table(self.folder / layout.evaluated_runs(STUDY), rows)
        self.plan()
        part = Part(n=10, shape=[3], x="ab" * 32, y="cd" * 32)
        identity = Identity(
            data_set="mnist",
            source="digits",
            stand_in=True,
            classes=["0", "1"],
            groups=None,
            validation_is_test=False,
            split_per_repeat=self.split,
            train=part,
            validation=None,
            test=part.model_copy(update={"n": 5}),
            scaling={},
            training_digest="ef" * 32,
            test_digest="01" * 32,
        )
        write_model(self.folder / layout.IDENTITIES, Identities(tasks={"digits": identity}))
        self.results = self.make_results()
        self.save_results()
        self.claims("supported")

    def plan(self) -> None:
        variant = PlannedVariant(kind="control", row=["C000"], task="digits", recipe=self.recipe())
        plan = TrainingPlan(
            study=STUDY,
            profile="quick",
            repeats=self.repeats,
            caps=Caps(),
            shifts=None,
            variants=dict.fromkeys(VARIANTS, variant),
        )
        write_model(self.folder / layout.training_plan(STUDY), plan)
        write_model(self.folder / layout.UNSELECTED, Unselected(studies=["kept"]))

    def recipe(self) -> Recipe:
        own = {"architecture": "cnn3", "epochs": 2, "l1": {"amount": 1e-3, "layers": "all"}}
        return resolve_recipe({**own, "optimizer": {"name": "adam", "learning_rate": 0.001}, "batch_size": "full"})

    def fingerprint(self, variant: str, repeat: int) -> str:
        return hashlib.sha256(f"{variant}{repeat}{self.version}".encode()).hexdigest()

    def weights(self, variant: str, repeat: int) -> Path:
        return run_store().path(self.fingerprint(variant, repeat)) / layout.WEIGHTS

    def runs(self, variant: str) -> list[dict[str, Any]]:
        """Files of a variant's runs; their rows in the evaluation."""
        found = [self.run(variant, repeat) for repeat in range(self.repeats)]
        folder = self.folder / layout.variant_runs(STUDY, variant)
        write_variant(folder, [(run, self.kept(variant, run.repeat)) for run, _ in found])
        return [row for _, row in found]

    def kept(self, variant: str, repeat: int) -> Path:
        return self.folder / "written" / variant / str(repeat)

    def run(self, variant: str, repeat: int) -> tuple[StudyRun, dict[str, Any]]:
        folder, fingerprint = self.kept(variant, repeat), self.fingerprint(variant, repeat)
        run = StudyRun(
            study=STUDY,
            variant=variant,
            repeat=repeat,
            task="digits",
            fingerprint=fingerprint,
            recipe_fingerprint=hashlib.sha256(variant.encode()).hexdigest(),
            recipe=self.recipe(),
            search=None,
            trials=None,
            seeds=Seeds(weights=repeat, order=7, noise=5, split=3),
            input_shape=(3,),
            classes=2,
            epochs_run=2,
            stopped_epoch=None,
            best_epoch=None,
            parameters=8,
            trainable_parameters=8,
            weights_digest="w",
            versions={},
            code="c",
        )
        write_text(folder / layout.MODEL_SUMMARY, "a model")
        self.table(folder / layout.HISTORY, [{"epoch": e, **self.numbers("loss", "accuracy")} for e in (1, 2)])
        if repeat == 0:  # the store of this machine lacks the others
            self.store(self.weights(variant, repeat))
        finals = {**self.numbers("test_accuracy", "test_loss", "sparsity"), "stopped_epoch": ""}
        return run, {"variant": variant, "repeat": repeat, "fingerprint": fingerprint, **finals}

    def store(self, path: Path) -> None:
        kernel, bias = self.rng.normal(size=(3, 2)), self.rng.normal(size=2)
        weights = {"output/kernel": kernel.astype("float32"), "output/bias": bias.astype("float32")}
        seconds = Seconds(train_seconds=1.25, traced=True, processor="a processor")

        def write(folder: Path) -> None:
            write_model(folder / layout.SECONDS, seconds)
            write_arrays(folder / layout.WEIGHTS, weights)

        run_store().replace(path.parent.name, write)

    def numbers(self, *columns: str) -> dict[str, float]:
        return {column: float(self.rng.random()) for column in columns}

    def make_results(self) -> StudyResults:
        comparison = Comparison(
            control="none",
            treatment="dropout",
            metric="test_accuracy",
            higher_is_better=True,
            n=self.repeats,
            family_size=1,
            alpha=0.05,
            margin=0.02,
            differences=(0.01,) * self.repeats,
            control_mean=0.5,
            treatment_mean=0.51,
            control_diverged=0,
            treatment_diverged=0,
            wins=2,
            ties=0,
            losses=0,
            p=0.5,
            p_smallest=0.5,
            estimate=0.01,
        )
        found = VariantResults(
            kind="control",
            n=self.repeats,
            vary=None,
            held_out_anew=None,
            metrics={"test_accuracy": Estimate(**self.numbers("mean", "sd"), values=[0.5] * self.repeats)},
            recall=[0.5, 0.5],
            precision=[0.5, 0.5],
            confusion=[[1.0, 1.0], [1.0, 1.0]],
        )
        return StudyResults(
            study=STUDY,
            question="Does it help?",
            profile="quick",
            metric="test_accuracy",
            higher_is_better=True,
            alpha=0.05,
            margin=0.02,
            control="none",
            repeats=self.repeats,
            looks=None,
            data={"digits": Origin(source="digits", stand_in=True, description="d")},
            stand_in=True,
            variants=dict.fromkeys(VARIANTS, found),
            comparisons={"dropout": comparison},
        )

    def save_results(self) -> None:
        write_results(self.folder / layout.study_metrics(STUDY), self.results)

    def claims(self, verdict: str) -> None:
        own = LedgerRow(
            id="C000-07",
            scope="as_written",
            write_up="000",
            study=STUDY,
            says="It helps.",
            verdict=verdict,
            p_adjusted=0.25,
            printed={"none": 0.9},
            ours={},
            sentence="Who knows?",
        )
        others = [replace(own, scope="controlled", verdict="undecided"), replace(own, study="another")]
        write_ledger(self.folder / layout.CLAIMS, [own, *others])

    def table(self, path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def track(self) -> Receipt:
        return update_mlflow(rebuild)[STUDY]


def client() -> MlflowClient:
    return MlflowClient(resolve_tracking_uri(Path(os.environ["DVC_ROOT"])))


def runs() -> dict[str, Run]:
    """Runs in the store by key, superseded ones too; a key twice is an error."""
    experiment = client().get_experiment_by_name(STUDY)
    found = [
        run for run in list_runs(client(), experiment.experiment_id, ViewType.ALL) if shown(run) or superseded(run)
    ]
    by_key = {run.data.tags["claimcheck.key"]: run for run in found}
    assert len(by_key) == len(found)
    return by_key


def shown(run: Run) -> bool:
    """Whether MLflow's tables show a run, as it is in no bin."""
    return bool(run.info.lifecycle_stage == "active")


def superseded(run: Run) -> bool:
    return bool(run.data.tags.get("claimcheck.superseded") == "true")


def keyed(start: str) -> dict[str, Run]:
    return {key: run for key, run in runs().items() if key.startswith(f"{STUDY}{start}")}


def only(start: str) -> Run:
    (run,) = keyed(start).values()
    return run


def artifacts_of(run: Run) -> Path:
    run_id: str = run.info.run_id
    return Path(os.environ["DVC_ROOT"]) / "mlartifacts" / STUDY / run_id / "artifacts"


def history(run: Run, metric: str) -> dict[int, float]:
    return {point.step: point.value for point in client().get_metric_history(run.info.run_id, metric)}
