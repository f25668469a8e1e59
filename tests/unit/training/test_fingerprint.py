"""Fingerprints: everything that can change a run's numbers changes them, and wording does not."""

import ast
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from pipeline.evaluation.evaluate import EVALUATION_CODE
from pipeline.params.recipe import Recipe, Search
from pipeline.params.resolve import resolve_recipe
from pipeline.seeds import Seeds, repeat_seeds
from pipeline.training.fingerprint import (
    PACKAGE,
    TRAINING_CODE,
    code_fingerprint,
    recipe_fingerprint,
    run_fingerprint,
)

# Modules that a run imports and that its fingerprint leaves out, because what they decide enters it as a value.
ENTERS_AS_A_VALUE = {
    "data/preparation.py": "scaled images: the digest of arrays and scaling",
    "errors.py": "words only",
    "files.py": "arrays read: their digest",
    "params/claims.py": "claims are asked of results; schema.py imports them",
    "params/metrics.py": "claims are asked of results; schema.py imports them",
    "params/names.py": "the resolved recipe",
    "params/section.py": "the resolved recipe",
    "params/schema.py": "the resolved recipe, defaults included",
}
RECIPE = resolve_recipe(
    {
        "architecture": "cnn3",
        "optimizer": {"name": "adam", "learning_rate": 0.001},
        "batch_size": 64,
        "epochs": 5,
    }
)
MODULE = '''"""Module."""

class Thing:
    """A thing."""

    size = 3

def double(x, by=2):
    """Twice."""
    return x * by

def nothing():
    """Only words."""
'''


SEARCH: dict[str, Any] = {
    "trials": 5,
    "units": {"minimum": 32, "maximum": 512, "step": 32},
    "learning_rate": [0.01, 0.001],
}


def shared(
    recipe: Recipe = RECIPE,
    search: dict[str, Any] | None = None,
    parents: dict[str, str] | None = None,
    data: str = "data",
    code: str = "code",
) -> str:
    """Fingerprint that all repeats of a variant share."""
    space = Search.model_validate(search) if search else None
    return recipe_fingerprint(recipe, space, parents or {}, data, code)


