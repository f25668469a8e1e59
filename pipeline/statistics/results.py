"""A study's results: what each variant reached, and what each comparison says; their one writer and one reader."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import TypeAdapter

from pipeline.errors import UserError
from pipeline.evaluation.scores import precision, recall
from pipeline.files import Arrays, read_json, write_json
from pipeline.params.plan import ComparedVariant, ComparisonPlan, Origin, find_caveats
from pipeline.seeds import derive
from pipeline.statistics.comparison import Comparison, Declaration
from pipeline.statistics.estimates import Estimate, estimate_metric
from pipeline.statistics.interim import find_first_decisions, plan_analyses
from pipeline.statistics.paired import compare_family
from pipeline.statistics.runs import (
    NOT_MEASURED,
    find_at_chance,
    find_diverged,
    identify_runs,
    score_diverged,
)
from pipeline.statistics.wording import format_sentence


@dataclass(frozen=True)
class VariantResults:
    """What one variant reached over its n repeats; `recall`, `precision` by class, `confusion` as mean counts.

    So many of the repeats `diverged`; `at_chance`: it answers no better than who always names the largest class.
    """

    kind: str
    n: int
    vary: list[str] | None
    held_out_anew: float | None
    metrics: dict[str, Estimate]
    recall: list[float | None]
    precision: list[float | None]
    confusion: list[list[float]]
    diverged: int = 0
    at_chance: bool = False
    title: str | None = None

    @property
    def mark(self) -> str | None:
        """What is said of it wherever it is named; None where nothing has to be."""
        diverged = f"{self.diverged} of {self.n} runs diverged" if self.diverged else ""
        return ", ".join(filter(None, [diverged, "at chance" if self.at_chance else ""])) or None


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
    title: str | None = None

    @property
    def label(self) -> str:
        """What people call the study."""
        return self.title or self.study

    @property
    def titles(self) -> dict[str, str]:
        """What people call each variant, by its name."""
        return {name: one.title or name for name, one in self.variants.items()}

    @property
    def caveats(self) -> list[str]:
        """What is to be said of its data wherever its results are."""
        return find_caveats(self.data)


@dataclass(frozen=True)
class StudyVerdicts:
    """Verdicts of a study's comparisons, by treatment, over n repeats; `marks` of variants, see `VariantResults`.

    The profile is the study's own, as studies that were not selected keep what an earlier one found.
    """

    n: int
    verdicts: dict[str, str]
    marks: dict[str, str] = field(default_factory=dict)
    profile: str = field(kw_only=True)
    title: str | None = field(default=None, kw_only=True)
    titles: dict[str, str] = field(default_factory=dict, kw_only=True)


@dataclass(frozen=True)
class Summary:
    """metrics/summary.json: every verdict, and how often each was reached, by comparisons and by claims."""

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
    at_chance = find_at_chance(runs, arrays, plan.alpha)
    stated = ("study", "title", "question", "profile", "metric", "higher_is_better", "alpha", "margin", "control")
    return StudyResults(
        **{name: getattr(plan, name) for name in (*stated, "repeats", "looks", "data")},
        stand_in=any(data.stand_in for data in plan.data.values()),
        variants={
            name: _describe(one, runs[runs["variant"] == name], arrays[name], plan.alpha, name in at_chance)
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
    names, n_test, first = (plan.control, *plan.treatments), int(runs["n_test"].iloc[0]), runs.sort_values("repeat")
    first = first.groupby("variant").head(n)
    rows = {name: first[first["variant"] == name] for name in names}
    diverged = {name: find_diverged(one) for name, one in rows.items()}
    counts = {name: score_diverged("test_correct", one["test_correct"], diverged[name]) for name, one in rows.items()}
    images = {name: np.where(diverged[name][:, None], np.nan, arrays[name]["correct"][:n]) for name in names}
    declared = Declaration(
        metric=plan.metric, margin=plan.margin, higher_is_better=plan.higher_is_better, alpha=alpha, n_test=n_test
    )
    rng = np.random.Generator(np.random.PCG64(derive("resampling", plan.study)))
    return compare_family(
        counts,
        plan.control,
        declared,
        rng=rng,
        images=images,
        runs=identify_runs(first, arrays),
        at_chance=find_at_chance(first, arrays, alpha),
    )


def _describe(
    planned: ComparedVariant, runs: pd.DataFrame, arrays: Arrays, alpha: float, at_chance: bool
) -> VariantResults:
    runs = runs.sort_values("repeat")
    confusion, diverged = arrays["confusion"], find_diverged(runs)
    measured = [str(name) for name in runs if name not in NOT_MEASURED]
    scored = {name: score_diverged(name, runs[name], diverged) for name in measured}
    return VariantResults(
        **planned.model_dump(exclude={"fixed_length", "inferred", "place"}),
        n=len(runs),
        metrics={name: estimate_metric(name, x, alpha, planned.held_out_anew) for name, x in scored.items()},
        recall=_mean_over_repeats(recall(confusion)),
        precision=_mean_over_repeats(precision(confusion)),
        confusion=confusion.mean(axis=0).tolist(),
        diverged=int(diverged.sum()),
        at_chance=at_chance,
    )


def _mean_over_repeats(by_class: NDArray[np.float64]) -> list[float | None]:
    """Mean over repeats of a per-class share; None where it is undefined in any repeat."""
    return [None if np.isnan(value) else float(value) for value in by_class.mean(axis=0)]


def summarize(studies: Mapping[str, StudyResults], claims: dict[str, dict[str, int]]) -> Summary:
    """Every verdict, and how often each was reached; `claims` counts those of the claims by scope."""
    verdicts = {
        name: StudyVerdicts(
            one.repeats,
            {treatment: found.verdict for treatment, found in one.comparisons.items()},
            {variant: found.mark for variant, found in one.variants.items() if found.mark},
            profile=one.profile,
            title=one.title,
            titles={variant: found.title for variant, found in one.variants.items() if found.title},
        )
        for name, one in studies.items()
    }
    counts = Counter(word for one in verdicts.values() for word in one.verdicts.values())
    stand_in = any(one.stand_in for one in studies.values())
    return Summary(stand_in, verdicts, dict(sorted(counts.items())), claims)


def write_results(path: Path, results: StudyResults) -> None:
    """Write a study's results; every comparison says its verdict and its sentence behind its figures."""
    content = RESULTS.dump_python(results, mode="json")
    for name, one in results.comparisons.items():
        content["comparisons"][name] |= {"verdict": one.verdict, "sentence": format_sentence(one, results.titles)}
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
