"""The one registry of computed values: what the entries of `data/` may name, as `exercise/step` or `row/metric`."""

from collections.abc import Iterator, Mapping
from functools import cache
from math import sqrt

import numpy as np

from pipeline.writeups.convolution import compute_convolution
from pipeline.writeups.counts import compute_counts, count_parameters
from pipeline.writeups.entries import WorkedExercise, read_entries, read_printed
from pipeline.writeups.networks import compute_numpy_network, compute_worksheet
from pipeline.writeups.text import Value

REGULARIZERS = ("l1_conv1", "l2_conv1", "dropout", "bn", "es_p5")


@cache
def compute_values() -> dict[str, Value]:
    """Every computed value by its name. Deterministic: no random state but one exercise's own seed 0."""
    given = read_entries("convolution.yaml", WorkedExercise)["valid_correlation"].given
    printed = dict(_list_printed())
    return {
        **compute_convolution(np.array(given["I"]), np.array(given["W"])),
        **dict(_solve_worksheets()),
        **{f"numpy_network/{name}": value for name, value in compute_numpy_network().items()},
        **{f"{one.id}/{step.title}": step.result for one in count_parameters() for step in one.steps},
        **dict(compute_counts()),
        **printed,
        **dict(_compare_printed(printed)),
        "scaler/shift of the mean": sqrt(1 / 40_000 - 1 / 50_000),  # sd of training − development mean, in σ
        "tuner/combinations": (sizes := len(range(100, 501, 50))),
        "tuner/declared combinations": sizes * len(range(10, 101, 10)),
    }


def _solve_worksheets() -> Iterator[tuple[str, Value]]:
    for name, sheet in read_entries("backpropagation.yaml", WorkedExercise).items():
        x = np.array(sheet.given["x"])
        given = {key: value for key, value in sheet.given.items() if isinstance(value, float)}
        yield from ((f"{name}/{key}", value) for key, value in compute_worksheet(given, x).items())


def _list_printed() -> Iterator[tuple[str, float]]:
    """Printed figures and settings as `row/name`; of epochs as `row/metric/epoch`, their sum as `…/total`."""
    for row, run in read_printed().items():
        yield from ((f"{row}/{name}", figure) for name, figure in {**run.scalars, **run.settings}.items())
        for metric in run.epochs:
            yield from ((f"{row}/{metric}/{epoch}", one) for epoch, one in run.curve(metric).items())
            yield f"{row}/{metric}/total", sum(run.curve(metric).values())


def _compare_printed(printed: Mapping[str, float]) -> Iterator[tuple[str, Value]]:
    """What follows from printed figures of write-up 000."""
    baseline = printed["mnist_cnn/test_accuracy"]
    accuracies = {name: printed[f"mnist_reg_{name}/test_accuracy"] for name in REGULARIZERS}
    yield from ((f"mnist_reg_{name}/gain", accuracy - baseline) for name, accuracy in accuracies.items())
    error = sqrt(2 * 0.99 * 0.01 / 10_000)  # two test accuracies near 0.99 on 10,000 images each
    close = [baseline, *(accuracy for name, accuracy in accuracies.items() if name != "bn")]
    yield "accuracies/standard error", error
    yield "accuracies/spread", (max(close) - min(close)) / error
    yield "early stopping/earliest epoch", printed["mnist_reg_es_p5/patience"] + 1
    updates, batch, rate, speed = (
        printed[f"mnist_scratch_mlp_sgd/{name}"]
        for name in ("updates", "batch_size", "learning_rate", "updates_per_second")
    )
    yield "scratch/rate on the mean loss", rate * batch
    yield "scratch/seconds", updates / speed
    yield "scratch/images seen", updates * batch
    yield "library/images seen", printed["mnist_cnn/train_images"] * printed["mnist_cnn/epochs"]
