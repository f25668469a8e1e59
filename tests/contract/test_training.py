"""Every distinct declared training on a handful of images: what it changes, and that equal seeds give equal bits."""

import math
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.models.build import output_layer
from pipeline.seeds import Seeds, repeat_seeds
from pipeline.training import run
from pipeline.training.data import RunResult
from pipeline.training.recipes import traced_part
from pipeline.training.work import Job, perform
from tests.contract.declared import BY_NAME, TRACED, Case, distinct, is_plain
from tests.contract.tiny import (
    N,
    built,
    data_of,
    images,
    initial_weights,
    same,
    short,
    with_architecture,
)

SEEDS = repeat_seeds(0)
# One test after the other for a case, so that the pipeline's own small cache of traces is enough.
EACH_CASE = pytest.mark.parametrize("case", TRACED, scope="module")


def other(stream: str) -> Seeds:
    return Seeds(**{**SEEDS.to_dict(), stream: 12345})


@cache
def first(case_name: str) -> RunResult:
    """The first training of a case in this process, which traces it."""
    case = BY_NAME[case_name]
    return train(case)


def train(case: Case, seeds: Seeds = SEEDS, **changes: Any) -> RunResult:
    """A short training of the declared recipe, as a worker does it."""
    return perform(Job(short(case.recipe, **changes), None, seeds, data_of(case)))


def noisy(case: Case) -> bool:
    recipe = case.recipe
    return bool(recipe.dropout or recipe.augmentation or any(block.dropout for block in recipe.blocks))


@EACH_CASE
def test_history_has_finite_columns_of_the_sets_there_are(case: Case) -> None:
    columns = ["epoch", "loss", "accuracy", *(["val_loss", "val_accuracy"] if case.validated else [])]
    history = first(str(case)).history
    assert [list(row) for row in history] == [columns, columns]
    assert [row["epoch"] for row in history] == [1, 2]
    assert all(math.isfinite(value) for row in history for value in row.values())


@EACH_CASE
def test_one_step_changes_every_variable(case: Case) -> None:
    before = initial_weights(case.built, SEEDS.weights, SEEDS.noise)
    after = train(case, epochs=1).weights
    assert before.keys() == after.keys()
    assert [name for name in before if np.array_equal(before[name], after[name])] == []


@EACH_CASE
def test_same_repeat_is_bit_identical_with_a_fresh_and_a_reused_trace(case: Case) -> None:
    fresh = first(str(case))
    train(case, repeat_seeds(1))
    reused = train(case)
    assert fresh.traced != case.by_hand
    assert not reused.traced
    assert same(fresh.weights, reused.weights)
    assert fresh.history == reused.history


@EACH_CASE
def test_xla_compiles_dense_layers_without_noise_and_nothing_else(case: Case) -> None:
    """Whoever trains it, by its blocks alone; a network by hand has no graph."""
    if case.by_hand:
        return
    job = Job(short(case.recipe), None, SEEDS, data_of(case))
    model, _ = run._compiled(traced_part(job.recipe), job.data, N)
    kinds = {type(layer).__name__ for layer in model.layers}
    order = (tf.zeros((1, N), tf.int32), tf.zeros((0,), tf.int32))
    graph = tf.function(model.train_step).get_concrete_function((order,)).graph.as_graph_def()
    by_xla = any(one.attr["_XlaMustCompile"].b for one in graph.library.function)
    assert by_xla is not any(name.startswith(("Conv", "Random", "Dropout")) for name in kinds)


@EACH_CASE
def test_streams_of_weights_and_noise_change_what_they_name(case: Case) -> None:
    one = first(str(case)).weights
    changed = {stream: not same(one, train(case, other(stream)).weights) for stream in ("weights", "noise", "split")}
    assert changed == {"weights": True, "noise": noisy(case), "split": False}


@pytest.mark.parametrize(
    "case", distinct(lambda case: case.recipe.library, lambda case: case.by_hand or is_plain(case))
)
def test_stream_of_order_changes_the_order(case: Case) -> None:
    one, two = (train(case, seeds, batch_size=4, epochs=1).weights for seeds in (SEEDS, other("order")))
    assert not same(one, two)


@pytest.mark.parametrize(
    "case", distinct(lambda case: (case.recipe.loss, case.classes, output_layer(case.recipe, case.classes)))
)
def test_loss_head_and_labels_agree(case: Case) -> None:
    labels = images(case.shape, case.classes, False).train.labels
    encoded = run.encode_labels(labels, case.recipe.loss, case.classes)
    outputs = built(case.built).output_shape[1]
    sure = np.eye(case.classes)[labels] if outputs > 1 else labels[:, np.newaxis].astype(float)
    loss = keras.losses.get(case.recipe.loss)
    integers = case.recipe.loss == "sparse_categorical_crossentropy"
    assert encoded.shape == (labels.shape if integers else sure.shape)
    assert float(np.mean(loss(encoded, sure.astype(np.float32)))) == pytest.approx(0, abs=1e-5)
    even = np.full(sure.shape, 1 / case.classes, np.float32)
    assert float(np.mean(loss(encoded, even))) == pytest.approx(math.log(case.classes), rel=1e-5)


@pytest.mark.parametrize("case", distinct(lambda case: (case.recipe.loss, case.classes, case.shape, case.validated)))
def test_accuracy_is_of_classes_not_of_elements(case: Case) -> None:
    """A wrong pairing of loss, labels and metric shows as an accuracy that is no count of images."""
    adam = case.recipe.optimizer.model_copy(update={"name": "adam", "learning_rate": 0.003})
    plain = {"batch_normalization": False, "l1": None, "l2": None, "dropout": None, "augmentation": None}
    small = {"kernel_initializer": "glorot_uniform", "epochs": 40}
    recipe = with_architecture(short(case.recipe, **plain, **small, optimizer=adam), "mlp")
    history = perform(Job(recipe, None, SEEDS, data_of(case))).history
    assert history[-1]["accuracy"] == 1.0  # 12 images are soon learnt by heart
    if case.validated:
        assert history[-1]["val_accuracy"] == 0.0  # the same images under other labels


@pytest.mark.parametrize("case", [case for case in TRACED if case.values[0].by_hand])
def test_network_by_hand_is_the_keras_network(case: Case) -> None:
    """The same start, order and steps; a loss summed over a batch of 12 steps as a mean does at 12 times the rate."""
    optimizer = case.recipe.optimizer
    if case.recipe.loss_reduction == "sum":
        optimizer = optimizer.model_copy(update={"learning_rate": N * optimizer.learning_rate})
    keras_one: dict[str, Any] = {"library": "keras", "loss_reduction": "mean", "optimizer": optimizer}
    by_hand, by_keras = first(str(case)).weights, train(case, **keras_one).weights
    assert by_hand.keys() == by_keras.keys()
    start = initial_weights(case.built, SEEDS.weights, SEEDS.noise)
    for name, value in by_hand.items():
        moved = np.abs(value - start[name]).max()
        np.testing.assert_allclose(value, by_keras[name], rtol=0, atol=0.01 * moved, err_msg=name)
