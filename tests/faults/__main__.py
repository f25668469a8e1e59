"""`make faults`: everything that goes wrong, inflicted on a tiny study; a table of what survived."""

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.faults import FAULTS
from tests.faults.scene import Scene, build_scene

MINUTES = 15.0
HEAD = "| fault | tries | survived | lost or wrong |\n|---|---|---|---|"


def main() -> None:
    """Print the table; exit code 1 where anything was lost or wrong, or a fault had no turn as time ran out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="no fault begins later than this")
    parser.add_argument("--only", default="", help="faults whose name has this in it")
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "checkout").mkdir()
        scene = build_scene(Path(folder) / "checkout")
        print(HEAD, flush=True)
        rows = [
            _inflict(scene, index, began + 60 * arguments.minutes)
            for index, fault in enumerate(FAULTS)
            if arguments.only in fault.name
        ]
    tries, wrong = (sum(column) for column in zip(*rows, strict=True))
    print(f"| all | {tries} | {tries - wrong} | {wrong} |\n")
    minutes = (time.monotonic() - began) / 60
    print(f"{platform.machine()}, {os.cpu_count()} cores, {minutes:.1f} min")
    sys.exit(bool(wrong) or not all(tries for tries, _ in rows))


def _inflict(scene: Scene, index: int, end: float) -> tuple[int, int]:
    """Let a fault happen as often as it is to; tries, and those after which something was lost or wrong."""
    fault, tries, lost = FAULTS[index], 0, 0
    for _ in range(fault.times):
        if time.monotonic() < end:
            outcome = fault.inflict(scene)
            tries += outcome.tries
            lost += min(outcome.tries, len(outcome.wrong))
            for one in outcome.wrong:
                print(f"{fault.name}: {one}", file=sys.stderr, flush=True)
    print(f"| {fault.name} | {tries} | {tries - lost} | {lost} |", flush=True)
    return tries, lost


if __name__ == "__main__":
    main()
