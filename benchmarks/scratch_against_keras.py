"""Training speed of A_CNN3 in numpy against Keras: one process and one thread each, taking turns.

    python -m benchmarks.scratch_against_keras [--rounds 10] [--steps 50] [--batch-size 64]

Keras is measured twice: `fit` as the write-ups call it, and its compiled train step alone, which saves what
`fit` spends between steps. Turns alternate so that a busy machine slows all of them alike; a figure is the
median over the rounds, a ratio is the median of the rounds' ratios. CPU time counts the process's own work
only and is the steadier of the two where cores are shared.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection

THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
Turn = Callable[[], object]
Seconds = tuple[float, float]


def numpy_turn(steps: int, batch_size: int) -> Turn:
    """Some steps of the network from scratch."""
    import numpy as np

    from pipeline.models.scratch.architectures import cnn3
    from pipeline.models.scratch.losses import SoftmaxCrossEntropy
    from pipeline.models.scratch.network import Network, in_order
    from pipeline.models.scratch.optimizers import Adam

    generator = np.random.default_rng(0)
    x = generator.random((steps * batch_size, 28, 28, 1), dtype=np.float32)
    y = generator.integers(10, size=len(x))
    network, optimizer = Network(cnn3(), SoftmaxCrossEntropy(), (28, 28, 1), generator), Adam()
    return lambda: network.fit(x, y, optimizer, in_order(generator.permutation(len(x)), batch_size))


def keras_turn(steps: int, batch_size: int, compiled_step_only: bool) -> Turn:
    """As many steps of the same network in Keras."""
    import keras
    import numpy as np
    import tensorflow as tf
    from keras import layers

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    generator = np.random.default_rng(0)
    x = generator.random((steps * batch_size, 28, 28, 1), dtype=np.float32)
    y = generator.integers(10, size=len(x))
    stack = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D()]
    stack += [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D()]
    stack += [layers.Conv2D(64, 3, activation="relu"), layers.Flatten()]
    stack += [layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax")]
    model = keras.Sequential([layers.Input((28, 28, 1)), *stack])
    model.compile("adam", "sparse_categorical_crossentropy")
    if not compiled_step_only:
        return lambda: model.fit(x, y, batch_size=batch_size, verbose=0)
    batch = tf.constant(x[:batch_size]), tf.constant(y[:batch_size])
    step = tf.function(lambda: model.train_step(batch))
    return lambda: [step() for _ in range(steps)]


def serve(connection: Connection, name: str, steps: int, batch_size: int) -> None:
    """In a process of its own: take a turn whenever asked to, and answer with its wall and CPU seconds."""
    turn = (
        numpy_turn(steps, batch_size)
        if name == "numpy"
        else keras_turn(steps, batch_size, compiled_step_only=name == "keras step")
    )
    turn()  # traces, allocates, warms up
    while connection.recv():
        wall, cpu = time.perf_counter(), time.process_time()
        turn()
        connection.send((time.perf_counter() - wall, time.process_time() - cpu))


def measure(names: list[str], rounds: int, steps: int, batch_size: int) -> dict[str, list[Seconds]]:
    """Wall and CPU seconds of every turn."""
    os.environ.update(THREADS)
    context, connections = get_context("spawn"), {}
    for name in names:
        connections[name], theirs = context.Pipe()
        context.Process(target=serve, args=(theirs, name, steps, batch_size), daemon=True).start()
    seconds: dict[str, list[Seconds]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, connection in connections.items():
            connection.send(True)
            seconds[name].append(connection.recv())
    for connection in connections.values():
        connection.send(False)
    return seconds


def report(seconds: dict[str, list[Seconds]], images: int) -> None:
    """Print microseconds an image and the speed of numpy as a share of Keras's."""
    for clock, which in enumerate(("wall", "CPU")):
        for name, turns in seconds.items():
            median = statistics.median(turn[clock] for turn in turns)
            ratios = [k[clock] / n[clock] for k, n in zip(turns, seconds["numpy"], strict=True)]
            share = f"   numpy reaches {statistics.median(ratios):.2f} of its speed" if name != "numpy" else ""
            print(f"{which:4s}  {name:10s}  {median / images * 1e6:6.0f} us an image{share}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Training speed of A_CNN3 in numpy against Keras.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=64)
    arguments = parser.parse_args()
    names = ["numpy", "keras fit", "keras step"]
    seconds = measure(names, arguments.rounds, arguments.steps, arguments.batch_size)
    report(seconds, arguments.steps * arguments.batch_size)


if __name__ == "__main__":
    main()
