"""A whole study, `dvc repro` from start-up to tracking, against a plain script and ictonyx, taking turns in one run.

    python -m benchmarks.study_against_script [--rounds 3] [--variants 2 6] [--ictonyx FOLDER]

The study is mnist_regularizers in profile quick: `none` and the regularisers beside it, ten repeats of five epochs on
scikit-learn's digits, in a fresh clone of HEAD with nothing kept. The plain script loops `fit` over the same Keras
models, splits and repeats in one process with all cores, evaluates, and logs parameters, learning curves and results to
MLflow; it compares nothing. ictonyx compares the same models by its `compare_models`, and logs nothing; FOLDER is where
it is:

    python -m pip install --no-deps --target FOLDER ictonyx==0.5.1 seaborn==0.13.2

A figure is the median of the wall seconds, with the quartiles of the rounds' ratios.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

STUDY = "mnist_regularizers"
CONTROL = "none"
TREATMENTS = ("dropout", "l1_conv1", "l2_conv1", "batch_norm", "l1_all")  # five that differ, and no two alike
PROJECT = Path(__file__).resolve().parents[1]
REPEATS, EPOCHS, BATCH_SIZE = 10, 5, 64
RECIPES: dict[str, dict[str, Any]] = {
    "none": {},
    "dropout": {"dropout": 0.25},
    "l1_conv1": {"l1": {"amount": 0.001, "layers": "first_conv"}},
    "l2_conv1": {"l2": {"amount": 0.001, "layers": "first_conv"}},
    "batch_norm": {"batch_normalization": True},
    "l1_all": {"l1": {"amount": 0.001, "layers": "all"}},
}
TARGETS = {("plain", 2): ">= 2.5x", ("plain", 6): ">= 4x", ("ictonyx", 6): ">= 8x"}


def read_digits() -> dict[str, Any]:
    """Scaled images and labels of the three parts that the study has."""
    from sklearn.model_selection import train_test_split

    from pipeline.data.standins import digits

    arrays = digits()
    parts = train_test_split(
        arrays["x_train"], arrays["y_train"], test_size=0.2, random_state=0, stratify=arrays["y_train"]
    )
    scaled = [(part[..., np.newaxis] - parts[0].mean()) / parts[0].std() for part in (*parts[:2], arrays["x_test"])]
    names = ("x_train", "x_validation", "x_test", "y_train", "y_validation", "y_test")
    images = [one.astype(np.float32) for one in scaled]
    return dict(zip(names, (*images, parts[2], parts[3], arrays["y_test"]), strict=True))


def make_model(variant: str) -> Any:
    """The variant's network, compiled as the write-ups do."""
    import keras

    from pipeline.models.build import build
    from pipeline.params.resolve import resolve_recipe

    adam = {"name": "adam", "learning_rate": 0.001}
    fixed = {"architecture": "cnn3", "optimizer": adam, "batch_size": BATCH_SIZE, "epochs": EPOCHS}
    model = build(resolve_recipe(fixed | RECIPES[variant]), (28, 28, 1), 10)
    model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def loop_over_fit(variants: list[str]) -> None:
    """The plain script: every run one after the other, all of them in MLflow, in the current folder."""
    import keras
    import mlflow

    data = read_digits()
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment(STUDY)
    for variant in variants:
        for seed in range(REPEATS):
            keras.utils.set_random_seed(seed)
            model = make_model(variant)
            fitted = model.fit(
                data["x_train"],
                data["y_train"],
                batch_size=BATCH_SIZE,
                epochs=EPOCHS,
                validation_data=(data["x_validation"], data["y_validation"]),
                verbose=0,
            )
            loss, accuracy = model.evaluate(data["x_test"], data["y_test"], verbose=0)
            with mlflow.start_run(run_name=f"{variant}-{seed}"):
                mlflow.log_params({"variant": variant, "seed": seed})
                for epoch in range(EPOCHS):
                    mlflow.log_metrics({name: values[epoch] for name, values in fitted.history.items()}, step=epoch)
                mlflow.log_metrics({"test_loss": loss, "test_accuracy": accuracy})


