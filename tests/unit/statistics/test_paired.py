"""Paired comparisons: orientation, corrections, verdicts, degenerate cases."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.errors import UserError
from pipeline.statistics.comparison import VERDICTS, Arm, Comparison, Declaration, Question
from pipeline.statistics.interim import anytime_valid_interval
from pipeline.statistics.intervals import new_images_interval, student_interval
from pipeline.statistics.paired import compare_all, compare_family
from pipeline.statistics.power import detectable_d_z
from tests.unit.statistics.pairs import compare_pair

ACCURACY = Declaration(metric="test_accuracy", margin=0.02, n_test=500)
LOSS = Declaration(metric="test_loss", margin=0.01, higher_is_better=False)
CONTROL = np.array([440, 444, 438, 441, 450, 439, 446, 443, 440, 447])
RISE = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3])
MIRROR = {word: word.replace("better", "worse") for word in VERDICTS if "better" in word}
MIRROR |= {worse: better for better, worse in MIRROR.items()}


@pytest.fixture(autouse=True, scope="module")
def no_garbage_collection() -> Iterator[None]:
    """statsmodels' multipletests collects garbage at every call: 60 ms, against 15 ms for a comparison."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda *_: 0)
        yield


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def pair(d: Any, declared: Declaration = ACCURACY) -> Comparison:
    """Comparison whose counts differ by d."""
    d = np.asarray(d)
    return compare_pair(np.full(d.size, 250), 250 + d, declared, rng=rng())


def verdict(low: float, high: float, **fields: Any) -> str:
    """Verdict of a made-up comparison with margin 0.02 whose tests and simultaneous interval are given."""
    base = replace(pair(RISE), simultaneous_low=low, simultaneous_high=high, p_adjusted=1.0, equivalence_p_adjusted=1.0)
    return replace(base, **fields).verdict


def test_figures_of_a_comparison_by_hand() -> None:
    c = compare_pair(CONTROL, CONTROL + RISE, ACCURACY, rng=rng(), names=("none", "dropout"))
    assert (c.control, c.treatment, c.n, c.family_size) == ("none", "dropout", 10, 1)
    assert c.control_mean == pytest.approx(CONTROL.mean() / 500)
    assert c.treatment_mean == pytest.approx((CONTROL + RISE).mean() / 500)
    assert c.differences == pytest.approx(tuple(RISE / 500))
    assert c.estimate == pytest.approx(3.9 / 500)
    assert c.sd == pytest.approx(np.std(RISE, ddof=1) / 500)
    assert (c.wins, c.ties, c.losses) == (10, 0, 0)
    assert c.p == c.p_adjusted == c.p_smallest == 2 / 2**10
    assert c.pairing_correlation == pytest.approx(stats.pearsonr(CONTROL, CONTROL + RISE).statistic)
    assert c.minimum_detectable_effect == pytest.approx(np.std(RISE / 500, ddof=1) * detectable_d_z(10))
    assert c.low == c.simultaneous_low and c.high == c.simultaneous_high


def test_treatment_above_the_control_is_better_and_below_is_worse() -> None:
    up = compare_pair(CONTROL, CONTROL + 3 * RISE, ACCURACY, rng=rng())
    down = compare_pair(CONTROL + 3 * RISE, CONTROL, ACCURACY, rng=rng())
    assert (up.verdict, down.verdict) == ("better", "worse")
    assert up.estimate is not None and up.estimate > 0 and up.p_superiority is not None and up.p_superiority > 0.5


