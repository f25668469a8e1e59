"""A finished run's model: rebuilt from its recipe and weights, and asked for probabilities."""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from pipeline.data.images import Pixels, Scaling
from pipeline.models.build import build
from pipeline.models.weights import Weights, set_weights
from pipeline.params.recipe import Recipe

BATCH = 256


def rebuild(recipe: Recipe, input_shape: Sequence[int], classes: int, weights: Weights) -> keras.Model:
    """Keras model of a finished run, with its final weights; takes scaled images, float32."""
    model = build(recipe, input_shape, classes)
    set_weights(model, weights)
    return model


def probabilities(
    recipe: Recipe, weights: Weights, images: Pixels, scaling: Scaling, classes: int
) -> npt.NDArray[np.float32]:
    """Class probabilities of images, float32 of shape (n, classes), in inference mode.

    Images are uint8 of shape (n, height, width, channels), scaled batch by batch, to bound memory.
    """
    model, answer = _model(_inference_part(recipe), images.shape[1:], classes)
    set_weights(model, weights)
    batches = (images[first : first + BATCH] for first in range(0, len(images), BATCH))
    answers = np.concatenate([answer(scaling(batch)).numpy() for batch in batches])
    return np.hstack([1 - answers, answers]) if recipe.loss == "binary_crossentropy" else answers


def _inference_part(recipe: Recipe) -> Recipe:
    """The part of a recipe that a trained network's answers depend on, besides its weights."""
    training_only = dict.fromkeys(("l1", "l2", "dropout", "augmentation", "step_decay", "early_stopping", "updates"))
    fixed = {"batch_size": 1, "epochs": 1, "optimizer": recipe.optimizer.model_copy(update={"learning_rate": 1.0})}
    return recipe.model_copy(update={**training_only, **fixed})


@lru_cache(maxsize=8)
def _model(recipe: Recipe, input_shape: Sequence[int], classes: int) -> tuple[keras.Model, Any]:
    """Model, and its answers as one traced function: `predict` builds a pipeline of data sets at every call."""
    model = build(recipe, input_shape, classes)
    images = tf.TensorSpec((None, *input_shape), tf.float32)
    return model, tf.function(partial(model, training=False), input_signature=[images])
