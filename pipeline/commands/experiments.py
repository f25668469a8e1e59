"""`make experiments`: what DVC's experiments changed in params.yaml, and in accuracies and verdicts, in 160 columns."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field, TypeAdapter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline import layout
from pipeline.command_line import run
from pipeline.errors import UserError

WIDTH = 160
Texts = Mapping[str, str]


class File(BaseModel):
    """What a file holds; nothing where DVC could not read it."""

    data: dict[str, object] = Field(default_factory=dict)


class Found(BaseModel):
    """Files of parameters and of metrics by path."""

    params: dict[str, File] = Field(default_factory=dict)
    metrics: dict[str, File] = Field(default_factory=dict)


class State(BaseModel):
    """An entry of `dvc exp show --json`; without data where it failed, or waits."""

    rev: str
    name: str | None = None
    data: Found | None = None
    experiments: list["Range"] | None = None


class Range(BaseModel):
    """An experiment: its states, the newest first."""

    revs: list[State]


@dataclass(frozen=True)
class Experiment:
    """An experiment, a commit, or the working folder: its values of params.yaml by dotted key, its studies by name."""

    name: str
    params: Texts
    studies: Mapping[str, Texts]


def experiments() -> None:
    """Show the newest commit, the working folder, and the commit's experiments: what differs from the commit."""
    shown = subprocess.run(["dvc", "exp", "show", "--json"], capture_output=True, text=True)
    if shown.returncode:
        raise UserError(f"dvc exp show: expected it to succeed; {shown.stderr.strip()}")
    console = Console(file=sys.stdout, highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    console.print(tabulate_experiments(read_experiments(shown.stdout)))


def read_experiments(shown: str) -> list[Experiment]:
    """Experiments of what `dvc exp show --json` printed, the commit first; those that failed or wait are left out."""
    workspace, commit, *_ = TypeAdapter(list[State]).validate_json(shown)
    states = [commit, workspace, *(one.revs[0] for one in commit.experiments or ())]
    return [_read_experiment(one, one.data) for one in states if one.data]


def _read_experiment(state: State, found: Found) -> Experiment:
    return Experiment(
        name=state.name or state.rev[:7] if state.rev != "workspace" else "working folder",
        params=dict(_flatten(found.params.get(str(layout.PARAMS), File()).data)),
        studies={Path(path).stem: dict(_flatten(one.data)) for path, one in found.metrics.items()},
    )


def _flatten(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flatten(inner, f"{key}.{name}" if key else name)
    else:
        yield key, value if isinstance(value, str) else json.dumps(value)


def tabulate_experiments(found: Sequence[Experiment]) -> Table:
    """The commit, and each experiment that differs from it, with all studies in which any of them does."""
    commit, *others = found
    shown = [commit, *(one for one in others if (one.params, one.studies) != (commit.params, commit.studies))]
    changed = {name for one in found for name, study in one.studies.items() if study != commit.studies.get(name)}
    table = Table("experiment", "changed", "accuracies in percent, by verdict against the control", show_lines=True)
    for one in shown:
        studies = "\n".join(_format_study(name, one.studies[name]) for name in sorted(changed & one.studies.keys()))
        table.add_row(*map(escape, (one.name, "\n".join(_list_changes(commit.params, one.params)), studies)))
    return table


def _list_changes(before: Texts, after: Texts) -> Iterator[str]:
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield f"{key}={after[key]}" if key in after else f"~{key}"


def _format_study(name: str, study: Texts) -> str:
    about = ", ".join(f"{key} {study[key]}" for key in ("n", "profile", "control") if key in study)
    lines = study.get("verdicts", "").splitlines()
    return "\n".join([f"{name} ({about})" if about else name, *(f"  {line}" for line in lines)])


if __name__ == "__main__":
    run(experiments)
