"""What numbers may depend on of the machine: not on threads, nor on which x86-64 processor with AVX2 sums products."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

TRAIN = """
import hashlib
from pipeline.backend import start_tensorflow
start_tensorflow()
import numpy as np
from pipeline.data.images import Examples, Images, scale_to_unit
from pipeline.evaluation.scores import merge_probabilities, summarize_kernels
from pipeline.params.resolve import resolve_recipe
from pipeline.seeds import repeat_seeds
from pipeline.training.data import TrainingData
from pipeline.training.work import Job, perform

generator = np.random.default_rng(0)
pixels = generator.integers(0, 256, (300, 28, 28, 1), np.uint8)
labels = generator.integers(0, 10, 300).astype(np.uint8)
train = Examples(Images(pixels, np.arange(300, dtype=np.int32), "x"), labels)
data = TrainingData("noise", 10, train, None, scale_to_unit())
recipe = {RECIPE} | {"optimizer": {"name": "adam", "learning_rate": 0.001}, "batch_size": 32, "epochs": 2}
result = perform(Job(resolve_recipe(recipe), None, repeat_seeds(0), data))
hash = hashlib.sha256(str(result.history).encode())
for name in sorted(result.weights):
    hash.update(np.ascontiguousarray(result.weights[name]).tobytes())
hash.update(str(summarize_kernels({"a/kernel": generator.random((784, 128), dtype=np.float32)})).encode())
hash.update(merge_probabilities(generator.random((3000, 10), dtype=np.float32), np.array([0, 1] * 5)).tobytes())
print(hash.hexdigest())
"""
RECIPES = {
    "by hand": '{"architecture": "mlp", "library": "numpy"}',
    "dense": '{"architecture": "mlp"}',
    "convolutional": '{"architecture": "cnn3"}',
}
X86 = platform.machine() in ("x86_64", "AMD64")


def bits(repository: Path, recipe: str, **environment: str) -> str:
    """Digest of a short training and of what is computed from weights and probabilities, in a new process."""
    done = run(repository, TRAIN.replace("{RECIPE}", RECIPES[recipe]), environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def run(repository: Path, program: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBLAS", "OMP", "ONEDNN"))}
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, cwd=repository, env={**clean, **environment}, capture_output=True, text=True, check=False, timeout=240
    )


def test_threads_change_no_bit(repository: Path) -> None:
    one, more = (bits(repository, "by hand", OPENBLAS_NUM_THREADS=n, OMP_NUM_THREADS=n) for n in ("1", "4"))
    assert one == more


@pytest.mark.skipif(not X86, reason="names kernels for x86-64")
def test_networks_by_hand_refuse_kernels_other_than_those_asked_for(repository: Path) -> None:
    train = "from pipeline.training.by_hand import one_order_of_sums\nwith one_order_of_sums(): pass"
    done = run(repository, f"import numpy\n{train}", {"OPENBLAS_CORETYPE": "Nehalem"})
    assert done.returncode == 0, done.stderr  # asked for before Python started, so it is what numpy took
    done = run(repository, f"import os, numpy\nos.environ['OPENBLAS_CORETYPE'] = 'Nehalem'\n{train}", {})
    assert "expected OpenBLAS's kernels for Nehalem" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not X86, reason="names kernels for x86-64")
@pytest.mark.parametrize("recipe", RECIPES)
def test_what_depends_on_the_processor_and_what_does_not(repository: Path, recipe: str) -> None:
    """As docs/reproducibility.md promises; an older processor is asked for by the libraries' own variables."""
    here = bits(repository, recipe)
    assert bits(repository, recipe) == here
    assert bits(repository, recipe, OPENBLAS_NUM_THREADS="3", TF_NUM_INTRAOP_THREADS="3") == here
    assert bits(repository, recipe, XLA_FLAGS="--xla_cpu_max_isa=AVX2") == here
    wide = "avx512f" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    older = bits(repository, recipe, ONEDNN_MAX_CPU_ISA="AVX2")
    assert (older == here) is (recipe == "by hand" or not wide)
    if recipe == "by hand":
        assert bits(repository, recipe, OPENBLAS_CORETYPE="Haswell") == here
        assert bits(repository, recipe, OPENBLAS_CORETYPE="Nehalem") != here
