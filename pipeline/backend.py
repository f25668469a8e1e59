"""TensorFlow, started the one way this project uses it: one thread, repeatable kernels, no chatter; GPUs, if any."""

import gc
import multiprocessing
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

# Keras imports them for wrappers that nothing here calls; they would take a third of its start.
UNUSED = ("matplotlib", "pandas", "sklearn")
GPUS = "CUDA_VISIBLE_DEVICES"
CPU = Path("/proc/cpuinfo")
VECTORS = ("amx_tile", "avx512_fp16", "avx512_bf16", "avx512_vnni", "avx512f", "avx_vnni", "avx2", "avx")  # by oneDNN
DRIVERS = Path("/proc/driver/nvidia/gpus")  # a folder for every GPU of the machine


@cache
def start_tensorflow() -> None:
    """Import and configure TensorFlow; must come before its first use in a process."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _quiet(), _without_unused(), _uncollected():
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)  # as it is needed, not all of it at once
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


@contextmanager
def _without_unused() -> Iterator[None]:
    """Let imports of unused libraries fail for a while, as if they were not installed; Keras can do without."""
    hidden = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: Python's mark of a failed import
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare the garbage collector what is imported, now and later: modules stay, and there are thousands."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@cache
def describe_processor() -> str:
    """This machine's processor, and the widest vectors that it has; those of one kind give the same bits."""
    try:
        lines = dict(line.split(":", 1) for line in CPU.read_text(encoding="utf-8").split("\n\n")[0].splitlines())
    except (OSError, ValueError):
        return platform.processor() or platform.machine()
    found = {name.strip(): value.strip() for name, value in lines.items()}
    widest = next((name for name in VECTORS if name in found.get("flags", "").split()), platform.machine())
    return f"{found.get('model name', platform.machine())}, {widest}"


def visible_gpus() -> list[str]:
    """Names of the GPUs that TensorFlow may use: those of CUDA_VISIBLE_DEVICES, or all; found without TensorFlow."""
    declared = os.environ.get(GPUS)
    if declared is None:
        return [str(number) for number, _ in enumerate(DRIVERS.glob("*"))]
    return [name for name in map(str.strip, declared.split(",")) if name not in ("", "-1")]


def take_gpu() -> None:
    """Leave one GPU to this worker, its own where workers are no more than GPUs; before TensorFlow starts."""
    if gpus := visible_gpus():
        number = multiprocessing.current_process()._identity[-1]
        os.environ[GPUS] = gpus[number % len(gpus)]
