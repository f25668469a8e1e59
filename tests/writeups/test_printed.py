"""What the write-ups printed, number by number, and the table that sets it beside ours."""

from collections import Counter
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import layout
from pipeline.errors import UserError
from pipeline.files import write_arrays, write_text
from pipeline.params.section import Place
from pipeline.writeups.counts import count_network, count_parameters, read_networks
from pipeline.writeups.entries import Figure, PrintedRun, WorkedExercise, read_entries, read_printed
from pipeline.writeups.printed import (
    Line,
    compare_run,
    compute_standard_error,
    count_worked,
    find_rows,
    format_write_up,
    main,
    read_ours,
)
from pipeline.writeups.values import compute_values

PRINTED = read_printed()
NETWORKS = read_networks()
SHEETS = {
    name: one
    for file in ("convolution", "backpropagation", "numpy_network")
    for name, one in read_entries(f"{file}.yaml", WorkedExercise).items()
}
MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
LOG = ("seconds", "milliseconds_per_step", "loss", "accuracy", "val_loss", "val_accuracy")
PLACE = Place(write_up="000", line=1)

# Numbers in the blocks of each text: of a log row seconds, milliseconds a step and four metrics; a number printed again
# by a later cell or in prose is none of its own. 1,159 in a first count. Four more are here, all of the worksheets,
# where a number stands for each hidden unit or slope: a(1 − a) of units 2 and 3 (141, 151), of unit 3 in problem b
# (234), and the slope of w3, zero (127).
COUNTS = {
    "000": {
        "valid_correlation": 5,
        "mnist_scratch_mlp_sgd": 4,
        "mnist_cnn": 30 + 5,
        "mnist_reg_l1_conv1": 30 + 2,
        "mnist_reg_l2_conv1": 30 + 2,
        "mnist_reg_dropout": 30 + 5,
        "mnist_reg_bn": 30 + 2,
        "mnist_reg_es_p5": 30 + 2,
    },
    "001": {
        "problem_a": 22 + 3,
        "problem_b": 16 + 1,
        "binary": 13,
        "mnist37_cnn_warm_es": 61 + 6 + 6,
        "mnist37_init_glorot_uniform": 6,
        "mnist37_init_random_uniform": 6,
        "mnist37_init_random_normal": 6,
        "mnist_cnn2_es": 48 + 100,
        "mnist_gd_batch": 4,
        "mnist_gd_sgd1": 4,
        "mnist_gd_mini32": 4,
    },
    "002": {
        "numpy_network": 14,
        "ffn": 9,
        "cifar_ffn_devscaler": 3 + 126 + 2,
        "lenet": 14,
        "cifar_lenet": 126,
        "cc3_dropout": 15,
        "cifar_cnn3_dropout": 126,
        "cc3_bn": 18,
        "cifar_cnn3_bn": 126,
    },
    "003": {"cnn753_10": 4, "cnn753_4": 4},
    "004": {
        "mnist_images": 1,
        "mnist_tuner_mlp_testval": 4,
        "tuned_mlp_256": 8,
        "mnist_tuner_mlp_more10": 9,
        "mnist_cnn_lr1e3_testval": 15,
        "mnist_tuner_cnn_unit2": 4,
        "mnist_tuner_cnn_refit_warm": 19 + 3,
    },
}
TOTALS = {"000": 207, "001": 302 + 4, "002": 579, "003": 8, "004": 63}


def count(write_up: str) -> dict[str, int]:
    runs = {row: run.count().total() for row, run in PRINTED.items() if run.place.write_up == write_up}
    worked = {**{name: one for name, one in SHEETS.items() if not one.alternative}, **NETWORKS}
    figures = {
        name: sum(figure.count() for figure in one.printed.values())
        for name, one in worked.items()
        if one.write_up == write_up
    }
    return runs | {name: n for name, n in figures.items() if n}


