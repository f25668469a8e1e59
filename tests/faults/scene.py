"""What faults are inflicted on, a tiny study that is finished; and whether anything was lost or wrong afterwards."""

import json
import math
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from ruamel.yaml import YAML

from pipeline import layout
from pipeline.store import Store, digest_file, digest_folder
from tests.declared_stages import Stage, in_order, read_stages
from tests.end_to_end.conftest import Checkout, small_checkout

STORES = (layout.TRAINED, layout.EVALUATED, layout.KEPT)
# Which kept results a stage makes: their store, and a file that they have.
MAKES = {
    "train": [(layout.TRAINED, layout.RUN)],
    "evaluate": [(layout.EVALUATED, layout.EVALUATION), (layout.KEPT, layout.evaluated_runs("").name)],
    "compare": [(layout.KEPT, layout.CLAIMS.name)],
    "timing": [(layout.KEPT, layout.TIMES)],
    "report": [(layout.KEPT, layout.STUDY_PAGE)],
}
# What says how long something took, or digests of it: the only files of a result that may differ when it is made again.
TIMED = (layout.SECONDS, layout.EVALUATION, layout.TIMES, layout.DIGESTS)
UNHASHED = ("tracked", "timings")
SECONDS_TO_END = 60.0
IN_MLFLOW = (
    "select count(*), count(distinct t.value), sum(status = 'FINISHED') from runs r join tags t "
    "on t.run_uuid = r.run_uuid and t.key = 'claimcheck.key' where r.lifecycle_stage = 'active'"
)


@dataclass(frozen=True)
class Outcome:
    """How often a fault was inflicted, and what was lost or wrong afterwards."""

    tries: int
    wrong: list[str]


@dataclass(frozen=True)
class Fault:
    """A row of the table: what happens, how many times, and the function that lets it happen once."""

    name: str
    times: int
    inflict: "Callable[[Scene], Outcome]"
    slow: bool = False  # too long for `make test`


@dataclass
class Scene:
    """A finished checkout, what its outputs and kept results were, and how long each stage takes."""

    checkout: Checkout
    random: random.Random
    stages: dict[str, Stage]
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)  # digests of the files of every hashed output
    kept: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)  # by store and fingerprint
    names: set[str] = field(default_factory=set)  # in the checkout's root
    lock: object = None  # what dvc.lock says
    seconds: dict[str, float] = field(default_factory=dict)  # that each stage took last, with everything to do
    kills: int = 3  # one after the other, before everything is run to its end

    @property
    def folder(self) -> Path:
        """The checkout's root."""
        return self.checkout.folder

    def store(self, folder: Path) -> Store:
        """One of the checkout's stores."""
        return Store(self.folder / folder)

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """A command under way, which says everything into one pipe."""
        return subprocess.Popen(
            words,
            cwd=self.folder,
            env=self.checkout.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, *stages: str) -> list[str]:
        """Run stages; what went wrong then, or differs from the reference afterwards."""
        for stage in stages:
            if wrong := self.run(*self.stages[stage].cmd.split()):
                return wrong
        return self.find_wrong()

    def run(self, *words: str, **environment: str) -> list[str]:
        """Run a command to its end, which must be a good one."""
        done = self.checkout.run(*words, **environment)
        failed = f"{' '.join(words)} fails afterwards: {(done.stdout + done.stderr)[-600:]}"
        return [failed] if done.returncode else []

    def free_dvc(self) -> None:
        """Remove DVC's lock where a kill left it empty, as `make repro` does and docs/experiments.md says."""
        lock = self.folder / ".dvc/tmp/rwlock"
        if lock.exists() and not lock.stat().st_size:
            lock.unlink()

    def kill(self, seconds: float, *words: str) -> list[str]:
        """Start a command and kill it at a random moment of so many seconds, as the kernel does.

        Where it was done by then, it is started again and killed in half the time. Its children must end with it.
        """
        process = self.start(*words)
        try:
            process.communicate(timeout=self.random.uniform(0, seconds))
            return self.kill(seconds / 2, *words)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs(self.list_processes(), timeout=SECONDS_TO_END)
        wrong = [f"still running: {one.cmdline()}" for one in alive]
        for one in alive:
            one.kill()
        process.communicate()
        return wrong

    def list_processes(self) -> list[psutil.Process]:
        """What runs in the checkout."""
        found = []
        for one in psutil.process_iter():
            try:
                if one.cwd() == str(self.folder) and one.pid != os.getpid() and one.status() != psutil.STATUS_ZOMBIE:
                    found.append(one)
            except psutil.Error:
                continue
        return found

    def find_wrong(self) -> list[str]:
        """Whatever is not as in the reference."""
        wrong = self.find_broken()
        wrong += [f"{path}: missing" for path in self.outputs if not (self.folder / path).exists()]
        for folder, results in self.kept.items():
            found = _describe_store(self.store(Path(folder)))
            wrong += [
                f"{folder}/{name}: missing or other" for name, files in results.items() if found.get(name) != files
            ]
        wrong += [f"{path}: left behind" for path in self.list_unfinished()]
        wrong += [] if _read_lock(self.folder) == self.lock else ["dvc.lock: not as before"]
        return wrong + self.find_wrong_in_mlflow()

    def find_broken(self) -> list[str]:
        """Outputs and kept results that are neither whole nor absent, and what doesn't belong into the root."""
        wrong = []
        for path, expected in self.outputs.items():
            if (self.folder / path).exists() and digest_output(self.folder / path) != expected:
                wrong.append(f"{path}: neither as before nor absent")
        for folder in STORES:
            store = self.store(folder)
            wrong += [f"{store.path(one)}: {why}" for one in store.list_results() if (why := store.find_damage(one))]
        return wrong + [f"{name}: in the root" for name in {one.name for one in self.folder.iterdir()} - self.names]

    def list_unfinished(self) -> list[Path]:
        """Temporary folders, wherever they are."""
        roots = [one for one in self.folder.iterdir() if one.is_dir() and one.name not in (".git", ".dvc", ".venv")]
        return [path for one in roots for path in one.rglob(".unfinished-*")]

    def find_wrong_in_mlflow(self, store: Path = layout.MLFLOW) -> list[str]:
        """Runs that MLflow shows twice, not at all, or as unfinished."""
        receipt = json.loads((self.folder / layout.RECEIPT).read_text())
        expected = sum(study["runs"] for study in receipt.values())
        found = count_in_mlflow(self.folder / store)
        return [] if found == (expected,) * 3 else [f"MLflow shows {found} (runs, keys, finished), not {expected}"]

    def forget(self, stage: str, share: float = 1.0) -> None:
        """Remove a share of the kept results that a stage makes, so that it has something to do."""
        for folder, file in MAKES.get(stage, ()):
            made = [one for one in self.store(folder).list_results() if (self.folder / folder / one / file).exists()]
            for name in self.random.sample(made, math.ceil(share * len(made))):
                shutil.rmtree(self.folder / folder / name)
        if stage == "track":
            (self.folder / layout.MLFLOW).unlink(missing_ok=True)


