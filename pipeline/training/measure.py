"""Times of a study's variants, measured side by side from the runs' own jobs, and kept while the runs are the same."""

from collections.abc import Mapping, Sequence

from pipeline import layout
from pipeline.backend import start_tensorflow
from pipeline.data.identity import Identity
from pipeline.files import read_model, write_model
from pipeline.params.plan import TrainingPlan
from pipeline.params.section import Section
from pipeline.training.grid import show_progress
from pipeline.training.runs import declare_runs
from pipeline.training.store import Store
from pipeline.training.train import job_of, read_training_data
from pipeline.training.work import Job


class Measured(Section):
    """Rows of times by variant and repeat, and the fingerprints of the runs that they are of."""

    fingerprints: dict[str, list[str]]
    rows: list[dict[str, str | int | float | None]]


def measure_study(
    plan: TrainingPlan, identities: Mapping[str, Identity], variants: Sequence[str], store: Store
) -> Measured:
    """Times of a study's variants, kept from before where the same runs were measured."""
    declared = [one for one in declare_runs(plan, identities) if one.variant in variants]
    chosen = {v: [one for one in declared if one.variant == v] for v in variants}
    fingerprints = {v: [one.fingerprint for one in own] for v, own in chosen.items()}
    path = layout.measured_times(plan.study)
    if path.is_file() and (kept := read_model(path, Measured)).fingerprints == fingerprints:
        return kept
    data = {task: read_training_data(task, identities[task]) for task in {one.task for one in declared}}
    jobs = {v: [job_of(one, data[one.task], store.path) for one in own] for v, own in chosen.items()}
    measured = Measured(fingerprints=fingerprints, rows=_measure(plan.study, jobs))
    write_model(path, measured)
    return measured


def _measure(study: str, jobs: Mapping[str, Sequence[Job]]) -> list[dict[str, str | int | float | None]]:
    start_tensorflow()
    from pipeline.training.timing import time_runs  # imports Keras, which is to find TensorFlow started

    passes = {v: own[0].image_passes for v, own in jobs.items()}
    total = sum(passes[v] * len(own) for v, own in jobs.items())
    return list(show_progress(time_runs(jobs), total, lambda row: passes[row["variant"]], f"{study} (timing)"))
