"""One run: a recipe trained once with the seeds of one repeat. Keras's `fit`, callbacks and history throughout."""

import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from pipeline.models.build import build
from pipeline.models.weights import initialize, named_weights
from pipeline.params.schema import EarlyStopping, Recipe
from pipeline.seeds import Seeds, epoch_orders
from pipeline.training.data import TrainingData
from pipeline.training.epoch import FusedModel, Resident, epochs_dataset, pass_dataset, prepare

# Affects speed and the grouping of a sum only; part of the code, so part of every fingerprint.
VALIDATION_BATCH = 256


@dataclass(frozen=True)
class RunResult:
    """What a finished run leaves behind.

    Attributes
    ----------
    weights : dict of ndarray
        Final weights by `layer/variable`, float32.
    history : tuple of dict
        One row an epoch: `epoch` (from 1), `loss`, `accuracy`, and `val_loss`, `val_accuracy` where there is a
        validation set. `loss` includes penalties and, like `accuracy`, is Keras's running mean over the epoch.
    stopped_epoch, best_epoch : int or None
        Epoch (from 1) after which early stopping ended the run; epoch of the smallest `val_loss`.
    input_shape, classes : tuple of int, int
        What the model takes and how many classes it tells apart.
    parameters, trainable_parameters : int
        Counts over all weights, and over those that training changes.
    summary : str
        Keras's model summary.
    train_seconds : float
        Wall time of `fit`; includes tracing where `traced` is true. Never part of a hashed file.
    """

    weights: dict[str, npt.NDArray[np.float32]]
    history: tuple[dict[str, float], ...]
    stopped_epoch: int | None
    best_epoch: int | None
    input_shape: tuple[int, ...]
    classes: int
    parameters: int
    trainable_parameters: int
    summary: str
    train_seconds: float
    traced: bool

    @property
    def epochs_run(self) -> int:
        """Epochs that were trained, the stopped one included."""
        return len(self.history)


@dataclass(frozen=True)
class _Compiled:
    model: FusedModel
    optimizer_start: list[npt.NDArray[Any]]


def train(recipe: Recipe, seeds: Seeds, data: TrainingData) -> RunResult:
    """Train a recipe once.

    Equal arguments give equal bits, whether or not this process has trained the recipe before.

    Parameters
    ----------
    recipe : Recipe
        What to build and how to train it.
    seeds : Seeds
        The repeat's streams: initial weights, order of examples, noise of dropout.
    data : TrainingData
        Train and validation images.
    """
    traced = _compiled.cache_info().misses
    compiled = _compiled(_traced_part(recipe), data)
    model = compiled.model
    _reset(compiled, recipe, seeds)
    stopping = _early_stopping(recipe.early_stopping)
    start = time.perf_counter()
    fitted = model.fit(
        epochs_dataset(epoch_orders(seeds.order, len(data.x_train)), recipe.epochs, recipe.batch_size),
        epochs=recipe.epochs,
        steps_per_epoch=1,
        shuffle=False,
        validation_data=_validation(data),
        callbacks=[stopping] if stopping else [],
        verbose=0,
    )
    seconds = time.perf_counter() - start
    history = _rows(fitted.history)
    return RunResult(
        weights=named_weights(model),
        history=history,
        stopped_epoch=stopping.stopped_epoch + 1 if stopping and stopping.stopped_epoch else None,
        best_epoch=_best_epoch(history),
        input_shape=data.x_train.shape[1:],
        classes=data.classes,
        parameters=model.count_params(),
        trainable_parameters=sum(int(np.prod(v.shape)) for v in model.trainable_variables),
        summary=_summary(model),
        train_seconds=seconds,
        traced=_compiled.cache_info().misses > traced,
    )


def _traced_part(recipe: Recipe) -> Recipe:
    """The part of a recipe that the traced graph depends on; the rest is set per run."""
    optimizer = recipe.optimizer.model_copy(update={"learning_rate": 1.0})
    return recipe.model_copy(update={"epochs": 1, "early_stopping": None, "optimizer": optimizer})


@lru_cache(maxsize=8)
def _compiled(recipe: Recipe, data: TrainingData) -> _Compiled:
    model = build(recipe, data.x_train.shape[1:], data.classes, FusedModel)
    optimizer = keras.optimizers.get({"class_name": recipe.optimizer.name, "config": {}})
    model.compile(
        optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False
    )
    train_arrays, validation_arrays = _resident(data)
    model.hold(train_arrays, validation_arrays)
    prepare(model, train_arrays)
    return _Compiled(model, [np.array(variable) for variable in model.optimizer.variables])


@lru_cache(maxsize=2)
def _resident(data: TrainingData) -> tuple[Resident, Resident | None]:
    """Arrays in TensorFlow's memory, shared by every variant of a task."""
    train_arrays = Resident.hold(data.x_train, data.y_train, data.scaling)
    if data.x_validation is None or data.y_validation is None:
        return train_arrays, None
    return train_arrays, Resident.hold(data.x_validation, data.y_validation, data.scaling)


def _reset(compiled: _Compiled, recipe: Recipe, seeds: Seeds) -> None:
    model = compiled.model
    initialize(model, seeds.weights, seeds.noise)
    for variable, start in zip(model.optimizer.variables, compiled.optimizer_start, strict=True):
        variable.assign(start)
    model.optimizer.learning_rate = recipe.optimizer.learning_rate


def _early_stopping(declared: EarlyStopping | None) -> keras.callbacks.EarlyStopping | None:
    return keras.callbacks.EarlyStopping(**declared.model_dump()) if declared else None


def _validation(data: TrainingData) -> Any:
    return None if data.x_validation is None else pass_dataset(len(data.x_validation), VALIDATION_BATCH)


def _rows(history: Mapping[str, list[float]]) -> tuple[dict[str, float], ...]:
    columns = [name for name in ("loss", "accuracy", "val_loss", "val_accuracy") if name in history]
    count = len(history["loss"])
    return tuple(
        {"epoch": epoch + 1, **{name: float(history[name][epoch]) for name in columns}}
        for epoch in range(count)
    )


def _best_epoch(history: tuple[dict[str, float], ...]) -> int | None:
    losses = [row.get("val_loss", np.nan) for row in history]
    return None if np.isnan(losses).all() else int(np.nanargmin(losses)) + 1


def _summary(model: keras.Model) -> str:
    out = io.StringIO()
    model.summary(line_length=100, print_fn=lambda line, **_: out.write(line + "\n"))
    return out.getvalue()
