"""Exercise: loss and gradients of a 2-3-1 sigmoid network over 1,000 points, seed 0 (write-up 002)."""

from collections.abc import Callable
from dataclasses import astuple, dataclass

import numpy as np
from scipy.special import expit

from pipeline.writeups.steps import Array, Exercise, Step, grade, number

POINTS = 1000
DIFFERENCE = 1e-6  # half-width of the central differences

# Printed to eight decimals in the write-up, the loss and db2 to the last digit of a double.
WRITTEN: dict[str, list[str]] = {
    "dW1": ["0.00244596", "0.00262019", "−0.00030765", "−0.00024188", "−0.00034768", "−0.00037200"],
    "db1": ["0.00492577", "−0.00058023", "−0.00065977"],
    "dW2": ["0.02216011", "0.02433097", "0.01797174"],
    "db2": ["0.029249230265318688"],
}
WRITTEN_LOSS = "0.1332476222330792"

FORMULAS = {
    "dW1": "∂L/∂W1 = δ₁ᵀ·X, δ₁ = δ₂·W2 ⊙ A ⊙ (1 − A)",
    "db1": "∂L/∂b1 = Σₙ δ₁[n]",
    "dW2": "∂L/∂W2 = Aᵀ·δ₂, δ₂ = (ŷ − y) ⊙ ŷ ⊙ (1 − ŷ) / N",
    "db2": "∂L/∂b2 = Σₙ δ₂[n]",
}


@dataclass(frozen=True)
class Parameters:
    """Weights and biases: W1 (3, 2), b1 (3,), W2 (3,), b2 (1,). Gradients have the same shapes."""

    W1: Array
    b1: Array
    W2: Array
    b2: Array


def draw() -> tuple[Parameters, Array, Array]:
    """Parameters, inputs (1000, 2) and labels (1000,) from seed 0 in the write-up's order; zero biases."""
    stream = np.random.RandomState(0)  # the legacy stream is the exercise
    W1, W2 = stream.randn(3, 2), stream.randn(3)
    X = stream.rand(POINTS, 2)
    y = stream.randint(0, 2, POINTS).astype(float)
    return Parameters(W1, np.zeros(3), W2, np.zeros(1)), X, y


def forward(p: Parameters, X: Array) -> tuple[Array, Array]:
    """Hidden activations (N, 3) and outputs (N,), all sigmoid."""
    A: Array = expit(X @ p.W1.T + p.b1)
    output: Array = expit(A @ p.W2 + p.b2)
    return A, output


def loss(p: Parameters, X: Array, y: Array) -> float:
    """Half the mean squared error."""
    return float(0.5 * np.mean((forward(p, X)[1] - y) ** 2))


def gradients(p: Parameters, X: Array, y: Array) -> Parameters:
    """Derivatives of the loss by back-propagation."""
    A, output = forward(p, X)
    delta2 = (output - y) * output * (1 - output) / len(y)
    delta1 = np.outer(delta2, p.W2) * A * (1 - A)
    return Parameters(delta1.T @ X, delta1.sum(axis=0), A.T @ delta2, delta2.sum(keepdims=True))


def central_differences(
    function: Callable[[Array], float], at: Array, half_width: float = DIFFERENCE
) -> Array:
    """Numerical gradient of a scalar function of a flat vector."""
    shifts = half_width * np.eye(at.size)
    return np.array([(function(at + shift) - function(at - shift)) / (2 * half_width) for shift in shifts])


def deviation(p: Parameters, X: Array, y: Array) -> float:
    """Largest absolute difference between back-propagation and central differences, over 13 parameters."""
    numerical = central_differences(lambda flat: loss(_unflatten(flat), X, y), _flatten(p))
    return float(np.max(np.abs(_flatten(gradients(p, X, y)) - numerical)))


def _flatten(p: Parameters) -> Array:
    return np.concatenate([np.ravel(part) for part in astuple(p)])


def _unflatten(flat: Array) -> Parameters:
    return Parameters(flat[:6].reshape(3, 2), flat[6:9], flat[9:12], flat[12:])


def _loss_steps(p: Parameters, X: Array, y: Array) -> list[Step]:
    """Steps for the loss, for the form without the half, and for the untrained network's accuracy."""
    half, output = loss(p, X, y), forward(p, X)[1]
    accuracy = float(np.mean((output > 0.5) == y))
    span = f"ŷ between {number(output.min(), 4)} and {number(output.max(), 4)}: always class 1"
    forward_pass = "A = σ(X·W1ᵀ + b1), ŷ = σ(A·W2 + b2), N = 1,000"
    return [
        Step("loss", "L = 1/(2N) · Σ (ŷ − y)²", forward_pass, half, WRITTEN_LOSS, grade(WRITTEN_LOSS, half)),
        Step("mean squared error without the ½", "1/N · Σ (ŷ − y)²", f"2 · {number(half, 12)}", 2 * half),
        Step("accuracy at threshold 0.5", "share of (ŷ > 0.5) = y", span, accuracy),
    ]


def _gradient_steps(g: Parameters) -> list[Step]:
    """One step per gradient entry, against the write-up's print."""
    steps = []
    for name, printed in WRITTEN.items():
        values = getattr(g, name[1:])
        for index, written in zip(np.ndindex(values.shape), printed, strict=True):
            value = float(values[index])
            position = ", ".join(map(str, index))
            substitution = "N = 1,000; X, y, W1, W2 as drawn"
            title = f"{name}[{position}]"
            steps.append(Step(title, FORMULAS[name], substitution, value, written, grade(written, value)))
    return steps


def _check_steps(p: Parameters, X: Array, y: Array) -> list[Step]:
    """Steps for the printed hint and for the numerical check."""
    hint, value = "−0.000581", float(gradients(p, X, y).b1[1])
    formula = "(L(θ + h) − L(θ − h)) / 2h"
    difference = float(f"{deviation(p, X, y):.1e}")  # beyond two digits it is rounding noise
    return [
        Step("hint for db1[1]", FORMULAS["db1"], "rounded to six decimals", value, hint, grade(hint, value)),
        Step("largest deviation from central differences", formula, "h = 10⁻⁶, 13 parameters", difference),
    ]


def exercises() -> list[Exercise]:
    """Worked solution of the numpy network."""
    p, X, y = draw()
    given = {
        "W1": p.W1.tolist(),
        "W2": p.W2.tolist(),
        "first point": X[0].tolist(),
        "first labels": y[:10].astype(int).tolist(),
        "labels equal to 1": int(y.sum()),
        "order of the draws": "randn(3, 2), randn(3), rand(1000, 2), randint(0, 2, 1000)",
    }
    steps = [*_loss_steps(p, X, y), *_gradient_steps(gradients(p, X, y)), *_check_steps(p, X, y)]
    return [
        Exercise("numpy_network", "002", "Loss and gradients of a 2-3-1 network, seed 0", tuple(steps), given)
    ]
