"""A 2-3-1 sigmoid network on one example: forward pass, gradients of ½(y − ŷ)², one gradient-descent step."""

from dataclasses import dataclass

from scipy.special import expit

Parameters = dict[str, float]

HIDDEN = (1, 2, 3)
WEIGHTS = tuple(f"w{index}" for index in range(1, 10))
BIASES = ("b1", "b2", "b3", "b4")


@dataclass(frozen=True)
class Trace:
    """Every intermediate value of one forward and backward pass; the hidden units' are in order 1, 2, 3."""

    z: tuple[float, ...]
    a: tuple[float, ...]
    z_output: float
    prediction: float
    loss: float
    loss_slope: float  # dL/dŷ
    output_slope: float  # ŷ(1 − ŷ)
    delta: float
    hidden_slopes: tuple[float, ...]  # a(1 − a)


def incoming(unit: int) -> tuple[str, str]:
    """Names of a hidden unit's weights from x1 and x2."""
    return f"w{2 * unit - 1}", f"w{2 * unit}"


def outgoing(unit: int) -> str:
    """Name of a hidden unit's weight to the output."""
    return f"w{6 + unit}"


def trace(parameters: Parameters, x: tuple[float, float], y: float) -> Trace:
    """Forward and backward intermediate values."""
    p = parameters
    z = tuple(p[incoming(k)[0]] * x[0] + p[incoming(k)[1]] * x[1] + p[f"b{k}"] for k in HIDDEN)
    a = tuple(float(expit(value)) for value in z)
    z_output = sum(p[outgoing(k)] * a[k - 1] for k in HIDDEN) + p["b4"]
    prediction = float(expit(z_output))
    loss_slope, output_slope = prediction - y, prediction * (1 - prediction)
    return Trace(
        z=z,
        a=a,
        z_output=z_output,
        prediction=prediction,
        loss=0.5 * (y - prediction) ** 2,
        loss_slope=loss_slope,
        output_slope=output_slope,
        delta=loss_slope * output_slope,
        hidden_slopes=tuple(value * (1 - value) for value in a),
    )


def gradients(parameters: Parameters, x: tuple[float, float], y: float) -> Parameters:
    """Derivative of the loss with respect to every weight and bias, by name."""
    t = trace(parameters, x, y)
    slopes: Parameters = {"b4": t.delta}
    for k in HIDDEN:
        delta = t.delta * parameters[outgoing(k)] * t.hidden_slopes[k - 1]
        first, second = incoming(k)
        slopes |= {
            first: delta * x[0],
            second: delta * x[1],
            f"b{k}": delta,
            outgoing(k): t.delta * t.a[k - 1],
        }
    return {name: slopes[name] + 0.0 for name in (*WEIGHTS, *BIASES)}  # + 0.0 turns −0 into 0


def descend(parameters: Parameters, slopes: Parameters, rate: float) -> Parameters:
    """Parameters after one step of gradient descent; those without a slope stay as they are."""
    return {name: value - rate * slopes.get(name, 0.0) for name, value in parameters.items()}
