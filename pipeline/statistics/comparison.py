"""One comparison as an object: what was declared, what was found, and how it says itself in words."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pipeline.errors import UserError
from pipeline.statistics.wording import sentence_of, verdict_of


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


@dataclass(frozen=True)
class Arm:
    """One side of a comparison: a value per repeat, shape (n,), and per test image where there is one, (n, images)."""

    name: str
    values: ArrayLike
    images: ArrayLike | None = None


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
    mean exists, and only wins and losses are tested.
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
    peek_proof_low: float | None = None  # 1 - alpha / family_size, whenever one looks; None: unbounded
    peek_proof_high: float | None = None
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
