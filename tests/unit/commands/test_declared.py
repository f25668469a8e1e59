"""The commit that declared: the earliest that is reached through commits which all declare the same."""

import pytest

from pipeline.commands.declared import follow
from pipeline.commands.verify import choose_runs

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
