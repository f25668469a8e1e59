"""One run of a network written by hand in numpy, from the initial weights and the order that Keras would have."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import threadpoolctl

from pipeline.errors import UserError
from pipeline.models.build import build
from pipeline.models.scratch.architectures import cnn3, mlp
from pipeline.models.scratch.losses import SoftmaxCrossEntropy
from pipeline.models.scratch.network import Network, in_order
from pipeline.models.scratch.optimizers import SGD, Adam, Optimizer
from pipeline.models.weights import initialize, named_weights
from pipeline.params.recipe import Recipe
from pipeline.seeds import Seeds
from pipeline.training.data import RunResult, Start, Tell, TrainingData, untold
from pipeline.training.orders import order_table
from pipeline.training.recipes import batch_size_of
from pipeline.training.run import collect_result

CORE = "OPENBLAS_CORETYPE"
NETWORKS = {"mlp": mlp, "cnn3": cnn3}
OPTIMIZERS: dict[str, Callable[[float], Optimizer]] = {"sgd": SGD, "adam": Adam}


def train_by_hand(
    recipe: Recipe, seeds: Seeds, data: TrainingData, start: Start | None = None, tell: Tell = untold
) -> RunResult:
    """Train a recipe with `library: numpy` once; see `pipeline.training.run.train`.

    Keras builds the same architecture, untrained, for its initial weights, parameter counts and summary.
    """
    input_shape = data.train.images.shape[1:]
    model = build(recipe, input_shape, data.classes)
    initialize(model, seeds.weights, seeds.noise)
    layers, loss = NETWORKS[recipe.architecture](data.classes), SoftmaxCrossEntropy(recipe.loss_reduction)
    network = Network(layers, loss, input_shape, np.random.default_rng(0))  # its own draws are replaced at once
    network.set_weights(named_weights(model) if start is None else start.weights)
    began = time.perf_counter()
    with one_order_of_sums():
        history = tuple(_epochs(recipe, network, seeds, data, tell))
    seconds = time.perf_counter() - began
    return collect_result(
        recipe, data, model, network.get_weights(), history, stopped_epoch=None, train_seconds=seconds, traced=False
    )


@contextmanager
def one_order_of_sums() -> Iterator[None]:
    """One thread for BLAS, and the kernels that OPENBLAS_CORETYPE names: the bits of a product depend on both.

    Raises
    ------
    UserError
        When numpy was imported before `pipeline`, which asks for the kernels, and took others.
    """
    wanted = os.environ.get(CORE)
    for library in threadpoolctl.threadpool_info():
        if wanted and library["internal_api"] == "openblas" and library["architecture"].lower() != wanted.lower():
            raise UserError(
                f"{CORE}: expected OpenBLAS's kernels for {wanted}, as networks by hand have everywhere; "
                f"received those for {library['architecture']}. Set {CORE}={wanted} before Python starts."
            )
    with threadpoolctl.threadpool_limits(1, "blas"):
        yield


def _epochs(
    recipe: Recipe, network: Network, seeds: Seeds, data: TrainingData, tell: Tell
) -> Iterator[dict[str, float]]:
    x, y = data.scaling(data.train.images[:]), data.train.labels
    optimizer = OPTIMIZERS[recipe.optimizer.name](recipe.optimizer.learning_rate)
    batch_size = batch_size_of(recipe, len(x))
    for epoch, order in enumerate(order_table(recipe, seeds.order, len(x)), 1):
        seen = network.fit(x, y, optimizer, in_order(order, batch_size))
        weights = seen.examples if recipe.loss_reduction == "mean" else np.ones_like(seen.examples)
        row = {
            "epoch": epoch,
            "loss": float((seen.loss * weights).sum() / seen.examples.sum()),
            "accuracy": float(np.average(seen.accuracy, weights=seen.examples)),
        }
        yield row | _validate(network, data)
        tell(len(order))


def _validate(network: Network, data: TrainingData) -> dict[str, float]:
    if data.validation is None:
        return {}
    loss, accuracy = network.evaluate(data.scaling(data.validation.images[:]), data.validation.labels)
    return {"val_loss": loss, "val_accuracy": accuracy}
