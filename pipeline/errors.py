"""Errors a user can act on: what was expected, what was received, where, and the nearest legal value."""

import difflib
from collections.abc import Iterable

LONGEST_NAME = 100  # of a study, a variant, a task: each names files
MOST_NAMED = 50


class UserError(Exception):
    """A mistake the user can mend; shown as one message, never as a traceback."""


def nearest(name: object, legal: Iterable[str]) -> str | None:
    """Legal name closest to the one received; None when nothing is close, or no string was received."""
    sought = isinstance(name, str) and len(name) <= LONGEST_NAME
    close = difflib.get_close_matches(str(name), list(legal), n=1, cutoff=0.5) if sought else []
    return close[0] if close else None


def hint(name: object, legal: Iterable[str]) -> str:
    """Closing half-sentence of an error about a name: the nearest legal one, or all of them."""
    names = sorted(shorten(str(one), LONGEST_NAME) for one in legal)
    close = nearest(name, names)
    if close:
        return f"Did you mean '{close}'?"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"Legal: {', '.join(names[:MOST_NAMED]) or 'nothing is declared'}{more}."


def shorten(text: str, most: int = 200) -> str:
    """Text of at most so many characters on one line, in which all that a terminal would obey is escaped."""
    start = text[:most].encode("unicode_escape").decode() if not text[:most].isprintable() else text[:most]
    return f"{start} … ({len(text):,} characters)" if len(text) > most else start
