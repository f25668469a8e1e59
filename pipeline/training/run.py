"""One run: a recipe trained once with the seeds of one repeat. Keras's `fit`, callbacks and history throughout."""

import io
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from pipeline.backend import describe_processor
from pipeline.data.images import Examples
from pipeline.files import Arrays
from pipeline.models.build import build
from pipeline.models.weights import initialize, named_weights, set_weights
from pipeline.params.recipe import Recipe
from pipeline.seeds import Seeds
from pipeline.training.data import RunResult, Start, Tell, TrainingData, Weights, untold
from pipeline.training.epoch import FusedModel, Resident, order_dataset, pass_dataset, prepare
from pipeline.training.orders import order_table
from pipeline.training.recipes import batch_size_of, suits_xla, traced_part

# Affects speed and the grouping of a sum only; part of the code, so part of every fingerprint.
VALIDATION_BATCH = 256


class BestEpoch(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Weights and optimizer of the first epoch whose `monitor` no other exceeds, kept in memory."""

    def __init__(self, monitor: str) -> None:
        super().__init__()
        self._monitor, self._best = monitor, -np.inf
        self.weights: Weights = {}
        self.optimizer: Arrays = {}

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Copy both where the epoch is better than every one before, the first one in any case."""
        if logs[self._monitor] > self._best or not self.weights:
            self._best = logs[self._monitor]
            self.weights, self.optimizer = _copied(named_weights(self.model)), _optimizer_variables(self.model)


def train(
    recipe: Recipe,
    seeds: Seeds,
    data: TrainingData,
    start: Start | None = None,
    best_by: str | None = None,
    tell: Tell = untold,
) -> RunResult:
    """Train a recipe once.

    Equal arguments give equal bits, whether or not this process has trained the recipe before. `seeds` give weights,
    order and noise; `start` has weights to start from instead, and may have an optimizer to go on with. `best_by` is
    the column of the history whose best epoch's weights are the result, not the last one's; `tell` hears of epochs.
    """
    traced = _compiled.cache_info().misses
    orders = order_table(recipe, seeds.order, len(data.train))
    model, fresh = _compiled(traced_part(recipe), data, orders.shape[1])
    initialize(model, seeds.weights, seeds.noise)
    _start_from(start, model, fresh)
    model.optimizer.learning_rate = recipe.optimizer.learning_rate
    callbacks = _make_callbacks(recipe)
    telling = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: tell(orders.shape[1]))
    best = BestEpoch(best_by) if best_by else None
    began = time.perf_counter()
    fitted = model.fit(
        order_dataset(orders, batch_size_of(recipe, len(data.train))),
        epochs=len(orders),
        steps_per_epoch=1,
        shuffle=False,
        validation_data=None if data.validation is None else pass_dataset(len(data.validation), VALIDATION_BATCH),
        callbacks=[*callbacks.values(), telling, *([best] if best else [])],
        verbose=0,
    )
    seconds = time.perf_counter() - began
    return collect_result(
        recipe,
        data,
        model,
        best.weights if best else named_weights(model),
        _rows(fitted.history),
        stopped_epoch=_stopped_epoch(callbacks),
        train_seconds=seconds,
        traced=_compiled.cache_info().misses > traced,
        optimizer=best.optimizer if best else _optimizer_variables(model),
    )


def _start_from(start: Start | None, model: keras.Model, fresh: Arrays) -> None:
    """Give a model the weights to start from, where there are any, and an optimizer that goes on or begins anew."""
    if start is not None:
        set_weights(model, start.weights)
    first = fresh if start is None or start.optimizer is None else start.optimizer
    for variable in model.optimizer.variables:
        variable.assign(first[_name_in_optimizer(variable)])


def collect_result(
    recipe: Recipe,
    data: TrainingData,
    model: keras.Model,
    weights: Weights,
    history: tuple[dict[str, float], ...],
    **more: Any,
) -> RunResult:
    """Result of a finished training; `model` is only counted and summarised."""
    return RunResult(
        recipe=recipe,
        weights=weights,
        history=history,
        best_epoch=_best_epoch(history),
        input_shape=data.train.images.shape[1:],
        classes=data.classes,
        parameters=model.count_params(),
        trainable_parameters=sum(int(np.prod(v.shape)) for v in model.trainable_variables),
        summary=_summary(model),
        processor=describe_processor(),
        **more,
    )


