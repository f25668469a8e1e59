"""What one variant reached in one metric: mean and standard deviation over repeats, with what is possible."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import metric
from pipeline.statistics.intervals import FEWEST, resampled_interval, student_interval
from pipeline.statistics.spread import estimate_spread

LARGEST_SD = 0.5  # of shares


@dataclass(frozen=True)
class Estimate:
    """Mean and sd over repeats of one metric with their intervals; None where a value is missing or too few are.

    The mean's interval is Student's, or Nadeau and Bengio's where each repeat holds out a fraction of its own; the
    sd's is the chi-square one. What no share can be is left out of its intervals; of fewer than `FEWEST` repeats of a
    share `values` stand for the mean's.
    """

    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    sd_low: float | None = None
    sd_high: float | None = None
    values: list[float] | None = None


def estimate_metric(name: str, values: NDArray[np.float64], alpha: float, held_out: float | None) -> Estimate:
    """Estimate of a metric from its values over repeats, shape (n,); none after a diverged run, infinite or NaN.

    `held_out` is the fraction of the images that each repeat holds out anew; None where the split is fixed.
    """
    if not np.isfinite(values).all():
        return Estimate()
    mean = float(values.mean())
    if len(values) < 2:
        return Estimate(mean)
    if held_out is None:
        low, high = student_interval(values, 1 - alpha)
    else:
        low, high = resampled_interval(values, 1 - held_out, held_out, alpha)
    sd, sd_low, sd_high = estimate_spread(values, 1 - alpha) or (0.0, 0.0, 0.0)
    about = metric(name)
    if about is None or not about.share or about.gap or about.spread:
        return Estimate(mean, sd, low, high, sd_low, sd_high)
    sd_high = min(sd_high, LARGEST_SD)
    if len(values) < FEWEST:
        return Estimate(mean, sd, None, None, sd_low, sd_high, values.tolist())
    return Estimate(mean, sd, max(low, 0.0), min(high, 1.0), sd_low, sd_high)
