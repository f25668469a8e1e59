"""Mutations of params.yaml and claims.yaml: what a slip, a paste, a bad merge or malice may do to them, by a seed."""

import copy
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dvc.utils.serialize import dump_yaml

from pipeline.params.plan import read_comparison, read_training, write_plan
from pipeline.params.planning import make_plan
from pipeline.params.read import read

NAMES = ("params.yaml", "claims.yaml")
LARGE = "x" * 300
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 7, 255, 256, 2**31, 2**32, 2**63, 2**64, 10**18, 10**400, -(10**30)),
    *(0.0, 0.5, 1.0, -0.5, 1e-308, 1e-30, 1e30, 1e38, 1e308, float("inf"), float("nan")),
    *(
        "",
        "a",
        "none",
        "all",
        "full",
        "auto",
        "repeat",
        "keras",
        "../x",
        "/dev/zero",
        "a b",
        "ä",
        "\u2028",
        "\x00",
        "\x1b[2J",
    ),
    *(LARGE, "{{x}}", "${x}", "<script>", "1", "null", "mnist", "plain", "cnn3", "index", "claims", "test_accuracy"),
    *("recall_8", "recall_99999999999", "test_accuracy_shift_2", "accuracy_drop_shift_1", "epochs_to_98"),
    *(
        [],
        {},
        [[]],
        [{}],
        {"a": {}},
        [None],
        ["plain", "plain"],
        ["a"] * 500,
        list(range(300)),
        [[3], [7]],
        [[3, 3], [300]],
    ),
    *({"variant": "plain"}, {"value": 1e300}, {"spread": "plain"}, {"difference": ["plain", "dropout"]}, {"split": {}}),
    *(
        {"split": {"n": 10**9, "fraction": 0.5, "seed": 2**33}},
        {"network": {"architecture": "lenet"}},
        {1: 2},
        {"": ""},
    ),
)
LINES = (
    "a: &a [*a]",
    "<<: *a",
    "- 1",
    "? ",
    "&x",
    "*x",
    "!!python/object:os.system x",
    "\t",
    "---",
    "%YAML 1.1",
    "a: |",
    "}",
)


def plan(folder: Path) -> None:
    """All that stage `plan` does, but for the place that it writes to; what was written is read again."""
    made = make_plan(read(folder / NAMES[0]))
    shutil.rmtree(folder / "plan", ignore_errors=True)
    write_plan(made, folder / "plan")
    assert (read_training(folder), read_comparison(folder)) == (made.training, made.comparison)


def mutate(folder: Path, params: dict[str, Any], claims: dict[str, Any], seed: int) -> str:
    """Write both files to a folder, one or both of them mutated in one to three places; says what was done."""
    draw = random.Random(seed)
    files = {NAMES[0]: copy.deepcopy(params), NAMES[1]: copy.deepcopy(claims)}
    chosen = draw.choice(NAMES)
    said = [_change_value(draw, files[chosen]) for _ in range(draw.choice((1, 1, 2)))] if draw.random() < 0.7 else []
    for name, content in files.items():
        dump_yaml(folder / name, content)
    if not said:
        said = [_change_text(draw, folder / chosen) for _ in range(draw.randint(1, 3))]
    return f"{seed}: {chosen}: {'; '.join(said)}"


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to all values of a document, and to its sections."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from _places(one, (*path, key))


def _change_value(draw: random.Random, document: dict[str, Any]) -> str:
    every = list(_places(document))
    if not every:  # a change before this one took all there was
        return "nothing"
    *path, last = draw.choice(every)
    section: Any = document
    for key in path:
        section = section[key]
    how = draw.choice(("replace", "replace", "nudge", "nudge", "remove", "rename", "copy", "add"))
    place = ".".join(map(str, [*path, last]))
    if how == "replace":
        section[last] = copy.deepcopy(draw.choice(VALUES))
    elif how == "nudge" and isinstance(section[last], int | float):
        section[last] *= draw.choice((0.5, 2, 10, 10**6, 10**12, -1))
    elif how == "remove":
        del section[last]
    elif how == "rename" and isinstance(section, dict):
        section[draw.choice([f"{last}x", str(last)[1:], "claims", LARGE, "ä", "a.b"])] = section.pop(last)
    elif how == "add" and isinstance(section, dict):
        section[draw.choice([str(draw.choice(every)[-1]), "extra"])] = copy.deepcopy(draw.choice(VALUES))
    else:  # another value of the document
        other: Any = document
        for key in draw.choice(every):
            other = other[key]
        section[last] = copy.deepcopy(other)
    return f"{how} {place}"


def _change_text(draw: random.Random, file: Path) -> str:
    """A slip of the keyboard, in lines or in bytes."""
    how = draw.choice(("drop", "double", "swap", "indent", "insert", "flip", "cut"))
    lines = file.read_bytes().splitlines(keepends=True)
    at = draw.randrange(len(lines)) if lines else 0
    line, other = (lines[at], draw.randrange(len(lines))) if lines else (b"", 0)
    if how == "drop":
        lines[at : at + 1] = []
    elif how == "double":
        lines[at : at + 1] = [line, line]
    elif how == "swap" and lines:
        lines[at], lines[other] = lines[other], line
    elif how == "indent":
        lines[at : at + 1] = [draw.choice([b" ", b"    ", b"\t"]) + line]
    elif how == "insert":
        lines[at : at + 1] = [draw.choice(LINES).encode() + b"\n", line]
    elif how == "flip" and line:
        place = draw.randrange(len(line))
        lines[at] = line[:place] + bytes([draw.randrange(256)]) + line[place + 1 :]
    else:
        lines[at:] = [line[: draw.randrange(len(line) + 1)]]
    file.write_bytes(b"".join(lines))
    return f"{how} line {at + 1}"
