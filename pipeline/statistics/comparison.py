"""One comparison as an object: what was declared, what was found, and its verdict."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.errors import UserError
from pipeline.statistics.power import smallest_n_that_can_reject

IDENTICAL = "identical"
VERDICTS = (
    *("better and it matters", "better", "better but negligible", "equivalent", IDENTICAL),
    *("worse but negligible", "worse", "worse and it matters", "undecided"),
)


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a study fixes before any run about one metric.

    `margin` is in the metric's unit; None: no difference is declared negligible. With `n_test`, values are
    integer counts of correct images out of `n_test`, reported as fractions. `bounded`: values lie in [0, 1], as such
    fractions do, so that no difference is beyond 1. At one of K looks pass alpha / K.
    """

    metric: str
    margin: float | None
    higher_is_better: bool = True
    alpha: float = 0.05
    n_test: int | None = None
    bounded: bool = False

    @property
    def limit(self) -> float:
        """Largest difference that is possible."""
        return 1.0 if self.bounded or self.n_test is not None else np.inf

    @property
    def sign(self) -> int:
        """What turns the metric so that higher is better: 1 or -1."""
        return 1 if self.higher_is_better else -1

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise UserError(f"{self.metric}: expected alpha between 0 and 1, received {self.alpha}.")
        if self.margin is not None and not 0 <= self.margin < np.inf:
            raise UserError(f"{self.metric}: expected a margin of 0 or more, received {self.margin}.")


@dataclass(frozen=True)
class Arm:
    """One side of a comparison: a value per repeat, shape (n,), and per test image where there is one, (n, images).

    `runs` says of each repeat what its runs are, bit for bit; None where that is unknown. `at_chance`: it answers no
    better than who always names the largest class.
    """

    name: str
    values: ArrayLike
    images: ArrayLike | None = None
    runs: tuple[str, ...] | None = None
    at_chance: bool = False


@dataclass(frozen=True)
class Question:
    """Is the treatment better than the control, or equal to it, by what is declared?"""

    control: Arm
    treatment: Arm
    declared: Declaration

    @property
    def pair(self) -> frozenset[str]:
        """The two arms whatever their order: asking both ways is one test."""
        return frozenset((self.control.name, self.treatment.name))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One treatment against the control, oriented so that higher is better; None where undefined.

    The unit is the metric's (fractions for accuracies); only the two means keep the metric's own direction.
    Every interval but the one on new images covers these test images only (see `crossed`). A diverged run (NaN)
    is worse than any value and ties with another one, and an infinite value is compared as such; after either no
    mean exists, and only wins and losses are tested. Equal differences (an sd of 0) have no interval below the fewest
    repeats at which the exact test can reject: counts of images are integers, and a few are equal by luck.
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
    new_images_low: float | None = None  # 1 - alpha / family_size, where repeats and images are samples
    new_images_high: float | None = None
    peek_proof_low: float | None = None  # anytime-valid, 1 - alpha / family_size; None: unbounded
    peek_proof_high: float | None = None
    d_z: float | None = None  # estimate / sd
    d_z_low: float | None = None
    d_z_high: float | None = None
    p_superiority: float | None = None  # P(treatment > control) + P(equal) / 2 over all pairs of runs
    p_superiority_low: float | None = None
    p_superiority_high: float | None = None
    equivalence_p: float | None = None  # two one-sided tests
    equivalence_p_adjusted: float | None = None
    equivalence_confidence: float | None = None  # 1 - 2 alpha', alpha' the level at which Holm tested equivalence
    equivalence_low: float | None = None  # what the corrected equivalence test amounts to, where it holds
    equivalence_high: float | None = None
    pairing_correlation: float | None = None
    minimum_detectable_effect: float | None = None
    repeats_needed: int | None = None
    identical: bool = False  # in every repeat both are the same run bit for bit: the treatment never acted
    at_chance: bool = False  # both are: nothing is learnt

    @property
    def verdict(self) -> str:
        """Verdict, one of `VERDICTS`.

        Better or worse: Holm p <= alpha and the simultaneous interval beyond 0; it matters when the interval is
        beyond the margin, it is negligible when the two one-sided tests hold too. "Equivalent" never follows from
        a large p. Differences that are equal in every repeat are tested like any others; only of identical runs
        nothing is tested.
        """
        if self.identical:
            return IDENTICAL
        low, high = self.simultaneous_low, self.simultaneous_high
        if self.p_adjusted > self.alpha:
            ahead = 0
        elif low is None or high is None:  # diverged: wins and losses alone
            ahead = self.wins - self.losses
        else:
            ahead = (low > 0) - (high < 0)
        return name_verdict(ahead, low if ahead > 0 else high, self.margin, equivalent=self.is_equivalent)

    @property
    def is_equivalent(self) -> bool:
        """Whether the difference is shown to lie inside the margin.

        Where every repeat shows the same one, a t-test has no p: the fewest repeats at which the exact test can reject
        are asked for instead.
        """
        if self.sd == 0 and self.estimate is not None:
            return not self.is_too_short and is_inside(self.estimate, self.margin)
        return self.equivalence_p_adjusted is not None and self.equivalence_p_adjusted <= self.alpha

    @property
    def is_too_short(self) -> bool:
        """Whether the exact test could reject nothing with so few repeats."""
        return self.n < smallest_n_that_can_reject(self.family_size, self.alpha)

    @property
    def disagrees(self) -> bool:
        """Whether the corrected test sees a difference where the simultaneous interval does not exclude none."""
        low, high = self.simultaneous_low, self.simultaneous_high
        return self.p_adjusted <= self.alpha and low is not None and high is not None and low <= 0 <= high

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """The interval that decided: of equivalence its own, of anything else the simultaneous one."""
        if self.verdict == "equivalent" and self.equivalence_low is not None:
            return self.equivalence_low, self.equivalence_high
        return self.simultaneous_low, self.simultaneous_high


def name_verdict(ahead: float, nearest: float | None, margin: float | None, *, equivalent: bool) -> str:
    """One of `VERDICTS`, from what is shown.

    `ahead` is above 0 where the treatment is shown to be better, below 0 where worse; `nearest` is the end of the
    interval that is nearest to 0; `equivalent`: the difference is shown to lie inside the margin.
    """
    if not abs(ahead) > 0:
        return "equivalent" if equivalent else "undecided"
    word = "better" if ahead > 0 else "worse"
    if nearest is not None and margin is not None and abs(nearest) > margin:
        return f"{word} and it matters"
    return f"{word} but negligible" if equivalent else word


def is_inside(difference: float, margin: float | None) -> bool:
    """Whether a difference is none, or lies inside the margin."""
    return difference == 0 or (margin is not None and abs(difference) < margin)
