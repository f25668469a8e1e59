"""The files of one finished run, as the run store keeps them."""

from pathlib import Path

from pipeline.files import csv_text, write_arrays, write_json, write_text
from pipeline.training.declared import DeclaredRun
from pipeline.training.fingerprint import library_versions
from pipeline.training.result import RunResult

TIMING = "timing.json"
NO_HYPERPARAMETER = ("trial", "val_accuracy", "val_loss")


def write_run(run: DeclaredRun, result: RunResult, folder: Path) -> None:
    """Write a result's files: everything of it but its names, which the study adds."""
    write_json(
        folder / "run.json",
        {
            "fingerprint": run.fingerprint,
            "recipe_fingerprint": run.recipe_fingerprint,
            "recipe": result.recipe.model_dump(),
            "search": run.search.model_dump() if run.search else None,
            "trials": _chosen(result.trials),
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
    if result.trials:
        write_text(folder / "trials.csv", csv_text(result.trials))
    write_arrays(folder / "weights.npz", result.weights)
    write_text(folder / "summary.txt", result.summary)
    write_json(folder / TIMING, {"train_seconds": result.train_seconds, "traced": result.traced})


def _chosen(trials: tuple[dict[str, float], ...]) -> dict[str, dict[str, float]] | None:
    """The best trial of a search by validation accuracy, the first of equals, and the last one."""
    if not trials:
        return None
    hyperparameters = [{k: v for k, v in row.items() if k not in NO_HYPERPARAMETER} for row in trials]
    best = max(range(len(trials)), key=lambda row: (trials[row]["val_accuracy"], -row))
    return {"best": hyperparameters[best], "last": hyperparameters[-1]}
