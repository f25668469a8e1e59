"""A disk that is full: at the first file, in the middle, at the last."""

import sys
from functools import partial
from pathlib import Path

from tests.faults.scene import Fault, Outcome, Scene

ROOT = Path(__file__).parents[2]
PLENTY = 1_000_000


def fill_disk(stage: str, scene: Scene) -> Outcome:
    """Three runs of a stage for which there is no room; then one for which there is."""
    scene.forget(stage)
    files = int(_run(stage, PLENTY, scene)[1].split()[-2])
    wrong = scene.find_broken()
    for moment in (0, files // 2, files - 1):
        scene.forget(stage)
        code, said = _run(stage, moment, scene)
        if code == 0 or "No space left on device" not in said or "Traceback" in said or ".unfinished-" in said:
            wrong.append(f"{stage}, full after {moment} of {files} files: exit code {code}, {said[-600:]}")
        wrong += scene.find_broken()
    return Outcome(3, wrong + scene.finish(stage))


def _run(stage: str, files: int, scene: Scene) -> tuple[int, str]:
    command = (sys.executable, "-m", "tests.faults.full_disk", str(files), scene.stages[stage].module)
    done = scene.checkout.run(*command, PYTHONPATH=str(ROOT))
    return done.returncode, done.stderr + done.stdout


DISK = [
    Fault(f"disk full in {stage}", 1, partial(fill_disk, stage), slow=stage == "train") for stage in ("train", "report")
]
