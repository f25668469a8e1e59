"""What bounds batch size 1: Adam's arithmetic on 109,386 weights, alone and within a run, by XLA in one thread.

    python -m benchmarks.adam_update [--rounds 5]

The network is 784-128-64-10. An image at batch size 1 is one update of every weight; SGD shows what the rest costs.
Microseconds of CPU time, the median over the rounds with the least and the greatest.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.training_against_fit import ROWS, fields, make_images
from pipeline.backend import start_tensorflow

WEIGHTS, UPDATES, IMAGES = 109_386, 2_000, 4_000


def make_update() -> Callable[[], object]:
    """Adam's equations on vectors, as many times as `UPDATES` says."""
    import tensorflow as tf

    gradient = tf.fill((WEIGHTS,), 0.01)

    @tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
    def updates() -> object:
        def body(i: tf.Tensor, w: tf.Tensor, m: tf.Tensor, v: tf.Tensor) -> tuple[tf.Tensor, ...]:
            m = m + (gradient - m) * 0.1
            v = v + (gradient * gradient - v) * 0.001
            return i + 1, w - m * 0.001 / (tf.sqrt(v) + 1e-7), m, v

        zeros = tf.zeros_like(gradient)
        return tf.while_loop(lambda i, *_: i < UPDATES, body, (0, zeros, zeros, zeros))

    made: Callable[[], object] = updates
    return made


def make_run(optimizer: str) -> Callable[[], object]:
    """An epoch at batch size 1."""
    from pipeline.data.images import Examples, Images, scale_to_unit
    from pipeline.params.resolve import resolve_recipe
    from pipeline.seeds import repeat_seeds
    from pipeline.training.data import TrainingData
    from pipeline.training.run import train

    row = replace(ROWS["mlp_b1"], images=IMAGES)
    pixels, labels = make_images(row, IMAGES)
    examples = Examples(Images(pixels, np.arange(IMAGES, dtype=np.int32), "x"), labels)
    data = TrainingData("benchmark", 10, examples, None, scale_to_unit())
    recipe = resolve_recipe(fields(row) | {"optimizer": {"name": optimizer, "learning_rate": 0.001}})
    return lambda: train(recipe, repeat_seeds(0), data)


def measure(turn: Callable[[], object], parts: int, rounds: int) -> str:
    """Microseconds of CPU time for each of so many parts of a turn."""
    turn()
    found = []
    for _ in range(rounds):
        began = time.process_time()
        turn()
        found.append((time.process_time() - began) / parts * 1e6)
    return f"{statistics.median(found):.1f} ({min(found):.1f} to {max(found):.1f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What bounds batch size 1.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    start_tensorflow()
    print("| one thread, XLA | us CPU |\n|---|---|")
    print(f"| Adam's update of {WEIGHTS:,} weights, alone | {measure(make_update(), UPDATES, rounds)} |")
    for optimizer in ("adam", "sgd"):
        print(f"| an image at batch size 1, {optimizer} | {measure(make_run(optimizer), IMAGES, rounds)} |")


if __name__ == "__main__":
    main()
