"""Every figure of the analytic exercises, to the digits that the write-ups or a hand calculation print."""

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import layout
from pipeline.errors import UserError
from pipeline.models.layer_counts import ImpossibleShapeError, total
from pipeline.params.section import Place
from pipeline.writeups.__main__ import writeups
from pipeline.writeups.counts import count_network, count_reading
from pipeline.writeups.entries import Figure, WorkedExercise, read_entries
from pipeline.writeups.exercises import find_wrong_figures, read_figures, solve
from pipeline.writeups.networks import (
    build_network,
    compute_gradients,
    compute_worksheet,
    differentiate_numerically,
    draw_points,
)
from pipeline.writeups.statements import LENGTHS
from pipeline.writeups.steps import Exercise, Step, grade
from tests.conftest import ROOT

SOLVED = json.loads(json.dumps(solve().to_dict()))
WORKSHEETS = read_entries("backpropagation.yaml", WorkedExercise)
SECTIONS = ("convolution", "backpropagation", "numpy_network", "parameter_counts")
EXERCISES = {exercise["id"]: exercise for section in SECTIONS for exercise in SOLVED[section]}
STEPS = {key: {step["title"]: step for step in exercise["steps"]} for key, exercise in EXERCISES.items()}
STEP_KEYS = {"title", "formula", "substitution", "result", "write_up", "agrees", "verdict", "line", "note"}


def result(exercise: str, title: str) -> Any:
    return STEPS[exercise][title]["result"]


def printed_like(value: float, figure: str) -> str:
    """Value with as many decimals as the figure."""
    return f"{value:.{len(figure.partition('.')[2])}f}"


# 2.1

MAPS = {
    "write_up_loop": ([[-3, -11], [-2, -7]], "-5.75"),
    "valid_correlation": ([[-3, -1]], "-2"),
    "valid_convolution": ([[2, 3]], "2.5"),
    "same_correlation": ([[2, 4, 2], [-3, -1, 6], [-1, -1, 4]], "1.33333333"),
    "same_convolution": ([[3, 1, -6], [2, 3, -2], [0, 3, 4]], "0.88888889"),
    "full_correlation": (
        [[1, 2, 2, 0], [0, 2, 4, 2], [-1, -3, -1, 6], [-2, -1, -1, 4], [-1, 1, 0, 0]],
        "0.7",
    ),
    "full_convolution": (
        [[1, 1, 0, -2], [2, 3, 1, -6], [2, 2, 3, -2], [1, 0, 3, 4], [0, 1, 0, 0]],
        "0.7",
    ),
}
POOLS = {
    ("same_correlation", 1): [[0.5, 2.75], [-1.5, 2]],
    ("same_correlation", 2): [[0.5]],
    ("same_convolution", 1): [[2.25, -1], [2, 2]],
    ("same_convolution", 2): [[2.25]],
}


@pytest.mark.parametrize("name", MAPS)
def test_every_reading_of_the_convolution(name: str) -> None:
    values, average = MAPS[name]
    assert result(name, "map") == values
    assert printed_like(result(name, "average"), average) == average


@pytest.mark.parametrize(("name", "stride"), POOLS)
def test_two_by_two_pools_of_the_same_maps(name: str, stride: int) -> None:
    assert result(name, f"2×2 average pooling, stride {stride}") == POOLS[name, stride]


def test_the_loop_meets_the_slices_the_catalogue_names() -> None:
    notes = [step["note"] for step in STEPS["write_up_loop"].values() if step["title"].startswith("entry")]
    shapes = ["3×2 by 3×2", "3×2 by 3×1", "2×2 by 2×2", "2×2 by 2×1"]
    assert notes == [f"slices of {pair}" for pair in shapes]


def test_products_of_single_entries_sum_to_the_entry() -> None:
    """They are typed by hand, so that their arithmetic is done here."""
    for reading in ("valid_correlation", "write_up_loop"):
        entries = [step for title, step in STEPS[reading].items() if title.startswith("entry")]
        assert len(entries) == (2 if reading == "valid_correlation" else 4)
        for step in entries:
            assert calculate(step["substitution"]) == step["result"]


def calculate(text: str) -> Any:
    """Value of a typed calculation."""
    return eval(text.replace("·", "*").replace("−", "-").replace(",", ""))


# 2.2

