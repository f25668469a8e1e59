"""Weights of a model by name: initial values drawn from a named stream, and arrays in and out."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from pipeline.seeds import derive

Weights = Mapping[str, npt.NDArray[np.float32]]


class LayerGlorotUniform(keras.initializers.Initializer):  # type: ignore[misc]  # keras has no types
    """A bias within the bound of its layer's kernel, sqrt(6 / (fan_in + fan_out)), as networks by hand draw it.

    Keras's own Glorot initialiser knows the bias's shape alone, n units, and takes sqrt(3 / n). A layer that is
    built has zeros; `initialize`, which knows the kernel, draws.
    """

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Zeros of a shape."""
        return keras.ops.zeros(shape, dtype)


def initialize(model: keras.Model, weights_seed: int, noise_seed: int) -> None:
    """Give a model the initial weights and random streams of one repeat.

    Each variable is drawn with a seed of its own, derived from the stream, its layer's name and its own name, so
    a layer starts from the same values whatever else the model contains.
    """
    for layer in model.layers:
        for variable in layer.weights:
            variable.assign(_initial(layer, variable, weights_seed))
        for generator in _generators(layer):
            seed = derive(noise_seed, layer.name)
            generator.state.assign(np.array([seed, 0], dtype=generator.state.dtype))


def _initial(layer: keras.Layer, variable: Any, weights_seed: int) -> Any:
    initializer = getattr(layer, f"{variable.name}_initializer")
    if isinstance(initializer, LayerGlorotUniform):
        *receptive, fan_in, fan_out = layer.kernel.shape
        limit = math.sqrt(6 / (math.prod(receptive) * (fan_in + fan_out)))
        initializer = keras.initializers.RandomUniform(-limit, limit, seed=0)
    config = initializer.get_config()
    if "seed" in config:
        config["seed"] = derive(weights_seed, layer.name, variable.name)
    return type(initializer).from_config(config)(variable.shape, dtype=variable.dtype)


def _generators(layer: keras.Layer) -> list[keras.random.SeedGenerator]:
    found = (getattr(layer, name, None) for name in ("seed_generator", "generator"))
    return [one for one in found if isinstance(one, keras.random.SeedGenerator)]


def named_weights(model: keras.Model) -> dict[str, npt.NDArray[np.float32]]:
    """Weights by `layer/variable`, float32, in the model's order."""
    return {
        f"{layer.name}/{variable.name}": np.asarray(variable) for layer in model.layers for variable in layer.weights
    }


def set_weights(model: keras.Model, weights: Weights) -> None:
    """Assign weights by `layer/variable`; every variable must be given."""
    for layer in model.layers:
        for variable in layer.weights:
            variable.assign(weights[f"{layer.name}/{variable.name}"])