def test_a_lower_loss_is_better_and_the_means_stay_losses() -> None:
    lower = compare_pair([0.30, 0.32, 0.31] * 3, [0.20, 0.21, 0.22] * 3, LOSS, rng=rng())
    assert lower.verdict == "better and it matters"
    assert lower.estimate == pytest.approx(0.10)
    assert (lower.control_mean, lower.treatment_mean) == pytest.approx((0.31, 0.21))
    assert lower.wins == 9 and lower.p_superiority == 1.0


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(200, 300), st.integers(200, 300)), min_size=1, max_size=9))
def test_swapping_the_arms_mirrors_everything(counts: list[tuple[int, int]]) -> None:
    a, b = zip(*counts, strict=True)
    there, back = compare_pair(a, b, ACCURACY, rng=rng()), compare_pair(b, a, ACCURACY, rng=rng())
    assert back.verdict == MIRROR.get(there.verdict, there.verdict)
    assert (back.wins, back.ties, back.losses) == (there.losses, there.ties, there.wins)
    for name in ("p", "p_adjusted", "equivalence_p", "sd", "repeats_needed", "minimum_detectable_effect"):
        assert getattr(back, name) == pytest.approx(getattr(there, name))
    for name in ("estimate", "d_z"):
        mirrored = getattr(there, name)
        assert getattr(back, name) == (None if mirrored is None else pytest.approx(-mirrored))
    if there.low is not None and there.high is not None:
        assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(*[st.one_of(st.floats(0, 10), st.sampled_from([np.nan, np.inf, 0.5]))] * 3),
        min_size=1,
        max_size=8,
    )
)
def test_any_losses_give_strict_json_and_a_known_verdict(losses: list[tuple[float, float, float]]) -> None:
    values = dict(zip(("none", "a", "b"), zip(*losses, strict=True), strict=True))
    for c in compare_family(values, "none", LOSS, rng=rng()).values():
        fields = json.loads(json.dumps(asdict(c), allow_nan=False))
        assert c.verdict in VERDICTS
        assert c.wins + c.ties + c.losses == c.n == len(fields["differences"])
        assert 0 < c.p <= c.p_adjusted <= 1 and c.p >= c.p_smallest


def test_ties_in_counts_are_exact_where_fractions_are_not() -> None:
    """0.3 - 0.1 != 0.2 - 0.0 in floats; as counts |+2| and |-2| tie, and 4 of 8 patterns reach a sum of 2."""
    c = compare_pair([1, 3, 0], [3, 1, 2], Declaration(metric="test_accuracy", margin=0.1, n_test=10), rng=rng())
    assert c.p == 1.0
    assert compare_pair([1, 0, 2], [3, 2, 4], replace(ACCURACY, n_test=10), rng=rng()).sd == 0.0


def test_tests_are_paired() -> None:
    """Repeats spread over 100 images, the treatment a few better in each: lost without the pairing."""
    base = np.array([200, 300, 250, 220, 280, 240, 260, 210])
    treatment = base + np.array([1, 2, 3, 1, 2, 3, 1, 2])
    shuffled = treatment[[3, 1, 4, 0, 7, 2, 6, 5]]
    assert compare_pair(base, treatment, ACCURACY, rng=rng()).p == 2 / 2**8
    assert compare_pair(base, shuffled, ACCURACY, rng=rng()).p > 0.2


@pytest.mark.parametrize(
    ("low", "high", "fields", "expected"),
    [
        (0.021, 0.04, {"p_adjusted": 0.01}, "better and it matters"),
        (0.01, 0.04, {"p_adjusted": 0.01}, "better"),
        (0.001, 0.015, {"p_adjusted": 0.01, "equivalence_p_adjusted": 0.01}, "better but negligible"),
        (-0.01, 0.015, {"equivalence_p_adjusted": 0.01}, "equivalent"),
        (-0.015, -0.001, {"p_adjusted": 0.01, "equivalence_p_adjusted": 0.01}, "worse but negligible"),
        (-0.04, -0.01, {"p_adjusted": 0.01}, "worse"),
        (-0.04, -0.021, {"p_adjusted": 0.01}, "worse and it matters"),
        (-0.04, 0.04, {}, "undecided"),
        (0.021, 0.04, {"p_adjusted": 0.06}, "undecided"),
        (-0.001, 0.04, {"p_adjusted": 0.01}, "undecided"),
        (0.001, 0.015, {"p_adjusted": 0.06, "equivalence_p_adjusted": 0.05}, "equivalent"),
        (0.01, 0.04, {"p_adjusted": 0.05}, "better"),
    ],
)
def test_verdicts(low: float, high: float, fields: dict[str, float], expected: str) -> None:
    assert verdict(low, high, **fields) == expected


def test_a_large_p_is_never_equality() -> None:
    c = pair([40, -40, 30, -30, 20, -20, 10, -10])
    assert c.p == 1.0 and c.verdict == "undecided"


