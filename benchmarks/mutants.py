"""Mutation testing: how many small mistakes in the code do its unit tests notice? Samples mutants by a fixed seed.

    make mutants                                         # in a copy of the checkout's last commit
    python benchmarks/mutants.py --work <clone> --count 25 --room pipeline/claims

Why not mutmut or cosmic-ray: both start Python with scipy and pandas anew for every mutant, which takes longer than
most tests; and they mutate type annotations, whose mutants die as the module is imported and only flatter the score.
Here a process that has the libraries in memory is forked for every mutant, and runs the tests that run its line, the
quickest first. A mutant is one changed expression or statement; it is killed where a test fails or runs for too long.
Writes one line a mutant, and at last every room's score.
"""

import argparse
import ast
import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage

CPU_SECONDS = 180  # after which a mutant counts as killed; of computing, as other programs may want the machine
SECONDS = 3600  # and of waiting
# Simulations of error rates take half the time of their room, and what they notice, closed forms notice; nor the fuzz.
LEAVE = "not simulated and not peeking_after and not rarely_claimed and not mutations"
ROOMS = {
    "pipeline/statistics": ["tests/unit/statistics", "tests/golden"],
    "pipeline/claims": ["tests/unit/claims", "tests/unit/params", "tests/unit/outputs/test_claims_page.py"],
    "pipeline/training": [
        "tests/unit/training",
        *(f"tests/contract/test_{name}.py" for name in ("epoch", "pairing", "schedules", "training", "search")),
    ],
    "pipeline/store.py": ["tests/unit/test_store.py"],
}
NOT_BY_UNIT_TESTS = ("pipeline/training/cluster.py", "pipeline/training/timing.py")  # a cluster, and the clock

COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
COMPUTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the bytes from `start` to `end` become `new`."""

    path: str
    line: int
    start: int
    end: int
    first: int  # line of its statement
    last: int
    old: str
    new: str

    def __str__(self) -> str:
        old, new = (" ".join(text.split())[:110] for text in (self.old, self.new))
        return f"{self.path}:{self.line}: {old} -> {new}"


def mutants_of(path: str, source: bytes) -> list[Mutant]:
    """Every mutant of a file, in the order of its text."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found, tree = [], ast.parse(source)
    for node in _code(tree):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        old = source[start:end].decode()
        texts = dict.fromkeys(ast.unparse(ast.fix_missing_locations(one)) for one in _changed(node))
        first, last = _statement(tree, node)
        found += [
            Mutant(path, node.lineno, start, end, first, last, old, f"({new})" if _inner(node) else new)
            for new in texts
        ]
    return found


def _statement(tree: ast.Module, node: ast.expr | ast.stmt) -> tuple[int, int]:
    """First and last line of the statement that a node is in; of one with a body, the node's own lines."""
    within = [
        one for one in ast.walk(tree) if isinstance(one, ast.stmt) and _lines(one)[0] <= node.lineno <= _lines(one)[1]
    ]
    inner = min(within, key=lambda one: _lines(one)[1] - _lines(one)[0])
    return _lines(node if hasattr(inner, "body") else inner)


def _lines(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno


def _inner(node: ast.AST) -> bool:
    return isinstance(node, ast.expr) and not isinstance(node, ast.Constant | ast.Name)


def _code(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Expressions and statements that run: no annotation, docstring, decorator, import, or piece of an f-string."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list", "type_params", "bases", "format_spec"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or _is_text(node) or isinstance(node, ast.Import | ast.ImportFrom):
                continue
            if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'"):
                continue
            if isinstance(node, ast.expr | ast.stmt):
                yield node
            if isinstance(node, ast.JoinedStr):
                yield from (inner for piece in node.values for inner in _code(piece))
            elif not (isinstance(node, ast.Assign) and "TypeVar" in ast.unparse(node.value)):
                yield from _code(node)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changed(node: ast.AST) -> Iterator[ast.AST]:
    """A node's mutants."""
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in COMPARED:
            yield _with(node, ops=[COMPARED[type(op)](), *node.ops[1:]])
        case ast.BinOp(op=op) if type(op) in COMPUTED and "TypeVar" not in ast.unparse(node):
            yield _with(node, op=COMPUTED[type(op)]())
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.IfExp():
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=float(value)):
            yield ast.Constant(value * 2 or 1.0)
        case ast.Constant(value=str(value)):
            yield ast.Constant(f"{value}X")
        case ast.Name(id=name) if name in NAMES:
            yield ast.Name(NAMES[name])
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign():
            yield ast.Pass()
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) and node.generators[0].ifs:
        every = deepcopy(node)
        every.generators[0].ifs = every.generators[0].ifs[1:]
        yield every
    if isinstance(node, ast.If | ast.While):
        return


def _with(node: ast.AST, **changes: object) -> ast.AST:
    return type(node)(**{**dict(ast.iter_fields(node)), **changes})


def sample(root: Path, room: str, count: int, seed: int) -> list[Mutant]:
    """So many mutants of a room, by the seed."""
    files = sorted((root / room).rglob("*.py")) or [root / room]
    names = [file.relative_to(root).as_posix() for file in files]
    every = [one for name in names if name not in NOT_BY_UNIT_TESTS for one in mutants_of(name, _read(root / name))]
    return random.Random(f"{seed}/{room}").sample(every, min(count, len(every)))


