"""Worked solutions as data: a list of steps, each with the write-up's figure beside the right one."""

from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Value: TypeAlias = bool | int | float | str | list[Any] | None
Verdict: TypeAlias = Literal["right", "truncated", "carried", "wrong"]

RELIABLE_DIGITS = 15  # a double carries no more significant decimal digits than this


@dataclass(frozen=True)
class Step:
    """One line of a worked solution.

    `verdict` grades the write-up's figure: "right", "truncated" (digits cut off instead of rounded),
    "carried" (what follows from figures cut off earlier) or "wrong"; None when the write-up gives no figure.
    """

    title: str
    formula: str
    substitution: str
    result: Value
    write_up: str | None = None
    verdict: Verdict | None = None
    note: str | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether the write-up's figure is right to the digits it prints; None without a figure."""
        return None if self.verdict is None else self.verdict == "right"

    def to_dict(self) -> dict[str, Value]:
        """Step as plain values for JSON."""
        return {
            "title": self.title,
            "formula": self.formula,
            "substitution": self.substitution,
            "result": self.result,
            "write_up": self.write_up,
            "agrees": self.agrees,
            "verdict": self.verdict,
            "note": self.note,
        }


@dataclass(frozen=True)
class Exercise:
    """A worked solution: what is given, then the steps. `alternative` marks a reading beside the main one."""

    id: str
    write_up: str
    title: str
    steps: tuple[Step, ...]
    given: dict[str, Value] = field(default_factory=dict)
    alternative: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Exercise as plain values for JSON."""
        return {
            "id": self.id,
            "write_up": self.write_up,
            "title": self.title,
            "alternative": self.alternative,
            "given": self.given,
            "steps": [step.to_dict() for step in self.steps],
        }


def grade(printed: str, right: float, carried: float | None = None, decimals: int | None = None) -> Verdict:
    """Verdict on a printed number, at the number of decimals it is printed with.

    Parameters
    ----------
    printed : str
        The figure as the write-up has it; a minus sign or a hyphen.
    right : float
        The figure computed without intermediate rounding.
    carried : float, optional
        What the write-up's own shortened intermediate figures give.
    decimals : int, optional
        Compare at this many decimals instead (a figure printed short because it is meant exactly).
    """
    written = Decimal(printed.replace("−", "-"))
    places = -int(written.as_tuple().exponent) if decimals is None else decimals
    places = min(places, RELIABLE_DIGITS - 1 - Decimal(right).adjusted())
    written = _shortened(written, places)[0]
    rounded, cut = _shortened(Decimal(right), places)
    if written == rounded:
        return "right"
    if written == cut:
        return "truncated"
    carried_over = carried is not None and written in _shortened(Decimal(carried), places)
    return "carried" if carried_over else "wrong"


def _shortened(value: Decimal, places: int) -> tuple[Decimal, Decimal]:
    """Value rounded and cut off at a number of decimals."""
    unit = Decimal(1).scaleb(-places)
    return value.quantize(unit, ROUND_HALF_UP), value.quantize(unit, ROUND_DOWN)


def number(value: float, digits: int = 8) -> str:
    """Number as text: whole numbers grouped by thousands, others to significant digits without exponent."""
    if float(value).is_integer():
        text = f"{int(value):,}"
    else:
        text = np.format_float_positional(value, precision=digits, fractional=False, trim="-")
    return text.replace("-", "−")


def term(value: float, digits: int = 8) -> str:
    """Number as text that may follow an operator: a negative one in parentheses."""
    return f"({number(value, digits)})" if value < 0 else number(value, digits)


def show(value: Value, digits: int = 8) -> str:
    """Number, text or nested list as text."""
    if isinstance(value, list):
        return "[" + ", ".join(show(item, digits) for item in value) + "]"
    if value is None or isinstance(value, bool | str):
        return str(value)
    return number(value, digits)