def compare_by_ictonyx(variants: list[str]) -> None:
    """ictonyx's own loop and tests."""
    import ictonyx

    data = read_digits()

    def builder(variant: str) -> Callable[[Any], Any]:
        def build(config: Any) -> Any:
            return ictonyx.KerasModelWrapper(make_model(variant))

        build.__name__ = variant
        return build

    parts = {name.replace("_validation", "_val"): data[name] for name in data}
    handler = ictonyx.ArraysDataHandler(
        parts["x_train"],
        parts["y_train"],
        X_val=parts["x_val"],
        y_val=parts["y_val"],
        X_test=parts["x_test"],
        y_test=parts["y_test"],
    )
    compared = ictonyx.compare_models(
        models=list(map(builder, variants)),
        data=handler,
        runs=REPEATS,
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        metric="test_accuracy",
        seed=0,
        verbose=False,
    )
    print(compared.get_summary())


RIVALS = {"plain": loop_over_fit, "ictonyx": compare_by_ictonyx}


def seconds_of(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    """Wall seconds of a command that must succeed; what it says is shown where it does not."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return time.perf_counter() - began


def time_study(variants: list[str]) -> float:
    """Seconds of `dvc repro` in a fresh clone that selects the variants."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
        params = clone / "params.yaml"
        wanted = ", ".join(f"{STUDY}.{variant}" for variant in variants if variant != CONTROL)
        text = params.read_text(encoding="utf-8")
        params.write_text(text.replace("\nselect: all", f"\nselect: [{wanted}]", 1), encoding="utf-8")
        bin_folder = str(Path(sys.executable).parent)
        environment = os.environ | {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
        return seconds_of([str(Path(bin_folder) / "dvc"), "repro"], clone, environment)


def time_rival(rival: str, variants: list[str], ictonyx: str) -> float:
    """Seconds of a rival in a process of its own, in an empty folder."""
    with tempfile.TemporaryDirectory() as name:
        path = os.pathsep.join(filter(None, (str(PROJECT), ictonyx)))
        environment = os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, "-m", "benchmarks.study_against_script", "--rival", rival, "--only", *variants]
        return seconds_of(command, Path(name), environment)


def report(size: int, ours: list[float], rivals: dict[str, list[float]]) -> None:
    """Rows of a Markdown table, one a rival."""
    for rival, theirs in rivals.items():
        ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
        low, middle, high = np.percentile(ratios, [25, 50, 75])
        medians = f"{statistics.median(theirs):.1f} | {statistics.median(ours):.1f}"
        target = TARGETS.get((rival, size), "-")
        print(f"| {size} | {rival} | {medians} | {middle:.2f}x ({low:.2f} to {high:.2f}) | {target} |", flush=True)


def main() -> None:
    """Take turns and print, or be a rival."""
    parser = argparse.ArgumentParser(description="A study by `dvc repro` against scripts that loop over `fit`.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--variants", type=int, nargs="+", default=[2, 6])
    parser.add_argument("--ictonyx", default="", help="folder in which ictonyx is installed; without it, left out")
    parser.add_argument("--rival", choices=list(RIVALS), help=argparse.SUPPRESS)
    parser.add_argument("--only", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.rival:
        RIVALS[arguments.rival](arguments.only)
        return
    if shutil.which("git") is None:
        raise SystemExit("git: expected on the PATH")
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, {arguments.rounds} rounds\n")
    print("| variants x 10 repeats | rival | its seconds | dvc repro | faster (quartiles) | target |")
    print("|---|---|---|---|---|---|", flush=True)
    names = ["plain", *(["ictonyx"] if arguments.ictonyx else [])]
    for size in arguments.variants:
        variants = [CONTROL, *TREATMENTS][:size]
        ours, rivals = [], {name: [] for name in names}  # type: tuple[list[float], dict[str, list[float]]]
        for _ in range(arguments.rounds):
            ours.append(time_study(variants))
            for name in names:
                rivals[name].append(time_rival(name, variants, arguments.ictonyx))
        report(size, ours, rivals)


if __name__ == "__main__":
    main()