def test_family_is_corrected_and_its_intervals_widen() -> None:
    alone = compare_pair(CONTROL, CONTROL + RISE, ACCURACY, rng=rng())
    values = {"none": CONTROL, "a": CONTROL + RISE, "b": CONTROL - RISE, "c": CONTROL[::-1]}
    family = compare_family(values, "none", ACCURACY, rng=rng())
    a = family["a"]
    assert list(family) == ["a", "b", "c"] and a.family_size == 3
    assert (a.p, a.low, a.high) == (alone.p, alone.low, alone.high)
    assert a.p_adjusted == 3 * alone.p
    wide = stats.ttest_1samp(RISE / 500, 0.0).confidence_interval(1 - 0.05 / 3)
    assert (a.simultaneous_low, a.simultaneous_high) == pytest.approx((wide.low, wide.high))
    assert a.equivalence_p is not None  # a and b are mirrored, both smaller than c's: the smallest times 3
    assert a.equivalence_p_adjusted == family["b"].equivalence_p_adjusted == pytest.approx(3 * a.equivalence_p)
    assert a.minimum_detectable_effect == pytest.approx(np.std(RISE / 500, ddof=1) * detectable_d_z(10, 0.05 / 3))


def test_family_of_one_is_not_corrected() -> None:
    """A correction that makes a comparison of two models significant by itself is a known bug elsewhere."""
    c = pair([1, -1, 2, 3, -2, 4, 1, -1])
    assert (c.p_adjusted, c.equivalence_p_adjusted) == (c.p, c.equivalence_p)
    assert (c.simultaneous_low, c.simultaneous_high) == (c.low, c.high)


def test_a_control_alone_has_no_comparisons() -> None:
    assert compare_family({"none": CONTROL}, "none", ACCURACY, rng=rng()) == {}


@pytest.mark.parametrize(
    ("c", "expected"),
    [
        (0, "equivalent"),
        (1, "better but negligible"),
        (10, "better"),
        (11, "better and it matters"),
        (-9, "worse but negligible"),
        (-30, "worse and it matters"),
    ],
)
def test_zero_variance_goes_the_common_way(c: int, expected: str) -> None:
    """Margin 0.02 of 500 images: 10; a difference on the margin is neither inside nor beyond it."""
    result = pair([c] * 8)
    assert result.verdict == expected
    assert result.low == result.high == result.simultaneous_low == result.estimate == c / 500
    assert (result.sd, result.d_z, result.equivalence_p, result.repeats_needed) == (0.0, None, None, None)
    assert result.p == (1.0 if c == 0 else 2 / 2**8)


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("c", [0, 3, 30])
def test_zero_variance_is_no_proof_where_the_exact_test_could_reject_nothing(n: int, c: int) -> None:
    """Counts are integers: a few differences are equal by luck, and have no interval; six can be no luck at 0.05."""
    result = pair([c] * n)
    assert (result.verdict, result.sd, result.p) == ("undecided", 0.0, 1.0 if c == 0 else 2 / 2**n)
    assert (result.low, result.simultaneous_low, result.peek_proof_low, result.is_equivalent) == (*[None] * 3, False)
    assert pair([c] * 6).verdict != "undecided"


def identical(n: int, runs: Any = None, d: Any = 0) -> Comparison:
    """Comparison of n repeats whose runs are the control's own unless given."""
    own = tuple(f"run {repeat}" for repeat in range(n))
    arms = Arm("none", CONTROL[:n], runs=own), Arm("x", CONTROL[:n] + d, runs=runs or own)
    return compare_all([Question(*arms, ACCURACY)], rng=rng())[0]


@pytest.mark.parametrize("n", [1, 2, 10])
def test_runs_that_are_the_same_bit_for_bit_are_identical_and_nothing_is_tested(n: int) -> None:
    found = identical(n)
    assert (found.verdict, found.estimate, found.p_adjusted) == ("identical", 0, 1.0)
    assert found.equivalence_p_adjusted is None


def test_equal_accuracies_of_other_runs_are_not_identical() -> None:
    assert identical(3, ("run 0", "run 1", "another")).verdict == "undecided"
    assert identical(10, tuple("abcdefghij")).verdict == "equivalent"
    assert identical(3, d=np.array([0, 0, 1])).verdict != "identical"  # one network, read at another threshold
    assert pair([0] * 3).identical is False  # nobody knows what ran


def test_two_diverged_arms_of_the_same_runs_are_identical() -> None:
    runs, nan = ("a", "b"), [np.nan, np.nan]
    found = compare_all([Question(Arm("none", nan, runs=runs), Arm("x", nan, runs=runs), LOSS)], rng=rng())[0]
    assert (found.verdict, found.treatment_diverged) == ("identical", 2)


