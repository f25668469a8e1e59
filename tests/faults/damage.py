"""Damage to what is kept: every file of every folder, by itself, is found; all folders at once are made again."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path

from pipeline.store import Store
from tests.faults.scene import STORES, Fault, Outcome, Scene

STAGES = ("train", "evaluate", "compare", "timing", "report")


def truncate(path: Path) -> None:
    """Cut a file in half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    """Change one bit in the middle of a file; of an empty one, add one."""
    content = bytearray(path.read_bytes()) or bytearray(1)
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swap(path: Path) -> None:
    """Put another file of the same name, or else any other, in a file's place."""
    others = sorted(path.parents[1].rglob("*"), key=lambda one: one.name != path.name)
    other = next(one for one in others if one.is_file() and one.read_bytes() != path.read_bytes())
    shutil.copyfile(other, path)


def delete(path: Path) -> None:
    """Remove a file."""
    path.unlink()


HARMS: dict[str, Callable[[Path], None]] = {"truncate": truncate, "flip": flip, "swap": swap, "delete": delete}


def find_damage(harm: str, scene: Scene) -> Outcome:
    """Damage every file of every kept folder, one at a time, and see that the folder is refused and no other."""
    tries, wrong = 0, []
    for store, name, path in list(_list_files(scene)):
        before = path.read_bytes()
        HARMS[harm](path)
        tries += 1
        wrong += [] if store.find_damage(name) else [f"{path}: used although {harm} was done to it"]
        path.write_bytes(before)
        wrong += [f"{path}: refused as it was"] if store.find_damage(name) else []
    return Outcome(tries, wrong)


def _list_files(scene: Scene) -> Iterator[tuple[Store, str, Path]]:
    for folder in STORES:
        store = scene.store(folder)
        for name in store.list_results():
            yield from ((store, name, path) for path in _files_of(store, name))


def _files_of(store: Store, name: str) -> list[Path]:
    return sorted(path for path in store.path(name).rglob("*") if path.is_file())


def make_again(scene: Scene) -> Outcome:
    """Damage one file of every folder, each in another way, and run the stages: all are made again, and said so."""
    harms, tries = cycle(HARMS.values()), 0
    for folder in STORES:
        for name in scene.store(folder).list_results():
            next(harms)(scene.random.choice(_files_of(scene.store(folder), name)))
            tries += 1
    return Outcome(tries, scene.finish(*STAGES))


def exchange_results(scene: Scene) -> Outcome:
    """Give two results each other's names, in every store."""
    for folder in STORES:
        store = scene.store(folder)
        one, other = scene.random.sample(store.list_results(), 2)
        between = scene.folder / ".runs" / "between"
        for source, target in ((one, between), (other, store.path(one)), (between, store.path(other))):
            (store.path(source) if isinstance(source, str) else source).rename(target)
    return Outcome(2 * len(STORES), scene.finish(*STAGES))


DAMAGE = [
    *(Fault(f"{harm} any file of any kept folder", 1, partial(find_damage, harm)) for harm in HARMS),
    Fault("one file of every kept folder at once", 2, make_again, slow=True),
    Fault("kept folders under each other's names", 1, exchange_results, slow=True),
]
