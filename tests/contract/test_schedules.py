"""What acts between steps: step decay, early stopping, numbers of updates, warm starts."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from pipeline.models.build import build
from pipeline.models.weights import initialize, named_weights
from pipeline.seeds import repeat_seeds
from pipeline.training import run
from pipeline.training.data import RunResult, Start, Weights
from pipeline.training.work import Job, perform
from tests.contract.declared import PLAIN, Case, distinct
from tests.contract.tiny import SLOWEST, N, built, data_of, same, short

SEEDS = repeat_seeds(0)


def train(case: Case, **changes: Any) -> RunResult:
    """A short training on data of this module's own."""
    return run.train(short(case.recipe, **changes), SEEDS, data_of(case, "schedules"))


def rate(case: Case, learning_rate: float) -> Any:
    return case.recipe.optimizer.model_copy(update={"learning_rate": learning_rate})


class Rates(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Learning rate of every epoch, and the optimizer's count of updates at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.rates: list[float] = []
        self.iterations = -1

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.rates.append(float(self.model.optimizer.learning_rate))
        self.iterations = int(self.model.optimizer.iterations)


def watched(case: Case, start: Weights | None = None, **changes: Any) -> Rates:
    """What a short training did to the optimizer."""
    spy, callbacks = Rates(), run._make_callbacks
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_make_callbacks", lambda recipe: {**callbacks(recipe), "spy": spy})
        run.train(short(case.recipe, **changes), SEEDS, data_of(case, "schedules"), Start(start) if start else None)
    return spy


def iterations(case: Case, **changes: Any) -> int:
    """Updates that a training made, as the optimizer counts them."""
    return watched(case, **changes).iterations


@pytest.mark.parametrize("case", distinct(lambda case: case.recipe.step_decay, lambda case: case.recipe.step_decay))
def test_step_decay_sets_the_learning_rate_of_every_epoch(case: Case) -> None:
    decay, first = case.recipe.step_decay, case.recipe.optimizer.learning_rate
    assert decay
    before, after = decay.epochs, decay.epochs + 1
    constant = {epochs: train(case, epochs=epochs).weights for epochs in (before, after)}
    seen = watched(case, epochs=2 * decay.epochs + 1, step_decay=decay).rates
    steps = [first] * decay.epochs + [first * decay.factor] * decay.epochs + [first * decay.factor**2]
    assert seen == pytest.approx(steps, rel=1e-6)
    assert same(train(case, epochs=before, step_decay=decay).weights, constant[before])
    assert not same(train(case, epochs=after, step_decay=decay).weights, constant[after])
    assert same(train(case, epochs=after).weights, constant[after])  # no rate is left behind in a reused model


STOPPING = distinct(lambda case: case.recipe.early_stopping, lambda case: case.recipe.early_stopping)


@pytest.mark.parametrize("case", STOPPING)
def test_early_stopping_waits_for_its_patience(case: Case) -> None:
    """Nothing improves on the first epoch at a rate of nothing, so training ends `patience` epochs later."""
    stopping = case.recipe.early_stopping
    assert stopping
    at_rest = {"optimizer": rate(case, SLOWEST), "early_stopping": stopping}
    result = train(case, epochs=30, **at_rest)
    assert result.stopped_epoch == result.epochs_run == 1 + stopping.patience
    assert result.best_epoch == 1
    short_of_it = train(case, epochs=stopping.patience, **at_rest)
    assert short_of_it.stopped_epoch is None
    assert short_of_it.epochs_run == stopping.patience


@pytest.mark.parametrize("case", STOPPING)
def test_early_stopping_keeps_the_declared_weights(case: Case) -> None:
    """Those of the best epoch or of the last, bit for bit as if training had had just that many epochs."""
    stopping = case.recipe.early_stopping
    assert stopping
    fast = {"optimizer": rate(case, 0.01)}
    stopped = train(case, epochs=30, early_stopping=stopping, **fast)
    assert stopped.best_epoch is not None
    assert stopped.stopped_epoch == stopped.epochs_run == stopped.best_epoch + stopping.patience < 30
    kept = stopped.best_epoch if stopping.restore_best_weights else stopped.epochs_run
    assert same(stopped.weights, train(case, epochs=kept, **fast).weights)
    last = train(case, epochs=stopped.epochs_run, **fast)
    assert same(stopped.weights, last.weights) != stopping.restore_best_weights
    assert stopped.history == last.history


@pytest.mark.parametrize(
    "case",
    distinct(
        lambda case: (case.recipe.batch_size, case.recipe.updates),
        lambda case: case.recipe.updates and not case.by_hand,
    ),
)
@pytest.mark.parametrize("updates", [7, 20])
def test_updates_are_exactly_as_many(case: Case, updates: int) -> None:
    assert iterations(case, updates=updates, batch_size=case.recipe.batch_size) == updates


@pytest.mark.parametrize(
    "case",
    distinct(
        lambda case: case.recipe.updates,
        lambda case: case.recipe.updates and case.recipe.updates <= 5000 and not case.by_hand,
    ),
)
def test_declared_number_of_updates_is_made_in_full(case: Case) -> None:
    assert case.recipe.updates
    assert iterations(case, updates=case.recipe.updates, batch_size=1) == case.recipe.updates


@pytest.mark.parametrize("case", PLAIN)
def test_updates_run_on_across_passes(case: Case) -> None:
    """Batches of 8 from 12 images: the second one takes 4 of each pass, as a longer array would give them."""
    assert iterations(case, updates=5, batch_size=8) == 5
    divided = train(case, updates=6, batch_size=4)
    assert same(divided.weights, train(case, epochs=2, batch_size=4).weights)
    assert not same(divided.weights, train(case, updates=6, batch_size=8).weights)


@pytest.mark.parametrize(
    "case",
    distinct(lambda case: (case.traced, case.recipe.updates is None), lambda case: case.recipe.batch_size == "full"),
)
def test_full_batch_is_one_update_an_epoch(case: Case) -> None:
    assert iterations(case, epochs=3, batch_size="full") == 3
    assert same(train(case, batch_size="full").weights, train(case, batch_size=N).weights)


@pytest.mark.parametrize("case", PLAIN)
def test_reused_trace_takes_another_number_of_batches(case: Case) -> None:
    """As variants do that differ in it, in one worker: equal bits, whatever ran before."""
    recipe = short(case.recipe, updates=20, batch_size=2)
    fresh = run.train(recipe, SEEDS, data_of(case, "fresh"))
    train(case, batch_size=2)
    reused = train(case, updates=20, batch_size=2)
    assert fresh.traced
    assert same(fresh.weights, reused.weights)
    assert fresh.history == reused.history


@pytest.mark.parametrize("case", PLAIN)
def test_partial_last_batch_is_an_update(case: Case) -> None:
    assert iterations(case, epochs=2, batch_size=5) == 2 * 3


@pytest.mark.parametrize("case", distinct(lambda case: case.traced, lambda case: case.variant.warm_start is not None))
def test_warm_start_begins_from_the_given_weights(case: Case) -> None:
    generator = np.random.default_rng(1)
    start = {
        name: generator.normal(0, 0.1, value.shape).astype(np.float32)
        for name, value in named_weights(built(case.built)).items()
    }
    data = data_of(case, "schedules")
    rest = short(case.recipe, optimizer=rate(case, SLOWEST))
    assert same(perform(Job(rest, None, SEEDS, data, start=Start(start))).weights, start)
    cold = perform(Job(rest, None, SEEDS, data)).weights
    kernels = [name for name in start if name.endswith("/kernel")]
    assert not any(np.array_equal(cold[name], start[name]) for name in kernels)


@pytest.mark.parametrize("case", distinct(lambda case: case.traced, lambda case: case.variant.warm_start is not None))
def test_warm_start_starts_the_optimizer_anew(case: Case) -> None:
    data = data_of(case, "schedules")
    recipe = short(case.recipe, epochs=1)
    half = run.train(recipe, SEEDS, data)
    one, two = (run.train(recipe, SEEDS, data, Start(half.weights)) for _ in range(2))
    assert same(one.weights, two.weights)
    assert watched(case, half.weights, epochs=1).iterations == 1


CONTINUED = distinct(
    lambda case: case.traced,
    lambda case: case.variant.warm_start and case.variant.warm_start.optimizer == "continued",
)


@pytest.mark.parametrize("case", CONTINUED)
def test_a_continued_optimizer_goes_on_as_a_second_fit_of_a_keras_model_does(case: Case) -> None:
    """Beside Keras alone: two fits of one model, and beside a start whose optimizer is fresh."""
    data = data_of(case, "schedules")
    recipe = plain_recipe(case)
    first = run.train(recipe, SEEDS, data)
    start = Start(first.weights, first.optimizer)
    second = run.train(recipe, SEEDS, data, start)
    expected = two_fits(case, recipe)
    for name, value in second.weights.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-4, atol=1e-6)
    fresh = run.train(recipe, SEEDS, data, Start(first.weights))
    assert not same(fresh.weights, second.weights)
    assert same(run.train(recipe, SEEDS, data, start).weights, second.weights)
    assert updates_made(second) == 2 * updates_made(first) == 2 * updates_made(fresh)


