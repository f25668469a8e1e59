"""`dvc repro` in a small checkout: everything is built, nothing twice, and every number is the same every time."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

from pipeline.files import digest_arrays, read_arrays
from tests.end_to_end.conftest import STUDY, Checkout


@pytest.fixture(scope="module")
def first(checkout: Checkout) -> dict[str, str]:
    """Digests of the runs of the first `dvc repro`."""
    printed = checkout.succeed("dvc", "repro")
    assert "4 runs declared, 0 reused, 4 to train" in printed
    return checkout.digests("runs")


def test_everything_is_built(checkout: Checkout, first: dict[str, str]) -> None:
    folder = checkout.folder
    summary = json.loads((folder / "metrics/summary.json").read_text())
    expected = {"n": 2, "verdicts": {"dropout": "undecided"}, "profile": "quick"}
    assert summary["studies"][STUDY] == {**summary["studies"][STUDY], **expected}
    assert summary["claims"]["as_written"]["not testable"] == 1
    assert "stand-in" in (folder / "report/index.html").read_text().lower()
    for ledger, scopes in (("metrics/claims.csv", 2), ("timings/claims.csv", 1)):
        assert pd.read_csv(folder / ledger)["id"].tolist() == ["mine-1"] * scopes
    (times,) = (folder / ".runs/kept").glob("*/times.json")
    measured = json.loads(times.read_text())["rows"]
    assert [row["variant"] for row in measured] == [
        "dropout",
        "none",
        "none",
        "dropout",
    ]  # who is first rotates
    assert all(row["train_seconds"] > 0 and row["inference_seconds"] > 0 for row in measured)
    assert {path.suffix for path in (folder / "pictures").rglob("*.*")} == {".svg"}
    assert {path.parent.name for path in (folder / "plots").rglob("*.csv")} == {"curves", "forest", "confusion"}
    receipt = json.loads((folder / "tracked/receipt.json").read_text())
    assert receipt == {STUDY: {"runs": 7, "models": 2}}
    assert (folder / "mlflow.db").is_file()
    assert len(first) == 2 * 3
    assert {Path(name).name for name in first} == {"runs.json", "history.csv", "summary.txt"}


def test_weights_are_in_the_run_store_alone_and_are_those_that_runs_name(
    checkout: Checkout, first: dict[str, str]
) -> None:
    assert not [name for name in first if name.endswith((".npz", "seconds.json"))]
    assert len(_digests_of_weights(checkout)) == 4
    assert _digests_of_kept_weights(checkout) == _digests_of_weights(checkout)


def test_estimate_is_the_mean_paired_difference_of_the_runs(checkout: Checkout, first: dict[str, str]) -> None:
    runs = pd.read_csv(checkout.folder / f"evaluations/{STUDY}/runs.csv").pivot(
        index="repeat", columns="variant", values="test_accuracy"
    )
    one = json.loads((checkout.folder / f"metrics/studies/{STUDY}.json").read_text())["comparisons"]["dropout"]
    assert one["estimate"] == pytest.approx((runs["dropout"] - runs["none"]).mean(), abs=1e-12)


def test_evaluation_agrees_with_what_keras_logged(checkout: Checkout, first: dict[str, str]) -> None:
    table = pd.read_csv(checkout.folder / f"evaluations/{STUDY}/runs.csv")
    for row in table.itertuples():
        every = pd.read_csv(checkout.folder / f"runs/{STUDY}/{row.variant}/history.csv")
        history = every[every["repeat"] == row.repeat]
        assert row.val_accuracy == pytest.approx(history["val_accuracy"].iloc[-1], abs=1e-6)
        assert row.val_loss == pytest.approx(history["val_loss"].iloc[-1], rel=1e-4)


def test_repeating_runs_no_stage(checkout: Checkout, first: dict[str, str]) -> None:
    assert "Running stage" not in checkout.succeed("dvc", "repro")


def test_logged_model_predicts_what_the_run_stores_weights_predict(checkout: Checkout, first: dict[str, str]) -> None:
    code = f"""
