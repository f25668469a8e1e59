"""What every stage's command line shares: one argument or none, clear errors, no orphans."""

import sys
from collections.abc import Callable

from pipeline.errors import UserError
from pipeline.processes import dvc_ancestor, end_with


def run(stage: Callable[..., None]) -> None:
    """Run a stage with the command line's arguments; a user's mistake is one message and exit code 1."""
    if (dvc := dvc_ancestor()) is not None:
        end_with(dvc)
    try:
        stage(*sys.argv[1:])
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; finished runs are kept and will be reused.")