WORKSHEET_FIGURES = {
    "problem_a": {
        **dict.fromkeys(("z1", "z2", "z3"), "2"),
        **dict.fromkeys(("a1", "a2", "a3"), "0.88079708"),
        "z": "3.64239123",
        "ŷ": "0.97447875",
        "L": "0.000325667126",
        "∂L/∂ŷ": "-0.02552125",
        "ŷ(1 − ŷ)": "0.02486992",
        "δ": "-0.000634711388",
        **dict.fromkeys(("a1(1 − a1)", "a2(1 − a2)", "a3(1 − a3)"), "0.10499359"),
        **{f"∂L/∂{name}": "0.000000000000" for name in ("w1", "w3", "w5")},
        **{f"∂L/∂{name}": "-0.000066640624" for name in ("w2", "w4", "w6", "b1", "b2", "b3")},
        **{f"∂L/∂{name}": "-0.000559051936" for name in ("w7", "w8", "w9")},
        "∂L/∂b4": "-0.000634711388",
        **{f"{name} after one step": "1.00000000" for name in ("w1", "w3", "w5")},
        **{f"{name} after one step": "1.00000666" for name in ("w2", "w4", "w6", "b1", "b2", "b3")},
        **{f"{name} after one step": "1.00005591" for name in ("w7", "w8", "w9")},
        "b4 after one step": "1.00006347",
        "L after one step, all parameters": "0.000325530442",
        "L after one step, weights only": "0.000325572046",
    }
}
PROBLEM_B = {
    **dict.fromkeys(("z1", "z2", "z3"), "0.35"),
    **dict.fromkeys(("a1", "a2", "a3"), "0.58661758"),
    "z": "0.1",
    "ŷ": "0.52497919",
    "L": "0.112822386164",
    "∂L/∂ŷ": "-0.47502081",
    "ŷ(1 − ŷ)": "0.24937604",
    "δ": "-0.11845881",
    **dict.fromkeys(("a1(1 − a1)", "a2(1 − a2)", "a3(1 − a3)"), "0.24249740"),
    "L after one step, all parameters": "0.109502743383",
    "L after one step, weights only": "0.111051362664",
}
# gradient and new value of each parameter under the two labellings
UPDATES = {
    "problem_b": {
        "w1": ("-0.02872595", "0.50287260"),
        "w2": ("-0.02872595", "-0.24712740"),
        "w3": ("0.00000000", "0.50000000"),
        "w4": ("0.00000000", "-0.25000000"),
        "w5": ("0.02872595", "0.49712740"),
        "w6": ("0.02872595", "-0.25287260"),
        "w7": ("-0.06949002", "1.00694900"),
        "w8": ("-0.06949002", "0.00694900"),
        "w9": ("-0.06949002", "-0.99305100"),
        "b1": ("-0.02872595", "0.10287260"),
        "b2": ("0.00000000", "0.10000000"),
        "b3": ("0.02872595", "0.09712740"),
        "b4": ("-0.11845881", "0.11184588"),
    },
    "problem_b_other_labelling": {
        "w1": ("-0.02872595", "0.50287260"),
        "w2": ("-0.02872595", "-0.24712740"),
        "w3": ("0.02872595", "0.49712740"),
        "w4": ("0.02872595", "-0.25287260"),
        "w5": ("0.00000000", "0.50000000"),
        "w6": ("0.00000000", "-0.25000000"),
        "w7": ("-0.06949002", "1.00694900"),
        "w8": ("-0.06949002", "-0.99305100"),
        "w9": ("-0.06949002", "0.00694900"),
        "b1": ("-0.02872595", "0.10287260"),
        "b2": ("0.02872595", "0.09712740"),
        "b3": ("0.00000000", "0.10000000"),
        "b4": ("-0.11845881", "0.11184588"),
    },
}
for sheet, updates in UPDATES.items():
    WORKSHEET_FIGURES[sheet] = {
        **PROBLEM_B,
        **{f"∂L/∂{name}": slope for name, (slope, _) in updates.items()},
        **{f"{name} after one step": new for name, (_, new) in updates.items()},
    }


@pytest.mark.parametrize("sheet", WORKSHEET_FIGURES)
def test_every_value_of_the_worksheets(sheet: str) -> None:
    expected = WORKSHEET_FIGURES[sheet]
    assert {title: printed_like(result(sheet, title), text) for title, text in expected.items()} == expected
    assert set(STEPS[sheet]) - set(expected) <= {"size of ∂L/∂w8"}


