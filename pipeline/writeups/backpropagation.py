"""Exercise: two back-propagation worksheets on a 2-3-1 sigmoid network (write-up 001)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.writeups.sigmoid_network import (
    BIASES,
    HIDDEN,
    WEIGHTS,
    Parameters,
    Trace,
    descend,
    gradients,
    incoming,
    outgoing,
    trace,
)
from pipeline.writeups.steps import Exercise, Step, Value, grade, number, term

RATE = 0.1
TARGET = 1.0


@dataclass(frozen=True)
class Printed:
    """A worksheet's figure, what its shortened intermediates give, the decimals it stands for, a remark."""

    text: str
    carried: float | None = None
    decimals: int | None = None
    note: str | None = None


@dataclass(frozen=True)
class Worksheet:
    """One problem: input, parameters, and the figures the write-up prints, by title of their step."""

    id: str
    title: str
    x: tuple[float, float]
    parameters: Parameters
    printed: dict[str, Printed] = field(default_factory=dict)
    alternative: bool = False

    def step(self, title: str, formula: str, substitution: str, result: float) -> Step:
        """A step, beside the printed figure of its title if there is one."""
        printed = self.printed.get(title)
        if printed is None:
            return Step(title, formula, substitution, result)
        verdict = grade(printed.text, result, printed.carried, printed.decimals)
        return Step(title, formula, substitution, result, printed.text, verdict, printed.note)


# What the second sheet's own shortened figures give: −.4751 for ∂L/∂ŷ, .249 for ŷ(1 − ŷ).
CUT_DELTA_B = -0.4751 * 0.249
CUT_STEP_B7 = -RATE * CUT_DELTA_B * 0.5866

PROBLEM_A = Worksheet(
    id="problem_a",
    title="Problem a: x = (0, 1), every weight and bias 1",
    x=(0.0, 1.0),
    parameters=dict.fromkeys((*WEIGHTS, *BIASES), 1.0),
    printed={
        "a1": Printed(".8807", note="one figure for the three hidden units"),
        "z": Printed("3.6423"),
        "ŷ": Printed(".9745"),
        "L": Printed(".00032"),
        "∂L/∂ŷ": Printed("−.0255"),
        "ŷ(1 − ŷ)": Printed(".0248"),
        "a1(1 − a1)": Printed(".1051", carried=0.8807 * (1 - 0.8807)),
        "size of ∂L/∂w7": Printed("5.57e-4", carried=0.0255 * 0.0248 * 0.8807),
        "w1 after one step": Printed("1"),
        "w3 after one step": Printed("1"),
        "w5 after one step": Printed("1"),
        "w2 after one step": Printed("1.0000005", note="w2, w4 and w6 must be equal"),
        "w4 after one step": Printed("1.00000005", note="w2, w4 and w6 must be equal"),
        "w6 after one step": Printed("1.00000005", note="w2, w4 and w6 must be equal"),
        "w7 after one step": Printed("1.000055"),
        "w8 after one step": Printed("1.000055"),
        "w9 after one step": Printed("1.000055"),
    },
)


def problem_b(w8: float, w9: float) -> Parameters:
    """Parameters of problem b under one labelling of the output weights."""
    inputs = {name: value for k in HIDDEN for name, value in zip(incoming(k), (0.5, -0.25), strict=True)}
    return inputs | {"w7": 1.0, "w8": w8, "w9": w9} | dict.fromkeys(BIASES, 0.1)


B_UPDATES = {
    "w1 after one step": Printed(".50286", carried=0.5 - RATE * CUT_DELTA_B * 0.2425),
    "w7 after one step": Printed("1.00693", carried=1 + CUT_STEP_B7),
}
PROBLEM_B = Worksheet(
    id="problem_b",
    title="Problem b: x = (1, 1), output weights (1, 0, −1) as in the forward pass",
    x=(1.0, 1.0),
    parameters=problem_b(w8=0.0, w9=-1.0),
    printed={
        "a1": Printed(".5866"),
        "ŷ": Printed(".5249"),
        "L": Printed(".1128"),
        "∂L/∂ŷ": Printed("−.4751", carried=0.5249 - 1),
        "ŷ(1 − ŷ)": Printed(
            ".249", note="one digit fewer than the rest of the sheet; .2494 to four decimals"
        ),
        "a1(1 − a1)": Printed(".2425"),
        "w5 after one step": Printed(
            ".5", decimals=5, note="right only if w9 = 0, which the forward pass denies"
        ),
        "w9 after one step": Printed(
            ".00693", note="under the forward pass's labelling this is w8's new value"
        ),
        **B_UPDATES,
    },
)
PROBLEM_B_OTHER = Worksheet(
    id="problem_b_other_labelling",
    title="Problem b: output weights (1, −1, 0) as the backward pass uses them",
    x=(1.0, 1.0),
    parameters=problem_b(w8=-1.0, w9=0.0),
    printed={
        "w5 after one step": Printed(".5", decimals=5),
        "w9 after one step": Printed(".00693", carried=CUT_STEP_B7),
        **B_UPDATES,
    },
    alternative=True,
)
WORKSHEETS = (PROBLEM_A, PROBLEM_B, PROBLEM_B_OTHER)


