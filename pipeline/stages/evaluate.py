"""Stage evaluate: what every run achieved; the only stage that opens test images.

One stage for all studies: TensorFlow starts once, and an evaluation that is kept is not repeated.
"""

from pathlib import Path
from typing import Any

from pipeline import layout
from pipeline.evaluation.study import (
    TIMING,
    evaluate_missing,
    evaluation_code,
    evaluation_fingerprint,
    planned_runs,
    read_images,
)
from pipeline.evaluation.table import table_row, variant_arrays
from pipeline.files import (
    Arrays,
    csv_text,
    read_arrays,
    read_json,
    replaced,
    write_arrays,
    write_json,
    write_text,
)
from pipeline.stages.command import run
from pipeline.training.grid import worker_count
from pipeline.training.store import evaluation_store


def evaluate() -> None:
    """Write evaluations/<study>/runs.csv and <variant>.npz for every planned study."""
    with replaced(layout.EVALUATIONS) as folder:
        for path in sorted((layout.PLAN / "training").glob("*.json")):
            _evaluate_study(path.stem, folder / path.stem)


def _evaluate_study(study: str, folder: Path) -> None:
    """Fill one study's folder; add the inference seconds to timings/<study>.json."""
    plan = read_json(layout.training_plan(study))
    identities = read_json(layout.digests(study))

    def read_run(variant: str, repeat: int) -> tuple[Path, dict[str, Any]]:
        folder = layout.run_folder(study, variant, repeat)
        return folder, read_json(folder / "run.json")

    runs = planned_runs(plan, identities, read_run)
    code = evaluation_code()
    names = [evaluation_fingerprint(one, identities[one.task], code) for one in runs]
    store = evaluation_store()
    evaluate_missing(
        runs,
        names,
        store,
        lambda task: read_images(layout.STANDARDIZED / task, identities[task]),
        worker_count(),
        study,
    )
    labels = {task: read_arrays(layout.STANDARDIZED / task / "test.npz")["y"] for task in identities}
    thresholds = {name: one["threshold"] for name, one in {**plan["variants"], **plan["derived"]}.items()}
    rows: list[dict[str, Any]] = []
    tests: dict[tuple[str, str], list[Arrays]] = {}
    path = layout.TIMINGS / f"{study}.json"
    timings = read_json(path) if path.is_file() else {}  # absent where DVC restored the runs from its cache
    for one, name in zip(runs, names, strict=True):
        test = read_arrays(store.path(name) / "test.npz")
        scalars = read_json(store.path(name) / "scalars.json")
        rows.append(table_row(one, scalars, test, labels[one.task], thresholds[one.variant]))
        tests.setdefault((one.variant, one.task), []).append(test)
        timings.setdefault(one.variant, {}).setdefault(str(one.repeat), {}).update(
            read_json(store.path(name) / TIMING)
        )
    write_text(folder / "runs.csv", csv_text(rows))
    for (variant, task), results in tests.items():
        classes = len(identities[task]["classes"])
        arrays = variant_arrays(results, labels[task], classes, thresholds[variant])
        write_arrays(folder / f"{variant}.npz", arrays)
    write_json(path, timings)


if __name__ == "__main__":
    run(evaluate)
