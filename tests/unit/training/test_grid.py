"""Bundles of jobs: what shares a trace goes together, the longest first."""

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.params.schema import Execution
from pipeline.training.grid import group_jobs, open_pool


def test_without_dask_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pipeline.training.cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"pip install '\.\[dask\]'"), open_pool(Execution(backend="dask")):
        pass


def test_small_jobs_of_one_key_go_together_and_large_ones_alone() -> None:
    assert group_jobs("aabb", [30, 30, 5, 5], most=20) == [[0], [1], [2, 3]]
    assert group_jobs("aba", [1, 1, 1], most=20) == [[0, 2], [1]]
    assert group_jobs("", []) == []


def test_jobs_of_one_key_are_divided_evenly() -> None:
    assert group_jobs("a" * 6, [10] * 6, most=50) == [[0, 1, 2], [3, 4, 5]]


def test_the_longest_batch_comes_first() -> None:
    assert group_jobs("abbc", [5, 4, 4, 20], most=20) == [[3], [1, 2], [0]]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 60)), max_size=12))
def test_batches_hold_every_job_once_with_others_of_its_key(jobs: list[tuple[str, int]]) -> None:
    keys, costs = [key for key, _ in jobs], [cost for _, cost in jobs]
    batches = group_jobs(keys, costs, most=50)
    assert sorted(index for batch in batches for index in batch) == list(range(len(jobs)))
    sums = [sum(costs[index] for index in batch) for batch in batches]
    assert sums == sorted(sums, reverse=True)
    for batch in batches:
        assert len({keys[index] for index in batch}) == 1
    for key in set(keys):
        of_key = [batch for batch in batches if keys[batch[0]] == key]
        assert len(of_key) <= max(1, math.ceil(sum(cost for k, cost in jobs if k == key) / 50))
