"""A YAML file as plain values: as DVC reads it, and refused where a few bytes would ask for hours or for all memory."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event, NodeEvent

from pipeline.errors import UserError, shorten

MOST_BYTES = 5_000_000
MOST_VALUES = 200_000  # with every alias as often as it is named
DEEPEST = 40  # sections within sections


def read_document(path: Path, empty: dict[str, Any] | None = None) -> dict[str, Any]:
    """The mapping that a file of YAML 1.2 holds (`1e-4` is a number, `off` is a string); `empty` for an empty file.

    Raises
    ------
    UserError
        When the file can't be read, is no YAML or no mapping, or is too large, too deep or, by its aliases, too much.
    """
    text = _read_text(path)
    try:
        if excess := _find_excess(YAML(typ="safe").parse(text)):
            raise UserError(f"{path}: expected {excess}.")
        data = YAML(typ="safe").load(text) or empty
    except YAMLError as error:
        raise UserError(f"{path}: expected valid YAML; {shorten(' '.join(str(error).split()), 500)}") from None
    except (ValueError, TypeError, AttributeError, LookupError) as error:  # a date, a number or a tag that is none
        raise UserError(f"{path}: expected plain values; {shorten(str(error), 200)}.") from None
    if not isinstance(data, dict):
        raise UserError(f"{path}: expected a mapping of sections; received {shorten(repr(data))}.")
    return data


def _read_text(path: Path) -> str:
    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path}: expected at most {MOST_BYTES:,} bytes; received {path.stat().st_size:,}.")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: expected a readable file; {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: expected UTF-8 text; {error}.") from None


def _find_excess(events: Iterable[Event]) -> str | None:
    """What of a document is too much, if anything is; reads no further than to there."""
    before: list[int] = []  # values ahead of every section that is open
    anchors: list[str | None] = []
    sizes: dict[str, int] = {}  # by anchor
    values = 0
    for event in events:
        if isinstance(event, CollectionEndEvent):
            anchor, start = anchors.pop(), before.pop()
            sizes |= {anchor: values - start} if anchor else {}
        elif isinstance(event, NodeEvent):
            alias = isinstance(event, AliasEvent)
            if alias and event.anchor in anchors:
                return f"a section that does not contain itself; received *{event.anchor}"
            values += sizes.get(str(event.anchor), 1) if alias else 1
        if isinstance(event, CollectionStartEvent):
            anchors.append(event.anchor)
            before.append(values - 1)
        if len(before) > DEEPEST:
            return f"sections within sections at most {DEEPEST} deep"
        if values > MOST_VALUES:
            return f"at most {MOST_VALUES:,} values, those that aliases repeat among them"
    return None
