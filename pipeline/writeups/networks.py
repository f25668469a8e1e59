"""Values of the 2-3-1 sigmoid networks of write-ups 001 (worksheets) and 002 (numpy), from `models.scratch`."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pipeline.models.scratch.layers import Dense, Sigmoid
from pipeline.models.scratch.losses import SigmoidSquaredError, accuracy
from pipeline.models.scratch.network import Network
from pipeline.writeups.text import Value

Array = npt.NDArray[np.float64]

WEIGHTS = tuple(f"w{index}" for index in range(1, 10))  # two to each hidden unit, then three to the output
NAMES = (*WEIGHTS, "b1", "b2", "b3", "b4")
HALF_WIDTH = 1e-6  # of the central differences
POINTS = 1000


class SigmoidNetwork(Network):
    """Two inputs, three sigmoid units and one, half the mean squared error; in float64."""

    def __init__(self, W1: Array, W2: Array, b1: Array, b2: Array) -> None:
        self.hidden, self.activation, self.top = Dense("hidden", 3), Sigmoid(), Dense("output", 1)
        layers = [self.hidden, self.activation, self.top]
        super().__init__(layers, SigmoidSquaredError(), (2,), np.random.default_rng(0), "float64")
        arrays = (W1.T, b1, W2[:, None], b2)
        self.set_weights(dict(zip(self.parameters, arrays, strict=True)))


def build_network(parameters: Mapping[str, float]) -> SigmoidNetwork:
    """Network of a worksheet's named weights and biases."""
    p = np.array([parameters[name] for name in NAMES])
    return SigmoidNetwork(p[:6].reshape(3, 2), p[6:9], p[9:12], p[12:])


def compute_loss(network: SigmoidNetwork, x: Array, y: Array) -> float:
    """Loss of examples (N, 2) with targets (N, 1)."""
    return network.loss.value(network.forward(x), y)


def differentiate_numerically(network: SigmoidNetwork, x: Array, y: Array) -> dict[str, Array]:
    """Central differences of the loss with respect to every parameter, by the network's names."""
    slopes = {name: np.empty_like(parameter) for name, parameter in network.parameters.items()}
    for name, parameter in network.parameters.items():
        for index in np.ndindex(parameter.shape):
            start, losses = parameter[index], []
            for parameter[index] in (start + HALF_WIDTH, start - HALF_WIDTH):
                losses.append(compute_loss(network, x, y))
            parameter[index] = start
            slopes[name][index] = (losses[0] - losses[1]) / (2 * HALF_WIDTH)
    return slopes


def compute_worksheet(given: Mapping[str, float], inputs: Array) -> dict[str, Value]:
    """Forward pass, every slope of the chain rule, and one step of gradient descent, by the sheet's names."""
    network, x, y = build_network(given), inputs[None], np.array([[given["y"]]])
    z = network.hidden(x)
    a = network.activation(z)
    output = network.top(a)
    delta = network.loss.gradient(output, y)
    slopes_of_a = network.activation.input_gradient(np.ones_like(a))
    network.top.backward(delta)
    network.hidden.backward(network.top.input_gradient(delta) * slopes_of_a)
    prediction, slopes = float(network.loss.predictions(output)[0, 0]), read_slopes(network)
    by_unit = {"x{}": x, "z{}": z, "a{}": a, "a{0}(1 − a{0})": slopes_of_a}
    return {
        **given,
        **{name.format(k): one for name, row in by_unit.items() for k, one in enumerate(row[0].tolist(), 1)},
        "z": float(output[0, 0]),
        "ŷ": prediction,
        "L": network.loss.value(output, y),
        "∂L/∂ŷ": prediction - given["y"],
        "ŷ(1 − ŷ)": prediction * (1 - prediction),
        "δ": float(delta[0, 0]),
        **{f"∂L/∂{name}": slope for name, slope in slopes.items()},
        "size of ∂L/∂w8": abs(slopes["w8"]),
        **_descend(given, slopes, x, y),
    }


def read_slopes(network: SigmoidNetwork) -> dict[str, float]:
    """Derivative with respect to every weight and bias, by the sheet's names."""
    W1, b1, W2, b2 = network.gradients.values()
    values = np.concatenate([part.ravel() for part in (W1.T, W2, b1, b2)]) + 0.0  # turns −0 into 0
    return dict(zip(NAMES, values.tolist(), strict=True))


def _descend(given: Mapping[str, float], slopes: Mapping[str, float], x: Array, y: Array) -> dict[str, Value]:
    """Parameters after one step, and what they predict and lose, with the biases updated or not."""
    new = {name: given[name] - given["learning_rate"] * slopes[name] for name in NAMES}
    values: dict[str, Value] = {f"{name} after one step": value for name, value in new.items()}
    weights_only = {**given, **{name: new[name] for name in WEIGHTS}}
    for which, parameters in (("all parameters", new), ("weights only", weights_only)):
        network = build_network(parameters)
        values[f"L after one step, {which}"] = compute_loss(network, x, y)
        values[f"ŷ after one step, {which}"] = float(network.predict(x)[0, 0])
    return values


def draw_points() -> tuple[SigmoidNetwork, Array, Array]:
    """Network, inputs (1000, 2) and targets (1000, 1) from seed 0 in the write-up's order; zero biases."""
    stream = np.random.RandomState(0)  # the legacy stream is the exercise
    W1, W2 = stream.randn(3, 2), stream.randn(3)
    X = stream.rand(POINTS, 2)
    y = stream.randint(0, 2, (POINTS, 1)).astype(float)
    return SigmoidNetwork(W1, W2, np.zeros(3), np.zeros(1)), X, y


def compute_gradients(network: SigmoidNetwork, X: Array, y: Array) -> dict[str, Array]:
    """Derivatives by the formulas of the exercise, its sums taken in its order; shapes of W1, b1, W2, b2."""
    delta2 = network.loss.gradient(network.forward(X), y)
    delta1 = network.activation.input_gradient(network.top.input_gradient(delta2))
    A, flat2 = network.activation.y, delta2[:, 0]
    return {
        "dW1": delta1.T @ X,
        "db1": delta1.sum(axis=0),
        "dW2": A.T @ flat2,
        "db2": flat2.sum(keepdims=True),
    }


def compute_numpy_network() -> dict[str, Value]:
    """Draws, loss, accuracy, gradients, and how far those are from central differences."""
    network, X, y = draw_points()
    W1, _, W2, _ = network.get_weights().values()
    predictions, loss = network.predict(X, len(X)), compute_loss(network, X, y)
    gradients, numerical = compute_gradients(network, X, y), differentiate_numerically(network, X, y)
    pairs = zip(gradients.values(), numerical.values(), strict=True)
    deviation = max(np.abs(exact.T.ravel() - difference.ravel()).max() for exact, difference in pairs)
    entries = [(name, index) for name, values in gradients.items() for index in np.ndindex(values.shape)]
    return {
        "W1": W1.T.tolist(),
        "W2": W2.ravel().tolist(),
        "N": len(y),
        "first point": X[0].tolist(),
        "first labels": y[:10, 0].astype(int).tolist(),
        "labels equal to 1": int(y.sum()),
        "loss": loss,
        "mean squared error without the ½": 2 * loss,
        "accuracy at threshold 0.5": accuracy(predictions, y),
        "smallest ŷ": float(predictions.min()),
        "largest ŷ": float(predictions.max()),
        **{f"{name}{list(index)}": float(gradients[name][index]) for name, index in entries},
        "largest deviation from central differences": float(f"{deviation:.1e}"),  # the rest is rounding noise
    }
