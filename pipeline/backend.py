"""TensorFlow, started the one way this project uses it: one thread, repeatable kernels, no chatter."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@cache
def start_tensorflow() -> None:
    """Import and configure TensorFlow; must come before its first use in a process."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _quiet():
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
        tf.get_logger().setLevel("ERROR")  # it warns of every new model's first trace
        tf.zeros(())


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what native code writes to standard error, which no setting of TensorFlow's silences."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)
