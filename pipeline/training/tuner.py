"""A random search as one run: Keras Tuner proposes, this project's own training answers."""

import tempfile
from dataclasses import replace
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.hyperparameters import HyperParameters

from pipeline.errors import UserError
from pipeline.params.recipe import Range, Recipe, Search
from pipeline.seeds import Seeds, derive
from pipeline.training.data import RunResult, Tell, TrainingData, untold
from pipeline.training.recipes import apply_hyperparameters
from pipeline.training.run import train

OBJECTIVE = "val_accuracy"


def search(recipe: Recipe, declared: Search, seeds: Seeds, data: TrainingData, tell: Tell = untold) -> RunResult:
    """Result of the best trial of a random search, with the table of all trials.

    The searched fields of `recipe` are replaced in every trial. From the repeat's `seeds`, one is derived for the
    search, and streams of its own for every trial. The validation set selects; a UserError where there is none.
    """
    if data.validation is None:
        raise UserError("search: expected a task with a validation set to select on; received one without.")
    with tempfile.TemporaryDirectory() as folder:  # a project that exists would be reloaded, not searched
        tuner = _RunSearch(
            recipe,
            seeds,
            data,
            declared.scored_by,
            tell,
            objective=keras_tuner.Objective(OBJECTIVE, "max"),
            max_trials=declared.trials,
            seed=derive(seeds.weights, "search"),
            hyperparameters=_space(declared),
            tune_new_entries=False,
            directory=folder,
            project_name="search",
            overwrite=True,
        )
        tuner.search(verbose=0)
    return tuner.outcome()


def _space(declared: Search) -> HyperParameters:
    space = HyperParameters()
    for name in ("units", "learning_rate", "unused"):  # in this order: it decides what is drawn
        values = getattr(declared, name)
        if isinstance(values, Range):
            space.Int(name, values.minimum, values.maximum, step=values.step)
        elif values:
            space.Choice(name, list(values))
    return space


class _RunSearch(keras_tuner.RandomSearch):
    """Random search whose trials are runs; they are kept in order, with the best result so far."""

    def __init__(
        self, recipe: Recipe, seeds: Seeds, data: TrainingData, scored_by: str, tell: Tell, **options: Any
    ) -> None:
        self._recipe, self._seeds, self._data, self._tell = recipe, seeds, data, tell
        self._best_by = OBJECTIVE if scored_by == "best_epoch" else None
        self._trials: list[dict[str, float]] = []
        self._best: RunResult | None = None
        self._best_score = -np.inf
        self._traced = False
        self._seconds = 0.0
        super().__init__(None, **options)

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Train one proposal; the validation accuracy of its last epoch, or of its best one, is its score."""
        number = len(self._trials) + 1
        recipe = apply_hyperparameters(self._recipe, trial.hyperparameters.values)
        result = train(recipe, self._of(number), self._data, best_by=self._best_by, tell=self._tell)
        scored = max(result.history, key=lambda row: row[OBJECTIVE]) if self._best_by else result.history[-1]
        scores = {name: scored[name] for name in ("epoch", OBJECTIVE, "val_loss")}
        if self._best is None or scores[OBJECTIVE] > self._best_score:
            self._best, self._best_score = result, scores[OBJECTIVE]
        self._trials.append({"trial": number, **trial.hyperparameters.values, **scores})
        self._traced |= result.traced
        self._seconds += result.train_seconds
        return {OBJECTIVE: scores[OBJECTIVE]}

    def outcome(self) -> RunResult:
        """The best trial's result, with every trial and the seconds of them all."""
        assert self._best is not None
        return replace(self._best, trials=tuple(self._trials), train_seconds=self._seconds, traced=self._traced)

    def _of(self, number: int) -> Seeds:
        """Streams of one trial."""
        return Seeds(**{name: derive(seed, "trial", number) for name, seed in self._seeds.to_dict().items()})
