"""Layers without windows: dense, flatten, ReLU, sigmoid; and what every layer has in common.

A layer keeps from `forward` what its derivative needs. The derivative comes in two parts, because the first
layer of a network needs only one of them: `backward` sets the gradients of the parameters, `input_gradient`
returns the gradient with respect to the input. Both take `dy`, the gradient with respect to the output.
"""

from math import prod

import numpy as np
from scipy.special import expit

from pipeline.models.scratch.arrays import Array, Shape, get_initializer, kernel_fans, shape_error


class Layer:
    """One step of a network; this one changes nothing.

    Attributes
    ----------
    parameters, gradients : dict of str to ndarray
        By the names Keras gives them ("kernel", "bias"); same shapes in both.
    input_shape : tuple of int
        Without the batch axis; set by `build`.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name or type(self).__name__.lower()
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}
        self.input_shape: Shape = ()

    def build(self, input_shape: Shape, generator: np.random.Generator, dtype: str) -> Shape:
        """Shape of the output, without the batch axis; draws the parameters."""
        self.input_shape = input_shape
        return input_shape

    def __call__(self, x: Array) -> Array:
        """Output for a batch x of shape (batch, *input_shape)."""
        if x.shape[1:] != self.input_shape:
            raise shape_error(self.name, f"a batch of examples of shape {self.input_shape}", x.shape)
        return self.forward(x)

    def forward(self, x: Array) -> Array:
        """Output for a batch x whose shape is known to fit."""
        return x

    def backward(self, dy: Array) -> None:
        """Set the gradients of the parameters; a layer without any has nothing to do."""

    def input_gradient(self, dy: Array) -> Array:
        """Gradient of the loss with respect to the input of the last `forward`."""
        return dy


class Affine(Layer):
    """What dense layers and convolutions share: rows @ kernel + bias, with as many columns as there are units."""

    def __init__(
        self, name: str, units: int, *, kernel_initializer: str = "glorot_uniform", bias_initializer: str = "zeros"
    ) -> None:
        super().__init__(name)
        self.units = units
        self.kernel_initializer = get_initializer(kernel_initializer)
        self.bias_initializer = get_initializer(bias_initializer)

    def draw(self, kernel_shape: Shape, generator: np.random.Generator, dtype: str) -> None:
        """Draw the kernel, then the bias."""
        fans = kernel_fans(kernel_shape)
        kernel = self.kernel_initializer(generator, kernel_shape, fans, dtype)
        bias = self.bias_initializer(generator, kernel_shape[-1:], fans, dtype)
        self.parameters = {"kernel": kernel, "bias": bias}

    def forward(self, x: Array) -> Array:
        """Rows x @ kernel + bias, the kernel read as a matrix of shape (inputs, units)."""
        self.rows = x
        y: Array = x @ self.parameters["kernel"].reshape(-1, self.units)
        y += self.parameters["bias"]
        return y

    def backward(self, dy: Array) -> None:
        """Set rows.T @ dy for the kernel and the sum of dy over the rows for the bias."""
        kernel, dy = self.parameters["kernel"], dy.reshape(-1, self.units)
        ones = np.ones(len(dy), dy.dtype)  # ones @ dy is dy.sum(axis=0), several times faster
        self.gradients = {"kernel": (self.rows.T @ dy).reshape(kernel.shape), "bias": ones @ dy}


class Dense(Affine):
    """Every output a weighted sum of all inputs: x @ kernel + bias, kernel of shape (features, units)."""

    def build(self, input_shape: Shape, generator: np.random.Generator, dtype: str) -> Shape:
        """(units,), for an input of shape (features,)."""
        if len(input_shape) != 1:
            raise shape_error(self.name, "examples of shape (features,)", input_shape)
        super().build(input_shape, generator, dtype)
        self.draw((*input_shape, self.units), generator, dtype)
        return (self.units,)

    def input_gradient(self, dy: Array) -> Array:
        """dy @ kernel.T."""
        dx: Array = dy @ self.parameters["kernel"].T
        return dx


class Flatten(Layer):
    """Each example as one row."""

    def build(self, input_shape: Shape, generator: np.random.Generator, dtype: str) -> Shape:
        """(features,)."""
        return (prod(super().build(input_shape, generator, dtype)),)

    def forward(self, x: Array) -> Array:
        """x of shape (batch, features)."""
        return x.reshape(len(x), -1)

    def input_gradient(self, dy: Array) -> Array:
        """dy in the shape of the input."""
        return dy.reshape(len(dy), *self.input_shape)


class ReLU(Layer):
    """The positive part; its derivative at 0 is taken as 0, as in Keras."""

    def forward(self, x: Array) -> Array:
        """max(x, 0)."""
        self.y: Array = np.maximum(x, 0)
        return self.y

    def input_gradient(self, dy: Array) -> Array:
        """dy where the output is positive, else 0."""
        dx: Array = dy * (self.y > 0)
        return dx


class Sigmoid(Layer):
    """The logistic function."""

    def forward(self, x: Array) -> Array:
        """1 / (1 + exp(-x))."""
        self.y: Array = expit(x)
        return self.y

    def input_gradient(self, dy: Array) -> Array:
        """dy * y * (1 - y)."""
        dx: Array = dy * self.y * (1 - self.y)
        return dx
