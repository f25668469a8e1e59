"""The files of one finished run, as the run store keeps them."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.files import csv_text, write_arrays, write_json, write_text
from pipeline.training.declared import DeclaredRun
from pipeline.training.fingerprint import library_versions

if TYPE_CHECKING:  # importing it takes TensorFlow
    from pipeline.training.run import RunResult

TIMING = "timing.json"


def write_run(run: DeclaredRun, result: "RunResult", folder: Path) -> None:
    """Write a result's files: everything of it but its names, which the study adds."""
    write_json(
        folder / "run.json",
        {
            "fingerprint": run.fingerprint,
            "recipe_fingerprint": run.recipe_fingerprint,
            "recipe": run.recipe.model_dump(),
            "seeds": run.seeds.to_dict(),
            "input_shape": list(result.input_shape),
            "classes": result.classes,
            "epochs_run": result.epochs_run,
            "stopped_epoch": result.stopped_epoch,
            "best_epoch": result.best_epoch,
            "parameters": result.parameters,
            "trainable_parameters": result.trainable_parameters,
            "versions": library_versions(),
        },
    )
    write_text(folder / "history.csv", csv_text(result.history))
    write_arrays(folder / "weights.npz", result.weights)
    write_text(folder / "summary.txt", result.summary)
    write_json(folder / TIMING, {"train_seconds": result.train_seconds, "traced": result.traced})
