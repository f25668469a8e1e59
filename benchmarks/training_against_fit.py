"""Training speed of this project's workers against plain `model.fit`, taking turns in one run.

    python -m benchmarks.training_against_fit [--rounds 9] [--scale 1.0] [--workers 0] [--rows mlp_b32 mlp_b1 ...]

The rival is one process with all cores, `fit` as the write-ups call it, on arrays scaled beforehand. Ours are as many
processes of one thread as there are workers (0: one a core), each of which trains a run of its own, at the same
time. A turn of either is one epoch without validation, traced before; a figure is the median over the rounds, in
microseconds of wall time an image of all runs together, with the quartiles of the rounds' ratios. CPU time counts the
processes' own work only, and is the steadier where cores are shared.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import numpy.typing as npt

Turn = Callable[[], object]
Seconds = tuple[float, float]


@dataclass(frozen=True)
class Row:
    """A network, its batch size, and how many images a turn of one process takes."""

    architecture: str
    shape: tuple[int, ...]
    batch_size: int
    images: int
    target: str


ROWS = {
    "mlp_b32": Row("mlp", (28, 28, 1), 32, 48_000, ">= 12x"),
    "mlp_b1": Row("mlp", (28, 28, 1), 1, 4_000, ">= 100x"),
    "lenet_b32": Row("lenet", (32, 32, 3), 32, 8_000, ">= 2.6x"),
    "cnn3_b64": Row("cnn3", (28, 28, 1), 64, 8_000, ">= 1.6x"),
    "cnn753_b20": Row("cnn753", (28, 28, 1), 20, 8_000, ">= 2.7x"),
}


def make_images(row: Row, images: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Images of noise, and labels."""
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (images, *row.shape), np.uint8), generator.integers(0, 10, images).astype(
        np.uint8
    )


def plain_turn(row: Row, images: int) -> Turn:
    """An epoch of `model.fit` with all cores."""
    import keras

    from pipeline.models.build import build
    from pipeline.params.resolve import resolve_recipe

    pixels, labels = make_images(row, images)
    x = pixels.astype(np.float32) / 255
    model = build(resolve_recipe(fields(row)), row.shape, 10)
    model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return lambda: model.fit(x, labels, batch_size=row.batch_size, epochs=1, verbose=0)


def our_turn(row: Row, images: int) -> Turn:
    """A run of one epoch, as a worker does it."""
    from pipeline.backend import start_tensorflow

    start_tensorflow()
    from pipeline.data.images import Examples, Images, scale_to_unit
    from pipeline.params.resolve import resolve_recipe
    from pipeline.seeds import repeat_seeds
    from pipeline.training.data import TrainingData
    from pipeline.training.run import train

    pixels, labels = make_images(row, images)
    examples = Examples(Images(pixels, np.arange(images, dtype=np.int32), "x"), labels)
    data = TrainingData("benchmark", 10, examples, None, scale_to_unit())
    recipe = resolve_recipe(fields(row))
    return lambda: train(recipe, repeat_seeds(0), data)


def fields(row: Row) -> dict[str, Any]:
    """The recipe of a row, as it would be declared."""
    adam = {"name": "adam", "learning_rate": 0.001}
    return {"architecture": row.architecture, "optimizer": adam, "batch_size": row.batch_size, "epochs": 1}


def serve(connection: Connection, make: Callable[[Row, int], Turn], row: Row, images: int) -> None:
    """In a process of its own: take a turn whenever asked to, and answer with its CPU seconds."""
    turn = make(row, images)
    turn()  # traces, compiles, warms up
    connection.send(None)
    while connection.recv():
        began = time.process_time()
        turn()
        connection.send(time.process_time() - began)


class Side:
    """Processes that take their turns together."""

    def __init__(self, make: Callable[[Row, int], Turn], row: Row, images: int, processes: int) -> None:
        context = get_context("spawn")
        self.images, self._connections = images * processes, []
        for _ in range(processes):
            ours, theirs = context.Pipe()
            context.Process(target=serve, args=(theirs, make, row, images), daemon=True).start()
            self._connections.append(ours)
        for connection in self._connections:
            connection.recv()

    def turn(self) -> Seconds:
        """Wall and CPU seconds an image of one turn."""
        began = time.perf_counter()
        for connection in self._connections:
            connection.send(True)
        cpu = sum(connection.recv() for connection in self._connections)
        return (time.perf_counter() - began) / self.images, cpu / self.images

    def end(self) -> None:
        """Let the processes go."""
        for connection in self._connections:
            connection.send(False)


def measure(row: Row, images: int, workers: int, rounds: int) -> tuple[list[Seconds], list[Seconds]]:
    """Seconds an image of every turn: plain `fit`'s, and ours."""
    plain, ours = Side(plain_turn, row, images, 1), Side(our_turn, row, images, workers)
    turns = [(plain.turn(), ours.turn()) for _ in range(rounds)]
    plain.end()
    ours.end()
    return [one for one, _ in turns], [other for _, other in turns]


def report(name: str, row: Row, plain: list[Seconds], ours: list[Seconds]) -> str:
    """A row of a Markdown table."""
    cells = []
    for clock in (0, 1):
        ratios = [p[clock] / o[clock] for p, o in zip(plain, ours, strict=True)]
        low, middle, high = np.percentile(ratios, [25, 50, 75])
        medians = [statistics.median(one[clock] for one in side) * 1e6 for side in (plain, ours)]
        cells += [f"{medians[0]:.1f}", f"{medians[1]:.2f}", f"{middle:.1f}x ({low:.1f} to {high:.1f})"]
    return f"| {name} | {' | '.join(cells)} | {row.target} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Training speed against plain `model.fit`.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--scale", type=float, default=1.0, help="of the images a turn")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    arguments = parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    workers = arguments.workers or os.cpu_count() or 1
    load = os.getloadavg()[0]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, {workers} workers, {arguments.rounds} rounds\n"
    )
    print("| network | fit, us wall | ours | faster (quartiles) | fit, us CPU | ours | less CPU (quartiles) | target |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for name in arguments.rows:
        row = ROWS[name]
        images = max(row.batch_size, round(row.images * arguments.scale))
        print(report(name, row, *measure(row, images, workers, arguments.rounds)), flush=True)


if __name__ == "__main__":
    main()
