"""Runs as they are scored: the same bit for bit, diverged, or at chance."""

import numpy as np
import pandas as pd
import pytest

from pipeline.statistics.runs import find_diverged, identify_runs, is_at_chance, score_diverged

TWO = np.array([[[60, 0], [40, 0]]])  # 100 images, 60 of the larger class: its share 0.6, standard error 0.049


def test_a_run_is_its_weights_and_its_answers() -> None:
    rows = pd.DataFrame({"variant": ["a", "a", "b", "b"], "repeat": [1, 0, 0, 1], "weights_digest": list("yxxy")})
    answers = np.array([[0, 1], [1, 1]])
    alike = identify_runs(rows, {"a": {"predicted": answers}, "b": {"predicted": answers}})
    assert alike["a"] == alike["b"] and len(set(alike["a"])) == 2
    other = identify_runs(rows, {"a": {"predicted": answers}, "b": {"predicted": answers[::-1]}})
    assert other["a"] == alike["a"] != other["b"]
    assert identify_runs(rows.drop(columns="weights_digest"), {}) == {}


def test_a_diverged_run_is_worst_whichever_way_is_better() -> None:
    diverged = find_diverged(pd.DataFrame({"diverged": [0, 1]}))
    assert score_diverged("test_accuracy", [0.5, 0.1], diverged).tolist() == [0.5, -np.inf]
    assert score_diverged("test_loss", [0.5, np.nan], diverged).tolist() == [0.5, np.inf]
    assert score_diverged("epochs_run", [5, 5], diverged).tolist() == [5, 5]
    assert not find_diverged(pd.DataFrame({"repeat": [0, 1]})).any()


@pytest.mark.parametrize(
    ("accuracies", "expected"),
    [
        ([0.6], True),
        ([0.64, 0.60], True),
        ([0.66, 0.60], False),
        ([0.60, 0.61, 0.59, 0.62, 0.60], True),
        ([0.9, 0.1, 0.5, 0.6, 0.7], False),  # nobody knows: the interval reaches far
        ([0.3, 0.31, 0.3, 0.3, 0.3], True),
        ([0.6, -np.inf], True),
        ([-np.inf], False),
    ],
)
def test_chance_is_the_share_of_the_largest_class(accuracies: list[float], expected: bool) -> None:
    assert is_at_chance(accuracies, TWO) is expected
