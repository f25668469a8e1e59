"""The fused epoch: one call of `train_step` sweeps a whole epoch, and `fit` stays Keras's.

`fit` spends most of a small model's time between batches. Here an element of the data set is an epoch's order of
example indices, and the step gathers its batches from arrays that live beside the model, scaling them on the way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from pipeline.data.images import Pixels, Scaling


@dataclass(frozen=True)
class Resident:
    """Images (uint8) and labels held by TensorFlow, gathered and scaled by index."""

    images: tf.Tensor
    labels: tf.Tensor
    offset: tf.Tensor
    divisor: tf.Tensor

    @classmethod
    def hold(cls, images: Pixels, labels: npt.NDArray[Any], scaling: Scaling) -> "Resident":
        """Copy images and labels, encoded as the loss wants them, into TensorFlow's memory."""
        whole = map(np.ascontiguousarray, (images, labels))
        return cls(*map(tf.constant, (*whole, scaling.offset, scaling.divisor)))

    def batch(self, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Scaled images, in the scaling's dtype, and labels of the given indices."""
        pixels = tf.cast(tf.gather(self.images, indices), self.offset.dtype)
        return (pixels - self.offset) / self.divisor, tf.gather(self.labels, indices)


class FusedModel(keras.Model):
    """A functional Keras model whose steps take (full, rest) indices instead of one batch.

    `full` has shape (steps, batch_size), possibly with zero steps; `rest` is the smaller last batch, possibly
    empty. Bind the arrays with `hold` before `fit`. Keras's own `jit_compile` is refused where operations are asked to
    be deterministic, as not all are that XLA makes; those of dense networks are, and the loop is compiled here.
    """

    def hold(self, train: Resident, validation: Resident | None, by_xla: bool = False) -> None:
        """Bind the arrays that the steps gather from; say whether XLA is to compile the sweep over them."""
        self._train, self._validation, self.by_xla = train, validation, by_xla

    def train_step(self, data: Any) -> Any:
        """One epoch of ordinary Keras train steps."""
        full, rest = data[0]
        _sweep(super().train_step, self._train, full, rest, self.by_xla)
        return self.get_metrics_result()

    def test_step(self, data: Any) -> Any:
        """One pass of ordinary Keras test steps, in batches so large that there is nothing for XLA to gain."""
        full, rest = data[0]
        _sweep(super().test_step, self._validation, full, rest, by_xla=False)
        return self.get_metrics_result()


def _sweep(step: Callable[[Any], Any], arrays: Any, full: tf.Tensor, rest: tf.Tensor, by_xla: bool) -> None:
    """Full batches in a loop, then the smaller last one; `step` is traced once for both."""
    indices = tf.TensorSpec((None,), tf.int32)
    once = tf.function(lambda batch: step(arrays.batch(batch)), input_signature=[indices], autograph=False)
    steps, left = full.shape[0], rest.shape[0]
    if steps is None or left is None:  # the sweep would be empty, and nothing would say so
        raise ValueError(f"Expected indices of known shapes. Received full {full.shape} and rest {rest.shape}.")
    if steps:
        loop = partial(_loop, once, steps)
        (tf.function(loop, jit_compile=True, autograph=False) if by_xla else loop)(full)
    if left:
        once(rest)


def _loop(once: Callable[[tf.Tensor], Any], steps: int, full: tf.Tensor) -> None:
    def body(i: tf.Tensor) -> tuple[tf.Tensor]:
        once(full[i])
        return (i + 1,)

    tf.while_loop(lambda i: i < steps, body, (tf.constant(0),), parallel_iterations=1)


def prepare(model: FusedModel, arrays: Resident) -> None:
    """Create the variables of loss, metrics and optimizer, which must exist before a traced loop uses them."""
    x, y = arrays.batch(tf.constant([0]))
    predicted = model(x)
    model.compute_loss(x, y, predicted)
    model.compute_metrics(x, y, predicted)
    model.reset_metrics()
    model.optimizer.build(model.trainable_variables)


def order_dataset(table: npt.NDArray[np.int32], batch_size: int) -> tf.data.Dataset:
    """Data set with one ((full, rest),) element for each row of indices, int32 of shape (epochs, examples)."""
    epochs, examples = table.shape
    in_full = examples // batch_size * batch_size
    full = table[:, :in_full].reshape(epochs, -1, batch_size)
    options = tf.data.Options()
    options.autotune.enabled = False  # it holds TensorFlow's only thread, for half a second of many a fit
    return tf.data.Dataset.from_tensor_slices(((full, table[:, in_full:]),)).with_options(options)


def pass_dataset(n: int, batch_size: int) -> tf.data.Dataset:
    """Data set with one element: every index once, in order."""
    return order_dataset(np.arange(n, dtype=np.int32)[np.newaxis], batch_size)
