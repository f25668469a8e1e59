"""Code that a run's fingerprint covers: what its modules import, and nothing else."""

from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import Path

import pytest

from pipeline.dependencies import import_closure
from pipeline.evaluation import evaluate
from pipeline.training import fingerprint

ROOT = Path(__file__).parents[3]
LIBRARIES = ("keras", "numpy")


def find_covered(room: object, compute: Callable[[], str]) -> frozenset[str]:
    """Files that a fingerprint of code covers, as `compute` asks for it in `room`."""
    covered: set[str] = set()

    def fingerprint_code(entries: Iterable[str], leave: Collection[str] = ()) -> str:
        covered.update(file for entry in entries for file in import_closure(entry, ROOT, leave))
        return ""

    with pytest.MonkeyPatch.context() as during:
        during.setattr(room, "fingerprint_code", fingerprint_code)
        compute()
    return frozenset(covered)


@cache
def trained_by(library: str) -> frozenset[str]:
    """Files whose code is part of a run's fingerprint."""
    return find_covered(fingerprint, lambda: fingerprint.fingerprint_training_code.__wrapped__(library))


@cache
def evaluated_by() -> frozenset[str]:
    """Files whose code is part of an evaluation's fingerprint."""
    return find_covered(evaluate, evaluate._code.__wrapped__)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "name",
    [
        *(f"training/{name}" for name in ("work", "run", "epoch", "orders", "tuner", "recipes", "data")),
        *(f"models/{name}" for name in ("build", "blocks", "modifiers", "weights")),
        *("data/splits", "data/images", "seeds"),
    ],
)
def test_every_module_that_a_run_uses_is_in_its_fingerprint(library: str, name: str) -> None:
    assert f"pipeline/{name}.py" in trained_by(library)


def test_what_configures_tensorflow_is_in_every_fingerprint() -> None:
    """The number of threads and deterministic kernels decide the order of sums."""
    for files in (*map(trained_by, LIBRARIES), evaluated_by()):
        assert "pipeline/backend.py" in files


def test_networks_by_hand_are_part_of_their_own_runs_only() -> None:
    scratch = {f"pipeline/models/scratch/{file.name}" for file in (ROOT / "pipeline/models/scratch").glob("*.py")}
    of_hand = {"pipeline/training/by_hand.py", *scratch}
    by_hand, by_keras = trained_by("numpy"), trained_by("keras")
    assert by_keras < by_hand
    assert by_hand - by_keras <= of_hand
    assert by_hand - by_keras >= {"pipeline/training/by_hand.py", "pipeline/models/scratch/network.py"}
    assert not by_keras & of_hand


@pytest.mark.parametrize(
    "name",
    [
        "models/architectures",  # enters by the recipe's blocks
        *("params/recipe", "params/schema", "params/plan", "params/resolve"),  # enter by the recipe
        *("data/preparation", "data/sources"),  # enter by the digests of data
        *("store", "training/train", "training/grid"),  # who does what, and where it is kept
        *("errors", "claims/vocabulary"),  # words, and what is asked of results
    ],
)
def test_what_enters_as_a_value_or_not_at_all_is_in_no_fingerprint(name: str) -> None:
    file = f"pipeline/{name}.py"
    assert (ROOT / file).is_file()
    for files in (*map(trained_by, LIBRARIES), evaluated_by()):
        assert file not in files


def test_an_evaluation_covers_what_scores_and_what_answers() -> None:
    names = ("evaluation/work", "evaluation/scores", "models/predict", "models/build", "models/weights")
    assert {f"pipeline/{name}.py" for name in names} <= evaluated_by()


def test_how_runs_are_scored_and_shown_names_no_run() -> None:
    above = ("pipeline/evaluation/", "pipeline/stages/", "pipeline/outputs/", "pipeline/writeups/")
    assert not [file for library in LIBRARIES for file in trained_by(library) if file.startswith(above)]