@pytest.mark.parametrize("sheet", WORKSHEETS)
def test_worksheet_gradients_against_central_differences_and_back_propagation(sheet: str) -> None:
    given: Any = dict(WORKSHEETS[sheet].given)
    x, y = np.array([given.pop("x")]), np.array([[given["y"]]])
    network, exact = build_network(given), compute_worksheet(given, x[0])
    kernel = np.array([[exact[f"∂L/∂w{2 * k - 1}"] for k in (1, 2, 3)], [exact[f"∂L/∂w{2 * k}"] for k in (1, 2, 3)]])
    slopes = {
        "hidden/kernel": kernel,
        "hidden/bias": np.array([exact[f"∂L/∂b{k}"] for k in (1, 2, 3)]),
        "output/kernel": np.array([[exact[f"∂L/∂w{k}"]] for k in (7, 8, 9)]),
        "output/bias": np.array([exact["∂L/∂b4"]]),
    }
    numerical = differentiate_numerically(network, x, y)
    network.backward(network.loss.gradient(network.forward(x), y))
    for name, slope in slopes.items():
        assert slope.ravel() == pytest.approx(numerical[name].ravel(), rel=1e-6, abs=1e-10)
        assert slope.ravel() == pytest.approx(network.gradients[name].ravel(), rel=1e-12)


@pytest.mark.parametrize("sheet", WORKSHEETS)
def test_every_printed_figure_stands_beside_a_step(sheet: str) -> None:
    shown = {step["title"]: step["write_up"] for step in STEPS[sheet].values() if step["write_up"]}
    assert shown == {title: printed.text for title, printed in WORKSHEETS[sheet].printed.items()}


# 2.3

NETWORK = {
    "loss": "0.1332476222330792",
    "mean squared error without the ½": "0.266495244466",
    "accuracy at threshold 0.5": "0.5",
    "dW1[0, 0]": "0.002445958485",
    "dW1[0, 1]": "0.002620193420",
    "dW1[1, 0]": "-0.000307645666",
    "dW1[1, 1]": "-0.000241875023",
    "dW1[2, 0]": "-0.000347681678",
    "dW1[2, 1]": "-0.000371996391",
    "db1[0]": "0.004925766628",
    "db1[1]": "-0.000580228684",
    "db1[2]": "-0.000659765095",
    "dW2[0]": "0.022160112629",
    "dW2[1]": "0.024330972928",
    "dW2[2]": "0.017971741371",
    "db2[0]": "0.0292492302653187",
}


def test_loss_and_gradients_of_the_numpy_network() -> None:
    shown = {title: printed_like(result("numpy_network", title), text) for title, text in NETWORK.items()}
    assert shown == NETWORK


def test_draws_of_seed_zero() -> None:
    given = EXERCISES["numpy_network"]["given"]
    W1 = [
        [1.764052345968, 0.400157208367],
        [0.978737984106, 2.240893199201],
        [1.867557990150, -0.977277879876],
    ]
    assert np.round(given["W1"], 12).tolist() == W1
    assert np.round(given["W2"], 12).tolist() == [0.950088417526, -0.151357208298, -0.103218851794]
    assert np.round(given["first point"], 12).tolist() == [0.791725038083, 0.528894919753]
    assert given["first labels"] == [1, 0, 0, 0, 1, 0, 1, 0, 0, 0]
    assert given["labels equal to 1"] == 500


def test_numpy_network_against_central_differences() -> None:
    """The catalogue finds 1.4e-11; the figure is rounding noise, so only its order is asserted."""
    assert 0 < result("numpy_network", "largest deviation from central differences") < 5e-11


def test_sums_of_the_numpy_network_are_the_back_propagated_gradients() -> None:
    network, X, y = draw_points()
    exact = compute_gradients(network, X, y)
    network.backward(network.loss.gradient(network.forward(X), y))
    for name, key in (
        ("dW1", "hidden/kernel"),
        ("db1", "hidden/bias"),
        ("dW2", "output/kernel"),
        ("db2", "output/bias"),
    ):
        assert exact[name].ravel() == pytest.approx(network.gradients[key].T.ravel(), rel=1e-12)


# 0, 2.4 and 2.5

