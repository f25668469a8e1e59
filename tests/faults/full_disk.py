"""A stage on a disk that is full after some files: `python -m tests.faults.full_disk <files> <module> [<argument>]`.

From then on whatever is opened for writing below the working folder is /dev/full, where the kernel refuses every byte;
but for locks, which take none, and of which two that are one file would wait for each other.
"""

import builtins
import io
import os
import runpy
import sys
from pathlib import Path
from typing import Any

from pipeline.folders import LOCK, UNLOCKED

opened = io.open
left = 0


def open_on_full_disk(file: Any, mode: str = "r", *more: Any, **options: Any) -> Any:
    """As `open`, while there is room."""
    global left
    writing = set(mode) & set("wax+") and not isinstance(file, int)
    path = Path() if isinstance(file, int) else Path(os.fsdecode(file)).absolute()
    if writing and path.name not in (UNLOCKED, LOCK) and path.is_relative_to(Path.cwd()):
        left -= 1
        file = "/dev/full" if left < 0 else file
    return opened(file, mode, *more, **options)


def main() -> None:
    """Run the module; say last how many files were opened for writing."""
    global left
    files, module, *arguments = sys.argv[1:]
    left = int(files)
    sys.argv = [module, *arguments]
    io.open = builtins.open = open_on_full_disk
    try:
        runpy.run_module(module, run_name="__main__")
    finally:
        print(f"{int(files) - left} files", flush=True)


if __name__ == "__main__":
    main()
