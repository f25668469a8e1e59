"""A study's evaluations as statistics: what each variant reached, and what each comparison says."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.evaluation.scores import precision, recall
from pipeline.files import Arrays
from pipeline.params.plan import Origin
from pipeline.seeds import derive
from pipeline.statistics.comparison import Comparison, Declaration
from pipeline.statistics.crossed import resampled_interval
from pipeline.statistics.interim import analyses, first_decisions
from pipeline.statistics.intervals import spread, student_interval
from pipeline.statistics.paired import compare_family

NOT_MEASURED = ("variant", "repeat", "fingerprint")


@dataclass(frozen=True)
class Estimate:
    """Mean and sd over repeats of one metric with their intervals; None where a value is missing or too few are.

    The mean's interval is Student's, or Nadeau and Bengio's where each repeat holds out a fraction of its own; the
    sd's is the chi-square one.
    """

    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    sd_low: float | None = None
    sd_high: float | None = None


@dataclass(frozen=True)
class VariantResults:
    """What one variant reached over its n repeats; `recall`, `precision` by class, `confusion` as mean counts."""

    kind: str
    n: int
    vary: list[str] | None
    held_out_anew: float | None
    metrics: dict[str, Estimate]
    recall: list[float | None]
    precision: list[float | None]
    confusion: list[list[float]]


@dataclass(frozen=True)
class StudyResults:
    """metrics/studies/<study>.json, in the order of its keys."""

    study: str
    question: str
    profile: str
    metric: str
    higher_is_better: bool
    alpha: float
    margin: float
    control: str
    repeats: int
    looks: list[int] | None
    data: dict[str, Origin]
    stand_in: bool
    variants: dict[str, VariantResults]
    comparisons: dict[str, Comparison]


def study_statistics(
    plan: Mapping[str, Any], runs: pd.DataFrame, arrays: Mapping[str, Arrays]
) -> dict[str, Any]:
    """Everything metrics/studies/<study>.json says.

    Parameters
    ----------
    plan : mapping
        plan/comparison/<study>.json.
    runs : DataFrame
        evaluations/<study>/runs.csv.
    arrays : mapping of str to dict of ndarray
        evaluations/<study>/<variant>.npz by variant.
    """
    comparisons = _comparisons(plan, runs, arrays)
    return {
        **{key: plan[key] for key in ("study", "question", "profile", "metric", "higher_is_better", "alpha")},
        **{key: plan[key] for key in ("margin", "control", "repeats", "looks", "data")},
        "stand_in": any(data["stand_in"] for data in plan["data"].values()),
        "variants": {
            name: _variant(plan, name, runs[runs["variant"] == name], arrays[name]) for name in plan["kinds"]
        },
        "comparisons": {name: one.to_dict() for name, one in comparisons.items()},
    }


def _comparisons(
    plan: Mapping[str, Any], runs: pd.DataFrame, arrays: Mapping[str, Arrays]
) -> dict[str, Comparison]:
    """Comparisons with the control, each as it stood at the first analysis that decided it."""
    found = [
        _comparisons_of(plan, runs, arrays, n, alpha)
        for n, alpha in analyses(plan["repeats"], plan["alpha"], plan["looks"])
    ]
    return first_decisions(found, lambda one: one.verdict != "undecided")


def _comparisons_of(
    plan: Mapping[str, Any], runs: pd.DataFrame, arrays: Mapping[str, Arrays], n: int, alpha: float
) -> dict[str, Comparison]:
    """Comparisons over the first n repeats, of counts of correct images, so that ties are exact."""
    names = (plan["control"], *plan["treatments"])
    counts = {
        name: runs.loc[runs["variant"] == name].sort_values("repeat")["test_correct"].to_numpy()[:n]
        for name in names
    }
    declared = Declaration(
        metric=plan["metric"],
        margin=plan["margin"],
        higher_is_better=plan["higher_is_better"],
        alpha=alpha,
        n_test=int(runs["n_test"].iloc[0]),
    )
    rng = np.random.Generator(np.random.PCG64(derive("resampling", plan["study"])))
    images = {name: arrays[name]["correct"][:n] for name in names}
    return compare_family(counts, plan["control"], declared, rng=rng, images=images)


def _variant(plan: Mapping[str, Any], name: str, runs: pd.DataFrame, arrays: Arrays) -> dict[str, Any]:
    numeric = runs.drop(columns=list(NOT_MEASURED))
    confusion, held_out = arrays["confusion"], plan["held_out_anew"][name]
    return {
        "kind": plan["kinds"][name],
        "n": len(runs),
        "vary": plan["vary"][name],
        "held_out_anew": held_out,
        "metrics": {m: _estimate(numeric[m].to_numpy(dtype=float), plan["alpha"], held_out) for m in numeric},
        "recall": _mean_over_repeats(recall(confusion)),
        "precision": _mean_over_repeats(precision(confusion)),
        "confusion": confusion.mean(axis=0).tolist(),
    }


def _estimate(values: Any, alpha: float, held_out: float | None) -> dict[str, float | None]:
    """Mean and sd over repeats with their intervals; None where a value is missing or there are too few.

    The mean's interval is Student's, or Nadeau and Bengio's where each repeat holds out a fraction of its own; the
    sd's is the chi-square one.
    """
    nothing = dict.fromkeys(("mean", "sd", "low", "high", "sd_low", "sd_high"))
    if not np.isfinite(values).all():
        return nothing
    mean = float(values.mean())
    if len(values) < 2:
        return {**nothing, "mean": mean}
    low, high = (
        student_interval(values, 1 - alpha)
        if held_out is None
        else resampled_interval(values, 1 - held_out, held_out, alpha)
    )
    found = spread(values, 1 - alpha)
    return {
        "mean": mean,
        "sd": found.sd,
        "low": low,
        "high": high,
        "sd_low": found.low,
        "sd_high": found.high,
    }


def _mean_over_repeats(by_class: Any) -> list[float | None]:
    """Mean over repeats of a per-class share; None where it is undefined in any repeat."""
    return [None if np.isnan(value) else float(value) for value in by_class.mean(axis=0)]


def summary(
    profile: str, studies: Mapping[str, Mapping[str, Any]], claims: Mapping[str, Mapping[str, int]]
) -> dict[str, Any]:
    """What metrics/summary.json says: every verdict, and how often each was reached, by comparisons and by claims."""
    verdicts = {
        name: {treatment: one["verdict"] for treatment, one in study["comparisons"].items()}
        for name, study in studies.items()
    }
    return {
        "profile": profile,
        "stand_in": any(study["stand_in"] for study in studies.values()),
        "studies": {
            name: {"n": studies[name]["repeats"], "verdicts": found} for name, found in verdicts.items()
        },
        "counts": dict(sorted(Counter(one for found in verdicts.values() for one in found.values()).items())),
        "claims": dict(claims),
    }
