"""How arms are compared: paired differences over repeats, estimates, corrected tests, two scopes."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.statistics import power
from pipeline.statistics.comparison import Arm, Comparison, Declaration, Question
from pipeline.statistics.interim import anytime_valid_interval
from pipeline.statistics.intervals import ROUNDING, d_z_interval, new_images_interval, student_interval, superiority

Key = TypeVar("Key", bound=Hashable)
Floats = NDArray[np.float64]
Rng = np.random.Generator


def compare_family(
    values: Mapping[str, ArrayLike],
    control: str,
    declared: Declaration,
    *,
    rng: Rng,
    images: Mapping[str, ArrayLike] | None = None,
    runs: Mapping[str, tuple[str, ...]] | None = None,
    at_chance: Collection[str] = (),
) -> dict[str, Comparison]:
    """Comparisons of every treatment with the control, by treatment; see `compare_all`.

    `values` has one value per repeat of each variant, shape (n,), the control among them; all the others are the
    family. `images`, shape (n, images), is what each repeat got of each test image, in the metric's unit; it gives
    the interval on new images. `runs` says what each repeat's run is, bit for bit; `at_chance` names the variants that
    are.
    """
    images, runs = images or {}, runs or {}
    arms = {name: Arm(name, x, images.get(name), runs.get(name), name in at_chance) for name, x in values.items()}
    questions = [Question(arms[control], arm, declared) for name, arm in arms.items() if name != control]
    return {one.treatment: one for one in compare_all(questions, rng=rng)}


def compare_all(questions: Sequence[Question], *, rng: Rng) -> list[Comparison]:
    """Comparisons that answer the questions of one family, Holm-corrected over its distinct pairs of arms.

    The questions are about one metric; repeat r of every arm shares its seeds, so position pairs. A pair asked about
    twice, or in both directions, is one test. `rng` resamples sign patterns beyond 16 repeats; unused up to 16.

    Raises
    ------
    ValueError
        If two arms differ in their number of repeats, or counts are not integers in 0 .. n_test.
    """
    pairs = [question.pair for question in questions]
    found = [_compare(question, len(set(pairs)), rng) for question in questions]
    p = holm(pairs, [c.p for c in found])
    # Equivalence within another margin is another test; who is not tested for it still counts, as p = 1.
    within = [(pair, c.margin) for pair, c in zip(pairs, found, strict=True)]
    equivalence = [1.0 if c.equivalence_p is None else c.equivalence_p for c in found]
    e = holm(within, equivalence)
    divisors = holm_divisors(within, equivalence)
    return [
        _correct(c, p[pair], e[pair, c.margin], divisors[pair, c.margin], question.declared)
        for pair, c, question in zip(pairs, found, questions, strict=True)
    ]


def _correct(c: Comparison, p: float, equivalence_p: float, divisor: int, declared: Declaration) -> Comparison:
    """A comparison with Holm's p, and where equivalence holds with the interval that its corrected test amounts to.

    `divisor` is what Holm divided alpha by. The two one-sided tests reject at a level a exactly where the interval of
    confidence 1 - 2 a lies inside the margin.
    """
    c = replace(c, p_adjusted=p, equivalence_p_adjusted=None if c.equivalence_p is None else equivalence_p)
    if c.equivalence_p_adjusted is None or not c.is_equivalent:
        return c
    confidence = 1 - 2 * c.alpha / divisor
    low, high = _limit(student_interval(np.array(c.differences, float), confidence), declared)
    return replace(c, equivalence_confidence=confidence, equivalence_low=low, equivalence_high=high)


def holm(keys: Sequence[Key], p: Sequence[float]) -> dict[Key, float]:
    """Holm's adjusted p of every member of a family; Holm (1979), Scandinavian Journal of Statistics 6.

    A key's larger p counts where it has two, as asking both ways gives after a diverged run.
    """
    from statsmodels.stats.multitest import multipletests  # slow to import, and most only read results

    largest = _take_largest(keys, p)
    adjusted = multipletests(list(largest.values()), method="holm")[1] if largest else []
    return dict(zip(largest, map(float, adjusted), strict=True))


def holm_divisors(keys: Sequence[Key], p: Sequence[float]) -> dict[Key, int]:
    """What Holm divides the level by for every member of a family of m: m for the smallest p, 1 for the largest."""
    largest = _take_largest(keys, p)
    return {key: len(largest) - rank for rank, key in enumerate(sorted(largest, key=lambda one: largest[one]))}


def _take_largest(keys: Sequence[Key], p: Sequence[float]) -> dict[Key, float]:
    largest: dict[Key, float] = {}
    for key, value in zip(keys, p, strict=True):
        largest[key] = max(value, largest.get(key, 0.0))
    return largest


def _score(values: ArrayLike, declared: Declaration) -> Floats:
    """Values turned so that higher is better, shape (n,); a diverged run, NaN or the worst, scores -inf."""
    x = np.asarray(values, dtype=float)
    if x.ndim != 1 or x.size == 0:
        raise ValueError(f"{declared.metric}: expected one value per repeat, received shape {x.shape}.")
    counted = x[~np.isnan(x) & ~np.isneginf(x)]
    if declared.n_test is not None and not np.isin(counted, np.arange(declared.n_test + 1)).all():
        raise ValueError(f"{declared.metric}: expected counts up to {declared.n_test}, received {x.tolist()}.")
    return np.where(np.isnan(x), -np.inf, declared.sign * x)


def _compare(question: Question, m: int, rng: Rng) -> Comparison:
    """Everything about one comparison in a family of m but Holm's correction."""
    declared = question.declared
    c, t = _score(question.control.values, declared), _score(question.treatment.values, declared)
    if c.size != t.size:
        raise ValueError(
            f"{declared.metric}: expected as many repeats of every variant, received {c.size} and {t.size}."
        )
    d = _subtract(c, t)
    finite = bool(np.isfinite([c, t]).all())
    unit = declared.n_test or 1
    p_superiority, p_low, p_high = superiority(c, t, 1 - declared.alpha)
    new_low, new_high = _on_new_images(question, m)
    return Comparison(
        control=question.control.name,
        treatment=question.treatment.name,
        metric=declared.metric,
        higher_is_better=declared.higher_is_better,
        n=d.size,
        family_size=m,
        alpha=declared.alpha,
        margin=declared.margin,
        differences=tuple(x / unit if np.isfinite(x) else None for x in d.tolist()),
        control_mean=_mean(c, declared),
        treatment_mean=_mean(t, declared),
        control_diverged=int(np.isinf(c).sum()),
        treatment_diverged=int(np.isinf(t).sum()),
        wins=int((d > 0).sum()),
        ties=int((d == 0).sum()),
        losses=int((d < 0).sum()),
        p=power.sign_flip_p(d if finite else np.sign(d), rng),
        p_smallest=power.smallest_attainable_p(d.size),
        p_superiority=p_superiority,
        p_superiority_low=p_low,
        p_superiority_high=p_high,
        pairing_correlation=_correlate(c, t) if finite else None,
        new_images_low=new_low,
        new_images_high=new_high,
        identical=_are_identical(question) and not d.any(),
        at_chance=question.control.at_chance and question.treatment.at_chance,
        **(_measure(d / unit, declared, m) if finite else {}),
    )