def test_the_interval_of_equivalence_is_the_one_of_its_corrected_test() -> None:
    """Holm tests the smaller p at alpha / 2, the larger at alpha: 1 - 2 alpha' is 0.95 and 0.9, inside the margin."""
    near, far = RISE - 4, RISE + 1
    family = compare_family({"none": CONTROL, "x": CONTROL + near, "y": CONTROL + far}, "none", ACCURACY, rng=rng())
    x, y = family["x"], family["y"]
    assert x.equivalence_p is not None and y.equivalence_p is not None and x.equivalence_p < y.equivalence_p
    assert (x.verdict, y.verdict) == ("equivalent", "better but negligible")
    for one, d, level in ((x, near, 0.95), (y, far, 0.9)):
        expected = stats.ttest_1samp(d / 500, 0.0).confidence_interval(level)
        assert one.equivalence_confidence == pytest.approx(level)
        assert (one.equivalence_low, one.equivalence_high) == pytest.approx((expected.low, expected.high))
        assert -0.02 < expected.low < expected.high < 0.02
    assert x.interval == (x.equivalence_low, x.equivalence_high)
    assert y.interval == (y.simultaneous_low, y.simultaneous_high)


def test_equivalence_is_never_shown_beside_an_interval_that_leaves_the_margin() -> None:
    """As in a real study: the simultaneous interval of one of two leaves the margin that the test keeps to."""
    d = np.array([-17, 4, -13, 7, -1, -11, 6, -9, -10, 3])
    family = compare_family({"none": CONTROL, "x": CONTROL + d, "y": CONTROL + RISE - 4}, "none", ACCURACY, rng=rng())
    x = family["x"]
    assert x.verdict == "equivalent"
    assert x.simultaneous_low is not None and x.simultaneous_low < -0.02
    assert x.interval[0] is not None and x.interval[0] > -0.02


def test_a_test_that_sees_what_the_interval_does_not_exclude_is_undecided_and_disagrees() -> None:
    shown = replace(pair(5 * RISE - 8), simultaneous_low=-0.00005)
    assert shown.p_adjusted <= shown.alpha
    assert (shown.verdict, shown.disagrees) == ("undecided", True)
    assert not pair(5 * RISE - 8).disagrees


def test_no_interval_of_a_difference_of_accuracies_is_beyond_all_images() -> None:
    wild = pair([100, -150])
    assert (wild.low, wild.high, wild.simultaneous_low, wild.simultaneous_high) == (-1, 1, -1, 1)
    loss = compare_pair([0.1, 3.0], [2.0, 0.5], LOSS, rng=rng())
    assert loss.low is not None and loss.low < -1


def test_a_run_scored_as_diverged_has_the_worst_count() -> None:
    counts = CONTROL + 3.0 * RISE
    counts[4] = -np.inf
    found = compare_pair(CONTROL, counts, ACCURACY, rng=rng())
    assert (found.treatment_diverged, found.wins, found.losses, found.estimate) == (1, 9, 1, None)


def test_arms_at_chance_say_so_together_only() -> None:
    values = {"none": CONTROL, "x": CONTROL + RISE, "y": CONTROL - RISE}
    found = compare_family(values, "none", ACCURACY, rng=rng(), at_chance={"none", "x"})
    assert (found["x"].at_chance, found["y"].at_chance) == (True, False)


def test_zero_variance_of_losses_survives_rounding() -> None:
    control = np.array([0.1, 0.2, 0.3, 0.7, 0.9, 1.1])
    c = compare_pair(control, control - 0.05, LOSS, rng=rng())
    assert c.sd == 0.0 and c.verdict == "better and it matters"
    assert compare_pair(control, (control + 0.05) - 0.05, LOSS, rng=rng()).verdict == "equivalent"


def test_a_constant_member_of_a_family_is_not_tested_but_counts() -> None:
    family = compare_family({"none": CONTROL, "same": CONTROL, "near": CONTROL + RISE - 4}, "none", ACCURACY, rng=rng())
    assert family["same"].equivalence_p_adjusted is None
    near = family["near"]
    assert near.equivalence_p is not None
    assert near.equivalence_p_adjusted == pytest.approx(2 * near.equivalence_p)


