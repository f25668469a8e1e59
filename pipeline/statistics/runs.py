"""Runs as they are scored: which are the same bit for bit, which diverged, and which answer at chance."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.files import Arrays, digest
from pipeline.metrics import metric
from pipeline.statistics.intervals import FEWEST, student_interval

Floats = NDArray[np.float64]
NOT_MEASURED = ("variant", "repeat", "fingerprint", "weights_digest", "diverged")


def identify_runs(runs: pd.DataFrame, arrays: Mapping[str, Arrays]) -> dict[str, tuple[str, ...]]:
    """What each run is, by variant in order of the repeats: digests of its weights and of its answers.

    `runs` is evaluations/<study>/runs.csv, `arrays` each variant's evaluations/<study>/<variant>.npz. Empty where no
    weights are known, as of times that were measured apart.
    """
    if "weights_digest" not in runs:
        return {}
    return {
        str(variant): tuple(
            weights + _digest_answers(arrays.get(str(variant), {}), repeat)
            for weights, repeat in zip(rows["weights_digest"].astype(str), rows["repeat"], strict=True)
        )
        for variant, rows in runs.sort_values("repeat").groupby("variant", sort=False)
    }


def _digest_answers(arrays: Arrays, repeat: int) -> str:
    return digest(arrays["predicted"][repeat]) if "predicted" in arrays else ""


def find_diverged(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each of a variant's runs diverged, in the order of the rows."""
    if "diverged" not in rows:
        return np.zeros(len(rows), bool)
    return np.asarray(rows["diverged"] == 1)


def score_diverged(name: str, values: ArrayLike, diverged: NDArray[np.bool_]) -> Floats:
    """A metric's values, the worst possible where a run diverged: the argmax of NaN is an accuracy, and says nothing.

    Metrics of which neither direction is better, such as a number of epochs, stay as they are.
    """
    x, about = np.asarray(values, dtype=float), metric(name)
    if about is None or about.higher_is_better is None:
        return x
    return np.where(diverged, -np.inf if about.higher_is_better else np.inf, x)


def is_at_chance(accuracies: ArrayLike, confusion: ArrayLike, alpha: float = 0.05) -> bool:
    """Whether an arm answers no better than who always names the largest class.

    The upper end of its interval of accuracy (of few repeats: the highest) is at most one standard error above that
    class's share of the test images. `accuracies` have shape (n,), `confusion` (n, classes, classes); diverged runs,
    whose accuracy is not finite, are left out, and an arm of nothing else is not at chance but diverged.
    """
    known = np.asarray(accuracies, dtype=float)
    known = known[np.isfinite(known)]
    if not known.size:
        return False
    images = np.asarray(confusion)[0].sum(axis=1)
    share = float(images.max() / images.sum())
    error = np.sqrt(share * (1 - share) / images.sum())
    highest = student_interval(known, 1 - alpha)[1] if known.size >= FEWEST else known.max()
    return bool(highest <= share + error)


def find_at_chance(runs: pd.DataFrame, arrays: Mapping[str, Arrays], alpha: float = 0.05) -> set[str]:
    """Variants at chance, of those whose test accuracy and confusion matrices are known; see `is_at_chance`."""
    found = set()
    for variant, rows in runs.groupby("variant"):
        confusion = arrays.get(str(variant), {}).get("confusion")
        if confusion is not None and "test_accuracy" in rows:
            accuracies = score_diverged("test_accuracy", rows["test_accuracy"], find_diverged(rows))
            if is_at_chance(accuracies, confusion, alpha):
                found.add(str(variant))
    return found
