"""What every stage's command line shares: one argument or none, clear errors, no orphans."""

import inspect
import sys
from collections.abc import Callable

from pipeline.errors import UserError
from pipeline.processes import dvc_ancestor, end_with


def run(stage: Callable[..., None]) -> None:
    """Run a stage with the command line's arguments; a user's mistake is one message and exit code 1."""
    if (dvc := dvc_ancestor()) is not None:
        end_with(dvc)
    try:
        _check_arguments(stage, sys.argv[1:])
        stage(*sys.argv[1:])
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; finished runs are kept and will be reused.")


def _check_arguments(stage: Callable[..., None], received: list[str]) -> None:
    expected = list(inspect.signature(stage).parameters)
    if len(received) != len(expected):
        wanted = " ".join(f"<{name}>" for name in expected) or "no argument"
        raise UserError(f"{stage.__name__}: expected {wanted}; received {' '.join(received) or 'none'}.")