@pytest.mark.parametrize("write_up", COUNTS)
def test_every_printed_number_is_transcribed(write_up: str) -> None:
    assert count(write_up) == COUNTS[write_up]
    assert sum(COUNTS[write_up].values()) == TOTALS[write_up]


def test_all_of_them() -> None:
    assert sum(TOTALS.values()) == 1159 + 4


def test_rows_of_the_logs_are_whole_but_in_write_up_004() -> None:
    rows: Counter[str] = Counter()
    for run in (run for run in PRINTED.values() if run.epochs):
        rows[run.place.write_up] += len(run.epochs["loss"])
        assert len({len(figures) for figures in run.epochs.values()}) == 1
        if run.place.write_up != "004":
            assert tuple(run.epochs) == LOG
            assert {len(run.curve(metric)) for metric in LOG} == {len(run.epochs["loss"])}
    assert rows == {"000": 30, "001": 18, "002": 80, "004": 25}


@pytest.mark.parametrize("row", [row for row, run in PRINTED.items() if {"loss", "accuracy"} & run.epochs.keys()])
def test_figures_are_possible(row: str) -> None:
    run = PRINTED[row]
    for metric in run.epochs:
        figures = run.curve(metric).values()
        assert all(0 <= one <= 1 for one in figures) if "accuracy" in metric else all(one > 0 for one in figures)


@pytest.mark.parametrize("row", PRINTED)
def test_an_evaluation_prints_the_same_figures_shorter(row: str) -> None:
    run = PRINTED[row]
    for name in ("loss", "accuracy"):
        if name in run.evaluation and f"test_{name}" in run.metrics:
            assert round(run.metrics[f"test_{name}"], 4) == run.evaluation[name]


@pytest.mark.parametrize("row", PRINTED)
def test_an_accuracy_is_a_whole_number_of_images(row: str) -> None:
    """To the digits of a float32, or of a log."""
    run = PRINTED[row]
    for name in run.images.keys() & run.scalars.keys():
        correct = run.scalars[name] * run.images[name]
        assert correct == pytest.approx(round(correct), abs=0.001)
    for epoch, share in run.curve("val_accuracy").items():
        images = run.images["val_accuracy"]
        assert abs(round(share * images) / images - share) <= 0.5e-4 + 1e-12, epoch


def test_places_are_in_the_order_of_the_texts() -> None:
    for write_up in COUNTS:
        lines = [run.place.line for run in PRINTED.values() if run.place.write_up == write_up]
        assert lines == sorted(set(lines))
    assert all(one.place is not None for name, one in [*SHEETS.items(), *NETWORKS.items()] if name in count_all())


def count_all() -> set[str]:
    return {name for write_up in COUNTS for name in COUNTS[write_up]}


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("mnist_cnn/loss/1", 0.2105),
        ("mnist_cnn/test_loss", 0.03),
        ("mnist_reg_l2_conv1/milliseconds_per_step/5", 13),
        ("mnist_reg_dropout/test_loss", 0.0293),
        ("mnist_reg_bn/val_accuracy/4", 0.9873),
        ("mnist_reg_bn/val_accuracy/5", 0.9792),
        ("mnist_reg_bn/seconds/total", 71),
        ("mnist_reg_es_p5/patience", 5),
        ("mnist37_cnn_warm_es/val_loss/6", 4.9431e-4),
        ("mnist37_cnn_warm_es/stopped_epoch", 10),
        ("mnist37_cnn_warm_es/false_negatives_at_90", 7),
        ("mnist_cnn2_es/val_loss/5", 0.0367),
        ("mnist_cnn2_es/test_accuracy", 0.9907),
        ("mnist_gd_sgd1/train_seconds", 1042.907096),
        ("cifar_ffn_devscaler/test_loss", 1.7657122611999512),
        ("cifar_lenet/val_accuracy/14", 0.6138),
        ("cifar_cnn3_bn/loss/20", 0.184),
        ("mnist_tuner_mlp_testval/last_trial_val_accuracy", 0.963100016117096),
        ("mnist_tuner_cnn_unit2/search_seconds", 14 * 60 + 44),
        ("mnist_tuner_cnn_refit_warm/loss/6", 0.0058),
        ("mnist_tuner_cnn_refit_warm/test_accuracy", 0.986299991607666),
    ],
)
def test_figures_have_names(name: str, figure: float) -> None:
    assert compute_values()[name] == figure