def of(source: str, folder: Path, name: str = "module.py") -> str:
    (folder / name).write_text(source)
    return code_fingerprint([name], folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Module."""', '"""Another text."""\n'),
        ('"""Module."""', ""),
        ('"""A thing."""', '"""A thing,\n\n    described at length.\n    """'),
        ('    """Twice."""\n', "    # twice\n"),
        ('"""Only words."""', "pass"),
        ("return x * by", "return (x  *  by)  # a comment"),
        ("def double(x, by=2)", "\n\n\ndef double(\n    x,\n    by=2,\n)"),
    ],
)
def test_wording_and_layout_cost_nothing(tmp_path: Path, old: str, new: str) -> None:
    assert old in MODULE
    assert of(MODULE.replace(old, new), tmp_path) == of(MODULE, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("size = 3", "size = 4"),
        ("size = 3", "size = 3.0"),
        ("by=2", "by=3"),
        ("x * by", "by * x"),
        ("double", "twice"),
        ('"""Twice."""', 'x = """Twice."""'),
        ("    return x * by", '    "Twice."\n    return x * by + 0'),
    ],
)
def test_any_change_of_the_code_counts(tmp_path: Path, old: str, new: str) -> None:
    assert old in MODULE
    assert of(MODULE.replace(old, new), tmp_path) != of(MODULE, tmp_path)


def test_a_modules_name_counts_and_the_order_of_modules_does_not(tmp_path: Path) -> None:
    assert of(MODULE, tmp_path, "a.py") != of(MODULE, tmp_path, "b.py")
    (tmp_path / "b.py").write_text("x = 1")
    assert code_fingerprint(["a.py", "b.py"], tmp_path) == code_fingerprint(["b.py", "a.py"], tmp_path)


@pytest.mark.parametrize("files", [TRAINING_CODE, EVALUATION_CODE])
def test_every_named_module_exists(files: tuple[str, ...]) -> None:
    assert [name for name in files if not (PACKAGE / name).is_file()] == []
    assert len(set(files)) == len(files)


def imported(name: str) -> set[str]:
    """Modules of the package that a module imports when it runs, as paths."""
    tree = ast.parse((PACKAGE / name).read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE.name:
            place = Path(*(node.module or "").split(".")[1:])
            candidates = [place.with_suffix(".py"), *(place / f"{alias.name}.py" for alias in node.names)]
            found |= {path.as_posix() for path in candidates if (PACKAGE / path).is_file()}
    return found


def reached(start: str) -> set[str]:
    seen: set[str] = set()
    ahead = {start}
    while ahead:
        seen |= ahead
        ahead = {one for name in ahead for one in imported(name)} - seen
    return seen


def test_every_module_that_a_run_uses_is_in_its_fingerprint() -> None:
    assert reached("training/run.py") - set(TRAINING_CODE) == set(ENTERS_AS_A_VALUE)


def test_what_configures_tensorflow_is_in_the_fingerprint() -> None:
    """The number of threads and deterministic kernels decide the order of sums."""
    assert "backend.py" in TRAINING_CODE


@pytest.mark.parametrize(
    "changed",
    [
        {"epochs": 6},
        {"dropout": 0.5},
        {"optimizer": {"name": "adam", "learning_rate": 0.0011}},
        {"l1": {"amount": 0.001, "layers": "all"}},
        {"updates": 5},
        {"batch_size": "full"},
        {"padding": "same"},
        {"pooling": False},
        {"loss": "categorical_crossentropy"},
        {"bias_initializer": "glorot_uniform"},
        {"step_decay": {"factor": 0.5, "epochs": 3}},
        {"augmentation": {"rotation": 0.03}},
        {"dropout": {"rate": 0.25, "after": "dense"}},
    ],
)
def test_the_recipe_counts(changed: dict[str, object]) -> None:
    other = resolve_recipe({**RECIPE.model_dump(), **changed})
    assert shared(other) != shared()


def test_data_and_code_count() -> None:
    before = shared()
    assert shared() == before
    assert shared(data="other") != before
    assert shared(code="other") != before


@pytest.mark.parametrize(
    "changed",
    [
        {"trials": 6},
        {"units": {"minimum": 32, "maximum": 512, "step": 16}},
        {"units": None},
        {"learning_rate": [0.001, 0.01]},
        {"unused": {"minimum": 10, "maximum": 100, "step": 10}},
    ],
)
def test_a_searchs_space_counts(changed: dict[str, Any]) -> None:
    """`unused` too: it takes part in the tuner's draws."""
    assert shared(search={**SEARCH, **changed}) != shared(search=SEARCH)


def test_a_search_is_another_run_than_its_recipe_trained_once() -> None:
    assert shared(search=SEARCH) != shared()


def test_what_a_run_starts_from_counts_and_how_it_is_used() -> None:
    found = [shared(parents=parents) for parents in ({}, {"weights": "a"}, {"weights": "b"}, {"best": "a"})]
    assert len({*found, shared(parents={"last": "a"}), shared(parents={"best": "a", "weights": "a"})}) == 6
    assert shared(parents={"best": "a", "weights": "b"}) == shared(parents={"weights": "b", "best": "a"})


@pytest.mark.parametrize("library", ["tensorflow", "keras", "keras-tuner", "numpy"])
def test_a_librarys_version_counts(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    before = shared()
    monkeypatch.setattr(
        "pipeline.training.fingerprint.version", lambda name: "0.0" if name == library else version(name)
    )
    assert shared() != before


@pytest.mark.parametrize("stream", ["weights", "order", "noise", "split"])
def test_every_seed_counts(stream: str) -> None:
    seeds = repeat_seeds(0)
    other = Seeds(**{**seeds.to_dict(), stream: 1})
    assert run_fingerprint("recipe", other) != run_fingerprint("recipe", seeds)
    assert run_fingerprint("other", seeds) != run_fingerprint("recipe", seeds)


def test_replicates_of_a_run_differ_and_the_first_is_the_run_itself() -> None:
    seeds = repeat_seeds(0)
    assert run_fingerprint("recipe", seeds, 0) == run_fingerprint("recipe", seeds)
    assert len({run_fingerprint("recipe", seeds, replicate) for replicate in range(3)}) == 3
