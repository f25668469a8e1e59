"""What DVC does beside `dvc repro`: copies that share the stores, its cache of runs, a clone that pulls."""

import shutil
import subprocess
import time
from pathlib import Path

from pipeline import layout
from tests.end_to_end.conftest import STUDY, Checkout
from tests.faults.scene import Fault, Outcome, Scene, count_in_mlflow, digest_output

AMOUNT = f"studies.{STUDY}.variants.dropout.dropout"
SECONDS = 800  # for two experiments


def queue(scene: Scene) -> Outcome:
    """Two experiments in two copies at the same time."""
    for name, amount in (("left", "0.4"), ("right", "0.6")):
        scene.checkout.succeed("dvc", "exp", "run", "--queue", "-n", name, "-S", f"{AMOUNT}={amount}")
    scene.checkout.succeed("dvc", "queue", "start", "-j", "2")
    end = time.monotonic() + SECONDS
    while (states := _read_queue(scene.checkout)).count("Success") + states.count("Failed") < 2:
        if time.monotonic() > end:
            break
        time.sleep(1)
    wrong = [] if states.count("Success") == 2 else [f"the queue's experiments are {states}"]
    scene.checkout.run("dvc", "queue", "stop", "--kill")
    return Outcome(2, wrong + _find_apart(scene))


def _read_queue(checkout: Checkout) -> list[str]:
    words = checkout.succeed("dvc", "queue", "status").split()
    return [word for word in words if word in ("Success", "Failed", "Running", "Queued")]


def temporary(scene: Scene) -> Outcome:
    """An experiment in a copy."""
    return Outcome(1, scene.run("dvc", "exp", "run", "--temp", "-S", f"{AMOUNT}=0.3") + _find_apart(scene))


def _find_apart(scene: Scene) -> list[str]:
    """What is wrong here after experiments in copies, which add results to the stores and runs to MLflow."""
    runs, keys, finished = count_in_mlflow(scene.folder / layout.MLFLOW)
    wrong = [] if runs == keys == finished else [f"MLflow shows {runs} runs, {keys} different, {finished} finished"]
    scene.forget("track")
    return wrong + scene.find_broken() + scene.finish("track")


def run_cache(scene: Scene) -> Outcome:
    """Everything that DVC's cache of runs can bring back is gone."""
    (scene.folder / "dvc.lock").unlink()
    for path in ("data", "plan", "pages"):
        shutil.rmtree(scene.folder / path)
    done = scene.checkout.run("dvc", "repro")
    hit = done.returncode == 0 and "is cached - skipping run" in done.stdout
    return Outcome(1, ([] if hit else [f"no hit: {(done.stdout + done.stderr)[-600:]}"]) + scene.find_wrong())


def pull(scene: Scene) -> Outcome:
    """A fresh clone that pulls from a remote on this disk, and reproduces."""
    with_remote = scene.folder.parent / "remote"
    clone = Checkout(scene.folder.parent / "clone")
    scene.checkout.succeed("dvc", "remote", "add", "--local", "--force", "here", str(with_remote))
    scene.checkout.succeed("dvc", "push", "--remote", "here")
    subprocess.run(["git", "clone", "--quiet", str(scene.folder), str(clone.folder)], check=True)
    clone.succeed("dvc", "remote", "add", "--local", "here", str(with_remote))
    clone.succeed("dvc", "pull", "--remote", "here", "--allow-missing")
    pulled = _differ(scene, clone.folder)
    done = clone.run("dvc", "repro")
    wrong = [f"dvc repro fails there: {(done.stdout + done.stderr)[-600:]}"] if done.returncode else []
    wrong += [] if "to train" not in done.stdout else ["the clone trains again"]
    return Outcome(1, pulled + wrong + _differ(scene, clone.folder))


def _differ(scene: Scene, folder: Path) -> list[str]:
    found = {path: digest_output(folder / path) for path in scene.outputs}
    return [f"{path}: other in the clone" for path, expected in scene.outputs.items() if found[path] != expected]


SHARED = [
    Fault("dvc queue with two workers", 1, queue, slow=True),
    Fault("dvc exp run --temp", 1, temporary, slow=True),
    Fault("a hit in DVC's cache of runs", 1, run_cache, slow=True),
    Fault("dvc pull in a fresh clone", 1, pull, slow=True),
]
