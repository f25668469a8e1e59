"""Printed figures beside ours."""

from math import sqrt

import pytest

from pipeline.writeups.entries import PrintedRun, read_entries
from pipeline.writeups.printed import compute_standard_error, format_line
from pipeline.writeups.values import compute_values

PRINTED = read_entries("printed.yaml", PrintedRun)


def test_standard_error_of_a_difference_is_the_two_proportion_one() -> None:
    expected = sqrt((0.99 * 0.01 + 0.98 * 0.02) / 10_000)
    assert compute_standard_error(0.99, 0.98, 10_000) == pytest.approx(expected)


def test_line_states_printed_ours_n_difference_and_standard_errors() -> None:
    printed = PrintedRun(images=10_000, metrics={"test_accuracy": 0.98})
    errors = 0.005 / compute_standard_error(0.985, 0.98, 10_000)
    expected = f"| `row` | s / v | test_accuracy | 0.9800 | 0.9850 | 2 | +0.0050 | {errors:+.1f} |"
    assert format_line("row", "s / v", printed, [0.984, 0.986]) == expected


def test_printed_accuracies_are_those_of_the_confusion_matrices() -> None:
    """Write-up 001: 7, 37, 30 and 30 errors among 2,038 images."""
    errors = {"warm_es": 7, "glorot_uniform": 37, "random_uniform": 30, "random_normal": 30}
    names = {"warm_es": "mnist37_cnn_warm_es"}
    for name, wrong in errors.items():
        printed = PRINTED[names.get(name, f"mnist37_init_{name}")]
        assert round((1 - printed.metrics["test_accuracy"]) * printed.images) == wrong


def test_every_run_has_the_figure_it_is_compared_by() -> None:
    assert all(run.compared in run.metrics for run in PRINTED.values())


def test_figures_of_epochs_have_names_and_a_sum() -> None:
    values = compute_values()
    assert [values[f"mnist_reg_bn/val_accuracy/{epoch}"] for epoch in (4, 5)] == [0.9873, 0.9792]
    assert "mnist_reg_bn/val_accuracy/3" not in values
    assert values["mnist_reg_bn/seconds/total"] == 71
