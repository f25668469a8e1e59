"""Paired comparisons of treatments with their control: estimates, corrected tests, verdicts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

from pipeline.analysis import power
from pipeline.analysis.sentences import sentence_of, verdict_of
from pipeline.analysis.variance import d_z_interval, student_interval, superiority
from pipeline.errors import UserError

Floats = NDArray[np.float64]
Rng = np.random.Generator
ROUNDING = 1e-12  # relative to the largest value; smaller differences of floats are rounding


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a study fixes before any run about one metric.

    `margin` is in the metric's unit; None: no difference is declared negligible. With `n_test`, values are
    integer counts of correct images out of `n_test`, reported as fractions. At one of K looks pass alpha / K.
    """

    metric: str
    margin: float | None
    higher_is_better: bool = True
    alpha: float = 0.05
    n_test: int | None = None

    def __post_init__(self) -> None:
        """Refuse a level or a margin that means nothing."""
        if not 0 < self.alpha < 1:
            raise UserError(f"{self.metric}: expected alpha between 0 and 1, received {self.alpha}.")
        if self.margin is not None and not 0 <= self.margin < np.inf:
            raise UserError(f"{self.metric}: expected a margin of 0 or more, received {self.margin}.")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One treatment against the control, oriented so that higher is better; None where undefined.

    The unit is the metric's (fractions for accuracies); only the two means keep the metric's own direction.
    Covers these test images, not new ones (see `crossed`). A diverged run (NaN or infinite) is worse than any
    finite value and ties with another diverged one; then no mean exists, and only wins and losses are tested.
    """

    control: str
    treatment: str
    metric: str
    higher_is_better: bool
    n: int
    family_size: int
    alpha: float
    margin: float | None
    differences: tuple[float | None, ...]  # treatment - control; None where a run diverged
    control_mean: float | None
    treatment_mean: float | None
    control_diverged: int
    treatment_diverged: int
    wins: int
    ties: int
    losses: int
    p: float  # sign flip
    p_smallest: float
    p_adjusted: float = 1.0  # Holm
    estimate: float | None = None  # mean difference
    sd: float | None = None
    low: float | None = None  # 1 - alpha
    high: float | None = None
    simultaneous_low: float | None = None  # 1 - alpha / family_size
    simultaneous_high: float | None = None
    d_z: float | None = None  # estimate / sd
    d_z_low: float | None = None
    d_z_high: float | None = None
    p_superiority: float | None = None  # P(treatment > control) + P(equal) / 2 over all pairs of runs
    p_superiority_low: float | None = None
    p_superiority_high: float | None = None
    equivalence_p: float | None = None  # two one-sided tests
    equivalence_p_adjusted: float | None = None
    pairing_correlation: float | None = None
    minimum_detectable_effect: float | None = None
    repeats_needed: int | None = None

    @property
    def verdict(self) -> str:
        """Better or worse (and it matters, but negligible), equivalent or undecided."""
        return verdict_of(self)

    @property
    def sentence(self) -> str:
        """The verdict and its figures in plain English."""
        return sentence_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Every figure, the verdict and the sentence, ready for JSON."""
        words = {"verdict": self.verdict, "sentence": self.sentence}
        return asdict(self) | {"differences": list(self.differences)} | words


def compare_pair(
    control: ArrayLike,
    treatment: ArrayLike,
    declared: Declaration,
    *,
    rng: Rng,
    names: tuple[str, str] = ("control", "treatment"),
) -> Comparison:
    """Comparison of one treatment with the control, as a family of one; see `compare_family`."""
    return compare_family(dict(zip(names, (control, treatment), strict=True)), names[0], declared, rng=rng)[
        names[1]
    ]


def compare_family(
    values: Mapping[str, ArrayLike], control: str, declared: Declaration, *, rng: Rng
) -> dict[str, Comparison]:
    """Comparisons of every treatment with the control, by treatment, Holm-corrected over the family.

    Parameters
    ----------
    values : mapping of str to array_like, shape (n,)
        One value per repeat of each variant; repeat r of every variant shares its seeds, so position pairs.
    control : str
        Name of the control among `values`; all the others are the family.
    declared : Declaration
        Metric, direction, margin, alpha.
    rng : numpy.random.Generator
        Resamples sign patterns beyond 16 repeats; unused up to 16.

    Raises
    ------
    ValueError
        If variants differ in their number of repeats, or counts are not integers in 0 .. n_test.
    """
    scores = {name: _scores(x, declared) for name, x in values.items()}
    if len({x.size for x in scores.values()}) != 1:
        raise ValueError(f"{declared.metric}: expected as many repeats of every variant, received {values}.")
    pairs = [(control, name) for name in scores if name != control]
    family = [_compared(names, scores, declared, len(pairs), rng) for names in pairs]
    return _adjusted(family) if family else {}


