"""Kills at random moments: of every stage, of DVC above them, of a worker below."""

import time
from functools import partial

import psutil

from tests.faults.scene import MAKES, STORES, Fault, Outcome, Scene

QUICK = ("plan", "download@mnist", "preprocess", "split", "standardize", "compare", "writeups", "report")


def kill_stage(stage: str, scene: Scene) -> Outcome:
    """Kills of a stage with half its work to do, each while it resumes; then it runs to its end."""
    scene.forget(stage, share=0.5)
    kept = {folder: set(scene.store(folder).list_results()) for folder in STORES}
    wrong = []
    for _ in range(scene.kills):
        wrong += scene.kill(scene.seconds[stage], *scene.stages[stage].cmd.split()) + scene.find_broken()
        lost = {name for folder, names in kept.items() for name in names - {*scene.store(folder).list_results()}}
        wrong += [f"{name}: a kept result was lost" for name in lost]
    return Outcome(scene.kills, wrong + scene.finish(stage))


def kill_dvc(scene: Scene) -> Outcome:
    """Kills of `dvc repro` after everything was forgotten, each while it resumes; then it runs to its end."""
    for stage in MAKES:
        scene.forget(stage)
    (scene.folder / "dvc.lock").unlink()
    wrong, repro = [], ("dvc", "repro", "--no-run-cache")  # which would bring outputs back, but no kept result
    for _ in range(scene.kills):
        wrong += scene.kill(sum(scene.seconds.values()), *repro) + scene.find_broken()
        scene.free_dvc()
    return Outcome(scene.kills, wrong + scene.run(*repro) + scene.find_wrong())


def kill_worker(scene: Scene) -> Outcome:
    """A kill of one of the processes that train, which is told in words."""
    wrong = _kill_worker(scene.seconds["train"] / 2, scene)
    return Outcome(1, wrong + scene.find_broken() + scene.finish("train"))


def _kill_worker(seconds: float, scene: Scene) -> list[str]:
    """Kill at a random moment of so many seconds; again, in half the time, where all workers were done by then."""
    scene.forget("train")
    main = scene.start(*scene.stages["train"].cmd.split())
    while not (workers := _workers(main.pid)) and main.poll() is None:
        time.sleep(0.02)
    time.sleep(scene.random.uniform(0, seconds))
    killed = _kill_any(workers, scene)
    said = main.communicate()[0]
    if not killed:
        return _kill_worker(seconds / 2, scene)
    unclear = main.returncode and ("A worker was killed" not in said or "Traceback" in said)
    return [f"a killed worker was told as: {said[-600:]}"] if unclear else []


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
    *(Fault(f"kill {stage.partition('@')[0]}", 1, partial(kill_stage, stage)) for stage in QUICK),
    Fault("kill timing", 1, partial(kill_stage, "timing"), slow=True),
    Fault("kill train", 2, partial(kill_stage, "train")),
    *(Fault(f"kill {stage}", 2, partial(kill_stage, stage), slow=True) for stage in ("evaluate", "track")),
    Fault("kill dvc", 1, kill_dvc, slow=True),
    Fault("kill a worker", 3, kill_worker, slow=True),
]
