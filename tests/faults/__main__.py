"""`make faults`: everything that goes wrong, inflicted on a tiny study; a table of what survived."""

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.faults import FAULTS
from tests.faults.scene import Fault, Scene, build_scene

MINUTES = 15.0
TABLE = Path(__file__).parents[2] / "results" / "faults.md"
HEAD = """# What survived

`make faults`: faults inflicted on a tiny study, kills at random moments. *Survived* is what left every kept result as
it was, every output whole or absent, and, when the stage had run again, every figure the same and nothing behind.

| fault | tries | survived | lost or wrong |
|---|---|---|---|"""


def main() -> None:
    """Print the table; exit code 1 where anything was lost or wrong, or a fault had no turn as time ran out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="no fault begins later than this")
    parser.add_argument("--only", default="", help="faults whose name has this in it; the table is not kept then")
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "checkout").mkdir()
        scene = build_scene(Path(folder) / "checkout")
        chosen = [fault for fault in FAULTS if arguments.only in fault.name]
        rows = [_inflict(scene, fault, began + 60 * arguments.minutes) for fault in chosen]
    tries, wrong = (sum(column) for column in zip(*rows, strict=True))
    lines = [_format(fault.name, *row) for fault, row in zip(chosen, rows, strict=True)]
    minutes = (time.monotonic() - began) / 60
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {minutes:.1f} minutes."
    text = "\n".join([HEAD, *lines, _format("all", tries, wrong), "", machine, ""])
    print(text)
    if not arguments.only:
        TABLE.write_text(text, encoding="utf-8")
    sys.exit(bool(wrong) or not all(tries for tries, _ in rows))


def _inflict(scene: Scene, fault: Fault, end: float) -> tuple[int, int]:
    """Let a fault happen as often as it is to; tries, and those after which something was lost or wrong."""
    tries, lost = 0, 0
    for _ in range(fault.times):
        if time.monotonic() < end:
            outcome = fault.inflict(scene)
            tries += outcome.tries
            lost += min(outcome.tries, len(outcome.wrong))
            for one in outcome.wrong:
                print(f"{fault.name}: {one}", file=sys.stderr, flush=True)
    print(_format(fault.name, tries, lost), file=sys.stderr, flush=True)
    return tries, lost


def _format(name: str, tries: int, lost: int) -> str:
    return f"| {name} | {tries} | {tries - lost} | {lost} |"


if __name__ == "__main__":
    main()