def _scores(values: ArrayLike, declared: Declaration) -> Floats:
    """Values turned so that higher is better, shape (n,); a diverged run scores -inf, the worst."""
    x = np.asarray(values, dtype=float)
    if x.ndim != 1 or x.size == 0:
        raise ValueError(f"{declared.metric}: expected one value per repeat, received shape {x.shape}.")
    if declared.n_test is not None and not np.isin(x, np.arange(declared.n_test + 1)).all():
        raise ValueError(
            f"{declared.metric}: expected counts up to {declared.n_test}, received {x.tolist()}."
        )
    return np.where(np.isfinite(x), x if declared.higher_is_better else -x, -np.inf)


def _compared(
    names: tuple[str, str], scores: Mapping[str, Floats], declared: Declaration, m: int, rng: Rng
) -> Comparison:
    """Everything about one comparison in a family of m but Holm's correction."""
    c, t = scores[names[0]], scores[names[1]]
    d = _differences(c, t)
    finite = bool(np.isfinite([c, t]).all())
    unit = declared.n_test or 1
    p_superiority, p_low, p_high = superiority(c, t, 1 - declared.alpha)
    return Comparison(
        control=names[0],
        treatment=names[1],
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
        pairing_correlation=_correlation(c, t) if finite else None,
        **(_magnitude(d / unit, declared, m) if finite else {}),
    )


def _differences(c: Floats, t: Floats) -> Floats:
    """Treatment - control, shape (n,); two diverged runs tie, and noise of rounding is taken away."""
    d = np.subtract(t, c, out=np.zeros_like(t), where=t != c)
    if not np.isfinite([c, t]).all():
        return d
    noise = ROUNDING * np.abs([c, t]).max()
    d[np.abs(d) <= noise] = 0.0
    return np.full_like(d, d[0]) if np.ptp(d) <= noise else d


def _magnitude(d: Floats, declared: Declaration, family_size: int) -> dict[str, Any]:
    """Fields of a comparison that follow from finite differences, in the metric's unit, shape (n,)."""
    n, estimate, alpha, margin = d.size, float(d.mean()), declared.alpha, declared.margin
    if n == 1:
        return {"estimate": estimate}
    low, high = student_interval(d, 1 - alpha)
    simultaneous_low, simultaneous_high = student_interval(d, 1 - alpha / family_size)
    fields: dict[str, Any] = {"estimate": estimate, "sd": float(d.std(ddof=1)), "low": low, "high": high}
    fields |= {"simultaneous_low": simultaneous_low, "simultaneous_high": simultaneous_high}
    if np.ptp(d) == 0:
        return fields | {"estimate": low, "sd": 0.0}  # exact, where a mean may be rounded
    sd, d_z = fields["sd"], estimate / fields["sd"]
    d_z_low, d_z_high = d_z_interval(d_z, n, 1 - alpha)
    fields |= {"d_z": d_z, "d_z_low": d_z_low, "d_z_high": d_z_high}
    fields["minimum_detectable_effect"] = power.minimum_detectable_effect(sd, n, alpha, family_size)
    if margin is not None:
        fields["equivalence_p"] = float(DescrStatsW(d).ttost_mean(-margin, margin)[0])
        fields["repeats_needed"] = power.repeats_needed(sd, n, margin, alpha, family_size)
    return fields


def _adjusted(family: list[Comparison]) -> dict[str, Comparison]:
    """The family after Holm's correction; who is not tested for equivalence still counts, as p = 1."""
    equivalence = [1.0 if c.equivalence_p is None else c.equivalence_p for c in family]
    tests = [c.p for c in family], equivalence
    p, e = (map(float, multipletests(test, method="holm")[1]) for test in tests)
    return {
        c.treatment: replace(c, p_adjusted=a, equivalence_p_adjusted=None if c.equivalence_p is None else b)
        for c, a, b in zip(family, p, e, strict=True)
    }


def _mean(scores: Floats, declared: Declaration) -> float | None:
    """Mean of one arm in the metric's own unit and direction; None after a diverged run."""
    sign = 1 if declared.higher_is_better else -1
    return sign * float(scores.mean()) / (declared.n_test or 1) if np.isfinite(scores).all() else None


def _correlation(c: Floats, t: Floats) -> float | None:
    """Pearson correlation of the arms over repeats; None for fewer than three repeats or a constant arm."""
    if c.size < 3 or min(np.ptp(c), np.ptp(t)) <= ROUNDING * np.abs([c, t]).max():
        return None
    return float(np.corrcoef(c, t)[0, 1])