def _are_identical(question: Question) -> bool:
    """Whether treatment and control are known to be the same run, bit for bit, in every repeat."""
    return question.control.runs is not None and question.control.runs == question.treatment.runs


def _subtract(c: Floats, t: Floats) -> Floats:
    """Treatment - control, shape (n,); two diverged runs tie, and noise of rounding is taken away."""
    d = np.subtract(t, c, out=np.zeros_like(t), where=t != c)
    if not np.isfinite([c, t]).all():
        return d
    noise = ROUNDING * np.abs([c, t]).max()
    d[np.abs(d) <= noise] = 0.0
    return np.full_like(d, d[0]) if np.ptp(d) <= noise else d


def _measure(d: Floats, declared: Declaration, family_size: int) -> dict[str, Any]:
    """Fields of a comparison that follow from finite differences, in the metric's unit, shape (n,)."""
    n, estimate, alpha, margin = d.size, float(d.mean()), declared.alpha, declared.margin
    if n == 1:
        return {"estimate": estimate}
    sd = float(d.std(ddof=1)) if np.ptp(d) else 0.0
    if sd == 0:
        few = n < power.smallest_n_that_can_reject(family_size, alpha)
        one = {"estimate": float(d[0]), "sd": 0.0}  # exact, where a mean may be rounded
        return one if few else one | _find_intervals(d, declared, family_size)
    fields = _find_intervals(d, declared, family_size) | {"estimate": estimate, "sd": sd, "d_z": estimate / sd}
    fields["d_z_low"], fields["d_z_high"] = d_z_interval(estimate / sd, n, 1 - alpha)
    fields["minimum_detectable_effect"] = power.minimum_detectable_effect(sd, n, alpha, family_size)
    if margin is not None:
        fields["equivalence_p"] = _test_equivalence(d, margin)
        fields["repeats_needed"] = power.repeats_needed(sd, n, margin, alpha, family_size)
    return fields


