"""Tiny models and trainings of declared variants, shared by the tests."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import keras
import numpy as np

from pipeline.data.images import Examples, Images, Labels, Pixels, scale_to_unit
from pipeline.models.architectures import ARCHITECTURES
from pipeline.models.build import build
from pipeline.models.weights import initialize, named_weights
from pipeline.params.recipe import Recipe
from pipeline.training.data import TrainingData
from tests.contract.declared import Case, Key

N = 12
N_VALIDATION = 8
SLOWEST = 1e-30  # a learning rate whose steps vanish beside any float32 weight


@cache
def built(key: Key) -> keras.Model:
    """Model of a case's `built`, not to be changed."""
    return build(*key)


def initial_weights(key: Key, weights: int = 7, noise: int = 7) -> dict[str, Any]:
    """Copies of the weights that a model starts from."""
    model = built(key)
    initialize(model, weights, noise)
    return {name: value.copy() for name, value in named_weights(model).items()}


@cache
def images(case_shape: tuple[int, int, int], classes: int, validated: bool, name: str = "") -> TrainingData:
    """12 images of noise in every class; those that validate are 8 of them under another label.

    So to learn the one is to unlearn the other: the validation loss soon grows. `name` tells equal data apart.
    """
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (N, *case_shape), dtype=np.uint8)
    y = (np.arange(N) % classes).astype(np.uint8)
    other = ((y + 1) % classes).astype(np.uint8)[:N_VALIDATION]
    return TrainingData(
        digest=f"{case_shape}{classes}{validated}{name}",
        classes=classes,
        train=_all_of(x, y),
        validation=_all_of(x[:N_VALIDATION], other) if validated else None,
        scaling=scale_to_unit(),
    )


def _all_of(pixels: Pixels, labels: Labels) -> Examples:
    return Examples(Images(pixels, np.arange(len(pixels), dtype=np.int32), ""), labels)


def data_of(case: Case, name: str = "") -> TrainingData:
    return images(case.shape, case.classes, case.validated, name)


def short(recipe: Recipe, **changes: Any) -> Recipe:
    """The recipe for two epochs of one batch each, without what acts between epochs."""
    plain = {"updates": None, "sampling": "epochs", "early_stopping": None, "step_decay": None}
    return recipe.model_copy(update={"epochs": 2, "batch_size": N, **plain, **changes})


def with_architecture(recipe: Recipe, name: str, **changes: Any) -> Recipe:
    """The recipe with another row of the table of architectures."""
    blocks = tuple(ARCHITECTURES[name]())
    return recipe.model_copy(update={"architecture": name, "blocks": blocks, "units": None, **changes})


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two sets of weights have the same names and the same bits."""
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)
