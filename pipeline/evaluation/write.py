"""A study's evaluations as files: one table, and one set of arrays a variant."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.evaluation.evaluate import TrainedRun
from pipeline.evaluation.scores import Labels
from pipeline.evaluation.table import table_row, variant_arrays
from pipeline.evaluation.work import Evaluated
from pipeline.files import Arrays, csv_text, write_arrays, write_text


def write_study(
    folder: Path,
    plan: Mapping[str, Any],
    identities: Mapping[str, Any],
    labels: Mapping[str, Labels],
    evaluated: Sequence[tuple[TrainedRun, Evaluated]],
) -> None:
    """Write runs.csv and <variant>.npz.

    Parameters
    ----------
    folder : Path
        Where to.
    plan : mapping
        plan/training/<study>.json.
    identities : mapping
        data/digests/<study>.json.
    labels : mapping of str to ndarray
        Labels of the test images by task.
    evaluated : sequence of pairs
        Every planned run, in order of the repeat, with its evaluation.
    """
    thresholds = {name: one["threshold"] for name, one in {**plan["variants"], **plan["derived"]}.items()}
    tests: dict[tuple[str, str], list[Arrays]] = {}
    rows = []
    for run, found in evaluated:
        threshold = thresholds[run.variant]
        rows.append(table_row(run, found.scalars, found.test, labels[run.task], threshold))
        tests.setdefault((run.variant, run.task), []).append(found.test)
    write_text(folder / "runs.csv", csv_text(rows))
    for (variant, task), repeats in tests.items():
        classes = len(identities[task]["classes"])
        arrays = variant_arrays(repeats, labels[task], classes, thresholds[variant])
        write_arrays(folder / f"{variant}.npz", arrays)


def with_inference_seconds(
    timings: Mapping[str, Mapping[str, Any]], evaluated: Sequence[tuple[TrainedRun, Evaluated]]
) -> dict[str, dict[str, Any]]:
    """A study's timings, by variant and repeat, with the seconds that predicting the test images took."""
    found = {variant: dict(repeats) for variant, repeats in timings.items()}
    for run, one in evaluated:
        repeats = found.setdefault(run.variant, {})
        repeat = str(run.repeat)
        repeats[repeat] = {**repeats.get(repeat, {}), "inference_seconds": one.inference_seconds}
    return found
