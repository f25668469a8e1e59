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
from pipeline.outputs.tracking.entries import describe_comparison, describe_run, describe_variant
from pipeline.outputs.tracking.experiment import MODEL, Experiment
from pipeline.outputs.tracking.mlflow_store import ensure_experiment, open_store, resolve_tracking_uri
from pipeline.outputs.tracking.models import log_model
from pipeline.outputs.tracking.study_files import StudyFiles, read_studies
from pipeline.training.record import StudyRun
from pipeline.training.store import run_store

if TYPE_CHECKING:
    import keras

Rebuild = Callable[[StudyRun, Path], "keras.Model"]
"""From a run and its weights.npz to its model; TensorFlow is imported by then, hence not here."""


@dataclass(frozen=True)
class Receipt:
    """What MLflow holds of what a study declares."""

    runs: int  # one a run, one a variant, and the comparison
    added: int  # of these, now
    models: int  # variants with a loadable one
    absent: int  # variants without, as the run store lacks the weights


def update_mlflow(rebuild: Rebuild) -> dict[str, Receipt]:
    """Bring MLflow up to date with the files of every planned study; doing it twice adds nothing.

    The files are those of the working folder, MLflow's store and the run store those of the main checkout
    (`pipeline.files.root`). Studies that are in MLflow but not planned are left alone. `rebuild` is called only for a
    missing model. Returns the receipt of each study.

    Raises
    ------
    UserError
        When a declared file is missing or stale; nothing has been written then.
    """
    studies = read_studies()
    home = root().resolve()
    with open_store(home, resolve_tracking_uri(home)) as client:
        return {study.name: _project(client, home, study, rebuild) for study in studies}


def _project(client: MlflowClient, home: Path, study: StudyFiles, rebuild: Rebuild) -> Receipt:
    experiment_id = ensure_experiment(client, home, study.name, study.results.question)
    experiment = Experiment.open(client, experiment_id, os.environ.get("DVC_EXP_NAME") or None)
    variants = tqdm(study.runs, desc=study.name, unit="variant", disable=None, leave=False)
    loadable = sum([_project_variant(experiment, study, variant, rebuild) for variant in variants])
    experiment.upsert(describe_comparison(study))
    experiment.supersede()
    return Receipt(len(experiment.run_ids), experiment.added, loadable, len(study.runs) - loadable)


def _project_variant(experiment: Experiment, study: StudyFiles, variant: str, rebuild: Rebuild) -> bool:
    """Upsert a variant and its runs; whether its first run has a model afterwards."""
    parent = experiment.upsert(describe_variant(study, variant))
    entries = [describe_run(study, run, parent) for run in study.runs[variant]]
    run_ids = [experiment.upsert(entry) for entry in entries]
    first = study.runs[variant][0].about
    return experiment.had(entries[0], MODEL) or _log_model(experiment.client, run_ids[0], first, rebuild)


def _log_model(client: MlflowClient, run_id: str, run: StudyRun, rebuild: Rebuild) -> bool:
    """Log a run's model; whether the run store has the weights for it."""
    weights = run_store().path(run.fingerprint) / layout.WEIGHTS
    if not weights.is_file():
        return False
    model_id = log_model(client, run_id, lambda: rebuild(run, weights))
    client.set_tag(run_id, MODEL, model_id)  # last: without it the model is redone
    return True
