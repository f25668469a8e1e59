"""The files of one finished run: written for the run store, and read by whoever comes after."""

from collections.abc import Collection
from pathlib import Path

from pipeline import layout
from pipeline.errors import UserError
from pipeline.files import csv_text, digest_arrays, write_arrays, write_model, write_text
from pipeline.params.recipe import Recipe, Search
from pipeline.params.section import Section
from pipeline.seeds import Seeds
from pipeline.store import Store
from pipeline.training.data import RunResult
from pipeline.training.fingerprint import fingerprint_training_code, library_versions
from pipeline.training.runs import DeclaredRun

OF_RESULT = ("recipe", "input_shape", "classes", "epochs_run", "stopped_epoch", "best_epoch")
COUNTS = ("parameters", "trainable_parameters")
NO_HYPERPARAMETER = ("trial", "epoch", "val_accuracy", "val_loss")


class FinishedRun(Section):
    """What run.json says of a finished run, whatever a study calls it."""

    fingerprint: str
    recipe_fingerprint: str
    recipe: Recipe
    search: Search | None
    trials: dict[str, dict[str, float]] | None  # hyperparameters of a search's best and last trial
    seeds: Seeds
    input_shape: tuple[int, ...]
    classes: int
    epochs_run: int
    stopped_epoch: int | None
    best_epoch: int | None
    parameters: int
    trainable_parameters: int
    weights_digest: str
    versions: dict[str, str]
    code: str  # fingerprint of the code that trained it


class Seconds(Section):
    """Wall time of a run's `fit`, whether tracing was part of it, and the processor; in no hashed file."""

    train_seconds: float
    traced: bool
    processor: str


def write_run(run: DeclaredRun, result: RunResult, keep_optimizer: bool, folder: Path) -> None:
    """Write a result's files: everything of it but the name that a study gives it, the optimizer where asked."""
    about = FinishedRun(
        fingerprint=run.fingerprint,
        recipe_fingerprint=run.recipe_fingerprint,
        search=run.search,
        trials=_choose_trials(result.trials),
        seeds=run.seeds,
        weights_digest=digest_arrays(result.weights),
        versions=library_versions(),
        code=fingerprint_training_code(run.recipe.library),
        **{name: getattr(result, name) for name in (*OF_RESULT, *COUNTS)},
    )
    write_model(folder / layout.RUN, about)
    write_text(folder / layout.HISTORY, csv_text(result.history))
    if result.trials:
        write_text(folder / layout.TRIALS, csv_text(result.trials))
    write_arrays(folder / layout.WEIGHTS, result.weights)
    if keep_optimizer:
        write_arrays(folder / layout.OPTIMIZER, result.optimizer)
    write_text(folder / layout.MODEL_SUMMARY, result.summary)
    seconds = Seconds(train_seconds=result.train_seconds, traced=result.traced, processor=result.processor)
    write_model(folder / layout.SECONDS, seconds)


def require_weights(store: Store, fingerprints: Collection[str]) -> None:
    """A UserError where the run store lacks any of some runs, or no longer has it as it was written."""
    damaged = {one: damage for one in fingerprints if store.has(one) and (damage := store.find_damage(one))}
    if absent := len(damaged) + sum(not store.has(one) for one in fingerprints):
        first = next((f" {store.path(one)}: {damage}." for one, damage in damaged.items()), "")
        raise UserError(
            f"{store.folder}: expected the weights of {absent} runs, which runs/ names and only the run store "
            f"keeps.{first} `dvc repro --force train` trains them again, to the same bits."
        )


def _choose_trials(trials: tuple[dict[str, float], ...]) -> dict[str, dict[str, float]] | None:
    """The best trial of a search by validation accuracy, the first of equals, and the last one."""
    if not trials:
        return None
    chosen = {"best": max(trials, key=lambda row: row["val_accuracy"]), "last": trials[-1]}
    return {which: {k: v for k, v in row.items() if k not in NO_HYPERPARAMETER} for which, row in chosen.items()}