import numpy as np, mlflow
from pipeline import layout
from pipeline.backend import start_tensorflow
from pipeline.data.tasks import read_examples
start_tensorflow()
from pipeline.stages.track import _rebuild
from pipeline.params.plan import read_training
from pipeline.training.study_runs import read_runs
from pipeline.store import run_store
mlflow.set_tracking_uri("sqlite:///mlflow.db")
experiment = mlflow.get_experiment_by_name("{STUDY}").experiment_id
models = mlflow.search_logged_models(experiment_ids=[experiment], output_format="list")
x = read_examples("mnist", "mnist", "test").images[:20].astype("float32") / 255
outputs = [mlflow.pyfunc.load_model(model.model_uri).predict(x) for model in models]
runs = [read_runs(read_training()["{STUDY}"], name)[0] for name in ("none", "dropout")]
weights = [run_store().path(run.fingerprint) / layout.WEIGHTS for run in runs]
expected = [_rebuild(*one).predict(x, verbose=0) for one in zip(runs, weights)]
assert len(outputs) == 2
assert all(any(np.array_equal(one, other) for other in expected) for one in outputs)
"""
    checkout.succeed("python", "-c", code)


def test_a_changed_variant_retrains_only_itself_and_going_back_costs_nothing(
    checkout: Checkout, first: dict[str, str]
) -> None:
    before = checkout.params()
    changed = checkout.params()
    changed["studies"][STUDY]["variants"]["dropout"]["dropout"] = 0.5
    checkout.write_params(changed)
    assert "4 runs declared, 2 reused, 2 to train" in checkout.succeed("dvc", "repro", "train")
    changed["profiles"]["quick"]["repeats"] = 3
    checkout.write_params(changed)
    assert "6 runs declared, 4 reused, 2 to train" in checkout.succeed("dvc", "repro", "train")
    checkout.write_params(before)
    printed = checkout.succeed("dvc", "repro", "train")
    assert "to train" not in printed or "4 reused, 0 to train" in printed
    assert checkout.digests("runs") == first


def test_killed_dvc_leaves_no_process_and_the_rest_is_trained_to_the_same_bits(
    checkout: Checkout, first: dict[str, str]
) -> None:
    """With another number of workers, too, and without the test images: training is not given them."""
    store = checkout.folder / ".runs" / "trained"
    for kept in store.iterdir():
        subprocess.run(["rm", "-r", str(kept)], check=True)
    subprocess.run(["rm", "-r", str(checkout.folder / "runs")], check=True)
    test_images, hidden = checkout.folder / "data/raw/mnist/x_test.npy", checkout.folder / "hidden.npy"
    test_images.rename(hidden)
    command = ["dvc", "repro", "--single-item", "--force", "train"]
    environment = {**checkout.environment, "CLAIMCHECK_WORKERS": "1"}
    dvc = subprocess.Popen(command, cwd=checkout.folder, env=environment, stdout=subprocess.DEVNULL)
    finished = _wait(lambda: any(_complete(store)), seconds=120)
    dvc.send_signal(signal.SIGKILL)
    dvc.wait()
    assert finished
    assert _wait(lambda: not _processes_in(checkout.folder), seconds=15), _processes_in(checkout.folder)
    survived = len(_complete(store))
    assert 1 <= survived < 4
    (checkout.folder / ".dvc/tmp/rwlock").unlink(missing_ok=True)
    train = ("python", "-m", "pipeline.stages.train")
    printed = checkout.succeed(*train, CLAIMCHECK_WORKERS="2", DVC_ROOT="")
    assert f"4 runs declared, {survived} reused, {4 - survived} to train" in printed
    assert checkout.digests("runs") == first
    assert _digests_of_kept_weights(checkout) == _digests_of_weights(checkout)
    hidden.rename(test_images)


def _about(checkout: Checkout) -> list[dict[str, Any]]:
    files = sorted((checkout.folder / "runs").rglob("runs.json"))
    return [run for path in files for run in json.loads(path.read_text())]


def _digests_of_weights(checkout: Checkout) -> dict[str, str]:
    """What runs.json says of each run's weights."""
    return {run["fingerprint"]: run["weights_digest"] for run in _about(checkout)}


def _digests_of_kept_weights(checkout: Checkout) -> dict[str, str]:
    """Digests of the weights that the run store keeps of these runs."""
    store = checkout.folder / ".runs/trained"
    names = _digests_of_weights(checkout)
    return {name: digest_arrays(read_arrays(store / name / "weights.npz")) for name in names}


def _complete(store: Path) -> list[Path]:
    return [path for path in store.glob("*") if not path.name.startswith(".")] if store.is_dir() else []


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def _processes_in(folder: Path) -> list[list[str]]:
    """Command lines of living processes whose working folder is the checkout."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and process.pid != os.getpid():
                found.append(process.cmdline())
        except psutil.Error:
            continue
    return found


def test_prune_keeps_what_the_results_use(checkout: Checkout, first: dict[str, str]) -> None:
    store = checkout.folder / ".runs/trained"
    before = _complete(store)
    assert "runs: 4 kept" in checkout.succeed("python", "-m", "pipeline.commands.prune")
    assert _complete(store) == before
    assert "runs: 4 kept" in checkout.succeed("python", "-m", "pipeline.commands.prune", "--remove")
    about = json.loads((checkout.folder / f"runs/{STUDY}/none/runs.json").read_text())[0]
    weights = np.load(store / about["fingerprint"] / "weights.npz")
    assert weights["conv1/kernel"].shape == (3, 3, 1, 32)
    train = ("python", "-m", "pipeline.stages.train")
    assert "4 reused, 0 to train" in checkout.succeed(*train)