def test_a_figure_that_is_lost_has_no_name() -> None:
    assert "mnist_tuner_mlp_more10/loss/7" not in compute_values()
    assert PRINTED["mnist_tuner_mlp_more10"].curve("loss") == dict(
        enumerate([0.1137, 0.1135, 0.1064, 0.0996, 0.1036, 0.1024], 1)
    )
    assert PRINTED["mnist_tuner_mlp_more10"].unplaced == {"loss": [0.0926, 0.0893, 0.0897]}
    assert PRINTED["mnist_tuner_cnn_refit_warm"].curve("seconds") == {3: 34, 5: 31, 6: 35}


# Confusion matrices


def test_confusion_matrices_have_the_images_of_the_classes_but_for_lost_ones() -> None:
    matrices = {row: run for row, run in PRINTED.items() if run.confusion}
    assert len(matrices) == 5
    for run in matrices.values():
        expected = MNIST_TEST if len(run.confusion) == 10 else [MNIST_TEST[3], MNIST_TEST[7]]
        assert [sum(row) + run.lost.get(k, 0) for k, row in enumerate(run.confusion)] == expected
    assert np.sum(PRINTED["mnist_cnn2_es"].confusion) == 9996


def test_derived_figures_follow_from_the_matrices() -> None:
    """Write-up 001: 7, 37, 30 and 30 errors among 2,038 images; 93 of 10,000, four of them lost."""
    for run in (run for run in PRINTED.values() if run.confusion):
        matrix = np.array(run.confusion)
        assert run.metrics["test_accuracy"] == pytest.approx(np.trace(matrix) / (matrix.sum() + sum(run.lost.values())))
        if len(matrix) == 2:
            assert run.metrics["false_positives_at_90"] == matrix[0, 1]
            assert run.metrics["false_negatives_at_90"] == matrix[1, 0]
    ten = PRINTED["mnist_cnn2_es"]
    assert {k: ten.metrics[f"recall_{k}"] for k in (0, 1, 8)} == {0: 973 / 980, 1: 1130 / 1135, 8: 965 / 974}
    errors = {row: round((1 - PRINTED[row].metrics["test_accuracy"]) * 2038) for row in PRINTED if "mnist37" in row}
    assert list(errors.values()) == [7, 37, 30, 30]


def test_a_derived_figure_says_so_and_is_not_counted() -> None:
    for row, run in PRINTED.items():
        assert run.derived.keys() <= run.metrics.keys()
        assert not run.derived.keys() & run.count().keys()
        derived = {"test_accuracy"} if run.confusion else set()
        assert derived <= run.derived.keys(), row
    assert PRINTED["mnist_cnn2_es"].metrics["epochs_run"] == len(PRINTED["mnist_cnn2_es"].epochs["loss"])
    search = PRINTED["mnist_tuner_cnn_unit2"]
    assert search.metrics["val_correct"] == round(search.metrics["val_accuracy"] * 12_000)
    assert [Figure(text="−3", derived="of the map").count(), Figure(text="[[−3, −11], [−2, 3,208]]").count()] == [0, 4]
    assert Figure(text="5.57e-4", again=[39, 43]).count() == 3


# Model summaries


@pytest.mark.parametrize("name", [name for name, one in NETWORKS.items() if len(one.printed) > 4])
def test_totals_are_the_sums_of_the_layers(name: str) -> None:
    figures = {title: one.text.replace(",", "") for title, one in NETWORKS[name].printed.items()}
    layers = [int(text) for title, text in figures.items() if ":" in title]
    assert sum(layers) == int(figures["total"]) == int(figures["trainable"]) + int(figures["non-trainable"])
    rows = count_network(name)
    flat = name in {"ffn", "tuned_mlp_256"}  # fed with flat images, hence without a flattening
    assert layers == [row.parameters for row in rows[flat:]]