@pytest.mark.parametrize("case", CONTINUED)
def test_two_halves_with_the_optimizer_are_one_longer_training(case: Case) -> None:
    """Every image in one batch, so that the order of the second half's epochs does not matter but to rounding."""
    data, recipe = data_of(case, "schedules"), plain_recipe(case)
    first = run.train(recipe, SEEDS, data)
    second = run.train(recipe, SEEDS, data, Start(first.weights, first.optimizer))
    whole = run.train(recipe.model_copy(update={"epochs": 2 * recipe.epochs}), SEEDS, data)
    for name, value in second.weights.items():
        np.testing.assert_allclose(value, whole.weights[name], rtol=1e-3, atol=1e-5)


def plain_recipe(case: Case) -> Any:
    """A case's short recipe whose network draws nothing while it trains."""
    blocks = tuple(replace(block, dropout=None) for block in case.recipe.blocks)
    return short(case.recipe, blocks=blocks, dropout=None, augmentation=None, optimizer=rate(case, 0.001))


def two_fits(case: Case, recipe: Any) -> Weights:
    """Weights of a Keras model of the same initial values that was fitted twice."""
    model = build(recipe, case.shape, case.classes)
    initialize(model, SEEDS.weights, SEEDS.noise)
    model.compile(keras.optimizers.Adam(recipe.optimizer.learning_rate), recipe.loss)
    data = data_of(case, "schedules")
    x, y = data.scaling(data.train.images[:]), run.encode_labels(data.train.labels, recipe.loss, case.classes)
    for _ in range(2):
        model.fit(x, y, batch_size=N, epochs=recipe.epochs, shuffle=False, verbose=0)
    return named_weights(model)


def updates_made(result: RunResult) -> int:
    (count,) = (value for name, value in result.optimizer.items() if name.endswith("iteration"))
    return int(count)


@pytest.mark.parametrize("case", PLAIN)
def test_the_best_epochs_weights_are_those_of_a_run_that_ended_there(case: Case) -> None:
    """Bit for bit, and the optimizer with them; the history stays that of the whole training."""
    data, recipe = data_of(case, "schedules"), short(case.recipe, epochs=6, optimizer=rate(case, 0.003))
    kept = run.train(recipe, SEEDS, data, best_by="val_accuracy")
    scores = [row["val_accuracy"] for row in kept.history]
    best = scores.index(max(scores)) + 1
    alone = run.train(recipe.model_copy(update={"epochs": best}), SEEDS, data)
    assert same(kept.weights, alone.weights)
    assert same(kept.optimizer, alone.optimizer)
    last = run.train(recipe, SEEDS, data)
    assert kept.history == last.history
    assert best < 6
    assert not same(kept.weights, last.weights)
