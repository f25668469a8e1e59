"""Numbers as readers see them, on pages and axes: what is missing is a dash, and shares turn into percent only here."""

import numpy as np

from pipeline.metrics import SHARE, is_gap, is_share, words
from pipeline.metrics import unit as unit_of

MISSING = "–"
MINUS = "−"


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
    if float(value).is_integer():
        return _format_plain(value, 0)
    if abs(value) < 0.001:
        return f"{value:.2g}".replace("-", MINUS)
    decimals = 4 if abs(value) < 1 else 3 if abs(value) < 10 else 1
    return _format_plain(value, decimals)


def format_value(amount: float | None, metric: str) -> str:
    """Value of a metric, in percent for shares and in percentage points for gaps between two."""
    if is_gap(metric):
        return format_points(amount)
    return format_percent(amount) if is_share(metric) else format_number(amount)


def format_difference(amount: float | None, metric: str) -> str:
    """Difference of a metric, in percentage points for shares, always signed."""
    if amount is None or is_share(metric):
        return format_points(amount)
    return format_signed(amount, 4)


def format_size(amount: float | None, metric: str) -> str:
    """Size of a difference (a margin, a standard deviation, a detectable effect), without a sign."""
    return format_points(amount).removeprefix("+") if is_share(metric) else format_number(amount)


def format_value_interval(low: float | None, high: float | None, metric: str) -> str:
    """Interval of a metric: ``[98.91, 99.33] %``."""
    if low is None or high is None:
        return MISSING
    if is_gap(metric):
        return format_difference_interval(low, high, metric)
    if is_share(metric):
        return f"[{_format_plain(100 * low, 2)}, {_format_plain(100 * high, 2)}] %"
    return f"[{format_number(low)}, {format_number(high)}]"


def format_difference_interval(low: float | None, high: float | None, metric: str) -> str:
    """Interval of a difference: ``[−0.05, +0.29] pp``."""
    if low is None or high is None:
        return MISSING
    if is_share(metric):
        return f"[{format_signed(100 * low)}, {format_signed(100 * high)}] pp"
    return f"[{format_signed(low, 4)}, {format_signed(high, 4)}]"


def format_change(amount: float | None, unit: str) -> str:
    """Difference in a unit of the ledger of claims, signed: a ``share`` in percentage points, others as they are."""
    return _add_unit(unit, MISSING if amount is None else _format_amount(amount, unit))


def format_change_interval(low: float | None, high: float | None, unit: str) -> str:
    """Interval of a difference in a unit of the ledger of claims: ``[−1.11, +0.67] pp``."""
    if low is None or high is None:
        return MISSING
    return _add_unit(unit, f"[{_format_amount(low, unit)}, {_format_amount(high, unit)}]")


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
    unit = "%" if is_share(metric) and not is_gap(metric) else _name_difference_unit(metric)
    return _label(words(metric), unit)


def label_differences(metric: str) -> str:
    """Axis label of differences of a metric, oriented so that higher is better, with their unit."""
    return _label(f"improvement in {words(metric)}", _name_difference_unit(metric))


def label_spread(metric: str) -> str:
    """Axis label of a metric's standard deviation over repeats, with its unit."""
    return _label(f"standard deviation of {words(metric)}", _name_difference_unit(metric))


def _label(text: str, unit: str) -> str:
    return f"{text} ({unit})" if unit else text


def _name_difference_unit(metric: str) -> str:
    return "percentage points" if is_share(metric) else unit_of(metric)


def _format_amount(amount: float, unit: str) -> str:
    if unit == SHARE:
        return format_signed(100 * amount)
    sign = MINUS if amount < 0 else "+" if amount > 0 else ""
    return sign + format_number(abs(amount))


def _add_unit(unit: str, text: str) -> str:
    return text if text == MISSING else f"{text} {'pp' if unit == SHARE else unit}".rstrip()


def _format_plain(amount: float, decimals: int) -> str:
    return f"{amount:,.{decimals}f}".replace("-", MINUS)
