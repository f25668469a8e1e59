"""What every command line shares: names of arguments and flags from a signature, clear errors, no orphans."""

import gc
import inspect
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files import root
from pipeline.folders import sweep
from pipeline.layout import PARAMS, WRITTEN_INTO
from pipeline.processes import dvc_ancestor, end_with


def run(command: Callable[..., None]) -> None:
    """Run a command with the command line's arguments; a user's mistake is one message and exit code 1.

    Its parameters are what it takes, in order; one that is keyword-only is a flag, such as `--remove`. Where it fails,
    or is killed, in an experiment that changed params.yaml, its last line says how to go back.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    gc.freeze()  # what is imported stays; statsmodels has the garbage collected at every correction
    sweep(base / folder for base in {Path(), root()} for folder in WRITTEN_INTO)
    if (dvc := dvc_ancestor()) is not None:
        end_with(dvc, _way_back)
    try:
        values, flags = _read_arguments(command, sys.argv[1:])
        command(*values, **flags)
    except UserError as error:
        sys.exit(f"error: {error}{_way_back()}")
    except KeyboardInterrupt:
        sys.exit(f"interrupted; finished runs are kept and will be reused.{_way_back()}")
    except Exception as error:
        if isinstance(error, OSError) and error.filename:
            sys.exit(f"error: {error.filename}: expected to open it; {error.strerror}.{_way_back()}")
        traceback.print_exc()
        sys.exit(_way_back().strip() or 1)


def _way_back() -> str:
    """A line on what undoes `dvc exp run -S`; nothing outside an experiment, or in a copy (`--temp`, `--queue`)."""
    if "DVC_EXP_NAME" not in os.environ or Path(os.environ.get("DVC_ROOT", "")).resolve() != Path.cwd():
        return ""
    committed = subprocess.run(["git", "show", f"HEAD:./{PARAMS}"], capture_output=True)
    if committed.returncode or committed.stdout == PARAMS.read_bytes():
        return ""
    os.utime(PARAMS)  # DVC can leave its time and size in git's index: `git restore` would take it for unchanged
    return f"\nThis experiment's values are in {PARAMS}; `git restore {PARAMS}` goes back to those that are committed."


def _read_arguments(command: Callable[..., None], received: list[str]) -> tuple[list[str], dict[str, bool]]:
    """Values of a command's parameters, and the flags that are set."""
    parameters = inspect.signature(command).parameters.values()
    flags = {f"--{one.name}": one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    expected = [f"<{one.name}>" for one in parameters if one.kind is not one.KEYWORD_ONLY]
    values = [one for one in received if one not in flags]
    if len(values) != len(expected):
        wanted = " ".join([*expected, *(f"[{flag}]" for flag in flags)]) or "no argument"
        raise UserError(f"{command.__name__}: expected {wanted}; received {' '.join(received) or 'none'}.")
    return values, {name: True for flag, name in flags.items() if flag in received}
