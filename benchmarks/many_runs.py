"""What runs cost beside their training: CPU seconds of each stage at 20, 200 and 2,000 runs, and after one change.

    python -m benchmarks.many_runs [--studies 1 10 100]

Every study has 2 variants x 10 repeats, and no two studies share a run. Training and prediction are simulated, all
else are the stages themselves, in a temporary folder; saving a loadable model, a constant second a variant, is left
out. `again` is the same with one value of one variant of one study changed. Linear is: a run costs as much among
2,000 as among 20.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from pipeline import layout
from pipeline.evaluation import evaluate as evaluation
from pipeline.evaluation.work import Evaluated
from pipeline.evaluation.work import Job as Evaluating
from pipeline.files import Arrays, write_json
from pipeline.outputs.tracking import projection
from pipeline.stages.compare import compare
from pipeline.stages.download import download
from pipeline.stages.evaluate import evaluate
from pipeline.stages.plan import plan
from pipeline.stages.preprocess import preprocess
from pipeline.stages.report import report
from pipeline.stages.split import split
from pipeline.stages.standardize import standardize
from pipeline.stages.timing import timing
from pipeline.stages.track import track
from pipeline.stages.train import train
from pipeline.training import train as training
from pipeline.training.data import RunResult
from pipeline.training.work import Job

ROOT = Path(__file__).parents[1]
STAGES: dict[str, Callable[[], None]] = {
    **{"plan": plan, "store": train, "evaluate": evaluate, "compare": compare},
    **{"timing": timing, "report": report, "track": track},
}
RUNS_OF_A_STUDY = 20


def write_params(studies: int, changed: bool = False) -> None:
    """params.yaml with so many studies on the digits; `changed`: with another dropout in the first."""
    params = YAML().load(ROOT / "params.yaml")
    params["tasks"] = {"mnist": params["tasks"]["mnist"]}
    params["studies"] = {f"study_{i:03d}": declare(i, 0.3 if changed and not i else 0.2) for i in range(studies)}
    params["profiles"] = {"quick": {"data": {"mnist": "digits"}, "repeats": 10}}
    YAML().dump(params, layout.PARAMS)


def declare(i: int, dropout: float) -> dict[str, Any]:
    """A study whose runs no other has."""
    optimizer = {"name": "adam", "learning_rate": 0.001 * (1 + i)}
    return {
        "question": "Does dropout help?",
        "task": "mnist",
        "model": {"architecture": "mlp", "optimizer": optimizer, "batch_size": 32, "epochs": 5},
        "control": "none",
        "variants": {"none": {}, "dropout": {"dropout": dropout}},
    }


def train_all(function: Any, jobs: Sequence[Job], *_: Any) -> Iterator[tuple[int, RunResult]]:
    """Results that a training could have, by its seeds."""
    for index, job in enumerate(jobs):
        rng = np.random.default_rng([job.seeds.order, bool(job.recipe.dropout)])
        losses = np.sort(rng.random((5, 4)), axis=0)[::-1]
        columns = ("loss", "accuracy", "val_loss", "val_accuracy")
        rows = [
            {"epoch": epoch, **dict(zip(columns, map(float, row), strict=True))} for epoch, row in enumerate(losses, 1)
        ]
        yield (
            index,
            RunResult(
                recipe=job.recipe,
                weights={"dense1/kernel": rng.random((784, 128), dtype=np.float32)},
                history=tuple(rows),
                stopped_epoch=None,
                best_epoch=5,
                input_shape=(28, 28, 1),
                classes=10,
                parameters=109_386,
                trainable_parameters=109_386,
                summary="a model\n",
                train_seconds=1.0,
                traced=False,
                processor="a processor",
            ),
        )


def evaluate_all(function: Any, jobs: Sequence[Evaluating], *_: Any) -> Iterator[tuple[int, Evaluated]]:
    """What the network of a run could answer."""
    named = ("test_accuracy", "test_loss", "train_accuracy", "train_loss", "val_accuracy", "val_loss")
    for index, job in enumerate(jobs):
        rng = np.random.default_rng(int(1e6 * job.weights["dense1/kernel"][0, 0]))
        labels = job.images.parts["test"].labels
        answers = np.where(rng.random(len(labels)) < 0.9, labels, rng.integers(0, 10, len(labels)))
        scalars = dict.fromkeys((*named, "weight_norm", "sparsity"), 0.9) | {"probability_sum_error": 0.0}
        test: Arrays = {"predicted": answers.astype(np.uint8), "nll": rng.random(len(labels), dtype=np.float32)}
        yield index, Evaluated(scalars, test, 0.1)


SIMULATED = (
    (training, "run_all", train_all),
    (evaluation, "run_all", evaluate_all),
    (projection, "log_model", lambda *_: "m-0"),
)


def measure() -> dict[str, float]:
    """CPU seconds of every stage from the plan on."""
    found = {}
    for name, stage in STAGES.items():
        began = time.process_time()
        stage()
        found[name] = time.process_time() - began
    return found


def show(runs: int, again: bool, seconds: dict[str, float]) -> None:
    """One row of the table."""
    total = sum(seconds.values())
    cells = "".join(f"{one:10.2f}" for one in (*seconds.values(), total))
    print(f"{runs:6d} {'again' if again else 'first':>6}{cells}{1000 * total / runs:12.1f}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, nargs="+", default=[1, 10, 100])
    chosen = parser.parse_args().studies
    for module, name, simulated in SIMULATED:
        setattr(module, name, simulated)
    print("  runs       " + "".join(f"{name:>10}" for name in (*STAGES, "all")) + "   ms a run")
    for studies in [1, *chosen]:  # the very first also imports and warms, and is not shown
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            os.environ["DVC_ROOT"] = folder
            write_json(layout.EXERCISES, {})
            for changed in (False, True):
                write_params(studies, changed)
                if not changed:
                    plan()
                    for stage in (partial(download, "mnist"), preprocess, split, standardize):
                        stage()
                show(studies * RUNS_OF_A_STUDY, changed, measure())
            os.chdir(ROOT)
    print(f"dvc.lock: {(ROOT / 'dvc.lock').stat().st_size / 1e3:.1f} KB, whatever the number of runs")


if __name__ == "__main__":
    main()
