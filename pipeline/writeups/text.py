"""Values as text, and texts that name values."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from pipeline.errors import UserError, hint

Value: TypeAlias = bool | int | float | str | list[Any] | None

PLACEHOLDER = re.compile(r"\{([^{}]+?)(?::(\(\)|\d+|[+,]*(?:\.\d+)?[a-z%]))?\}")


def format_number(value: float, digits: int = 8) -> str:
    """Number as text: whole numbers grouped by thousands, others to significant digits without exponent."""
    if float(value).is_integer():
        text = f"{int(value):,}"
    else:
        text = np.format_float_positional(value, precision=digits, fractional=False, trim="-")
    return text.replace("-", "−")


def format_term(value: float) -> str:
    """Number as text that may follow an operator: a negative one in parentheses."""
    return f"({format_number(value)})" if value < 0 else format_number(value)


def format_value(value: Value, digits: int = 8) -> str:
    """Number, text or nested list as text."""
    if isinstance(value, list):
        return "[" + ", ".join(format_value(item, digits) for item in value) + "]"
    if value is None or isinstance(value, bool | str):
        return str(value)
    return format_number(value, digits)


def fill(template: Value, values: Mapping[str, Value], where: str) -> Value:
    """A text, or texts in nested lists, with computed values in the places of their names.

    `{name}` alone is the value itself. Within a text it is written with 8 significant digits, `{name:12}` with 12,
    `{name:()}` in parentheses if negative, `{name:.4f}` as Python formats it.

    Raises
    ------
    UserError
        For a name that no computed value has, naming `where` it was used.
    """
    if isinstance(template, list):
        return [fill(item, values, where) for item in template]
    if not isinstance(template, str):
        return template
    alone = PLACEHOLDER.fullmatch(template)
    if alone and alone[2] is None:
        return _look_up(alone[1], values, where)
    return fill_text(template, values, where)


def fill_text(template: str, values: Mapping[str, Value], where: str) -> str:
    """A text with the words of computed values in the places of their names; see `fill`."""
    return PLACEHOLDER.sub(lambda found: _format(_look_up(found[1], values, where), found[2]), template)


def _look_up(name: str, values: Mapping[str, Value], where: str) -> Value:
    if name not in values:
        raise UserError(f"{where}: expected the name of a computed value; received '{name}'. {hint(name, values)}")
    return values[name]


def _format(value: Value, how: str | None) -> str:
    if how is None or isinstance(value, str | list | None):
        return format_value(value)
    if how == "()":
        return format_term(value)
    return format_number(value, int(how)) if how.isdigit() else f"{value:{how}}".replace("-", "−")
