"""The projection: what the files declare is upserted into MLflow, study by study."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from tqdm import tqdm

from pipeline.files import root
from pipeline.outputs.tracking import entries, models, store
from pipeline.outputs.tracking.records import StudyRecords, VariantRecord, read_study
from pipeline.outputs.tracking.upserts import MODEL, Ledger

Receipt = dict[str, dict[str, int]]


@dataclass(frozen=True)
class _Target:
    """Where the projection goes, and how a model is rebuilt on the way."""

    client: MlflowClient
    home: Path
    uri: str
    rebuild: models.Rebuild


def track(
    studies: Iterable[str],
    rebuild: models.Rebuild,
    *,
    folder: Path = Path(),
    figures: Mapping[str, Sequence[Path]] | None = None,
) -> Receipt:
    """Receipt of bringing MLflow up to date with the files; doing it twice adds nothing.

    Parameters
    ----------
    studies : iterable of str
        Studies that have a plan; the store's other studies are left alone.
    rebuild : callable
        From a run's folder to its Keras model with the trained weights; called only for a missing model.
    folder : Path
        The working folder. The store itself is in the main checkout (`pipeline.files.root`).
    figures : mapping of str to paths, optional
        Pictures of each study's comparison.

    Returns
    -------
    dict
        For each study: `runs` that MLflow holds of what is declared (one a run, one a variant, and the
        comparison), how many of them were `added` now, and how many `models` can be loaded.

    Raises
    ------
    UserError
        When a declared file is missing or stale; nothing has been written then.
    """
    records = [read_study(folder, study) for study in studies]
    home = root().resolve()
    uri = store.tracking_uri(home)
    with store.open_store(home, uri) as client:
        target = _Target(client, home, uri, rebuild)
        return {
            study.study: _project(target, study, (figures or {}).get(study.study, ())) for study in records
        }


def _project(target: _Target, records: StudyRecords, figures: Sequence[Path]) -> dict[str, int]:
    ledger = _ledger(target, records)
    for variant in tqdm(records.variants, desc=records.study, unit="variant", disable=None, leave=False):
        _put_variant(target, ledger, records, variant)
    ledger.upsert(entries.of_comparison(records, figures))
    ledger.supersede()
    return {"runs": len(ledger.run_ids), "added": ledger.added, "models": len(records.variants)}


def _ledger(target: _Target, records: StudyRecords) -> Ledger:
    location = store.artifact_location(target.home, target.uri, records.study)
    question = records.metrics["question"]
    experiment_id = store.ensure_experiment(target.client, records.study, question, location)
    return Ledger.open(target.client, experiment_id, os.environ.get("DVC_EXP_NAME") or None)


def _put_variant(target: _Target, ledger: Ledger, records: StudyRecords, variant: VariantRecord) -> None:
    parent = ledger.upsert(entries.of_variant(records, variant))
    runs = [entries.of_run(records, variant, run, parent) for run in variant.runs]
    run_ids = [ledger.upsert(entry) for entry in runs]
    if not ledger.had(runs[0], MODEL):
        folder = variant.runs[0].folder
        model_id = models.log_model(target.client, target.uri, run_ids[0], folder, target.rebuild)
        target.client.set_tag(run_ids[0], MODEL, model_id)  # last: without it the model is redone