def build_scene(folder: Path, seed: int = 0) -> Scene:
    """The reference: every stage of a small checkout, run and timed by itself, taken over by DVC, and committed."""
    checkout, seconds = small_checkout(folder), dict[str, float]()
    for stage in in_order(read_stages(folder).values()):
        began = time.monotonic()
        checkout.succeed(*stage.cmd.split())
        seconds[stage.name] = time.monotonic() - began
    checkout.succeed("dvc", "commit", "--force")
    checkout.succeed("git", "add", "--all")
    author = ("-c", "user.name=faults", "-c", "user.email=faults@localhost")
    checkout.succeed("git", *author, "commit", "--quiet", "-m", "results")
    return describe_scene(checkout, seconds, seed)


def describe_scene(checkout: Checkout, seconds: dict[str, float], seed: int = 0) -> Scene:
    """What a finished checkout is like."""
    folder = checkout.folder
    stages = {stage.name: stage for stage in in_order(read_stages(folder).values())}
    scene = Scene(checkout, random.Random(seed), stages, seconds=seconds)
    scene.names = {one.name for one in folder.iterdir()} | {f"{layout.MLFLOW}-journal"}  # SQLite's own
    scene.lock = _read_lock(folder)
    scene.outputs = {path: digest_output(folder / path) for path in _list_hashed(stages.values())}
    scene.kept = {str(one): _describe_store(scene.store(one)) for one in STORES}
    return scene


def count_in_mlflow(store: Path) -> tuple[int, int, int]:
    """How many runs of ours a store shows, how many different ones, how many finished ones."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
            runs, keys, finished = database.execute(IN_MLFLOW).fetchone()
    except sqlite3.OperationalError:  # it has no tables yet
        return 0, 0, 0
    return runs, keys, finished or 0


def _read_lock(folder: Path) -> object:
    return YAML(typ="safe", pure=True).load(folder / "dvc.lock")


def digest_output(path: Path) -> dict[str, str]:
    """Digests of an output's files."""
    return digest_folder(path) if path.is_dir() else {path.name: digest_file(path)}


def _list_hashed(stages: Iterable[Stage]) -> list[str]:
    return [path for stage in stages for path in stage.outputs if not path.startswith(UNHASHED)]


def _describe_store(store: Store) -> dict[str, dict[str, str]]:
    """Digests of the files of every result."""
    return {name: digest_folder(store.path(name), TIMED) for name in store.list_results()}
