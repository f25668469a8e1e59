"""What a study recorded of its runs, by metric and variant."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from pipeline.claims.check import DROP
from pipeline.evaluation.scores import precision, recall
from pipeline.files import Arrays
from pipeline.metrics import BY_CLASS, METRICS
from pipeline.statistics.runs import find_at_chance, find_diverged, identify_runs, score_diverged

Floats = NDArray[np.float64]
IMAGES = {"test_accuracy": "correct", "test_loss": "nll"}
OF_VALIDATION = (
    *("val_accuracy", "val_loss", "generalization_gap", "val_accuracy_sd", "val_loss_rise"),
    *("best_epoch", "epochs_to_98"),
)
ABSENT_AT_TIMES = ("val_accuracy_sd", "inference_seconds")  # of a single epoch; of a network by hand
LOSSES = tuple(name for name, about in METRICS.items() if about.unit == "nats")
TWO_CLASSES = {"false_positives": (0, 1), "false_negatives": (1, 0)}  # row: truth, column: prediction


class NotRecordedError(Exception):
    """Why a claim has nothing to be tested on."""


@dataclass(frozen=True)
class Recorded:
    """Measurements of a study's first n repeats.

    `runs` has a row a run and a column a metric, beside `variant` and `repeat`; `arrays` the per-image results of each
    variant, see `evaluation.table.stack_repeats`, and may be empty.
    """

    runs: pd.DataFrame
    arrays: Mapping[str, Arrays]
    n: int

    def values(self, metric: str, variant: str) -> Floats:
        """A metric's value in each repeat of a variant, shape (n,); a diverged run's is the worst, infinite.

        Raises
        ------
        NotRecordedError
            When the variant was not run, or has no such quantity.
        """
        rows = self._rows(variant)
        if len(rows) < self.n or rows.empty:
            raise NotRecordedError(f"{variant} was not run")
        if metric in OF_VALIDATION and rows["val_accuracy"].isna().all():
            raise NotRecordedError(f"{variant} has no validation images, so no {metric}")
        found = self._computed(metric, variant, rows)
        if found is None or (metric in ABSENT_AT_TIMES and pd.isna(found).all()):
            raise NotRecordedError(f"{metric} is not recorded of {variant}")
        values = score_diverged(metric, found, find_diverged(rows))
        return np.where(np.isnan(values), np.inf, values) if metric in LOSSES else values

    def images(self, metric: str, variant: str) -> Floats | None:
        """A metric on each test image, shape (n, images), NaN of a diverged run; None for what is no mean of them."""
        name = IMAGES.get(metric)
        if name is None or name not in self.arrays.get(variant, {}):
            return None
        images = np.asarray(self.arrays[variant][name][: self.n], dtype=float)
        return np.where(find_diverged(self._rows(variant))[:, None], np.nan, images)

    @cached_property
    def identities(self) -> dict[str, tuple[str, ...]]:
        """What each run is, bit for bit, by variant; see `identify_runs`."""
        return identify_runs(self._first, self.arrays)

    @cached_property
    def at_chance(self) -> set[str]:
        """Variants that answer at chance."""
        return find_at_chance(self._first, self.arrays)

    @property
    def _first(self) -> pd.DataFrame:
        return self.runs.sort_values("repeat").groupby("variant").head(self.n)

    def _rows(self, variant: str) -> pd.DataFrame:
        return self.runs[self.runs["variant"] == variant].sort_values("repeat").head(self.n)

    def _computed(self, metric: str, variant: str, rows: pd.DataFrame) -> Floats | None:
        if metric == "test_gap":
            return (rows["train_accuracy"] - rows["test_accuracy"]).to_numpy()
        if metric.startswith(DROP):
            return (rows["test_accuracy_shift_0"] - rows[metric.replace(DROP, "test_accuracy_shift_")]).to_numpy()
        return rows[metric].to_numpy(dtype=float) if metric in rows else self._by_class(metric, variant)

    def _by_class(self, metric: str, variant: str) -> Floats | None:
        if variant not in self.arrays:
            return None
        confusion = self.arrays[variant]["confusion"][: self.n]
        if metric in TWO_CLASSES:
            truth, predicted = TWO_CLASSES[metric]
            return confusion[:, truth, predicted] if confusion.shape[1] == 2 else None
        kind, _, name = metric.rpartition("_")
        if kind not in BY_CLASS or not name.isdecimal() or int(name) >= confusion.shape[1]:
            return None
        shares = precision(confusion) if kind == "precision" else recall(confusion)
        ranked: Floats = stats.rankdata(shares, axis=1) if kind == "recall_rank" else shares
        return ranked[:, int(name)]