@lru_cache(maxsize=8)
def _compiled(recipe: Recipe, data: TrainingData, examples: int) -> tuple[FusedModel, Arrays]:
    """Model, and its optimizer's first state, traced for one number of examples: Keras would relax its shapes.

    XLA compiles what is dense, where the time goes between small operations.
    """
    model = build(recipe, data.train.images.shape[1:], data.classes, FusedModel)
    optimizer = keras.optimizers.get({"class_name": recipe.optimizer.name, "config": {}})
    model.compile(optimizer=optimizer, loss=recipe.loss, metrics=["accuracy"], jit_compile=False)
    train_arrays, validation_arrays = _resident(data, recipe.loss)
    model.hold(train_arrays, validation_arrays, by_xla=suits_xla(recipe))
    prepare(model, train_arrays)
    return model, _optimizer_variables(model)


def _optimizer_variables(model: keras.Model) -> Arrays:
    """Copies of the variables of a model's optimizer: updates made, learning rate, and momentums where it has some."""
    return {_name_in_optimizer(variable): np.array(variable) for variable in model.optimizer.variables}


def _name_in_optimizer(variable: Any) -> str:
    """Its path without the optimizer's own name, which Keras counts up with every one it makes."""
    return str(variable.path).partition("/")[2]


def _copied(weights: Weights) -> Weights:
    return {name: value.copy() for name, value in weights.items()}


@lru_cache(maxsize=2)
def _resident(data: TrainingData, loss: str) -> tuple[Resident, Resident | None]:
    """Arrays in TensorFlow's memory, shared by every variant of a task and a loss."""

    def hold(examples: Examples) -> Resident:
        labels = encode_labels(examples.labels, loss, data.classes)
        return Resident.hold(examples.images[:], labels, data.scaling)

    return hold(data.train), None if data.validation is None else hold(data.validation)


def release() -> None:
    """Let go of every traced model and of the images it holds."""
    _compiled.cache_clear()
    _resident.cache_clear()


def encode_labels(labels: npt.NDArray[np.uint8], loss: str, classes: int) -> npt.NDArray[Any]:
    """Labels as a Keras loss takes them: integers, one-hot rows (n, classes), or a column of 0 and 1."""
    if loss == "categorical_crossentropy":
        return np.eye(classes, dtype=np.float32)[labels]
    return labels[:, np.newaxis].astype(np.float32) if loss == "binary_crossentropy" else labels


def _make_callbacks(recipe: Recipe) -> dict[str, keras.callbacks.Callback]:
    found = {}
    if recipe.early_stopping:
        found["early_stopping"] = keras.callbacks.EarlyStopping(**recipe.early_stopping.model_dump())
    if decay := recipe.step_decay:
        rate = recipe.optimizer.learning_rate
        found["step_decay"] = keras.callbacks.LearningRateScheduler(
            lambda epoch, current: rate * decay.factor ** (epoch // decay.epochs)
        )
    return found


def _stopped_epoch(callbacks: Mapping[str, keras.callbacks.Callback]) -> int | None:
    stopped = getattr(callbacks.get("early_stopping"), "stopped_epoch", 0)
    return stopped + 1 if stopped else None


def _rows(history: Mapping[str, list[float]]) -> tuple[dict[str, float], ...]:
    columns = [name for name in ("loss", "accuracy", "val_loss", "val_accuracy") if name in history]
    rows = zip(*(map(float, history[name]) for name in columns), strict=True)
    return tuple({"epoch": epoch, **dict(zip(columns, row, strict=True))} for epoch, row in enumerate(rows, 1))


def _best_epoch(history: tuple[dict[str, float], ...]) -> int | None:
    losses = [row.get("val_loss", np.nan) for row in history]
    return None if np.isnan(losses).all() else int(np.nanargmin(losses)) + 1


def _summary(model: keras.Model) -> str:
    out = io.StringIO()
    model.summary(line_length=100, print_fn=lambda line, **_: out.write(line + "\n"))
    return out.getvalue()
