"""Kills at random moments: of every stage, of DVC above them, of a worker below."""

import time
from functools import partial

import psutil

from tests.faults.scene import MAKES, STORES, Fault, Outcome, Scene

DATA = ("plan", "download@mnist", "preprocess", "split", "standardize")
ROUND = 2  # kills, one after the other, before everything is run to its end


def kill_stage(stage: str, scene: Scene) -> Outcome:
    """Two kills of a stage, the second while it resumes; then it runs to its end."""
    wrong = [] if stage in scene.seconds else _measure(stage, scene)
    scene.forget(stage, share=0.5)
    kept = {folder: set(scene.store(folder).list_results()) for folder in STORES}
    longest = scene.seconds[stage]
    for _ in range(ROUND):
        wrong += scene.kill(scene.start(*scene.stages[stage].cmd.split()), scene.random.uniform(0, longest))
        wrong += scene.find_broken()
        lost = {name for folder, names in kept.items() for name in names - {*scene.store(folder).list_results()}}
        wrong += [f"{name}: a kept result was lost" for name in lost]
    return Outcome(ROUND, wrong + scene.finish(stage))


def _measure(stage: str, scene: Scene) -> list[str]:
    """How long a stage takes with half its work to do; what is wrong afterwards."""
    scene.forget(stage, share=0.5)
    return scene.finish(stage)


def kill_dvc(scene: Scene) -> Outcome:
    """Kills of `dvc repro` after everything was forgotten, each while it resumes; then it runs to its end."""
    for stage in MAKES:
        scene.forget(stage)
    (scene.folder / "dvc.lock").unlink()
    longest = sum(scene.seconds.values()) or 60.0
    wrong = []
    for _ in range(ROUND):
        wrong += scene.kill(scene.start("dvc", "repro"), scene.random.uniform(0, longest / ROUND))
        wrong += scene.find_broken()
    done = scene.checkout.run("dvc", "repro")
    failed = [f"dvc repro fails afterwards: {(done.stdout + done.stderr)[-600:]}"] if done.returncode else []
    return Outcome(ROUND, wrong + failed + scene.find_wrong())


def kill_worker(scene: Scene) -> Outcome:
    """A kill of one of the processes that train, which is told in words."""
    scene.forget("train")
    main = scene.start(*scene.stages["train"].cmd.split())
    while not (workers := _workers(main.pid)) and main.poll() is None:
        time.sleep(0.02)
    time.sleep(scene.random.uniform(0, 4))
    killed = _kill_any(workers, scene)
    said = main.communicate()[0]
    wrong = []
    if main.returncode and ("A worker was killed" not in said or "Traceback" in said):
        wrong = [f"a killed worker was told as: {said[-600:]}"]
    return Outcome(int(killed), wrong + scene.find_broken() + scene.finish("train"))


def _workers(main: int) -> list[psutil.Process]:
    try:
        children = psutil.Process(main).children(recursive=True)
        return [one for one in children if any("popen_loky" in word for word in one.cmdline())]
    except psutil.Error:
        return []


def _kill_any(workers: list[psutil.Process], scene: Scene) -> bool:
    try:
        scene.random.choice(workers).kill()
    except (psutil.Error, IndexError):  # they were done
        return False
    return True


KILLS = [
    *(Fault(f"kill {stage.partition('@')[0]}", 1, partial(kill_stage, stage)) for stage in DATA),
    Fault("kill train", 4, partial(kill_stage, "train")),
    Fault("kill evaluate", 3, partial(kill_stage, "evaluate")),
    *(Fault(f"kill {stage}", 2, partial(kill_stage, stage)) for stage in ("compare", "timing", "writeups", "report")),
    Fault("kill track", 3, partial(kill_stage, "track")),
    Fault("kill dvc", 2, kill_dvc),
    Fault("kill a worker", 4, kill_worker),
]
