"""dvc.yaml as tests ask about it: its stages written out, the code that they run, the files that they may write."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML

from pipeline.dependencies import import_closure, module_file

Options = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Stage:
    """A stage of dvc.yaml; outputs by path, with their options."""

    name: str
    cmd: str
    deps: tuple[str, ...]
    outs: Options
    metrics: Options
    plots: Options
    params: tuple[str, ...] = ()
    unhashed: tuple[str, ...] = ()  # what it writes that depends on the machine or the clock

    @property
    def module(self) -> str:
        """Module that `python -m <module>` names."""
        return self.cmd.split()[2]

    @property
    def outputs(self) -> Options:
        """Everything that the stage writes."""
        return self.outs | self.metrics | self.plots


def read_stages(root: Path) -> dict[str, Stage]:
    """Stages of dvc.yaml by name, with a `foreach` over a section of params.yaml written out."""
    read = YAML(typ="safe", pure=True)
    declared, params = (read.load((root / name).read_text()) for name in ("dvc.yaml", "params.yaml"))
    stages: dict[str, Stage] = {}
    for name, stage in declared["stages"].items():
        keys = _section(params, stage["foreach"]) if "foreach" in stage else [None]
        for key in keys:
            full = name if key is None else f"{name}@{key}"
            stages[full] = _stage(full, stage if key is None else _filled(stage["do"], key))
    return stages


def _section(params: Any, interpolated: str) -> Iterable[str]:
    for part in interpolated.removeprefix("${").removesuffix("}").split("."):
        params = params[part]
    return list(params)


def _filled(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {_filled(name, key): _filled(inner, key) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, key) for inner in value]
    return re.sub(r"\$\{(key|item)\}", key, value) if isinstance(value, str) else value


def _stage(name: str, declared: dict[str, Any]) -> Stage:
    outs, metrics, plots = (_named(declared.get(kind, [])) for kind in ("outs", "metrics", "plots"))
    params, deps = tuple(declared.get("params", [])), tuple(declared.get("deps", []))
    unhashed = tuple(declared.get("meta", {}).get("unhashed", []))
    return Stage(name, declared["cmd"], deps, outs, metrics, plots, params, unhashed)


def _named(entries: Iterable[str | Options]) -> Options:
    """Paths of a list of outputs, with their options."""
    return {
        path: options or {}
        for entry in entries
        for path, options in (entry if isinstance(entry, dict) else {entry: {}}).items()
    }


def is_within(path: str, places: Iterable[str]) -> bool:
    """Whether a path is one of the places or lies in one of them."""
    return any(PurePosixPath(path).is_relative_to(place) for place in places)


def in_order(stages: Iterable[Stage]) -> list[Stage]:
    """Stages so that each comes after those whose outputs it depends on."""
    waiting, ordered = list(stages), list[Stage]()
    while waiting:
        ready = [one for one in waiting if not any(_reads(one, other) for other in waiting)]
        assert ready, f"stages depend on each other in a circle: {[one.name for one in waiting]}"
        ordered += ready
        waiting = [one for one in waiting if one not in ready]
    return ordered


def _reads(stage: Stage, other: Stage) -> bool:
    return any(is_within(dep, other.outputs) or is_within(out, [dep]) for dep in stage.deps for out in other.outputs)


def code_of(module: str, root: Path) -> list[str]:
    """Files that `python -m <module>` runs, and the files beside them that are no code, as templates are."""
    file = module_file(module, root)
    runs_package = file is not None and file.name == "__init__.py"
    code = import_closure(f"{module}.__main__" if runs_package else module, root)
    folders = {(root / name).parent for name in code}
    beside = {
        path.relative_to(root).as_posix()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size and _package_of(path) == folder
        if path.suffix not in (".py", ".pyc", ".typed")
    }
    return sorted({*code, *beside})


def _package_of(path: Path) -> Path:
    """Nearest folder above a file that holds Python modules."""
    return next(folder for folder in path.parents if any(folder.glob("*.py")))


def undeclared_code(stage: Stage, root: Path) -> list[str]:
    """Files whose change would change what a stage does, and that its dependencies leave out."""
    return [path for path in code_of(stage.module, root) if not is_within(path, stage.deps)]


def superfluous_code(stage: Stage, root: Path) -> list[str]:
    """Dependencies in the package that hold nothing that the stage runs."""
    package, code = stage.module.split(".")[0], code_of(stage.module, root)
    return [dep for dep in stage.deps if is_within(dep, [package]) and not any(is_within(c, [dep]) for c in code)]


def undeclared_writes(stage: Stage, written: Iterable[str], exempt: Iterable[str] = ()) -> list[str]:
    """Files that a stage wrote, changed or removed, and that it names neither as outputs nor as unhashed."""
    allowed = [*stage.outputs, *stage.unhashed, *exempt]
    return sorted(path for path in written if not is_within(path, allowed))


def list_by_stage(found: dict[str, list[str]]) -> str:
    """Findings of every stage that has any, one a line."""
    lines = [f"{name}:\n" + "".join(f"      - {path}\n" for path in paths) for name, paths in found.items() if paths]
    return "".join(lines)
