"""Numbers as readers see them, on pages and axes: what is missing is a dash, and shares turn into percent only here."""

from collections.abc import Callable

import numpy as np

from pipeline.metrics import SHARE, is_gap, is_share, is_spread, words
from pipeline.metrics import unit as unit_of

MISSING = "–"
MINUS = "−"
LARGE = 1e12  # beyond which digits say less than their number


def format_percent(fraction: float | None, decimals: int = 2) -> str:
    """Fraction in percent: 0.9912 -> ``99.12 %``."""
    return MISSING if fraction is None else f"{_format_plain(100 * fraction, decimals)} %"


def format_points(fraction: float | None, decimals: int = 2) -> str:
    """Difference of two fractions in percentage points, signed: 0.0012 -> ``+0.12 pp``."""
    return MISSING if fraction is None else f"{format_signed(100 * fraction, decimals)} pp"


def format_p_value(p: float | None) -> str:
    """Probability: 0.0039 -> ``0.0039``, 0.25 -> ``0.25``, 0.0002 -> ``< 0.001``."""
    if p is None:
        return MISSING
    if p < 0.001:
        return "< 0.001"
    return f"{p:.4f}" if p < 0.1 else f"{p:.2f}"


def format_smallest_p(p: float | None) -> str:
    """Smallest attainable probability, to two digits however small: 2/2**16 -> ``0.000031``."""
    if p is None:
        return MISSING
    return format_p_value(p) if p >= 0.001 else np.format_float_positional(p, precision=2, fractional=False)


def format_number(value: float | None) -> str:
    """Any other quantity: counts with thousands separated, the rest with fewer decimals the larger it is."""
    if value is None:
        return MISSING
    if abs(value) >= LARGE:
        return f"{value:.3g}".replace("-", MINUS)
    if float(value).is_integer():
        return _format_plain(value, 0)
    if abs(value) < 0.001:
        return f"{value:.2g}".replace("-", MINUS)
    decimals = 4 if abs(value) < 1 else 3 if abs(value) < 10 else 1
    return _format_plain(value, decimals)


def format_value(amount: float | None, metric: str) -> str:
    """Value of a metric, in percent for shares and in percentage points for gaps between two and their spread."""
    if is_gap(metric):
        return format_size(amount, metric) if is_spread(metric) else format_points(amount)
    return format_percent(amount) if is_share(metric) else format_number(amount)


def format_difference(amount: float | None, metric: str) -> str:
    """Difference of a metric, in percentage points for shares, always signed."""
    return format_points(amount) if amount is None or is_share(metric) else format_signed(amount, 4)


def format_size(amount: float | None, metric: str) -> str:
    """Size of a difference (a margin, a standard deviation, a detectable effect), without a sign."""
    return format_points(amount).removeprefix("+") if is_share(metric) else format_number(amount)


def format_value_interval(low: float | None, high: float | None, metric: str) -> str:
    """Interval of a metric: ``[98.91, 99.33] %``."""
    if is_gap(metric) and not is_spread(metric):
        return format_difference_interval(low, high, metric)
    if is_share(metric):
        unit = "pp" if is_gap(metric) else "%"
        return _format_interval(low, high, lambda end: _format_plain(100 * end, 2), unit)
    return _format_interval(low, high, format_number)


def format_difference_interval(low: float | None, high: float | None, metric: str) -> str:
    """Interval of a difference: ``[−0.05, +0.29] pp``."""
    if is_share(metric):
        return _format_interval(low, high, lambda end: format_signed(100 * end), "pp")
    return _format_interval(low, high, lambda end: format_signed(end, 4))


def format_change(amount: float | None, unit: str) -> str:
    """Difference in a unit of the ledger of claims, signed: a ``share`` in percentage points, others as they are."""
    return MISSING if amount is None else f"{_format_amount(amount, unit)} {_name_change_unit(unit)}".rstrip()


def format_change_interval(low: float | None, high: float | None, unit: str) -> str:
    """Interval of a difference in a unit of the ledger of claims: ``[−1.11, +0.67] pp``."""
    return _format_interval(low, high, lambda end: _format_amount(end, unit), _name_change_unit(unit))


def format_extent(amount: float | None, unit: str) -> str:
    """Size of a difference in a unit of the ledger of claims, without a sign."""
    return format_change(amount, unit).removeprefix("+")


def format_signed(amount: float, decimals: int = 2) -> str:
    """Number with its sign, a true minus, and no sign on what rounds to zero."""
    text = f"{amount:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def get_scale(metric: str) -> float:
    """Factor from a metric's stored value to the one shown on an axis."""
    return 100.0 if is_share(metric) else 1.0


def label_values(metric: str) -> str:
    """Axis label of a metric's values, with its unit."""
    return f"{words(metric)} (%)" if is_share(metric) and not is_gap(metric) else label_differences(metric, "")


def label_differences(metric: str, what: str = "improvement in ") -> str:
    """Axis label of differences of a metric, oriented so that higher is better, or of what has their unit."""
    unit = "percentage points" if is_share(metric) else unit_of(metric)
    return f"{what}{words(metric)} ({unit})" if unit else f"{what}{words(metric)}"


def _format_interval(low: float | None, high: float | None, show: Callable[[float], str], unit: str = "") -> str:
    return MISSING if low is None or high is None else f"[{show(low)}, {show(high)}] {unit}".rstrip()


def _format_amount(amount: float, unit: str) -> str:
    if unit == SHARE:
        return format_signed(100 * amount)
    sign = MINUS if amount < 0 else "+" if amount > 0 else ""
    return sign + format_number(abs(amount))


def _name_change_unit(unit: str) -> str:
    return "pp" if unit == SHARE else unit


def _format_plain(amount: float, decimals: int) -> str:
    return f"{amount:,.{decimals}f}".replace("-", MINUS)
