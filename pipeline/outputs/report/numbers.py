"""Numbers as readers see them; what is missing is a dash, and fractions turn into percent only here."""

import numpy as np

from pipeline.outputs.figures.units import is_fraction, is_gap, signed

__all__ = [  # what templates know as filters
    "change",
    "change_interval",
    "difference",
    "difference_interval",
    "extent",
    "number",
    "p_value",
    "percent",
    "points",
    "size",
    "smallest_p",
    "value",
    "value_interval",
]
MISSING = "–"
MINUS = "−"
SHARE = "share"  # unit of a fraction in the ledger of claims


def percent(fraction: float | None, decimals: int = 2) -> str:
    """Fraction in percent: 0.9912 -> ``99.12 %``."""
    return MISSING if fraction is None else f"{_plain(100 * fraction, decimals)} %"


def points(fraction: float | None, decimals: int = 2) -> str:
    """Difference of two fractions in percentage points, signed: 0.0012 -> ``+0.12 pp``."""
    return MISSING if fraction is None else f"{signed(100 * fraction, decimals)} pp"


def p_value(p: float | None) -> str:
    """Probability: 0.0039 -> ``0.0039``, 0.25 -> ``0.25``, 0.0002 -> ``< 0.001``."""
    if p is None:
        return MISSING
    if p < 0.001:
        return "< 0.001"
    return f"{p:.4f}" if p < 0.1 else f"{p:.2f}"


def smallest_p(p: float | None) -> str:
    """Smallest attainable probability, to two digits however small: 2/2**16 -> ``0.000031``."""
    if p is None:
        return MISSING
    return p_value(p) if p >= 0.001 else np.format_float_positional(p, precision=2, fractional=False)


def number(value: float | None) -> str:
    """Any other quantity: counts with thousands separated, the rest with fewer decimals the larger it is."""
    if value is None:
        return MISSING
    if float(value).is_integer():
        return _plain(value, 0)
    if abs(value) < 0.001:
        return f"{value:.2g}".replace("-", MINUS)
    decimals = 4 if abs(value) < 1 else 3 if abs(value) < 10 else 1
    return _plain(value, decimals)


def value(amount: float | None, metric: str) -> str:
    """Value of a metric, in percent for fractions and in percentage points for gaps between two."""
    if is_gap(metric):
        return points(amount)
    return percent(amount) if is_fraction(metric) else number(amount)


def difference(amount: float | None, metric: str) -> str:
    """Difference of a metric, in percentage points for fractions, always signed."""
    if amount is None or is_fraction(metric):
        return points(amount)
    return signed(amount, 4)


def size(amount: float | None, metric: str) -> str:
    """Size of a difference (a margin, a standard deviation, a detectable effect), without a sign."""
    return points(amount).removeprefix("+") if is_fraction(metric) else number(amount)


def value_interval(low: float | None, high: float | None, metric: str) -> str:
    """Interval of a metric: ``[98.91, 99.33] %``."""
    if low is None or high is None:
        return MISSING
    if is_gap(metric):
        return difference_interval(low, high, metric)
    if is_fraction(metric):
        return f"[{_plain(100 * low, 2)}, {_plain(100 * high, 2)}] %"
    return f"[{number(low)}, {number(high)}]"


def difference_interval(low: float | None, high: float | None, metric: str) -> str:
    """Interval of a difference: ``[−0.05, +0.29] pp``."""
    if low is None or high is None:
        return MISSING
    if is_fraction(metric):
        return f"[{signed(100 * low)}, {signed(100 * high)}] pp"
    return f"[{signed(low, 4)}, {signed(high, 4)}]"


def change(amount: float | None, unit: str) -> str:
    """Difference in a unit of the ledger of claims, signed: a ``share`` in percentage points, others as they are."""
    return _in(unit, MISSING if amount is None else _signed(amount, unit))


def change_interval(low: float | None, high: float | None, unit: str) -> str:
    """Interval of a difference in a unit of the ledger of claims: ``[−1.11, +0.67] pp``."""
    if low is None or high is None:
        return MISSING
    return _in(unit, f"[{_signed(low, unit)}, {_signed(high, unit)}]")


def extent(amount: float | None, unit: str) -> str:
    """Size of a difference in a unit of the ledger of claims, without a sign."""
    return change(amount, unit).removeprefix("+")


def _signed(amount: float, unit: str) -> str:
    if unit == SHARE:
        return signed(100 * amount)
    sign = MINUS if amount < 0 else "+" if amount > 0 else ""
    return sign + number(abs(amount))


def _in(unit: str, text: str) -> str:
    return text if text == MISSING else f"{text} {'pp' if unit == SHARE else unit}".rstrip()


def _plain(amount: float, decimals: int) -> str:
    return f"{amount:,.{decimals}f}".replace("-", MINUS)