TOTALS = {
    "mlp": (109_386, 0),
    "cnn3": (93_322, 0),
    "cnn3_dropout": (93_322, 0),
    "cnn3_bn": (94_218, 448),
    "binary": (20_417, 0),
    "binary_softmax": (22_018, 0),
    "binary_dense64": (121_345, 0),
    "cnn2": (515_146, 0),
    "ffn": (402_250, 0),
    "lenet": (62_006, 0),
    "lenet_dropout": (62_006, 0),
    "lenet_bn": (62_910, 452),
    "lenet_bn_dense": (62_822, 408),
    "cc3": (122_570, 0),
    "cc3_dropout": (122_570, 0),
    "cc3_bn": (123_466, 448),
    "cnn753_10": (6_270, 0),
    "cnn753_4": (5_088, 0),
    "tuned_mlp_256": (203_530, 0),
    "tuned_mlp_32": (25_450, 0),
    "tuned_mlp_512": (407_050, 0),
    "tuned_cnn_100": (514_514, 0),
    "tuned_cnn_500": (2_568_514, 0),
}
LAYERS = {
    "mlp": [100_480, 8_256, 650],
    "cnn3": [320, 18_496, 36_928, 36_928, 650],
    "cnn3_bn": [320, 128, 18_496, 256, 36_928, 256, 36_928, 256, 650],
    "binary": [320, 18_496, 1_601],
    "binary_softmax": [320, 18_496, 3_202],
    "binary_dense64": [320, 18_496, 102_464, 65],
    "cnn2": [320, 18_496, 495_680, 650],
    "ffn": [393_344, 8_256, 650],
    "lenet": [456, 2_416, 48_120, 10_164, 850],
    "lenet_bn": [456, 24, 2_416, 64, 48_120, 480, 10_164, 336, 850],
    "cc3": [896, 18_496, 36_928, 65_600, 650],
    "cc3_bn": [896, 128, 18_496, 256, 36_928, 256, 65_600, 256, 650],
    "cnn753_10": [800, 3_208, 292, 1_970],
    "cnn753_4": [800, 3_208, 292, 788],
    "tuned_mlp_256": [200_960, 2_570],
    "tuned_cnn_100": [300, 507_100, 6_464, 650],
}


@pytest.mark.parametrize("name", TOTALS)
def test_totals_of_the_architectures(name: str) -> None:
    everything, fixed = TOTALS[name]
    counts = [result(name, kind) for kind in ("total", "trainable", "non-trainable")]
    assert counts == [everything, everything - fixed, fixed]
    assert total(count_network(name)) == everything


@pytest.mark.parametrize("name", LAYERS)
def test_parameters_of_each_layer(name: str) -> None:
    assert [row.parameters for row in count_network(name) if row.parameters] == LAYERS[name]


def test_shapes_of_the_maps() -> None:
    shapes = [row.shape for row in count_network("cnn753_10")]
    maps = [(22, 22, 16), (21, 21, 16), (17, 17, 8), (16, 16, 8), (14, 14, 4), (7, 7, 4)]
    assert shapes == [*maps, (196,), (10,)]
    assert [row.shape for row in count_network("cc3")][:6] == [
        (30, 30, 32),
        (15, 15, 32),
        (13, 13, 64),
        (6, 6, 64),
        (4, 4, 64),
        (1024,),
    ]


ONES, LAST_TWO, TWOS = (1, 1, 1), (1, 1, 2), (2, 2, 2)
READINGS = [
    ("valid", "valid", ONES, LAST_TWO, (7, 7, 4), 196, (1970, 6270), (788, 5088)),
    ("same", "valid", ONES, LAST_TWO, (13, 13, 4), 676, (6770, 11070), (2708, 7008)),
    ("same", "same", ONES, LAST_TWO, (14, 14, 4), 784, (7850, 12150), (3140, 7440)),
    ("valid", "valid", LAST_TWO, LAST_TWO, (3, 3, 4), 36, (370, 4670), (148, 4448)),
    ("same", "valid", LAST_TWO, LAST_TWO, (6, 6, 4), 144, (1450, 5750), (580, 4880)),
    ("same", "same", LAST_TWO, LAST_TWO, (7, 7, 4), 196, (1970, 6270), (788, 5088)),
    ("same", "valid", ONES, TWOS, (3, 3, 4), 36, (370, 4670), (148, 4448)),
    ("same", "same", ONES, TWOS, (4, 4, 4), 64, (650, 4950), (260, 4560)),
    ("same", "valid", LAST_TWO, TWOS, (2, 2, 4), 16, (170, 4470), (68, 4368)),
    ("same", "same", LAST_TWO, TWOS, (2, 2, 4), 16, (170, 4470), (68, 4368)),
]