def test_no_figure_of_a_summary_is_wrong() -> None:
    graded = [step for one in count_parameters() for step in one.steps if step.verdict]
    assert len(graded) == sum(len(one.printed) for one in NETWORKS.values())
    assert {step.verdict for step in graded if not step.title.startswith("size")} <= {"right", "truncated"}


# Beside ours


def test_standard_error_of_a_difference_is_the_two_proportion_one() -> None:
    expected = sqrt((0.99 * 0.01 + 0.98 * 0.02) / 10_000)
    assert compute_standard_error(0.99, 0.98, 10_000) == pytest.approx(expected)


def test_line_states_printed_ours_n_difference_and_standard_errors() -> None:
    line = Line("test_accuracy", 0.98, pd.Series([0.984, 0.986]), 1, 10_000)
    errors = 0.005 / compute_standard_error(0.985, 0.98, 10_000)
    spread = sqrt(2e-6 * 1.5)  # the sample variance of the two, times 1 + 1/2
    low, high = 0.985 - 12.7062047 * spread, 0.985 + 12.7062047 * spread
    expected = f"| `row` | s / v | test_accuracy | 0.98 | 0.985 | 2 | +0.005 | {errors:+.1f} "
    expected += f"| {low:.6g} to {high:.6g} | {0.005 / spread:+.1f} |  |"
    assert line.format("row", "s / v") == expected
    row = line.to_row("000", "row", "s", "v")
    assert row["mean"] == pytest.approx(0.985)
    assert row["n"] == 2
    assert (row["low"], row["high"], row["z"]) == pytest.approx((low, high, 0.005 / spread))
    assert "| – |" in Line("test_loss", 0.1, pd.Series([0.2]), 1, None).format("row", "s / v")
    assert Line("test_loss", 0.1, pd.Series([0.2]), 1, None).place_among_ours() == (None, None, None)
    assert Line("epochs_run", 6, pd.Series([5.0, 5.0]), 1, None).place_among_ours() == (5, 5, None)
    assert "| – |" in Line("val_accuracy", 1.0, pd.Series([1.0]), 1, 2480).format("row", "s / v")


RUN = PrintedRun(
    place=PLACE,
    images={"test_accuracy": 100, "val_accuracy": 50},
    epochs={"seconds": [1, 1, 1], "loss": [0.5, 0.4, 0.3], "val_accuracy": [0.9, None, 0.92]},
    unplaced={"loss": [0.25]},
    evaluation={"seconds": 1, "accuracy": 0.95},
    metrics={"test_accuracy": 0.9500000178813934, "updates": 30, "stopped_epoch": 3, "recall_1": 0.9},
    samples={"one": {"predicted": 1, "seconds": 0}},
    confusion=[[50, 0], [5, 44]],
    lost={1: 1},
    derived={"recall_1": "from the matrix"},
)