def test_one_repeat_is_undecided_without_an_interval() -> None:
    c = pair([40])
    assert (c.verdict, c.p, c.p_smallest, c.estimate) == ("undecided", 1.0, 1.0, 40 / 500)
    assert (c.low, c.high, c.sd, c.d_z, c.equivalence_p, c.repeats_needed) == (None,) * 6


def test_two_repeats_that_disagree_are_undecided() -> None:
    c = pair([30, 40])
    assert (c.verdict, c.p, c.minimum_detectable_effect) == ("undecided", 0.5, None)
    assert c.low is not None and c.high is not None and c.low < 0 < c.high
    assert c.pairing_correlation is None


def test_five_repeats_cannot_be_better_however_large_the_difference() -> None:
    assert pair([100, 101, 102, 103, 104]).verdict == "undecided"
    assert pair([100, 101, 102, 103, 104, 105]).verdict == "better and it matters"


def test_a_perfect_variant() -> None:
    """All 500 images right in every repeat: no variance in one arm, no overlap of the two."""
    c = compare_pair(CONTROL, np.full(10, 500), ACCURACY, rng=rng())
    assert c.verdict == "better and it matters"
    assert (c.treatment_mean, c.pairing_correlation) == (1.0, None)
    assert (c.p_superiority, c.p_superiority_low, c.p_superiority_high) == (1.0, None, None)


def test_a_diverged_run_counts_as_worst_and_is_never_dropped() -> None:
    good, bad = (
        [0.3, 0.31, 0.32, 0.33, 0.34, 0.35, 0.36],
        [np.nan, np.inf, np.nan, np.nan, np.nan, np.nan, np.nan],
    )
    c = compare_pair(good, bad, LOSS, rng=rng())
    assert (c.verdict, c.n, c.losses, c.p) == ("worse", 7, 7, 2 / 2**7)
    assert (c.treatment_diverged, c.treatment_mean, c.estimate, c.low) == (7, None, None, None)
    assert c.control_mean == pytest.approx(0.33) and c.p_superiority == 0.0
    assert c.differences == (None,) * 7
    assert compare_pair(bad, good, LOSS, rng=rng()).verdict == "better"


def test_one_diverged_run_outweighs_no_number_of_wins_but_counts_as_a_loss() -> None:
    """8 wins and 1 loss: the exact sign test, 2 (1 + 9) / 2^9."""
    c = compare_pair([0.3] * 9, [0.2] * 8 + [np.nan], LOSS, rng=rng())
    assert (c.wins, c.losses) == (8, 1)
    assert c.p == pytest.approx(stats.binomtest(8, 9).pvalue) == 20 / 512
    assert c.verdict == "better"


def test_two_arms_that_diverge_together_tie_and_are_not_equivalent() -> None:
    c = compare_pair([np.nan] * 8, [np.nan] * 8, LOSS, rng=rng())
    assert (c.verdict, c.ties, c.p, c.p_superiority) == ("undecided", 8, 1.0, 0.5)


def test_without_a_margin_nothing_matters_and_nothing_is_equivalent() -> None:
    c = compare_pair(CONTROL, CONTROL + 100, replace(ACCURACY, margin=None, n_test=600), rng=rng())
    d = compare_pair(CONTROL, CONTROL + RISE - 4, replace(ACCURACY, margin=None), rng=rng())
    assert (c.verdict, d.verdict) == ("better", "undecided")
    assert (d.equivalence_p, d.repeats_needed) == (None, None)


def test_more_than_16_repeats_are_resampled_reproducibly() -> None:
    d = np.tile([5, -3, 4], 7)
    assert pair(d).p == pair(d).p
    assert pair(d).p == pytest.approx(stats.ttest_1samp(d, 0).pvalue, rel=0.5)


@pytest.mark.parametrize("counts", [[1.5, 2], [-1, 2], [501, 2], [np.inf, 2]])
def test_counts_must_be_counts(counts: list[float]) -> None:
    with pytest.raises(ValueError, match="expected counts up to 500"):
        compare_pair([1, 2], counts, ACCURACY, rng=rng())


def test_every_variant_needs_the_same_repeats() -> None:
    with pytest.raises(ValueError, match="as many repeats of every variant"):
        compare_pair([1, 2], [1, 2, 3], ACCURACY, rng=rng())
    with pytest.raises(ValueError, match="one value per repeat"):
        compare_pair([], [], ACCURACY, rng=rng())


