"""Does the whole procedure keep its promises? Simulated false positives, coverage and power."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.stats.power import TTestPower

from pipeline.claims.answers import answer_study
from pipeline.statistics import power
from pipeline.statistics.comparison import Declaration
from pipeline.statistics.interim import plan_analyses
from pipeline.statistics.intervals import new_images_interval, student_interval
from pipeline.statistics.paired import compare_family
from tests.unit.claims.conftest import plan as plan_claims
from tests.unit.statistics.pairs import compare_pair

pytestmark = pytest.mark.slow
slow_sign_flip_p = power.sign_flip_p
N_TEST = 1000
LOOKS = [8, 12, 16, 20]


@cache
def patterns(n: int) -> NDArray[np.float32]:
    """All sign patterns up to n = 16, 99,999 random ones beyond; shape (patterns, n)."""
    if n <= power.EXACT_LIMIT:
        return np.array(list(product((-1, 1), repeat=n)), dtype=np.float32)
    return np.random.default_rng(n).choice(np.array([-1, 1], dtype=np.float32), size=(power.RESAMPLES, n))


def fast_sign_flip_p(d: ArrayLike, rng: Any = None) -> float:
    """Sign-flip p by one matrix product; the patterns are enumerated once."""
    x = np.asarray(d, dtype=np.float32)
    totals, added = patterns(x.size) @ x, int(x.size > power.EXACT_LIMIT)
    tolerance = 1e-5 * float(np.abs(x).sum())
    tails = (totals >= x.sum() - tolerance).sum(), (totals <= x.sum() + tolerance).sum()
    return float(min(1.0, 2 * (min(tails) + added) / (len(totals) + added)))


@pytest.fixture
def fast() -> Iterator[None]:
    """The real procedure without what takes time and enters no verdict."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda *_: 0)  # multipletests calls it every time
        patch.setattr(power, "sign_flip_p", fast_sign_flip_p)
        patch.setattr(power, "repeats_needed", lambda *_: None)
        patch.setattr(power, "minimum_detectable_effect", lambda *_: None)
        yield


@pytest.mark.parametrize("n", [5, 8, 12, 16, 20])
def test_fast_sign_flip_equals_the_slow_reference(n: int) -> None:
    rng = np.random.default_rng(n)
    for d in (rng.integers(-5, 8, n), rng.integers(-2, 3, n), np.arange(n)):
        expected = slow_sign_flip_p(d, rng)
        assert fast_sign_flip_p(d) == pytest.approx(expected, rel=1e-9 if n <= 16 else 0.05, abs=2e-5 if n > 16 else 0)


