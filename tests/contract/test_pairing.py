"""Control and treatment pair: the same order of examples, and equal initial weights wherever layers agree."""

from collections.abc import Hashable
from typing import Any

import keras
import numpy as np
import pytest

from pipeline.models.weights import initialize, named_weights
from pipeline.seeds import repeat_seeds
from pipeline.training.orders import order_table
from tests.contract.declared import BY_NAME, CASES, Case, distinct
from tests.contract.tiny import N, built, initial_weights


def control_of(case: Case) -> Case:
    return BY_NAME[f"{case.study}/{case.control}"]


def start(case: Case) -> dict[str, tuple[str, Any]]:
    """Initialiser and initial value of every variable, by name."""
    model = built(case.built)
    initialize(model, 7, 7)
    values = {name: value.copy() for name, value in named_weights(model).items()}
    return {name: (_initializer(model, name), value) for name, value in values.items()}


def _initializer(model: keras.Model, name: str) -> str:
    layer, variable = name.split("/")
    return type(getattr(model.get_layer(layer), f"{variable}_initializer")).__name__


def agreeing(case: Case) -> list[tuple[str, Any, Any]]:
    """Variables that a variant and its control both have, in one shape, from one initialiser."""
    control, treatment = start(control_of(case)), start(case)
    both = [(name, control[name], treatment[name]) for name in control if name in treatment]
    return [
        (name, one, two)
        for name, (kind, one), (other_kind, two) in both
        if kind == other_kind and one.shape == two.shape
    ]


@pytest.mark.parametrize("case", distinct(lambda case: (control_of(case).built, case.built)))
def test_equal_layers_start_from_equal_weights(case: Case) -> None:
    found = agreeing(case)
    assert [name for name, one, two in found if not np.array_equal(one, two)] == []
    if _shape_of_network(case) == _shape_of_network(control_of(case)):
        kernels = [name for name, one, two in found if name.endswith("/kernel")]
        assert kernels == [name for name in start(control_of(case)) if name.endswith("/kernel")]


def _shape_of_network(case: Case) -> Hashable:
    recipe = case.recipe
    kept = ("architecture", "units", "padding", "pooling", "kernel_initializer", "loss")
    return *(getattr(recipe, name) for name in kept), case.shape, case.classes


@pytest.mark.parametrize(
    "case",
    distinct(
        lambda case: (case.recipe.architecture, case.recipe.units, case.recipe.kernel_initializer),
        lambda case: case.recipe.kernel_initializer != "zeros",
    ),
)
def test_layers_start_from_different_weights_of_one_another_and_of_other_repeats(case: Case) -> None:
    kernels = [
        value.tobytes()
        for seed in (7, 8)
        for name, value in initial_weights(case.built, seed).items()
        if name.endswith("/kernel")
    ]
    assert len(set(kernels)) == len(kernels) >= 4


def schedule(case: Case) -> Hashable:
    recipe = case.recipe
    return recipe.batch_size, recipe.epochs, recipe.updates, recipe.sampling


def examples(case: Case, at_most: int = 30) -> list[int]:
    """Indices of the examples that a run sees, in order; at most so many updates."""
    updates = case.recipe.updates and min(case.recipe.updates, at_most)
    recipe = case.recipe.model_copy(update={"updates": updates})
    return list(order_table(recipe, repeat_seeds(3).order, N).ravel().tolist())


@pytest.mark.parametrize(
    "case",
    distinct(lambda case: schedule(case)),
)
def test_every_variant_sees_the_same_order(case: Case) -> None:
    generator = np.random.Generator(np.random.PCG64(repeat_seeds(3).order))
    replaced = case.recipe.sampling == "with_replacement"

    def one_pass() -> list[int]:
        drawn = generator.integers(N, size=N, dtype=np.int32) if replaced else generator.permutation(N)
        return list(map(int, drawn))

    passes = [one_pass() for _ in range(300)]
    expected = [index for one in passes for index in one]
    seen = examples(case)
    batch_size = N if case.recipe.batch_size == "full" else case.recipe.batch_size
    count = min(case.recipe.updates, 30) * batch_size if case.recipe.updates else case.recipe.epochs * N
    assert len(seen) == count
    assert seen == expected[:count]


def test_the_control_of_every_study_is_in_the_check() -> None:
    assert {case.study for case in CASES} == {case.study for case in CASES if case.name == case.control}