@pytest.mark.parametrize("wrong", [{"alpha": 0.0}, {"alpha": 1.0}, {"margin": -0.1}, {"margin": np.nan}])
def test_declarations_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError, match=r"test_accuracy: expected .* received"):
        replace(ACCURACY, **wrong)  # type: ignore[arg-type]


def test_a_pair_asked_about_twice_or_in_both_directions_is_one_test() -> None:
    a, b, c = (Arm(name, CONTROL + shift) for name, shift in (("a", 0 * RISE), ("b", RISE), ("c", 2 * RISE)))
    asked = [(a, b), (a, b), (b, a), (a, c)]
    ab, again, ba, ac = compare_all([Question(*pair, ACCURACY) for pair in asked], rng=rng())
    assert ab == again
    assert {one.family_size for one in (ab, ba, ac)} == {2}
    assert ba.p_adjusted == ab.p_adjusted == min(1.0, 2 * ab.p)
    assert ba.estimate == -(ab.estimate or 0)


def test_the_interval_on_new_images_is_the_crossed_one_at_the_familys_level() -> None:
    images = rng().binomial(1, [[0.7]] * 10 + [[0.8]] * 10, (20, 500))
    control, treatment = images[:10], images[10:]
    c = compare_family(
        {"none": control.sum(axis=1), "x": treatment.sum(axis=1), "y": control.sum(axis=1)},
        "none",
        ACCURACY,
        rng=rng(),
        images={"none": control, "x": treatment, "y": control},
    )["x"]
    crossed = new_images_interval(treatment - control, ACCURACY.alpha / 2)
    assert (c.new_images_low, c.new_images_high) == crossed
    these = student_interval((treatment - control).mean(axis=1), 1 - ACCURACY.alpha / 2)
    assert (c.simultaneous_low, c.simultaneous_high) == pytest.approx(these)
    assert compare_pair(CONTROL, CONTROL + RISE, ACCURACY, rng=rng()).new_images_low is None


def test_the_peek_proof_interval_is_wider_than_the_planned_one_and_absent_while_unbounded() -> None:
    c = compare_pair(CONTROL, CONTROL + RISE, ACCURACY, rng=rng())
    assert c.peek_proof_low is not None and c.simultaneous_low is not None
    assert c.peek_proof_low < c.simultaneous_low < (c.estimate or 0)
    low, high = anytime_valid_interval(RISE / 500, ACCURACY.alpha)
    assert (c.peek_proof_low, c.peek_proof_high) == pytest.approx((low, high))
    assert compare_pair([1, 2], [3, 5], ACCURACY, rng=rng()).peek_proof_low is None


def test_a_simulated_null_keeps_its_false_positives() -> None:
    """200 families of three at n = 8, all arms alike: any better or worse at most 5 % of the time."""
    null, false = np.random.default_rng(11), 0
    for _ in range(200):
        counts = null.binomial(500, 0.9, (4, 8)) + null.integers(-3, 4, 8)  # repeats shift all arms together
        values = dict(zip("cxyz", np.clip(counts, 0, 500), strict=True))
        family = compare_family(values, "c", ACCURACY, rng=null)
        false += any(c.verdict in MIRROR for c in family.values())
    assert stats.binomtest(false, 200, 0.05, alternative="greater").pvalue > 0.01


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("sd", [0.4, 3])
def test_a_simulated_null_of_few_repeats_keeps_its_false_positives(n: int, sd: float) -> None:
    """Integer counts, which are often equal by luck: any verdict but undecided is false on the margin, too."""
    null, false = np.random.default_rng(13), 0
    for centre in (0, 10):
        for _ in range(150):
            found = pair(np.rint(null.normal(centre, sd, n))).verdict
            false += found.startswith(("better", "worse")) or (centre == 10 and found == "equivalent")
    assert stats.binomtest(false, 300, 0.05, alternative="greater").pvalue > 0.01


def test_equivalence_is_rarely_claimed_on_the_margin() -> None:
    """True difference equal to the margin (10 of 500): equivalent at most 5 % of the time."""
    null, false = np.random.default_rng(12), 0
    for _ in range(200):
        false += pair(np.rint(null.normal(10, 6, 10))).verdict == "equivalent"
    assert stats.binomtest(false, 200, 0.05, alternative="greater").pvalue > 0.01
