"""Errors a user can act on: what was expected, what was received, where, and the nearest legal value."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake the user can mend; shown as one message, never as a traceback."""


def nearest(name: object, legal: Iterable[str]) -> str | None:
    """Legal name closest to the one received; None when nothing is close, or no string was received."""
    close = difflib.get_close_matches(name, list(legal), n=1, cutoff=0.5) if isinstance(name, str) else []
    return close[0] if close else None


def hint(name: object, legal: Iterable[str]) -> str:
    """Closing half-sentence of an error about a name: the nearest legal one, or all of them."""
    names = sorted(legal)
    close = nearest(name, names)
    return f"Did you mean '{close}'?" if close else f"Legal: {', '.join(names) or 'nothing is declared'}."