def _reading_title(convs: str, pools: str, conv_strides: Any, pool_strides: Any) -> str:
    conv, pool = (",".join(map(str, strides)) for strides in (conv_strides, pool_strides))
    return f"convolutions {convs}, strides {conv}; pools {pools}, strides {pool}"


@pytest.mark.parametrize("row", READINGS, ids=str)
def test_every_reading_of_paddings_and_strides(row: Any) -> None:
    *choice, last_map, flat, ten, four = row
    for classes, (head, everything) in ((10, ten), (4, four)):
        rows = count_reading(classes, *choice)
        assert rows[-3].shape == last_map
        assert rows[-2].shape == (flat,)
        assert rows[-1].parameters == head
        assert sum(r.parameters for r in rows) == everything
    assert result("cnn753_readings", _reading_title(*choice)) == [ten[1], four[1]]


@pytest.mark.parametrize("title", STEPS["cnn753_readings"])
def test_what_is_typed_of_a_reading_is_what_the_formulas_give(title: str) -> None:
    convs, conv, pools, pool = re.findall(r"(valid|same)|strides (\d,\d,\d)", title)
    strides = [tuple(map(int, each[1].split(","))) for each in (conv, pool)]
    try:
        ten, four = (count_reading(classes, convs[0], pools[0], *strides) for classes in (10, 4))  # type: ignore
    except ImpossibleShapeError as error:
        expected = f"impossible: {error}"
    else:
        shape, flat = "×".join(map(str, ten[-3].shape)), f"{ten[-2].shape[0]:,}"
        expected = f"last map {shape}, flat {flat}, heads {ten[-1].parameters:,} and {four[-1].parameters:,}"
    assert STEPS["cnn753_readings"][title]["substitution"] == expected


@pytest.mark.parametrize("conv_strides", [ONES, LAST_TWO])
def test_unpadded_pools_of_stride_two_do_not_fit(conv_strides: Any) -> None:
    with pytest.raises(ImpossibleShapeError, match="a window of 2 does not fit a map of 1"):
        count_reading(10, "valid", "valid", conv_strides, TWOS)
    assert result("cnn753_readings", _reading_title("valid", "valid", conv_strides, TWOS)) is None


FORMULA_003 = [((1, 7, 7, 16), "800"), ((16, 5, 5, 8), "3,208"), ((8, 3, 3, 4), "292")]


@pytest.mark.parametrize("name", ["cnn753_10", "cnn753_4"])
def test_the_formula_of_003_gives_the_numbers_that_it_prints(name: str) -> None:
    """Its kernel_size is written as 7x7, so that it lacks no factor; 128, 648 and 100 stand nowhere in it."""
    convolutions = [step for title, step in STEPS[name].items() if "Conv2D" in title]
    for step, (factors, printed) in zip(convolutions, FORMULA_003, strict=True):
        assert step["result"] == np.prod(factors) + factors[-1]
        assert (step["write_up"], step["verdict"]) == (printed, "right")


@pytest.mark.parametrize(
    ("name", "totals", "first_dense"),
    [
        ("ffn", [107_338, 402_250, 1_581_898], [98_432, 393_344, 1_572_992]),
        ("lenet", [15_926, 62_006, 338_486], [2_040, 48_120, 324_600]),
    ],
)
def test_dependence_on_image_size(name: str, totals: list[int], first_dense: list[int]) -> None:
    sizes = [f"{name} at {pixels}×{pixels}" for pixels in (16, 32, 64)]
    assert [result("image_size", size) for size in sizes] == totals
    assert [result("image_size", f"{size}, first dense layer") for size in sizes] == first_dense
    for step in STEPS["image_size"].values():
        assert calculate(step["substitution"]) == step["result"]


def test_convolutions_do_not_depend_on_image_size() -> None:
    for pixels in (16, 32, 64):
        assert [row.parameters for row in count_network("lenet", pixels)][:3] == [456, 0, 2416]


# Marks, errata, questions