def counts(true_gain: list[float], n: int, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Correct images of a control and of treatments with the given gains; a repeat moves all arms together."""
    repeat = rng.normal(0, 0.01, n)
    chance = np.clip(0.9 + repeat + np.array([0.0, *true_gain])[:, None] + rng.normal(0, 0.004, (1, n)), 0, 1)
    return dict(zip("cxyz", rng.binomial(N_TEST, chance), strict=False))


def any_false_claim(values: dict[str, NDArray[np.int64]], null: list[str], rng: np.random.Generator) -> bool:
    """Whether any planned look calls one of the null treatments better or worse."""
    for n, alpha in plan_analyses(20, 0.05, LOOKS):
        declared = Declaration(metric="test_accuracy", margin=0.01, alpha=alpha, n_test=N_TEST)
        seen = {name: x[:n] for name, x in values.items()}
        family = compare_family(seen, "c", declared, rng=rng)
        if any(family[name].verdict.startswith(("better", "worse")) for name in null):
            return True
    return False


@pytest.mark.parametrize(
    ("gain", "null"), [([0.0], ["x"]), ([0.0, 0.0, 0.0], ["x", "y", "z"]), ([0.0, 0.0, 0.03], ["x", "y"])]
)
@pytest.mark.usefixtures("fast")
def test_false_positives_of_holm_and_four_looks(gain: list[float], null: list[str]) -> None:
    """Whole studies, alone, under the global null, and beside a treatment that truly helps: at most 5 %."""
    rng, studies = np.random.default_rng(42), 1000
    false = sum(any_false_claim(counts(gain, 20, rng), null, rng) for _ in range(studies))
    print(f"gain {gain}: {false / studies:.3f} false positives")
    assert stats.binomtest(false, studies, 0.05, alternative="greater").pvalue > 0.01


KINDS: dict[str, tuple[str, ...]] = {
    "a difference": ("better", "worse"),
    "one that matters": ("better and it matters", "worse and it matters"),
    "equivalence": ("equivalent", "better but negligible", "worse but negligible"),
}
FALSE = {0: ("a difference",), 10: ("one that matters", "equivalence")}  # by the true difference; the margin is 10


def count_false(n: int, sd: float, centre: int, studies: int) -> dict[str, int]:
    """Studies with a false verdict of each kind: integer counts of images, three treatments, margin 10.

    The true difference is none, or the margin itself, where it neither matters nor is negligible.
    """
    rng = np.random.default_rng((n, round(10 * sd), centre))
    declared = Declaration(metric="test_accuracy", margin=10 / N_TEST, n_test=N_TEST)
    false = dict.fromkeys(FALSE[centre], 0)
    for _ in range(studies):
        values = {"c": np.full(n, 900)} | {t: 900 + np.rint(rng.normal(centre, sd, n)).astype(int) for t in "xyz"}
        words = [one.verdict for one in compare_family(values, "c", declared, rng=rng).values()]
        for kind in false:
            false[kind] += any(word.startswith(KINDS[kind]) for word in words)
    return false


@pytest.mark.parametrize("n", [2, 3, 5, 8, 10])
@pytest.mark.parametrize("centre", [0, 10])
@pytest.mark.parametrize("sd", [0.3, 1, 3])
@pytest.mark.usefixtures("fast")
def test_false_verdicts_of_integer_counts(n: int, sd: float, centre: int) -> None:
    """Small spreads give equal differences by luck; at most 5 % of families of three hold a false one of a kind."""
    studies = 1000
    for kind, false in count_false(n, sd, centre, studies).items():
        share = false / studies
        error = np.sqrt(share * (1 - share) / studies)
        print(f"n {n}, sd {sd} images, true difference {centre}, {kind}: {share:.3f} +- {error:.3f}")
        assert stats.binomtest(false, studies, 0.05, alternative="greater").pvalue > 0.01


CLAIMS: dict[str, Any] = {
    "one": {"says": "x is best", "controlled": {"of": "x", "above": ["y", "z"]}},
    "two": {"says": "x beats the control", "controlled": {"of": "x", "above": "c"}},
    "three": {"says": "some differ", "controlled": {"differ": ["c", "y", "z"]}},
}


@pytest.mark.usefixtures("fast")
def test_false_verdicts_of_claims_that_share_a_family_over_four_looks() -> None:
    """Arms all alike: any claim supported or refuted, at any look, in at most 5 % of studies."""
    rng, studies = np.random.default_rng(44), 500
    plan = plan_claims(CLAIMS, 20, study="null", looks=LOOKS, margin=0.0, margins={})
    false = 0
    for _ in range(studies):
        rows = [
            {"variant": v, "repeat": r, "val_accuracy": 0.0, "test_accuracy": correct / N_TEST}
            for v, x in counts([0.0, 0.0, 0.0], 20, rng).items()
            for r, correct in enumerate(x)
        ]
        answers = answer_study(plan, pd.DataFrame(rows), {})
        false += any(one.verdict in ("supported", "refuted") for one in answers)
    print(f"claims: {false / studies:.3f} studies with a false verdict")
    assert stats.binomtest(false, studies, 0.05, alternative="greater").pvalue > 0.01


def share_better(n: int, d_z: float, studies: int = 4000) -> float:
    """Share of studies of n normal differences that are called better."""
    rng = np.random.default_rng(43)
    declared = Declaration(metric="test_loss", margin=None)
    zero = np.zeros(n)
    better = sum(
        compare_pair(zero, rng.normal(d_z, 1, n), declared, rng=rng).verdict == "better" for _ in range(studies)
    )
    print(f"n {n}, d_z {d_z}: power {better / studies:.3f}, t-test {TTestPower().power(d_z, n, 0.05):.3f}")
    return better / studies


@pytest.mark.parametrize("n", [10, 16])
@pytest.mark.usefixtures("fast")
def test_power_at_d_z_of_one_is_as_predicted(n: int) -> None:
    assert share_better(n, 1.0) == pytest.approx(TTestPower().power(1.0, n, 0.05), abs=0.02)


@pytest.mark.usefixtures("fast")
def test_the_exact_test_pays_a_little_power_at_eight_repeats() -> None:
    """Its largest level below 5 % is 12 / 256, and signs carry less than a t statistic; at most 5 points are lost."""
    predicted = TTestPower().power(1.16, 8, 0.05)
    assert predicted - 0.05 < share_better(8, 1.16) < predicted


@pytest.mark.parametrize("S", [8, 10, 20])
def test_both_scopes_cover_their_truth(S: int) -> None:
    """Two-way random effects; 95 % intervals within 2 points. Seeds alone must not pass for new images."""
    rng, E, studies = np.random.default_rng(S), 150, 4000
    hits = np.zeros(3)
    for _ in range(studies):
        image = rng.normal(0, 0.4, E)
        D = rng.normal(0, 0.1, (S, 1)) + image + rng.normal(0, 1.0, (S, E))
        low, high = student_interval(D.mean(axis=1))
        new = new_images_interval(D)
        assert new is not None
        hits += (low <= image.mean() <= high, new[0] <= 0 <= new[1], low <= 0 <= high)
    these, new, seeds_only = hits / studies
    print(f"S {S}: these images {these:.3f}, new images {new:.3f}, seed-only on new images {seeds_only:.3f}")
    assert these == pytest.approx(0.95, abs=0.02)
    assert new == pytest.approx(0.95, abs=0.02)
    assert seeds_only < 0.93


def covered_with_answers(S: int, seed_sd: float) -> tuple[float, float]:
    """Coverage on these and on new images where answers are right or wrong.

    Each image has its own chance to be right under each recipe; each run shifts the chances of all images.
    """
    rng, E, studies = np.random.default_rng(S), 300, 3000

    def chances(images: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        control = rng.beta(4, 1, images)
        return control, np.clip(control + rng.normal(0.02, 0.15, images), 0, 1)

    def answers(chance: NDArray[np.float64]) -> NDArray[np.float64]:
        return (rng.random((S, E)) < chance + rng.normal(0, seed_sd, (S, 1))).astype(float)

    population = chances(2_000_000)
    truth = float(np.mean(population[1] - population[0]))
    hits = np.zeros(2)
    for _ in range(studies):
        control, treatment = chances(E)
        D = answers(treatment) - answers(control)
        low, high = student_interval(D.mean(axis=1))
        new = new_images_interval(D)
        assert new is not None
        hits += (low <= (treatment - control).mean() <= high, new[0] <= truth <= new[1])
    print(f"S {S}, seed sd {seed_sd}: these images {hits[0] / studies:.3f}, new images {hits[1] / studies:.3f}")
    return float(hits[0] / studies), float(hits[1] / studies)


@pytest.mark.parametrize("S", [8, 10, 20])
def test_both_scopes_cover_with_right_and_wrong_answers(S: int) -> None:
    these, new = covered_with_answers(S, seed_sd=0.02)
    assert these == pytest.approx(0.95, abs=0.02)
    assert new == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("S", [8, 10, 20])
def test_new_images_are_covered_even_where_seeds_do_not_matter(S: int) -> None:
    """Without seed variance the floor often acts: the interval may cover more than 95 %, never less."""
    these, new = covered_with_answers(S, seed_sd=0.0)
    assert these == pytest.approx(0.95, abs=0.02)
    assert new > 0.93
