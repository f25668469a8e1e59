"""Stage evaluate: what every run achieved; the only stage that opens test images.

One stage for all studies: TensorFlow starts once, and an evaluation that is kept is not repeated.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import layout
from pipeline.command_line import run
from pipeline.evaluation.evaluate import (
    evaluate_missing,
    evaluation_code,
    evaluation_fingerprint,
    planned_runs,
    read_evaluated,
    read_images,
)
from pipeline.evaluation.history import with_history
from pipeline.evaluation.write import with_inference_seconds, write_study
from pipeline.files import read_arrays, read_json, replaced, write_json
from pipeline.training.grid import worker_count
from pipeline.training.store import evaluation_store


def evaluate() -> None:
    """Write evaluations/<study>/runs.csv and <variant>.npz for every planned study."""
    with replaced(layout.EVALUATIONS) as folder:
        for path in sorted((layout.PLAN / "training").glob("*.json")):
            _evaluate_study(path.stem, folder / path.stem)


def _evaluate_study(study: str, folder: Path) -> None:
    """Fill one study's folder; add the inference seconds to timings/<study>.json."""
    plan, identities = read_json(layout.training_plan(study)), read_json(layout.digests(study))

    def read_run(variant: str, repeat: int) -> tuple[Path, dict[str, Any]]:
        at = layout.run_folder(study, variant, repeat)
        about = read_json(at / "run.json")
        return at, with_history(
            about, pd.read_csv(at / "history.csv"), identities[about["task"]]["train"]["n"]
        )

    def load(task: str) -> Any:
        return read_images(layout.STANDARDIZED / task, identities[task])

    runs, code, store = planned_runs(plan, identities, read_run), evaluation_code(), evaluation_store()
    names = [evaluation_fingerprint(one, identities[one.task], code) for one in runs]
    evaluate_missing(runs, names, store, load, worker_count(), study)
    evaluated = [(one, read_evaluated(store.path(name))) for one, name in zip(runs, names, strict=True)]
    labels = {task: read_arrays(layout.STANDARDIZED / task / "test.npz")["y"] for task in identities}
    write_study(folder, plan, identities, labels, evaluated)
    path = layout.TIMINGS / f"{study}.json"
    timings = read_json(path) if path.is_file() else {}  # absent where DVC restored the runs from its cache
    write_json(path, with_inference_seconds(timings, evaluated))


if __name__ == "__main__":
    run(evaluate)
