"""A network: layers in a row, a loss at the end; trains in mini-batches and predicts in batches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pipeline.errors import UserError
from pipeline.models.scratch.arrays import Array, Shape, check_option, shape_error
from pipeline.models.scratch.layers import Layer
from pipeline.models.scratch.losses import Loss, accuracy
from pipeline.models.scratch.optimizers import Optimizer

DTYPES = ("float32", "float64")


class History(NamedTuple):
    """What training saw, one entry a mini-batch, measured before the batch's own update."""

    loss: Array  # in the loss's reduction
    accuracy: Array  # in [0, 1]
    examples: Array  # in the batch


class Network:
    """Layers in a row and a loss.

    The last layer gives the outputs the loss takes: linear, without softmax or sigmoid. The generator draws the
    parameters, layer by layer, for examples of `input_shape`. Parameters and arithmetic are in the dtype, "float32" or
    "float64".

    Raises
    ------
    UserError
        For another dtype, or when two layers with parameters share a name.
    ValueError
        When a layer cannot take the shape the one before it gives.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        loss: Loss,
        input_shape: Shape,
        generator: np.random.Generator,
        dtype: str = "float32",
    ) -> None:
        check_option("dtype", dtype, DTYPES)
        self.layers, self.loss, self.dtype = layers, loss, dtype
        for layer in layers:
            input_shape = layer.build(input_shape, generator, dtype)
        self.output_shape = input_shape
        self.first_to_train = next(i for i, layer in enumerate(layers) if layer.parameters)
        names = [layer.name for layer in layers if layer.parameters]
        if len(set(names)) < len(names):
            raise UserError(f"Expected a different name for each layer. Received {', '.join(names)}.")

    @property
    def parameters(self) -> dict[str, Array]:
        """The arrays that training changes, by names such as "conv1/kernel", in the order of the layers."""
        return {f"{layer.name}/{key}": p for layer in self.layers for key, p in layer.parameters.items()}

    @property
    def gradients(self) -> dict[str, Array]:
        """Gradients of the parameters, by the same names; set by `backward`."""
        return {f"{layer.name}/{key}": g for layer in self.layers for key, g in layer.gradients.items()}

    def get_weights(self) -> dict[str, Array]:
        """Copies of the parameters."""
        return {name: parameter.copy() for name, parameter in self.parameters.items()}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Set every parameter.

        Raises
        ------
        UserError
            When a name is missing or unknown.
        ValueError
            When an array has another shape than its parameter.
        """
        parameters = self.parameters
        if parameters.keys() != weights.keys():
            raise UserError(f"Expected weights named {', '.join(parameters)}. Received {', '.join(weights) or 'none'}.")
        for name, parameter in parameters.items():
            if parameter.shape != weights[name].shape:
                raise shape_error(name, f"weights of shape {parameter.shape}", weights[name].shape)
        for name, parameter in parameters.items():
            parameter[...] = weights[name]

    def forward(self, x: Array) -> Array:
        """Outputs for one batch, before softmax or sigmoid; shape (batch, outputs)."""
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, dy: Array) -> None:
        """Set the gradients of all parameters, given the gradient with respect to the outputs."""
        first, *others = self.layers[self.first_to_train :]
        for layer in reversed(others):
            layer.backward(dy)
            dy = layer.input_gradient(dy)
        first.backward(dy)  # and no further: nobody needs the gradient with respect to the images

    def train_on_batch(self, x: Array, y: Array, optimizer: Optimizer) -> tuple[float, float]:
        """Loss and accuracy of one batch, after which the parameters take one step."""
        outputs = self.forward(self.cast(x))
        self.backward(self.loss.gradient(outputs, y))
        optimizer.update(self.parameters, self.gradients)
        return self.loss.value(outputs, y), accuracy(self.loss.predictions(outputs), y)

    def fit(self, x: Array, y: Array, optimizer: Optimizer, batches: Iterable[Array]) -> History:
        """Train on mini-batches in the order given, by the indices of each; see `in_order` and `with_replacement`.

        The examples x, of shape (examples, *input_shape), are already scaled; y are their targets. The optimizer
        keeps its state from one call to the next.
        """
        check_lengths(x, y)
        rows = [(*self.train_on_batch(x[b], y[b], optimizer), len(b)) for b in batches]
        loss, correct, examples = zip(*rows, strict=True) if rows else ((), (), ())
        return History(np.array(loss), np.array(correct), np.array(examples, int))

    def outputs(self, x: Array, batch_size: int = 128) -> Array:
        """Outputs before softmax or sigmoid, computed batch by batch; shape (examples, outputs)."""
        starts = range(0, len(x), batch_size)
        parts = [self.forward(self.cast(x[start : start + batch_size])) for start in starts]
        return np.concatenate(parts) if parts else np.empty((0, *self.output_shape), self.dtype)

    def predict(self, x: Array, batch_size: int = 128) -> Array:
        """Predictions, such as the probability of each class; shape (examples, outputs)."""
        return self.loss.predictions(self.outputs(x, batch_size))

    def evaluate(self, x: Array, y: Array, batch_size: int = 128) -> tuple[float, float]:
        """Loss, a mean over the examples whatever the reduction, and accuracy."""
        check_lengths(x, y)
        outputs = self.outputs(x, batch_size)
        return float(self.loss.per_example(outputs, y).mean()), accuracy(self.loss.predictions(outputs), y)

    def cast(self, x: Array) -> Array:
        """x in the dtype of the network; values are not scaled."""
        return np.ascontiguousarray(x, self.dtype)


def check_lengths(x: Array, y: Array) -> None:
    """Raise ValueError unless there is one target an example."""
    if len(x) != len(y):
        raise shape_error("network", f"targets for {len(x)} examples", y.shape)


def in_order(order: Array, batch_size: int) -> Iterator[Array]:
    """The indices of an order, usually a permutation for one epoch, batch by batch; the last may be smaller."""
    return (order[start : start + batch_size] for start in range(0, len(order), batch_size))


def with_replacement(generator: np.random.Generator, examples: int, batch_size: int, steps: int) -> Iterator[Array]:
    """Indices drawn anew for every batch, each from all examples, so that there are no epochs."""
    return (generator.integers(examples, size=batch_size) for _ in range(steps))
