"""Mutation testing: how many small mistakes in the code do its unit tests notice? Samples mutants by a fixed seed.

    make mutants                                  # in a copy of the last commit; writes the table in results/mutants.md
    python -m benchmarks.mutants --room pipeline/claims --work <clone> > found.txt
    python -m benchmarks.mutants --earlier found.txt    # its survivors alone, against the tests as they are now

Why not mutmut or cosmic-ray: both start Python with scipy and pandas anew for every mutant, which takes longer than
most tests; and they mutate type annotations, whose mutants die as the module is imported and only flatter the score.
Here a process that has the tests' libraries in memory is forked for every mutant, and runs the tests that run its line,
the quickest first. It is killed where a test fails or runs for too long. Prints one line a mutant.
"""

import argparse
import contextlib
import hashlib
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage

from benchmarks.mutations import Mutant, mutants_of

CPU_SECONDS = 180  # after which a mutant counts as killed; of computing, as other programs may want the machine
SECONDS = 3600  # and of waiting
# Simulations of error rates take half the time of their room, and what they notice, closed forms notice; nor the fuzz.
LEAVE = "not simulated and not peeking_after and not rarely_claimed and not mutations"
ROOMS = {
    "pipeline/statistics": ["tests/unit/statistics", "tests/golden"],
    "pipeline/claims": ["tests/unit/claims", "tests/unit/params", "tests/unit/outputs/test_claims_page.py"],
    "pipeline/training": ["tests/unit/training"],
    "pipeline/store.py": ["tests/unit/test_store.py"],
}
# What starts TensorFlow, a cluster, or a clock: contract and end-to-end tests try it, minutes a mutant.
NOT_BY_UNIT_TESTS = {f"pipeline/training/{name}.py" for name in ("cluster", "epoch", "run", "timing", "tuner")}
DOCUMENT = Path(__file__).parents[1] / "results" / "mutants.md"
BEGIN, END = "<!-- mutants: make mutants -->\n", "<!-- end of mutants -->\n"
LEAST = 0.85  # of the mutants, to be killed


def sample(root: Path, room: str, count: int, seed: int) -> list[Mutant]:
    """So many mutants of a room, by the seed and their own text, so that other code draws no others."""
    files = sorted((root / room).rglob("*.py")) or [root / room]
    names = [file.relative_to(root).as_posix() for file in files]
    every = [
        one for name in names if name not in NOT_BY_UNIT_TESTS for one in mutants_of(name, (root / name).read_bytes())
    ]
    seen: Counter[str] = Counter()
    drawn = {}
    for one in every:
        text = f"{one.path}: {one.old} -> {one.new}"
        drawn[hashlib.sha256(f"{seed} {seen[text]} {text}".encode()).hexdigest()] = one
        seen[text] += 1
    return [drawn[key] for key in sorted(drawn)[:count]]


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


def learn(root: Path, tests: list[str]) -> Known:
    """Run tests without a mutant; they must pass, and pass again with the libraries in memory that they took."""
    with tempfile.TemporaryDirectory() as folder:
        data, times, settings = (Path(folder) / name for name in ("data", "times", "settings"))
        settings.touch()  # none of the project's
        os.environ["COVERAGE_FILE"] = str(data)
        measured = ["--cov=pipeline", "--cov-context=test", "--cov-report=", f"--cov-config={settings}"]
        _require(root, [*tests, *measured], times)
        covered = coverage.CoverageData(str(data))
        covered.read()
        seconds, libraries = json.loads(times.read_text("utf-8"))
        for name in libraries:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        _require(root, tests, times)
        found: dict[str, dict[int, list[str]]] = {"": {0: sorted(seconds, key=seconds.__getitem__)}}
        for file in covered.measured_files():
            lines = covered.contexts_by_lineno(file)
            name = Path(file).relative_to(root).as_posix()
            found[name] = {line: [one.partition("|")[0] for one in of] for line, of in lines.items()}
        return Known(found)


def _require(root: Path, tests: list[str], times: Path) -> None:
    if not passes(root, tests, times):
        said = times.with_suffix(".txt").read_text("utf-8", "replace")[-3000:]
        sys.exit(f"error: {' '.join(tests)}: expected tests that pass without a mutant.\n{said}")


