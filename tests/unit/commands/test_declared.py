"""The commit that declared: the earliest that is reached through commits which all declare the same."""

from typing import Any

import pytest

from pipeline.commands.declared import follow, leave_words
from pipeline.commands.verify import choose_runs
from pipeline.params.plan import ComparisonPlan
from pipeline.params.planning import plan_comparison, plan_training
from pipeline.params.read import read
from tests.documents import ROOT

LINE = {"d": ["c"], "c": ["b"], "b": ["a"], "a": []}
MERGED = {"m": ["main", "branch"], "main": ["old"], "branch": ["declared"], "declared": ["old"], "old": []}


@pytest.mark.parametrize(
    ("parents", "head", "same", "found"),
    [
        (LINE, "d", "dcb", "b"),
        (LINE, "d", "d", "d"),
        (LINE, "d", "db", "d"),  # changed and changed back: what was run was declared the second time
        (LINE, "d", "dcba", "a"),
        (MERGED, "m", ("m", "branch", "declared"), "declared"),
        (MERGED, "m", ("m",), "m"),
    ],
)
def test_it_is_followed_to_the_commit_that_brought_it(
    parents: dict[str, list[str]], head: str, same: tuple[str, ...], found: str
) -> None:
    assert follow(head, parents, lambda commit: commit in same) == found


def test_a_sample_is_always_the_same_and_of_what_is_both_declared_and_recorded() -> None:
    recorded = {f"run{i:02d}": "" for i in range(40)}
    declared = [f"run{i:02d}" for i in range(10, 60)]
    sample = choose_runs(declared, recorded)
    assert len(set(sample)) == 20
    assert set(sample) <= {f"run{i:02d}" for i in range(10, 40)}
    assert choose_runs(declared[::-1], dict(reversed(recorded.items()))) == sample
    assert choose_runs(declared, recorded, 50) == sorted(set(declared) & recorded.keys())


def test_words_may_be_mended_after_a_run_and_nothing_else() -> None:
    params = read(ROOT / "params.yaml")
    training, asked = plan_training(params, "mnist_regularizers"), plan_comparison(params, "mnist_regularizers")
    declared = leave_words(training, asked)
    name = next(name for name, one in asked.claims.items() if one.controlled)

    def claim(**change: Any) -> ComparisonPlan:
        return asked.model_copy(update={"claims": asked.claims | {name: asked.claims[name].model_copy(update=change)}})

    mended = claim(says="in other words").model_copy(update={"title": "t", "question": "q"})
    assert leave_words(training, mended) == declared
    changes: list[dict[str, Any]] = [
        {"margin": 0.5},
        {"repeats": 3},
        {"alpha": 0.1},
        {"control": "dropout"},
        {"treatments": []},
    ]
    for other in (claim(controlled=None), *(asked.model_copy(update=change) for change in changes)):
        assert leave_words(training, other) != declared
    assert leave_words(training.model_copy(update={"repeats": 3}), asked) != declared