def _test_equivalence(d: Floats, margin: float) -> float:
    """p of two one-sided t-tests that the mean lies inside the margin."""
    from statsmodels.stats.weightstats import DescrStatsW  # slow to import, and most only read results

    return float(DescrStatsW(d).ttost_mean(-margin, margin)[0])


def _find_intervals(d: Floats, declared: Declaration, family_size: int) -> dict[str, Any]:
    """Intervals of the mean of differences, by the comparison's fields."""
    alpha, level = declared.alpha, declared.alpha / family_size
    found = {"": student_interval(d, 1 - alpha), "simultaneous_": student_interval(d, 1 - level)}
    peek_proof = anytime_valid_interval(d, level)
    if np.isfinite(peek_proof[0]):  # so few repeats may bound nothing
        found["peek_proof_"] = peek_proof
    ends = {name: _limit(one, declared) for name, one in found.items()}
    return {f"{name}{end}": x for name, one in ends.items() for end, x in zip(("low", "high"), one, strict=True)}


def _limit(interval: tuple[float, float], declared: Declaration) -> tuple[float, float]:
    """An interval without what is impossible."""
    return max(interval[0], -declared.limit), min(interval[1], declared.limit)


def _on_new_images(question: Question, m: int) -> tuple[float, float] | tuple[None, None]:
    """The interval on new images, where both arms have the same test images, or one is a number."""
    control, treatment, declared = question.control.images, question.treatment.images, question.declared
    if control is None or treatment is None:
        return None, None
    control, treatment = np.asarray(control, float), np.asarray(treatment, float)
    if max(control.ndim, treatment.ndim) < 2 or (control.shape != treatment.shape and control.ndim == treatment.ndim):
        return None, None
    found = new_images_interval(declared.sign * (treatment - control), declared.alpha / m)
    return _limit(found, declared) if found else (None, None)


def _mean(scores: Floats, declared: Declaration) -> float | None:
    """Mean of one arm in the metric's own unit and direction; None after a diverged run."""
    return declared.sign * float(scores.mean()) / (declared.n_test or 1) if np.isfinite(scores).all() else None


def _correlate(c: Floats, t: Floats) -> float | None:
    """Pearson correlation of the arms over repeats; None for fewer than three repeats or a constant arm."""
    if c.size < 3 or min(np.ptp(c), np.ptp(t)) <= ROUNDING * np.abs([c, t]).max():
        return None
    return float(np.corrcoef(c, t)[0, 1])