def write_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two made-up runs of variant v, of which the second stopped after two epochs, and one of another."""
    monkeypatch.chdir(folder)
    write_text(
        layout.evaluated_runs("s"),
        "variant,repeat,test_accuracy,updates,stopped_epoch\nv,0,0.96,30,\nv,1,0.98,20,\nw,0,0.5,1,1\n",
    )
    confusion = np.array([[[49, 1], [3, 47]], [[50, 0], [2, 48]]])
    write_arrays(layout.evaluated_images("s", "v"), {"confusion": confusion})
    epochs = "0,1,0.6,0.8\n0,2,0.5,0.9\n0,3,0.2,0.96\n1,1,0.4,0.9\n1,2,0.3,0.9\n"
    write_text(layout.variant_runs("s", "v") / layout.HISTORY, "repeat,epoch,loss,val_accuracy\n" + epochs)
    trials = "repeat,trial,val_accuracy,val_loss\n0,1,0.7,1\n0,2,0.6,1\n"
    write_text(layout.variant_runs("s", "v") / layout.TRIALS, trials)


def test_every_recorded_figure_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_runs(tmp_path, monkeypatch)
    lines = {line.name: line for line in compare_run(RUN, *read_ours("s", "v"))}
    found = {name: (line.printed, line.ours.tolist(), line.figures) for name, line in lines.items()}
    assert found == {
        "test_accuracy": (0.9500000178813934, [0.96, 0.98], 2),
        "updates": (30, [30, 20], 1),
        "recall_1": (0.9, [0.94, 0.96], 0),
        "loss": (0.3, [0.2], 3),
        "val_accuracy": (0.92, [0.96], 2),
        "confusion": (44, [47, 48], 4),
    }
    assert lines["loss"].of_all == "this 3; 3: mean -0.033, largest -0.1 at 3"
    assert lines["val_accuracy"].of_all == "this 3; 2: mean -0.005, largest -0.05 at 1"
    assert lines["confusion"].of_all == "this (1, 1); 4: mean +0.25, largest +3.5 at (1, 1)"
    assert read_ours("s", "v")[0]["last_trial_val_accuracy"].dropna().tolist() == [0.6]


def test_a_curve_without_a_shared_epoch_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_runs(tmp_path, monkeypatch)
    late = PrintedRun(place=PLACE, epochs={"loss": [None, None, None, 0.1]})
    assert list(compare_run(late, *read_ours("s", "v"))) == []


def test_the_tables_say_what_is_not_compared_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_runs(tmp_path, monkeypatch)
    other = PrintedRun(place=Place(write_up="004", line=1), metrics={"test_accuracy": 0.1})
    runs = {"row": RUN, "unplanned": PrintedRun(place=PLACE, metrics={"test_loss": 0.1}), "other": other}
    monkeypatch.setattr("pipeline.writeups.printed.read_printed", lambda: runs)
    table, (first, second, *left) = split(list(format_write_up("000", {"row": ("s", "v")})))
    assert [line.split(" | ")[:3] for line in table] == [
        ["| `row`", "s / v", name]
        for name in ("test_accuracy", "updates", "recall_1", "loss", "val_accuracy", "confusion")
    ]
    total = RUN.count().total() + 1 + count_worked("000")
    assert first == f"\n{total} printed figures. Compared: {2 + 1 + 3 + 2 + 4} with runs; 5 of exercises"
    assert second.endswith("Not compared: 9")
    assert Counter(left) == Counter(
        [
            "- 5 times, of other machines",
            "- 1 stopped_epoch of `row`, no counterpart of ours",
            "- 1 loss of lost epochs of `row`, no counterpart of ours",
            "- 1 predicted of samples of `row`, no counterpart of ours",
            "- 1 test_loss of `unplanned`, no counterpart of ours",
        ]
    )


def split(text: list[str]) -> tuple[list[str], list[str]]:
    assert text[0].startswith("\n## Write-up 000\n")
    table = [line for line in text[1:] if line.startswith("|")]
    return table, text[1 + len(table) :]


def test_a_study_that_is_not_evaluated_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"evaluations/s/runs.csv: expected every planned study to be evaluated"):
        read_ours("s", "v")


def test_stand_in_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.writeups.printed.read_identities", lambda: {"t": Standing()})
    with pytest.raises(UserError, match="expected real data"):
        main()


class Standing:
    stand_in = True


def test_every_row_is_compared_in_the_first_study_that_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(**variants: list[str]) -> Any:
        planned = {name: type("Planned", (), {"rows": rows})() for name, rows in variants.items()}
        return type("Plan", (), {"variants": planned})()

    plans = {"a": plan(v=["one"], w=["two", "three"]), "b": plan(u=["one", "four"])}
    monkeypatch.setattr("pipeline.writeups.printed.read_training", lambda: plans)
    assert find_rows() == {"one": ("a", "v"), "two": ("a", "w"), "three": ("a", "w"), "four": ("b", "u")}
