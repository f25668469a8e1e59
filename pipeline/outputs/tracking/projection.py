"""The projection: what the files declare is upserted into MLflow, study by study."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow import MlflowClient
from tqdm import tqdm

from pipeline import layout
from pipeline.files import hash_json, root
from pipeline.outputs.tracking.entries import describe_comparison, describe_run, describe_variant
from pipeline.outputs.tracking.experiment import MODEL, Experiment
from pipeline.outputs.tracking.mlflow_store import (
    ensure_experiment,
    find_state,
    open_store,
    resolve_tracking_uri,
    set_state,
)
from pipeline.outputs.tracking.models import log_model
from pipeline.outputs.tracking.study_files import (
    PlannedStudy,
    StudyFiles,
    fingerprint_study,
    plan_studies,
    read_study,
)
from pipeline.outputs.tracking.words import describe_study
from pipeline.store import run_store
from pipeline.training.study_runs import StudyRun

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

    def declared(self) -> dict[str, int]:
        """What does not depend on what MLflow held before, and so may be an output of DVC's."""
        return {"runs": self.runs, "models": self.models + self.absent}


def update_mlflow(rebuild: Rebuild) -> dict[str, Receipt]:
    """Bring MLflow up to date with the files of every planned study that changed; doing it twice adds nothing.

    MLflow's store itself knows what it shows, so that one that was deleted is filled again. The files are those of the
    working folder, MLflow's store and the run store those of the main checkout (`pipeline.files.root`). Studies that
    are in MLflow but not planned are left alone. `rebuild` is called only for a missing model. Returns the receipt of
    each study.

    Raises
    ------
    UserError
        When a declared file is missing or stale; nothing has been written then.
    """
    home, experiment = root().resolve(), os.environ.get("DVC_EXP_NAME") or None
    planned = {one.plan.study: one for one in plan_studies()}
    states = {study: fingerprint_study(one) for study, one in planned.items()}
    receipts = {study: _count_declared(one) for study, one in planned.items()}
    with open_store(resolve_tracking_uri(home)) as client:
        shown = {study: find_state(client, study) for study in planned}
        changed = [s for s, state in states.items() if shown[s] not in (state, _state_in(experiment, state))]
        for study in [read_study(planned[name]) for name in changed]:
            state = _state_in(experiment, states[study.name])
            receipts[study.name] = _project(client, study, rebuild, experiment, state)
    return receipts


def _state_in(experiment: str | None, state: str) -> str:
    """What MLflow is to show: within a `dvc exp run` its runs bear the experiment's name too."""
    return state if experiment is None else hash_json([state, experiment])


def _count_declared(study: PlannedStudy) -> Receipt:
    """Receipt of a study that MLflow shows as it is."""
    variants = len(study.plan.trained)
    return Receipt(runs=variants * (study.plan.repeats + 1) + 1, added=0, models=variants, absent=0)


def _project(
    client: MlflowClient, study: StudyFiles, rebuild: Rebuild, dvc_experiment: str | None, state: str
) -> Receipt:
    experiment_id = ensure_experiment(client, study.name)
    set_state(client, experiment_id, "")  # until all is written
    for tag, value in describe_study(study.results, experiment_id).items():
        client.set_experiment_tag(experiment_id, tag, value)
    experiment = Experiment.open(client, experiment_id, dvc_experiment)
    variants = tqdm(study.runs, desc=study.name, unit="variant", disable=None, leave=False)
    loadable = sum([_project_variant(experiment, study, variant, rebuild) for variant in variants])
    experiment.upsert(describe_comparison(study))
    experiment.supersede()
    receipt = Receipt(len(experiment.run_ids), experiment.added, loadable, len(study.runs) - loadable)
    if not receipt.absent:  # an absent model is looked for again next time
        set_state(client, experiment_id, state)
    return receipt


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
    if not run_store().holds(run.fingerprint):
        return False
    model_id = log_model(client, run_id, lambda: rebuild(run, weights))
    client.set_tag(run_id, MODEL, model_id)  # last: without it the model is redone
    return True
