"""The fused epoch against plain `model.fit` over the same batches in the same order."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.data.images import Scaling
from pipeline.models.architectures import ARCHITECTURES
from pipeline.models.build import build
from pipeline.models.weights import initialize, named_weights
from pipeline.params.recipe import Recipe
from pipeline.params.resolve import resolve_recipe
from pipeline.training.epoch import FusedModel, Resident, order_dataset, pass_dataset, prepare
from pipeline.training.orders import epoch_orders

RECIPE = resolve_recipe(
    {
        "architecture": "cnn3",
        "optimizer": {"name": "adam", "learning_rate": 0.001},
        "batch_size": 16,
        "epochs": 3,
        "dropout": 0.25,
        "batch_normalization": True,
        "l1": {"amount": 0.001, "layers": "all"},
    }
)
DENSE = RECIPE.model_copy(update={"architecture": "mlp", "blocks": tuple(ARCHITECTURES["mlp"]()), "dropout": None})
N, N_VALIDATION = 40, 25
# In float64 both ways differ by the order of sums only, 1e-16 a step; Adam divides small gradients by their own
# size, which amplifies it. In float32 the same amplification reaches 1e-3, which would hide a real mistake.
TOLERANCE = 1e-9


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    for name in ("float64", "float32"):  # floatx alone changes nothing once a layer exists
        keras.config.set_floatx(name)
        keras.config.set_dtype_policy(name)
        if name == "float64":
            yield


@pytest.fixture
def images() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    pixels = generator.integers(0, 256, (N + N_VALIDATION, 28, 28, 1), dtype=np.uint8)
    return pixels, generator.integers(0, 10, N + N_VALIDATION).astype(np.uint8)


def compiled(model_class: type[keras.Model], recipe: Recipe = RECIPE) -> keras.Model:
    model = build(recipe, (28, 28, 1), 10, model_class)
    assert model.compute_dtype == "float64"
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.001), loss, metrics=["accuracy"], jit_compile=False)
    initialize(model, 3, 4)
    return model


@pytest.mark.parametrize("batch_size", [16, 20, 64], ids=["partial last", "whole batches", "only a partial one"])
def test_fused_epoch_equals_plain_fit(images: tuple[np.ndarray, np.ndarray], batch_size: int) -> None:
    _check(compiled(FusedModel), compiled(keras.Model), images, batch_size)


@pytest.mark.parametrize("batch_size", [1, 16], ids=["single images", "partial last"])
def test_a_dense_network_by_xla_equals_plain_fit(
    images: tuple[np.ndarray, np.ndarray], batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled_by_xla = []
    function = tf.function

    def spy(*arguments: Any, **options: Any) -> Any:
        compiled_by_xla.append(options.get("jit_compile"))
        return function(*arguments, **options)

    monkeypatch.setattr(tf, "function", spy)
    _check(compiled(FusedModel, DENSE), compiled(keras.Model, DENSE), images, batch_size, by_xla=True)
    assert compiled_by_xla.count(True) == 1  # the loop of training


def _check(
    fused: keras.Model,
    plain: keras.Model,
    images: tuple[np.ndarray, np.ndarray],
    batch_size: int,
    by_xla: bool = False,
) -> None:
    """Three epochs of both, from equal weights, with the same batches, end at the same weights and history."""
    x, y = images
    scaling = Scaling(np.zeros(()), np.full((), 255.0))  # type: ignore[arg-type]
    train, validation = Resident.hold(x[:N], y[:N], scaling), Resident.hold(x[N:], y[N:], scaling)
    fused.hold(train, validation, by_xla)
    prepare(fused, train)
    initialize(fused, 3, 4)
    history = fused.fit(
        order_dataset(np.stack(list(islice(epoch_orders(9, N), RECIPE.epochs))), batch_size),
        epochs=RECIPE.epochs,
        steps_per_epoch=1,
        shuffle=False,
        validation_data=pass_dataset(N_VALIDATION, 8),
        verbose=0,
    ).history

    scaled = x / 255.0
    orders = epoch_orders(9, N)
    for epoch in range(RECIPE.epochs):
        order = next(orders)
        batches = tf.data.Dataset.from_tensor_slices((scaled[order], y[order])).batch(batch_size)
        ours = plain.fit(batches, shuffle=False, validation_data=(scaled[N:], y[N:]), verbose=0).history
        for name, values in ours.items():
            assert history[name][epoch] == pytest.approx(values[0], rel=TOLERANCE)
    expected = named_weights(plain)
    for name, value in named_weights(fused).items():
        np.testing.assert_allclose(value, expected[name], rtol=0, atol=TOLERANCE, err_msg=name)
