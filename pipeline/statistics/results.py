"""A study's results: what each variant reached, and what each comparison says; their one writer and one reader."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import TypeAdapter

from pipeline.errors import UserError
from pipeline.evaluation.scores import precision, recall
from pipeline.files import Arrays, read_json, write_json
from pipeline.params.plan import ComparedVariant, ComparisonPlan, Origin
from pipeline.seeds import derive
from pipeline.statistics.comparison import Comparison, Declaration
from pipeline.statistics.interim import find_first_decisions, plan_analyses
from pipeline.statistics.intervals import resampled_interval, student_interval
from pipeline.statistics.paired import compare_family
from pipeline.statistics.spread import estimate_spread
from pipeline.statistics.wording import format_sentence

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


@dataclass(frozen=True)
class StudyVerdicts:
    """Verdicts of a study's comparisons, by treatment, over n repeats."""

    n: int
    verdicts: dict[str, str]


@dataclass(frozen=True)
class Summary:
    """metrics/summary.json: every verdict, and how often each was reached, by comparisons and by claims."""

    profile: str
    stand_in: bool
    studies: dict[str, StudyVerdicts]
    counts: dict[str, int]
    claims: dict[str, dict[str, int]]


T = TypeVar("T")
RESULTS, SUMMARY = TypeAdapter(StudyResults), TypeAdapter(Summary)


def compute_results(plan: ComparisonPlan, runs: pd.DataFrame, arrays: Mapping[str, Arrays]) -> StudyResults:
    """Estimates of every variant of a study, and its comparisons.

    `runs` is evaluations/<study>/runs.csv, `arrays` each variant's evaluations/<study>/<variant>.npz.
    """
    stated = ("study", "question", "profile", "metric", "higher_is_better", "alpha", "margin", "control")
    return StudyResults(
        **{name: getattr(plan, name) for name in (*stated, "repeats", "looks", "data")},
        stand_in=any(data.stand_in for data in plan.data.values()),
        variants={
            name: _describe(one, runs[runs["variant"] == name], arrays[name], plan.alpha)
            for name, one in plan.variants.items()
        },
        comparisons=_compare(plan, runs, arrays),
    )


def _compare(plan: ComparisonPlan, runs: pd.DataFrame, arrays: Mapping[str, Arrays]) -> dict[str, Comparison]:
    """Comparisons with the control, each as it stood at the first interim analysis (look) that decided it."""
    analyses = plan_analyses(plan.repeats, plan.alpha, plan.looks)
    found = [_compare_first(n, alpha, plan, runs, arrays) for n, alpha in analyses]
    return find_first_decisions(found, lambda one: one.verdict != "undecided")


def _compare_first(
    n: int, alpha: float, plan: ComparisonPlan, runs: pd.DataFrame, arrays: Mapping[str, Arrays]
) -> dict[str, Comparison]:
    """Comparisons over the first n repeats, of counts of correct images, so that ties are exact."""
    names, ordered, n_test = (plan.control, *plan.treatments), runs.sort_values("repeat"), int(runs["n_test"].iloc[0])
    counts = {name: ordered.loc[ordered["variant"] == name, "test_correct"].to_numpy()[:n] for name in names}
    images = {name: arrays[name]["correct"][:n] for name in names}
    declared = Declaration(
        metric=plan.metric, margin=plan.margin, higher_is_better=plan.higher_is_better, alpha=alpha, n_test=n_test
    )
    rng = np.random.Generator(np.random.PCG64(derive("resampling", plan.study)))
    return compare_family(counts, plan.control, declared, rng=rng, images=images)


def _describe(planned: ComparedVariant, runs: pd.DataFrame, arrays: Arrays, alpha: float) -> VariantResults:
    measured, confusion = runs.drop(columns=list(NOT_MEASURED)), arrays["confusion"]
    return VariantResults(
        **planned.model_dump(exclude={"inferred", "place"}),
        n=len(runs),
        metrics={str(m): _estimate(measured[m].to_numpy(float), alpha, planned.held_out_anew) for m in measured},
        recall=_mean_over_repeats(recall(confusion)),
        precision=_mean_over_repeats(precision(confusion)),
        confusion=confusion.mean(axis=0).tolist(),
    )


def _estimate(values: NDArray[np.float64], alpha: float, held_out: float | None) -> Estimate:
    if not np.isfinite(values).all():
        return Estimate()
    mean = float(values.mean())
    if len(values) < 2:
        return Estimate(mean)
    if held_out is None:
        low, high = student_interval(values, 1 - alpha)
    else:
        low, high = resampled_interval(values, 1 - held_out, held_out, alpha)
    sd, sd_low, sd_high = estimate_spread(values, 1 - alpha) or (None, None, None)
    return Estimate(mean, sd, low, high, sd_low, sd_high)


def _mean_over_repeats(by_class: NDArray[np.float64]) -> list[float | None]:
    """Mean over repeats of a per-class share; None where it is undefined in any repeat."""
    return [None if np.isnan(value) else float(value) for value in by_class.mean(axis=0)]


def summarize(profile: str, studies: Mapping[str, StudyResults], claims: dict[str, dict[str, int]]) -> Summary:
    """Every verdict, and how often each was reached; `claims` counts those of the claims by scope."""
    verdicts = {
        name: StudyVerdicts(one.repeats, {t: c.verdict for t, c in one.comparisons.items()})
        for name, one in studies.items()
    }
    counts = Counter(word for one in verdicts.values() for word in one.verdicts.values())
    stand_in = any(one.stand_in for one in studies.values())
    return Summary(profile, stand_in, verdicts, dict(sorted(counts.items())), claims)


def write_results(path: Path, results: StudyResults) -> None:
    """Write a study's results; every comparison says its verdict and its sentence behind its figures."""
    content = RESULTS.dump_python(results, mode="json")
    for name, one in results.comparisons.items():
        content["comparisons"][name] |= {"verdict": one.verdict, "sentence": format_sentence(one)}
    write_json(path, content)


def read_results(path: Path) -> StudyResults:
    """Read what `write_results` wrote; verdicts and sentences follow from the figures again.

    Raises
    ------
    UserError
        When it is not there, or holds something else.
    """
    return _read(path, RESULTS)


def write_summary(path: Path, summary: Summary) -> None:
    """Write the summary of all studies."""
    write_json(path, SUMMARY.dump_python(summary, mode="json"))


def read_summary(path: Path) -> Summary:
    """Read what `write_summary` wrote; see `read_results`."""
    return _read(path, SUMMARY)


def _read(path: Path, adapter: TypeAdapter[T]) -> T:
    content = read_json(path)
    try:
        return adapter.validate_python(content)
    except ValueError as error:
        raise UserError(f"{path}: expected this file as stage compare wrote it; {error}") from None
