"""Metrics as people read them: percent and percentage points for fractions, everything else as it is."""

import re

FRACTIONS = ("accuracy", "gap", "sparsity", "precision", "recall")
UNITS = {"seconds": "s", "loss": "nats"}
CONDITION = re.compile(r"_(at|shift)_\d+$")  # test_accuracy_at_90, test_accuracy_shift_2


def is_fraction(metric: str) -> bool:
    """Whether a metric is a fraction of images or weights, shown in percent."""
    return CONDITION.sub("", metric).endswith(FRACTIONS)


def is_gap(metric: str) -> bool:
    """Whether a metric is itself a difference of two fractions, shown in percentage points."""
    return metric.endswith("gap")


def scale(metric: str) -> float:
    """Factor from a metric's stored value to the one shown."""
    return 100.0 if is_fraction(metric) else 1.0


def words(metric: str) -> str:
    """Metric in plain words: ``test_accuracy`` -> ``test accuracy``, ``train_seconds`` -> ``train time``."""
    return metric.replace("_seconds", "_time").replace("_", " ")


def value_label(metric: str) -> str:
    """Axis label of a metric's values, with its unit."""
    unit = "%" if is_fraction(metric) and not is_gap(metric) else _difference_unit(metric)
    return f"{words(metric)} ({unit})" if unit else words(metric)


def difference_label(metric: str) -> str:
    """Axis label of differences of a metric, oriented so that higher is better, with their unit."""
    unit = _difference_unit(metric)
    return f"improvement in {words(metric)} ({unit})" if unit else f"improvement in {words(metric)}"


def spread_label(metric: str) -> str:
    """Axis label of a metric's standard deviation over repeats, with its unit."""
    unit = _difference_unit(metric)
    return f"standard deviation of {words(metric)}" + (f" ({unit})" if unit else "")


def _difference_unit(metric: str) -> str:
    return "percentage points" if is_fraction(metric) else UNITS.get(metric.rsplit("_", 1)[-1], "")


def signed(value: float, decimals: int = 2) -> str:
    """Number with its sign, a true minus, and no sign on what rounds to zero."""
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")
