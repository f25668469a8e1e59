"""Worked solutions: a list of steps, each with the write-up's figure beside the right one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Literal, TypeAlias

from pipeline.errors import UserError, hint
from pipeline.writeups.entries import Figure
from pipeline.writeups.text import Value, format_value

Verdict: TypeAlias = Literal["right", "truncated", "carried", "wrong"]

RELIABLE_DIGITS = 15  # a double carries no more significant decimal digits than this


@dataclass(frozen=True)
class Step:
    """One line of a worked solution.

    `verdict` grades the write-up's figure: "right", "truncated" (digits cut off instead of rounded),
    "carried" (what follows from earlier figures of the write-up) or "wrong"; None when the write-up gives no figure.
    `line` is where the figure stands in the write-up.
    """

    title: str
    formula: str
    substitution: str
    result: Value
    write_up: str | None = None
    agrees: bool | None = None  # the figure is right to the digits it prints
    verdict: Verdict | None = None
    line: int | None = None
    note: str | None = None


@dataclass(frozen=True)
class Exercise:
    """A worked solution: what is given, then the steps. `alternative` marks a reading beside the main one."""

    id: str
    write_up: str
    title: str
    alternative: bool
    given: Mapping[str, Value]
    steps: list[Step]

    def compare(self, figures: Mapping[str, Figure]) -> "Exercise":
        """Exercise with the write-up's figures, by title of their step; UserError when one stands beside no step."""
        titles = [step.title for step in self.steps]
        for title in figures.keys() - titles:
            raise UserError(f"{self.id}: printed: expected a step; received '{title}'. {hint(title, titles)}")
        return replace(self, steps=[_compare(step, figures.get(step.title)) for step in self.steps])


def _compare(step: Step, figure: Figure | None) -> Step:
    """Step with the figure that the write-up prints for it, and the verdict on that."""
    if figure is None:
        return step
    if isinstance(step.result, list):
        forms = format_value(step.result), "×".join(map(format_value, step.result))
        verdict: Verdict = "right" if figure.text in forms else "wrong"
    else:
        assert isinstance(step.result, int | float)
        verdict = grade(figure.text, step.result, figure.carried, figure.decimals)
    line, note = figure.place.line if figure.place else None, figure.note or step.note
    return replace(step, write_up=figure.text, agrees=verdict == "right", verdict=verdict, line=line, note=note)


def grade(printed: str, right: float, carried: float | None = None, decimals: int | None = None) -> Verdict:
    """Verdict on a printed number, at the number of decimals it is printed with.

    Parameters
    ----------
    printed : str
        The figure as the write-up has it; a minus sign or a hyphen, thousands with or without commas.
    right : float
        The figure computed without intermediate rounding.
    carried : float, optional
        What the write-up's own earlier figures give.
    decimals : int, optional
        Compare at this many decimals instead (a figure printed short because it is meant exactly).
    """
    written = Decimal(printed.replace("−", "-").replace(",", ""))
    places = -int(written.as_tuple().exponent) if decimals is None else decimals
    places = min(places, RELIABLE_DIGITS - 1 - Decimal(right).adjusted())
    written = _shorten(written, places)[0]
    rounded, cut = _shorten(Decimal(right), places)
    if written == rounded:
        return "right"
    if written == cut:
        return "truncated"
    carried_over = carried is not None and written in _shorten(Decimal(carried), places)
    return "carried" if carried_over else "wrong"


def _shorten(value: Decimal, places: int) -> tuple[Decimal, Decimal]:
    """Value rounded and cut off at a number of decimals."""
    unit = Decimal(1).scaleb(-places)
    return value.quantize(unit, ROUND_HALF_UP), value.quantize(unit, ROUND_DOWN)