def _read(file: Path) -> bytes:
    return file.read_bytes()


@dataclass(frozen=True)
class Known:
    """What a run without a mutant showed: the tests that run each line of each file, the quickest first."""

    by_line: dict[str, dict[int, list[str]]]

    def tests_of(self, mutant: Mutant) -> list[str]:
        """Tests that run the statement of a mutant; all tests of its file where it runs as the module is imported."""
        lines = self.by_line.get(mutant.path, {})
        found = {test for line in range(mutant.first, mutant.last + 1) for test in lines.get(line, ())}
        chosen = found - {""} or ({test for tests in lines.values() for test in tests} - {""} if found else set())
        return [test for test in self.order if test in chosen]

    @property
    def order(self) -> list[str]:
        """Every test, the quickest first."""
        return self.by_line[""][0]


def learn(root: Path, tests: list[str]) -> Known | None:
    """Run tests without a mutant; None where one fails."""
    with tempfile.TemporaryDirectory() as folder:
        data, times, settings = (Path(folder) / name for name in ("data", "times", "settings"))
        settings.touch()  # none of the project's
        os.environ["COVERAGE_FILE"] = str(data)
        if not passes(
            root, [*tests, "--cov=pipeline", "--cov-context=test", "--cov-report=", f"--cov-config={settings}"], times
        ):
            return None
        covered = coverage.CoverageData(str(data))
        covered.read()
        seconds = json.loads(times.read_text("utf-8"))
        found: dict[str, dict[int, list[str]]] = {"": {0: sorted(seconds, key=seconds.__getitem__)}}
        for file in covered.measured_files():
            lines = covered.contexts_by_lineno(file)
            name = Path(file).relative_to(root).as_posix()
            found[name] = {line: [one.partition("|")[0] for one in of] for line, of in lines.items()}
        return Known(found)


def is_killed(mutant: Mutant, root: Path, tests: list[str]) -> bool:
    """Whether a test fails, or doesn't end, with the mutant in place."""
    file, source = root / mutant.path, _read(root / mutant.path)
    file.write_bytes(source[: mutant.start] + mutant.new.encode() + source[mutant.end :])
    try:
        return bool(tests) and not passes(root, tests)
    finally:
        file.write_bytes(source)


def passes(root: Path, tests: list[str], times: Path | None = None) -> bool:
    """Whether tests pass in time, in a fork that leads all that it starts; `times` gets their seconds."""
    child = os.fork()
    if not child:
        _test(root, tests, times)
    deadline = time.monotonic() + SECONDS
    while not (ended := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < deadline:
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not ended[0]:
        os.waitpid(child, 0)
    return ended[0] != 0 and ended[1] == 0


class _Clock:
    """Notes how long each test takes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration


def _test(root: Path, tests: list[str], times: Path | None) -> None:
    """Run tests and end with pytest's exit code; never returns."""
    try:
        os.setsid()
        limit = CPU_SECONDS if times is None else CPU_SECONDS * 10
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        os.chdir(root)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        import pytest

        clock = _Clock()
        options = [
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-o",
            "timeout=0",
            "-k",
            LEAVE,
            f"--rootdir={root}",
        ]
        status = int(pytest.main([*options, *tests], plugins=[clock]))
        if times:
            times.write_text(json.dumps(clock.seconds), "utf-8")
    except BaseException:
        status = 1
    os._exit(status)


def main() -> None:
    """Sample, test, and say what survived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, help="a clone whose files are changed and restored; otherwise one is made")
    parser.add_argument("--count", type=int, default=85, help="mutants of every room")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--room", choices=ROOMS, action="append", help="all by default")
    parser.add_argument("--only", type=Path, help="earlier output: its survivors alone are tested again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = options.work.resolve() if options.work else Path(folder) / "clone"
        if not options.work:
            subprocess.run(["git", "clone", "--quiet", Path(__file__).parents[1], root], check=True)
        _prepare(root)
        again = options.only.read_text("utf-8") if options.only else None
        _run(root, options.room or list(ROOMS), options.count, options.seed, again)


def _prepare(root: Path) -> None:
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    sys.path[:] = [str(root), *(place for place in sys.path if Path(place).resolve() != Path(__file__).parent)]
    import matplotlib.pyplot  # noqa: F401
    import pandas  # noqa: F401
    import pydantic  # noqa: F401
    import pytest  # noqa: F401
    import scipy.stats  # noqa: F401
    import statsmodels.stats.api  # noqa: F401


def _run(root: Path, rooms: list[str], count: int, seed: int, again: str | None) -> None:
    lines = []
    for room in rooms:
        if (known := learn(root, ROOMS[room])) is None:
            sys.exit(f"error: {room}: expected tests that pass without a mutant.")
        chosen = sample(root, room, count, seed)
        if again is not None:
            chosen = [one for one in chosen if f"survived {one}\n" in again]
        killed = 0
        for mutant in chosen:
            dead = is_killed(mutant, root, known.tests_of(mutant))
            killed += dead
            print(f"{'killed' if dead else 'survived'} {mutant}", flush=True)
        lines.append(f"{room}: {killed} of {len(chosen)} killed")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