WRONG = {
    "valid_correlation/shape of the map": "F000-1",
    "valid_correlation/entry (0, 1)": "F000-2",
    "valid_correlation/map": "F000-3",
    "valid_correlation/average": "F000-4",
    "problem_a/w2 after one step": "F001-7",
    "problem_a/w4 after one step": "F001-8",
    "problem_a/w6 after one step": "F001-9",
}
NOT_RIGHT = {
    **dict.fromkeys(WRONG, "wrong"),
    **{f"problem_a/{title}": "truncated" for title in ("a1", "z", "L", "ŷ(1 − ŷ)")},
    "problem_a/a1(1 − a1)": "carried",
    "problem_a/size of ∂L/∂w8": "carried",
    **{f"problem_a/{name} after one step": "truncated" for name in ("w7", "w8", "w9")},
    "problem_b/ŷ": "truncated",
    "problem_b/∂L/∂ŷ": "carried",
    **{f"problem_b/{name} after one step": "carried" for name in ("w1", "w5", "w7", "w9")},
}
DISCREPANCIES = [
    *(f"D000-{n}" for n in (1, 2, 3, 4, 5, 6, 10, 11, 12, 13)),
    *(f"D001-{n}" for n in (1, 2, 3, 4, 5, 6, 7)),
    *(f"D002-{n}" for n in (1, 2, 3, 5, 6, 7, 9, 10)),
    *(f"D004-{n}" for n in (1, 2, 4, 5, 6, 10, 11)),
]
REMARKS = {
    "R000-1": "sliced",
    "R001-5": "w9 = 0",
    "R001-8": "5.57e-4",
    "R001-9": "∂z/∂a1",
    "R002-2": "1000",
    "R003-1": "head",
}
# Accusations that the texts do not bear out, the scan's faults, and what is harmless: their ids are not given again.
WITHDRAWN = {
    *(f"D000-{n}" for n in (7, 8, 9)),
    *(f"D002-{n}" for n in (4, 8)),
    *(f"D003-{n}" for n in (1, 2, 3, 4)),
    *(f"D004-{n}" for n in (3, 7, 8, 9)),
    "R000-2",
    *(f"R001-{n}" for n in (1, 2, 3, 4, 6, 7)),
    *(f"R002-{n}" for n in (1, 3)),
    *(f"F001-{n}" for n in (1, 2, 3, 4, 5, 6, *range(10, 19))),
    "F002-1",
    *(f"F003-{n}" for n in (1, 2, 3)),
}


def test_marks_beside_the_write_ups_figures() -> None:
    """Everything else with a figure of the write-up is right, in the main reading of each exercise."""
    marks = {
        f"{key}/{title}": step["verdict"]
        for key, steps in STEPS.items()
        for title, step in steps.items()
        if step["write_up"] and not EXERCISES[key]["alternative"]
    }
    assert {key: verdict for key, verdict in marks.items() if verdict != "right"} == NOT_RIGHT
    assert len([verdict for verdict in marks.values() if verdict == "right"]) >= 40


def test_under_the_labelling_of_the_backward_pass_w5_and_w9_follow() -> None:
    """So that under the forward pass's labelling they are no errata beside that of the labelling itself, R001-5."""
    steps = STEPS["problem_b_other_labelling"]
    assert steps["w5 after one step"]["agrees"] is True
    assert steps["w9 after one step"]["verdict"] == "carried"
    assert "R001-5" in STEPS["problem_b"]["w9 after one step"]["note"]


@pytest.mark.parametrize(
    ("printed", "right", "carried", "verdict"),
    [
        (".9745", 0.97447875, None, "right"),
        (".8807", 0.88079708, None, "truncated"),
        ("−.4751", -0.47502081, 0.5249 - 1, "carried"),
        ("−.4751", -0.47502081, None, "wrong"),
        ("5.57e-4", 0.000559051936, 0.0255 * 0.0248 * 0.8807, "carried"),
        ("0", 0.0, None, "right"),
        ("0.029249230265318688", 0.029249230265318685, None, "right"),
        ("0.0292492302654", 0.029249230265318685, None, "wrong"),
    ],
)
def test_grading_a_printed_figure(printed: str, right: float, carried: float | None, verdict: str) -> None:
    assert grade(printed, right, carried) == verdict


def test_a_figure_meant_exactly_is_graded_at_its_neighbours_decimals() -> None:
    assert grade(".5", 0.49712740) == "right"
    assert grade(".5", 0.49712740, decimals=5) == "wrong"


