"""Mean ranks: closed forms, either direction, ties, and runs that diverged."""

import numpy as np
import pytest

from pipeline.statistics.ranks import mean_ranks


def test_who_wins_every_repeat_is_first_and_who_wins_half_is_between() -> None:
    found = mean_ranks({"a": [3, 3, 3, 3], "b": [2, 1, 2, 1], "c": [1, 2, 1, 2]}, higher_is_better=True)
    assert found == {"a": 1.0, "b": 2.5, "c": 2.5}


def test_lower_is_better_turns_the_ranks() -> None:
    values = {"a": [0.1, 0.2], "b": [0.3, 0.1]}
    assert mean_ranks(values, higher_is_better=False) == {"a": 1.5, "b": 1.5}
    assert mean_ranks({"a": [1.0], "b": [2.0]}, higher_is_better=False) == {"a": 1.0, "b": 2.0}


def test_equal_values_share_a_rank() -> None:
    assert mean_ranks({"a": [5], "b": [5], "c": [4]}, higher_is_better=True) == {"a": 1.5, "b": 1.5, "c": 3.0}


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_a_diverged_run_is_last_whichever_way_is_better(higher_is_better: bool) -> None:
    found = mean_ranks({"a": [np.nan], "b": [0.0], "c": [9.0]}, higher_is_better=higher_is_better)
    assert found["a"] == 3.0


def test_ranks_of_a_repeat_add_up() -> None:
    values = {str(i): one for i, one in enumerate(np.random.default_rng(0).integers(0, 4, (6, 9)).tolist())}
    assert sum(mean_ranks(values, higher_is_better=True).values()) == pytest.approx(6 * 7 / 2)
