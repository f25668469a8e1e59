"""A study's evaluations, collected from the store into its table and its arrays."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from pipeline import layout
from pipeline.data.identity import Identity
from pipeline.data.tasks import read_examples
from pipeline.evaluation.evaluate import TrainedRun, read_evaluation
from pipeline.evaluation.table import make_row, stack_repeats, summarize_history
from pipeline.files import Arrays, csv_text, write_arrays, write_text
from pipeline.params.plan import TrainingPlan
from pipeline.training.store import Store


def write_study(
    folder: Path,
    plan: TrainingPlan,
    identities: Mapping[str, Identity],
    runs: Sequence[tuple[str, TrainedRun]],
    store: Store,
) -> None:
    """Write runs.csv and an .npz a variant into a study's folder.

    Parameters
    ----------
    folder : Path
        Where to.
    plan, identities : TrainingPlan, mapping of str to Identity
    runs : sequence of (str, TrainedRun)
        Each with the fingerprint of its evaluation, in order of the plan.
    store : Store
        Of evaluations, which has them all.
    """
    tasks = {run.task for _, run in runs}
    labels = {task: read_examples(task, identities[task].data_set, "test").labels for task in tasks}
    tests: dict[tuple[str, str], list[Arrays]] = {}
    rows = []
    for name, run in runs:
        found, test = read_evaluation(store.path(name))
        threshold = plan.variants[run.variant].threshold
        learned = _read_learned(run, identities)
        rows.append(make_row(run.variant, run.about, found.scalars, learned, test, labels[run.task], threshold))
        tests.setdefault((run.variant, run.task), []).append(test)
    write_text(folder / layout.evaluated_runs("").name, csv_text(rows))
    for (variant, task), repeats in tests.items():
        classes, threshold = len(identities[task].classes), plan.variants[variant].threshold
        arrays = stack_repeats(repeats, labels[task], classes, threshold)
        write_arrays(folder / layout.evaluated_images("", variant).name, arrays)


def _read_learned(run: TrainedRun, identities: Mapping[str, Identity]) -> dict[str, float | None]:
    about = run.about
    at = layout.run_folder(about.study, about.variant, about.repeat)
    return summarize_history(about, pd.read_csv(at / layout.HISTORY), identities[about.task].train.n)
