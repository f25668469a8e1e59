"""Faults in the worked exercises that are not a single figure, with the right values computed."""

from pipeline.models.layer_counts import total
from pipeline.writeups.backpropagation import (
    PROBLEM_A,
    PROBLEM_B,
    RATE,
    TARGET,
    Worksheet,
)
from pipeline.writeups.convolution import maps
from pipeline.writeups.erratum import Erratum
from pipeline.writeups.numpy_network import draw, forward
from pipeline.writeups.parameter_counts import reading
from pipeline.writeups.sigmoid_network import BIASES, Parameters, descend, gradients, trace
from pipeline.writeups.steps import Value, number


def _updated(sheet: Worksheet) -> Parameters:
    """Parameters of a worksheet after one step."""
    return descend(sheet.parameters, gradients(sheet.parameters, sheet.x, TARGET), RATE)


def _listed(values: Parameters, names: tuple[str, ...]) -> tuple[str, list[Value]]:
    """Some parameters as text to eight decimals, and as a list."""
    text = ", ".join(f"{name} = {values[name]:.8f}" for name in names)
    return text.replace("-", "−"), [values[name] for name in names]


def _convolution() -> list[Erratum]:
    mean = float(maps()["valid_correlation"].mean())
    shape: list[Value] = list(maps()["valid_correlation"].shape)
    return [
        Erratum(
            "R000-1",
            "convolution loop",
            "The kernel is sliced with the input's indices; broadcasting hides that the shapes stop "
            "matching.",
            "The whole kernel meets every window, and a 3×3 input has 1×2 windows of 3×2.",
            shape,
        ),
        Erratum(
            "R000-2",
            "average pooling",
            "A 2×2 pool over a 2×2 map.",
            f"The valid map is 1×2, which a 2×2 pool does not fit; pooled 1×2 it gives {number(mean)}.",
            mean,
        ),
    ]


def _problem_a() -> list[Erratum]:
    t = trace(PROBLEM_A.parameters, PROBLEM_A.x, TARGET)
    text, biases = _listed(_updated(PROBLEM_A), BIASES)
    return [
        Erratum(
            "R001-1",
            "problem a, backward pass",
            "∂L/∂ŷ is found as −.0255 and then used as −.025.",
            f"{number(t.loss_slope)} throughout.",
            t.loss_slope,
        ),
        Erratum(
            "R001-2",
            "problem a, line of w7",
            "A stray “= .0248”.",
            f"It is the misplaced ŷ(1 − ŷ), {number(t.output_slope)}.",
            t.output_slope,
        ),
        Erratum("R001-3", "problem a, update", "No bias is updated.", f"{text}.", biases),
    ]


def _problem_b() -> list[Erratum]:
    new, t = _updated(PROBLEM_B), trace(PROBLEM_B.parameters, PROBLEM_B.x, TARGET)
    bias_text, biases = _listed(new, BIASES)
    rest_text, rest = _listed(new, ("w2", "w3", "w4", "w6", "w8"))
    return [
        Erratum("R001-4", "problem b, update", "No bias is updated.", f"{bias_text}.", biases),
        Erratum(
            "R001-5",
            "problem b, backward pass",
            "The output weights are (1, 0, −1) in the forward pass; the backward pass takes w9 = 0.",
            f"One labelling in both: with (1, 0, −1), w9 becomes {number(new['w9'])} and w5 "
            f"{number(new['w5'])}.",
            [new["w9"], new["w5"]],
        ),
        Erratum(
            "R001-6",
            "problem b, update",
            "Only w1, w5, w7 and w9 are derived; even “the odd ones” would include w3.",
            f"{rest_text}.",
            rest,
        ),
        Erratum(
            "R001-7",
            "problem b, ŷ(1 − ŷ)",
            ".249, one digit fewer than the figures around it.",
            f"{t.output_slope:.4f} to four decimals.",
            t.output_slope,
        ),
    ]


def _numpy_network() -> list[Erratum]:
    p, X, y = draw()
    accuracy = float(((forward(p, X)[1] > 0.5) == y).mean())
    return [
        Erratum(
            "R002-1",
            "numpy network, forward pass",
            "The transpose is garbled: (1000, 2) times (3, 2) as printed, which has no product; "
            "transposing the product instead does not help.",
            "Transpose the weights: X·W1ᵀ, (1000, 2) times (2, 3).",
            list((X @ p.W1.T).shape),
        ),
        Erratum(
            "R002-2",
            "numpy network, backward pass",
            "The number of samples is written in as 1000.",
            "Divide by the number of labels received.",
            len(y),
        ),
        Erratum(
            "R002-3",
            "numpy network, loss",
            "Only the loss and the gradients are printed.",
            f"At threshold 0.5 the untrained network answers 1 for every point: accuracy {number(accuracy)}.",
            accuracy,
        ),
    ]


def _head() -> list[Erratum]:
    valid, same = ([reading(classes, pad, pad) for classes in (10, 4)] for pad in ("valid", "same"))
    heads: list[Value] = [rows[-1].parameters for rows in (*valid, *same)]
    totals: list[Value] = [total(rows) for rows in (*valid, *same)]
    return [
        Erratum(
            "R003-1",
            "parameter calculation, dense head",
            "The head and the totals are left as formulas; padding is not stated.",
            f"Heads {heads[0]:,} and {heads[1]:,}, totals {totals[0]:,} and {totals[1]:,} for ten and four "
            f"classes (valid); heads {heads[2]:,} and {heads[3]:,}, totals {totals[2]:,} and {totals[3]:,} "
            "(same).",
            [heads, totals],
        )
    ]


def remarks() -> list[Erratum]:
    """Every such fault, by write-up."""
    return [*_convolution(), *_problem_a(), *_problem_b(), *_numpy_network(), *_head()]
