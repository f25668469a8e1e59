"""Fingerprints: everything that can change a run's numbers changes them."""

from dataclasses import replace
from importlib.metadata import version
from typing import Any

import pytest

from pipeline.models.blocks import Conv
from pipeline.params.recipe import Recipe, Search
from pipeline.seeds import Seeds, repeat_seeds
from pipeline.training import fingerprint
from pipeline.training.fingerprint import (
    LIBRARIES,
    fingerprint_recipe,
    fingerprint_run,
    fingerprint_training_code,
    library_versions,
)
from tests.builders import build_recipe

SEARCH: dict[str, Any] = {
    "trials": 5,
    "units": {"minimum": 32, "maximum": 512, "step": 32},
    "learning_rate": [0.01, 0.001],
}


def shared(
    recipe: Recipe | None = None,
    search: dict[str, Any] | None = None,
    parents: dict[str, str] | None = None,
    data: str = "data",
    code: str = "code",
) -> str:
    """Fingerprint that all repeats of a variant share."""
    space = Search.model_validate(search) if search else None
    return fingerprint_recipe(recipe or build_recipe(), space, parents or {}, data, code)


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
    assert shared(build_recipe(**changed)) != shared()


def test_the_architectures_blocks_count() -> None:
    """The table of architectures is no part of a run's code: what it says enters as the recipe's blocks."""
    recipe = build_recipe()
    first, *others = recipe.blocks
    assert isinstance(first, Conv)
    wider = (replace(first, filters=first.filters + 1), *others)
    assert shared(recipe.model_copy(update={"blocks": wider})) != shared()
    assert shared(recipe.model_copy(update={"blocks": recipe.blocks[:-1]})) != shared()


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


@pytest.mark.parametrize("library", ["tensorflow", "keras", "keras-tuner", "numpy", "scikit-learn", "scipy"])
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
    assert fingerprint_run("recipe", other) != fingerprint_run("recipe", seeds)
    assert fingerprint_run("other", seeds) != fingerprint_run("recipe", seeds)


def test_replicates_of_a_run_differ_and_the_first_is_the_run_itself() -> None:
    seeds = repeat_seeds(0)
    assert fingerprint_run("recipe", seeds, 0) == fingerprint_run("recipe", seeds)
    assert len({fingerprint_run("recipe", seeds, replicate) for replicate in range(3)}) == 3


def test_versions_that_a_run_tells_are_those_of_its_fingerprint() -> None:
    assert library_versions() == {name: version(name) for name in LIBRARIES}


@pytest.mark.parametrize("library", ["keras", "numpy"])
def test_the_code_is_what_a_worker_imports_without_the_networks_by_hand_where_keras_trains(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    asked: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def fingerprint_code(entries: tuple[str, ...], leave: tuple[str, ...] = ()) -> str:
        asked.append((entries, leave))
        return "code"

    monkeypatch.setattr(fingerprint, "fingerprint_code", fingerprint_code)
    fingerprint_training_code.cache_clear()
    assert fingerprint_training_code(library) == "code"
    fingerprint_training_code.cache_clear()
    left = {"keras": ("pipeline.training.by_hand",), "numpy": ()}[library]
    assert asked == [(("pipeline.training.work", "pipeline.backend"), left)]
