"""Orders: which examples an epoch sees, as a permutation or drawn with replacement, in epochs or in updates."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest

from pipeline.params.recipe import Recipe
from pipeline.params.resolve import resolve_recipe
from pipeline.training.orders import Indices, epoch_orders, even_epochs, order_table, sampled_orders

Orders = Callable[[int, int], Iterator[Indices]]
BOTH = pytest.mark.parametrize("orders", [epoch_orders, sampled_orders])


def recipe(**changes: Any) -> Recipe:
    optimizer = {"name": "sgd", "learning_rate": 0.1}
    plain = {"architecture": "mlp", "optimizer": optimizer, "batch_size": 4, "epochs": 3}
    return resolve_recipe({**plain, **changes})


def test_every_epochs_order_is_another_permutation() -> None:
    orders = list(islice(epoch_orders(7, 101), 4))
    assert all(order.dtype == np.int32 for order in orders)
    assert all((np.sort(order) == np.arange(101)).all() for order in orders)
    assert len({order.tobytes() for order in orders}) == 4


@BOTH
def test_fewer_epochs_see_a_prefix_of_the_same_orders(orders: Orders) -> None:
    few, many = islice(orders(7, 50), 2), islice(orders(7, 50), 5)
    np.testing.assert_array_equal(list(few), list(many)[:2])


@BOTH
def test_another_seed_gives_another_order(orders: Orders) -> None:
    assert (next(orders(1, 50)) != next(orders(2, 50))).any()


def test_first_order_never_changes() -> None:
    """NumPy guarantees PCG64's stream; `Generator.permutation` of NumPy 2.4."""
    assert next(epoch_orders(0, 10)).tolist() == np.random.Generator(np.random.PCG64(0)).permutation(10).tolist()
    assert next(epoch_orders(0, 10)).tolist() == [4, 6, 2, 7, 3, 5, 9, 0, 8, 1]


def test_sampled_orders_draw_every_example_alike_and_with_replacement() -> None:
    orders = list(islice(sampled_orders(7, 100), 400))
    assert all(order.dtype == np.int32 and len(order) == 100 for order in orders)
    counts = np.bincount(np.concatenate(orders), minlength=100)
    assert len(counts) == 100
    assert 300 < counts.min() <= counts.max() < 500  # expected 400 each, standard deviation 20
    distinct = np.mean([len(set(order.tolist())) for order in orders])
    assert distinct == pytest.approx(63.4, abs=1)  # 100 (1 - (1 - 1/100)^100)


def test_a_table_has_an_order_of_all_examples_for_every_epoch() -> None:
    table = order_table(recipe(), 7, 11)
    assert (table.dtype, table.shape) == (np.dtype(np.int32), (3, 11))
    np.testing.assert_array_equal(table, list(islice(epoch_orders(7, 11), 3)))


def test_a_table_of_a_recipe_that_samples_is_sampled() -> None:
    table = order_table(recipe(sampling="with_replacement"), 7, 11)
    np.testing.assert_array_equal(table, list(islice(sampled_orders(7, 11), 3)))


@pytest.mark.parametrize("batch_size", [4, 11, "full"])
@pytest.mark.parametrize(("updates", "epochs"), [(1, 1), (7, 7), (20, 10), (22, 2), (23, 1), (1875, 5)])
def test_updates_are_divided_evenly_over_epochs(updates: int, epochs: int, batch_size: int | str) -> None:
    """Batches run on across passes over the data."""
    table = order_table(recipe(updates=updates, batch_size=batch_size), 7, 11)
    examples = updates * (11 if batch_size == "full" else int(batch_size))
    assert even_epochs(updates) == epochs
    assert table.shape == (epochs, examples // epochs)
    passes = islice(epoch_orders(7, 11), -(-examples // 11))
    np.testing.assert_array_equal(table.ravel(), np.concatenate(list(passes))[:examples])