def test_every_discrepancy_is_listed_in_order() -> None:
    listed = [entry["id"] for entry in SOLVED["errata"] if entry["kind"] == "discrepancy"]
    assert listed == DISCREPANCIES
    assert len(listed) == 32


def test_what_was_withdrawn_stays_away() -> None:
    listed = {entry["id"] for entry in SOLVED["errata"]}
    assert len(WITHDRAWN) == 41
    assert not listed & WITHDRAWN
    assert len(listed) == 45
    said = " ".join(entry["written"] for entry in SOLVED["errata"])
    assert not re.search(r"\b(128|648)\b", said)


def test_only_wrong_figures_are_errata_each_with_its_right_value() -> None:
    figures = {entry["source"]: entry for entry in SOLVED["errata"] if entry["kind"] == "figure"}
    assert {source: entry["id"] for source, entry in figures.items()} == WRONG
    for source, entry in figures.items():
        step = STEPS[source.partition("/")[0]][source.partition("/")[2]]
        assert entry["verdict"] == "wrong"
        assert entry["right_value"] == step["result"]
        assert entry["written"] == step["write_up"]
        assert entry["place"]["line"] == step["line"]


PLACE = Place(write_up="001", line=1)


@pytest.mark.parametrize(
    ("text", "right", "carried", "accused"),
    [
        (".88", 0.88079, None, False),  # rounded
        (".8807", 0.88079, None, False),  # cut off
        (".105", 0.10399, 0.1051, False),  # from its own shortened figures
        (".5", 0.49712, 0.5, False),  # from its own other premise
        (".106", 0.10399, 0.1051, True),  # from neither
        (".87", 0.88079, None, True),
    ],
)
def test_a_figure_is_an_erratum_only_beyond_rounding_and_its_own_intermediates(
    text: str, right: float, carried: float | None, accused: bool
) -> None:
    def find(erratum: str | None) -> list[str]:
        figure = Figure(text=text, carried=carried, decimals=5 if text == ".5" else None, place=PLACE, erratum=erratum)
        sheet = Exercise("sheet", "001", "A sheet", False, {}, [Step("a", "f", "s", right)]).compare({"a": figure})
        return [one.id for one in find_wrong_figures([sheet], {"sheet/a": figure})]

    assert find("F001-1" if accused else None) == (["F001-1"] if accused else [])
    with pytest.raises(UserError, match=r"sheet/a: .*the figure is (wrong|right|truncated|carried)\."):
        find(None if accused else "F001-1")


def test_another_reading_accuses_nobody() -> None:
    figure = Figure(text=".5", place=PLACE)
    sheet = Exercise("sheet", "001", "A sheet", True, {}, [Step("a", "f", "s", 0.25)]).compare({"a": figure})
    assert sheet.steps[0].verdict == "wrong"
    assert find_wrong_figures([sheet], {"sheet/a": figure}) == []


# Places in the texts

ANSWERS = SOLVED["errata"] + SOLVED["questions"]
TEXTS = os.environ.get("CLAIMCHECK_WRITEUPS")  # a folder with 000.txt to 004.txt


@pytest.mark.parametrize("entry", ANSWERS, ids=lambda entry: entry["id"])
def test_every_erratum_and_question_has_a_place_and_a_short_quote(entry: Any) -> None:
    assert entry["place"]["write_up"] == entry["write_up"] == entry["id"][1:4]
    assert 1 <= entry["place"]["line"] <= LENGTHS[entry["write_up"]]
    assert 1 <= len(entry["quote"].split()) <= 6


def test_every_figure_beside_a_step_has_a_place() -> None:
    for name, figure in read_figures().items():
        exercise = EXERCISES[name.partition("/")[0]]
        assert figure.place and figure.place.write_up == exercise["write_up"], name
        assert STEPS[exercise["id"]][name.partition("/")[2]]["line"] == figure.place.line


@pytest.mark.skipif(TEXTS is None, reason="CLAIMCHECK_WRITEUPS names no folder with the texts")
def test_every_quote_and_figure_stands_in_its_line() -> None:
    quotes = [(one["id"], one["place"]["write_up"], one["place"]["line"], one["quote"]) for one in ANSWERS]
    for name, figure in read_figures().items():
        assert figure.place
        quote = figure.quote or figure.text.replace("−", "-")
        quotes += [(name, figure.place.write_up, line, quote) for line in (figure.place.line, *figure.again)]
    lines = {key: (Path(TEXTS or "") / f"{key}.txt").read_text(encoding="utf-8").split("\n") for key in LENGTHS}
    assert {key: len(text) for key, text in lines.items()} == LENGTHS
    missing = [(key, quote) for key, text, line, quote in quotes if quote not in lines[text][line - 1]]
    assert missing == []