def is_killed(mutant: Mutant, root: Path, tests: list[str]) -> bool:
    """Whether a test fails, or doesn't end, with the mutant in place."""
    file, source = root / mutant.path, (root / mutant.path).read_bytes()
    file.write_bytes(source[: mutant.start] + mutant.new.encode() + source[mutant.end :])
    try:
        return bool(tests) and not passes(root, tests)
    finally:
        file.write_bytes(source)


def passes(root: Path, tests: list[str], times: Path | None = None) -> bool:
    """Whether tests pass in time, in a fork that leads all that it starts.

    `times` gets their seconds, and a file of text beside it what they said.
    """
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
        output = os.open(times.with_suffix(".txt") if times else os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        import pytest

        clock = _Clock()
        plain = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "timeout=0"]
        plain += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of plugins that are in memory
        options = [*plain, "-k", LEAVE, f"--rootdir={root}"]
        status = int(pytest.main([*options, *tests], plugins=[clock]))
        if times:
            own = ("pipeline", "tests", "conftest", "tensorflow", "keras")  # which doesn't survive a fork
            libraries = [name for name in sys.modules if name.partition(".")[0] not in own]
            times.write_text(json.dumps([clock.seconds, libraries]), "utf-8")
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main() -> None:
    """Sample, test, and say what survived; exit code 1 where too much did, or where nobody judged a survivor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, help="a clone whose files are changed and restored; otherwise one is made")
    parser.add_argument("--count", type=int, default=85, help="mutants of every room")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--room", choices=ROOMS, action="append", help="all by default")
    parser.add_argument("--earlier", type=Path, help="earlier output: what was killed there is taken as killed")
    options = parser.parse_args()
    killed = set(options.earlier.read_text("utf-8").splitlines()) if options.earlier else set()
    with tempfile.TemporaryDirectory() as folder:
        root = options.work.resolve() if options.work else Path(folder) / "clone"
        if not options.work:
            subprocess.run(["git", "clone", "--quiet", Path(__file__).parents[1], root], check=True)
        _prepare(root)
        rooms = options.room or list(ROOMS)
        found = {room: _run(root, room, sample(root, room, options.count, options.seed), killed) for room in rooms}
    if rooms == list(ROOMS):
        _write(found, options.seed)


def _prepare(root: Path) -> None:
    """Have the clone's modules where Python looks for this checkout's."""
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    here = Path(__file__).parents[1]
    sys.path[:] = [str(root), *(place for place in sys.path if Path(place).resolve() != here)]


def _run(root: Path, room: str, mutants: list[Mutant], killed: set[str]) -> dict[Mutant, bool]:
    """Whether each of a room's mutants is killed."""
    found = {one: True for one in mutants if f"killed {one}" in killed}
    known = learn(root, ROOMS[room]) if len(found) < len(mutants) else None
    for mutant in mutants:
        if known and mutant not in found:
            found[mutant] = is_killed(mutant, root, known.tests_of(mutant))
        print(f"{'killed' if found[mutant] else 'survived'} {mutant}", flush=True)
    return found


def _write(found: dict[str, dict[Mutant, bool]], seed: int) -> None:
    """The table and the list of survivors, in their place of the document; their judgements stand below, by hand."""
    text = DOCUMENT.read_text("utf-8")
    every = [(room, list(dead.values())) for room, dead in found.items()]
    every.append(("all", [one for _, dead in every for one in dead]))
    rows = [f"| {room} | {len(dead)} | {sum(dead)} | {sum(dead) / len(dead):.0%} |" for room, dead in every]
    survivors = [f"    {mutant}" for dead in found.values() for mutant, one in dead.items() if not one]
    lines = [
        f"Seed {seed}.",
        "",
        "| | mutants | killed | share |",
        "|---|---|---|---|",
        *rows,
        "",
        "Survivors:",
        "",
        *survivors,
    ]
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    DOCUMENT.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + after, "utf-8")
    judged = " ".join(after.split())
    unjudged = [one for one in survivors if one.strip() not in judged]
    print("\n".join([*lines, *(f"not judged: {one.strip()}" for one in unjudged)]))
    sys.exit(bool(unjudged) or sum(every[-1][1]) < LEAST * len(every[-1][1]))


if __name__ == "__main__":
    main()
