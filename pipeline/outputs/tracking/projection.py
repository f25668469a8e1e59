"""The projection: what the files declare is upserted into MLflow, study by study."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow import MlflowClient
from tqdm import tqdm

from pipeline import layout
from pipeline.files import root
from pipeline.outputs.tracking import models
from pipeline.outputs.tracking.entries import describe_comparison, describe_run, describe_variant
from pipeline.outputs.tracking.experiment import MODEL, Experiment
from pipeline.outputs.tracking.mlflow_store import (
    ensure_experiment,
    locate_artifacts,
    open_store,
    resolve_tracking_uri,
)
from pipeline.outputs.tracking.study_files import StudyFiles, VariantFiles, read_studies
from pipeline.training.record import StudyRun
from pipeline.training.store import run_store

if TYPE_CHECKING:
    import keras

Rebuild = Callable[[StudyRun, Path], "keras.Model"]
"""From a run and its weights.npz to its model; TensorFlow is imported by then, hence not here."""


@dataclass(frozen=True)
class Receipt:
    """What MLflow holds of what a study declares.

    Attributes
    ----------
    runs : int
        One a run, one a variant, and the comparison.
    added : int
        How many of them were not there before.
    models : int
        Variants whose first run has a loadable model.
    absent : int
        Variants without one, because the run store of this machine lacks the weights.
    """

    runs: int
    added: int
    models: int
    absent: int


@dataclass(frozen=True)
class _Target:
    """Where the projection goes, and how a model is rebuilt on the way."""

    client: MlflowClient
    home: Path
    uri: str
    rebuild: Rebuild


def update_mlflow(rebuild: Rebuild) -> dict[str, Receipt]:
    """Bring MLflow up to date with the files of every planned study; doing it twice adds nothing.

    The files are those of the working folder, MLflow's store and the run store those of the main checkout
    (`pipeline.files.root`). Studies that are in MLflow but not planned are left alone.

    Parameters
    ----------
    rebuild : callable
        From a run and its weights to its Keras model; called only for a missing model.

    Returns
    -------
    dict
        Receipt of each study.

    Raises
    ------
    UserError
        When a declared file is missing or stale; nothing has been written then.
    """
    studies = read_studies()
    home = root().resolve()
    uri = resolve_tracking_uri(home)
    with open_store(home, uri) as client:
        target = _Target(client, home, uri, rebuild)
        return {study.name: _project(target, study) for study in studies}


def _project(target: _Target, study: StudyFiles) -> Receipt:
    experiment = _open_experiment(target, study)
    variants = tqdm(study.variants, desc=study.name, unit="variant", disable=None, leave=False)
    loadable = sum([_project_variant(target, experiment, study, variant) for variant in variants])
    experiment.upsert(describe_comparison(study))
    experiment.supersede()
    return Receipt(len(experiment.run_ids), experiment.added, loadable, len(study.variants) - loadable)


def _open_experiment(target: _Target, study: StudyFiles) -> Experiment:
    location = locate_artifacts(target.home, target.uri, study.name)
    experiment_id = ensure_experiment(target.client, study.name, study.results.question, location)
    return Experiment.open(target.client, experiment_id, os.environ.get("DVC_EXP_NAME") or None)


def _project_variant(
    target: _Target, experiment: Experiment, study: StudyFiles, variant: VariantFiles
) -> bool:
    """Upsert a variant and its runs; whether its first run has a model afterwards."""
    parent = experiment.upsert(describe_variant(study.name, variant))
    identity = study.identities[variant.planned.task]
    entries = [describe_run(variant, run, identity, parent) for run in variant.runs]
    run_ids = [experiment.upsert(entry) for entry in entries]
    return experiment.had(entries[0], MODEL) or _log_model(target, run_ids[0], variant.runs[0].about)


def _log_model(target: _Target, run_id: str, run: StudyRun) -> bool:
    """Log a run's model; whether the run store has the weights for it."""
    weights = run_store().path(run.fingerprint) / layout.WEIGHTS
    if not weights.is_file():
        return False
    model_id = models.log_model(target.client, target.uri, run_id, lambda: target.rebuild(run, weights))
    target.client.set_tag(run_id, MODEL, model_id)  # last: without it the model is redone
    return True