def test_every_remark_is_listed_with_a_computed_value() -> None:
    remarks = {entry["id"]: entry for entry in SOLVED["errata"] if entry["kind"] == "remark"}
    assert set(remarks) == set(REMARKS)
    for key, words in REMARKS.items():
        assert words in remarks[key]["written"]
        assert remarks[key]["right_value"] is not None


def test_every_erratum_says_where_what_and_what_is_right() -> None:
    ids = [entry["id"] for entry in SOLVED["errata"]]
    assert len(set(ids)) == len(ids)
    for entry in SOLVED["errata"]:
        assert entry["where"] and entry["written"] and entry["right"]
        assert entry["write_up"] in {"000", "001", "002", "003", "004"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("D000-3", [14_000 / 394.38, 59]),
        ("D000-4", 6),
        ("D000-5", [0.0012, -0.0018, -0.0003, -0.0148, 0.0001]),
        ("D000-6", [288, 0.0031]),
        ("D000-11", 0.9901),
        ("D000-12", 14_000),
        ("D001-1", 96),
        ("D001-2", 160),
        ("D002-1", [122_570, 123_466, 62_006]),
        ("D002-7", 0.0022),
        ("D002-9", 0.2665),
        ("D002-10", [0.7803 - 0.6026, 0.7996 - 0.7246, 0.9352 - 0.6940]),
        ("D004-2", 9),
        ("R001-8", -0.00056),
    ],
)
def test_numbers_of_the_discrepancies(key: str, value: Any) -> None:
    entry = next(entry for entry in SOLVED["errata"] if entry["id"] == key)
    assert entry["right_value"] == pytest.approx(value, abs=5e-5)


def test_every_prose_question_is_answered() -> None:
    per_write_up = {"000": 3, "001": 4, "002": 4, "003": 2, "004": 9}
    for write_up, questions in per_write_up.items():
        listed = [q["id"] for q in SOLVED["questions"] if q["write_up"] == write_up]
        assert listed == [f"Q{write_up}-{n}" for n in range(1, questions + 1)]
    right = [q["id"] for q in SOLVED["questions"] if q["agrees"]]
    assert right == ["Q002-1", "Q002-3", "Q004-2", "Q004-3", "Q004-4", "Q004-6", "Q004-9"]
    assert [q["id"] for q in SOLVED["questions"] if q["verdict"] == "wrong"] == ["Q000-1"]


def test_answers_carry_the_computed_figures() -> None:
    answers = {q["id"]: q["right"] for q in SOLVED["questions"]}
    assert "−2 with cross-correlation" in answers["Q000-1"] and "2.5 with" in answers["Q000-1"]
    for figure in ("6,270", "5,088", "12,150", "7,440"):
        assert figure in answers["Q003-1"]
    assert "514,514" in answers["Q004-5"] and "0.0014" in answers["Q000-3"]


# Shape


def test_the_solution_is_plain_json_and_deterministic() -> None:
    text = json.dumps(SOLVED, allow_nan=False)
    assert text == json.dumps(solve().to_dict(), allow_nan=False)
    assert json.loads(text) == SOLVED
    assert set(SOLVED) == {*SECTIONS, "questions", "errata"}


def test_the_committed_exercises_are_those_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte for byte, written by the stage itself."""
    monkeypatch.chdir(tmp_path)
    writeups()
    assert layout.EXERCISES.read_bytes() == (ROOT / layout.EXERCISES).read_bytes()
    assert "<title>Exercises and errata" in (layout.PAGES / "exercises.html").read_text(encoding="utf-8")


def test_every_step_has_the_same_shape() -> None:
    for exercise in EXERCISES.values():
        assert len({step["title"] for step in exercise["steps"]}) == len(exercise["steps"])
        for step in exercise["steps"]:
            assert set(step) == STEP_KEYS
            assert step["title"] and step["formula"] and step["substitution"]
            assert (step["write_up"] is None) == (step["agrees"] is None)
    assert len(EXERCISES) == sum(len(SOLVED[section]) for section in SECTIONS)
