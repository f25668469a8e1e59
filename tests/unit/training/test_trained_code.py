"""Code that a run's fingerprint covers: what its modules import, and nothing else."""

from pathlib import Path

import pytest

from pipeline.dependencies import import_closure
from pipeline.evaluation import evaluate
from pipeline.training import fingerprint

ROOT = Path(__file__).parents[3]


def covered(entries: tuple[str, ...], leave: tuple[str, ...] = ()) -> set[str]:
    """Files that a fingerprint of code covers."""
    return {file for entry in entries for file in import_closure(entry, ROOT, leave)}


def by_keras() -> set[str]:
    return covered(fingerprint.ENTRIES, (fingerprint.BY_HAND,))


def by_hand() -> set[str]:
    return covered(fingerprint.ENTRIES)


@pytest.mark.parametrize(
    "name",
    [
        *("work", "run", "epoch", "orders", "tuner", "recipes", "data", "result"),
        *("../models/build", "../models/blocks", "../models/modifiers", "../models/weights"),
        *("../data/scaling", "../data/splits", "../data/images", "../seeds", "../params/recipe"),
    ],
)
def test_every_module_that_a_run_uses_is_in_its_fingerprint(name: str) -> None:
    file = (ROOT / "pipeline/training" / f"{name}.py").resolve().relative_to(ROOT.resolve()).as_posix()
    assert file in by_keras()
    assert file in by_hand()


def test_what_configures_tensorflow_is_in_every_fingerprint() -> None:
    """The number of threads and deterministic kernels decide the order of sums."""
    for files in (by_keras(), by_hand(), covered(evaluate.ENTRIES)):
        assert "pipeline/backend.py" in files


def test_networks_by_hand_are_part_of_their_own_runs_only() -> None:
    scratch = {
        f"pipeline/models/scratch/{file.name}" for file in (ROOT / "pipeline/models/scratch").glob("*.py")
    }
    of_hand = {"pipeline/training/by_hand.py", *scratch}
    assert by_hand() - by_keras() <= of_hand
    assert by_hand() - by_keras() >= {"pipeline/training/by_hand.py", "pipeline/models/scratch/network.py"}
    assert not by_keras() & of_hand


@pytest.mark.parametrize(
    "name",
    [
        "models/architectures",  # enters by the recipe's blocks
        *("params/schema", "params/plan", "params/resolve", "claims/vocabulary"),  # enter by the recipe
        *("data/preparation", "data/sources"),  # enter by the digests of data
        *("training/store", "training/train", "training/grid"),  # who does what, and where it is kept
    ],
)
def test_what_enters_as_a_value_or_not_at_all_is_in_no_fingerprint(name: str) -> None:
    file = f"pipeline/{name}.py"
    assert (ROOT / file).is_file()
    for files in (by_keras(), by_hand(), covered(evaluate.ENTRIES)):
        assert file not in files


def test_an_evaluation_covers_what_scores_and_what_answers() -> None:
    names = ("evaluation/work", "evaluation/scores", "models/predict", "models/build", "models/weights")
    assert {f"pipeline/{name}.py" for name in names} <= covered(evaluate.ENTRIES)


def test_how_evaluations_are_written_names_no_run() -> None:
    assert not {file for file in by_hand() if file.startswith(("pipeline/evaluation/", "pipeline/stages/"))}
