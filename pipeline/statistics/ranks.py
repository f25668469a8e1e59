"""Mean ranks of variants over repeats: an illustration, which no verdict follows from."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats


def mean_ranks(values: Mapping[str, Sequence[float]], *, higher_is_better: bool) -> dict[str, float]:
    """Mean over repeats of a variant's rank among all of the same repeat, 1 the best; equal values share a rank.

    Values are one a repeat, as many of every variant; NaN, of a diverged run, is worse than any other.
    """
    table = np.array([list(one) for one in values.values()], dtype=float)
    scores = np.where(np.isnan(table), -np.inf, table if higher_is_better else -table)
    return dict(zip(values, stats.rankdata(-scores, axis=0).mean(axis=1).tolist(), strict=True))