def _hidden_steps(sheet: Worksheet, t: Trace) -> Iterator[Step]:
    """Pre-activation and activation of every hidden unit."""
    p, (x1, x2) = sheet.parameters, sheet.x
    for k in HIDDEN:
        first, second = incoming(k)
        values = f"{term(p[first])}·{number(x1)} + {term(p[second])}·{number(x2)} + {term(p[f'b{k}'])}"
        yield sheet.step(f"z{k}", f"z{k} = {first}·x1 + {second}·x2 + b{k}", values, t.z[k - 1])
        yield sheet.step(f"a{k}", f"a{k} = σ(z{k})", f"1 / (1 + exp(−{term(t.z[k - 1])}))", t.a[k - 1])


def _output_steps(sheet: Worksheet, t: Trace) -> Iterator[Step]:
    """Output, loss and the slopes that start the backward pass."""
    p, y_hat = sheet.parameters, number(t.prediction)
    total = " + ".join(f"{term(p[outgoing(k)])}·{number(t.a[k - 1])}" for k in HIDDEN)
    yield sheet.step("z", "z = w7·a1 + w8·a2 + w9·a3 + b4", f"{total} + {term(p['b4'])}", t.z_output)
    yield sheet.step("ŷ", "ŷ = σ(z)", f"1 / (1 + exp(−{number(t.z_output)}))", t.prediction)
    yield sheet.step("L", "L = ½(y − ŷ)²", f"½·(1 − {y_hat})²", t.loss)
    yield sheet.step("∂L/∂ŷ", "∂L/∂ŷ = ŷ − y", f"{y_hat} − 1", t.loss_slope)
    yield sheet.step("ŷ(1 − ŷ)", "∂ŷ/∂z = ŷ(1 − ŷ)", f"{y_hat}·(1 − {y_hat})", t.output_slope)
    values = f"{term(t.loss_slope)}·{number(t.output_slope)}"
    yield sheet.step("δ", "δ = ∂L/∂ŷ · ∂ŷ/∂z", values, t.delta)
    for k in HIDDEN:
        a = number(t.a[k - 1])
        yield sheet.step(f"a{k}(1 − a{k})", f"∂a{k}/∂z{k}", f"{a}·(1 − {a})", t.hidden_slopes[k - 1])


def _gradient_steps(sheet: Worksheet, t: Trace, slopes: Parameters) -> Iterator[Step]:
    """Derivative with respect to every weight and bias, by the chain rule."""
    p, delta = sheet.parameters, term(t.delta)
    for k in HIDDEN:
        out, a = outgoing(k), f"a{k}"
        chain = f"δ·{out}·{a}(1 − {a})"
        values = f"{delta}·{term(p[out])}·{number(t.hidden_slopes[k - 1])}"
        for name, source, x in zip(incoming(k), ("x1", "x2"), sheet.x, strict=True):
            formula = f"∂L/∂{name} = {chain}·{source}"
            yield sheet.step(f"∂L/∂{name}", formula, f"{values}·{number(x)}", slopes[name])
        yield sheet.step(f"∂L/∂b{k}", f"∂L/∂b{k} = {chain}", values, slopes[f"b{k}"])
    for k in HIDDEN:
        name, values = outgoing(k), f"{delta}·{number(t.a[k - 1])}"
        yield sheet.step(f"∂L/∂{name}", f"∂L/∂{name} = δ·a{k}", values, slopes[name])
    if "size of ∂L/∂w7" in sheet.printed:  # printed there without its sign
        yield sheet.step("size of ∂L/∂w7", "|∂L/∂w7|", f"|{number(slopes['w7'])}|", abs(slopes["w7"]))
    yield sheet.step("∂L/∂b4", "∂L/∂b4 = δ", number(t.delta), slopes["b4"])


def _update_steps(sheet: Worksheet, slopes: Parameters) -> Iterator[Step]:
    """New value of every weight and bias, and the loss they give."""
    old, new = sheet.parameters, descend(sheet.parameters, slopes, RATE)
    for name in (*WEIGHTS, *BIASES):
        values = f"{number(old[name])} − {number(RATE)}·{term(slopes[name])}"
        yield sheet.step(f"{name} after one step", f"{name} − α·∂L/∂{name}", values, new[name])
    weights_only = descend(old, {name: slopes[name] for name in WEIGHTS}, RATE)
    for which, parameters in (("all parameters", new), ("weights only", weights_only)):
        after = trace(parameters, sheet.x, TARGET)
        values = f"½·(1 − {number(after.prediction)})²"
        yield sheet.step(f"L after one step, {which}", "L = ½(y − ŷ)²", values, after.loss)


def _solve(sheet: Worksheet) -> Exercise:
    """Worked solution of one worksheet."""
    t, slopes = trace(sheet.parameters, sheet.x, TARGET), gradients(sheet.parameters, sheet.x, TARGET)
    parts = (
        _hidden_steps(sheet, t),
        _output_steps(sheet, t),
        _gradient_steps(sheet, t, slopes),
        _update_steps(sheet, slopes),
    )
    given: dict[str, Value] = {"x": list(sheet.x), "y": TARGET, "learning_rate": RATE, **sheet.parameters}
    steps = tuple(step for part in parts for step in part)
    return Exercise(sheet.id, "001", sheet.title, steps, given, sheet.alternative)


def exercises() -> list[Exercise]:
    """Worked solutions of both problems, problem b in both of its labellings."""
    return [_solve(sheet) for sheet in WORKSHEETS]
