"""Golden values of the statistical core: published tables, documented examples, enumeration by hand."""

from itertools import product

import numpy as np
import pytest
from scipy import integrate, stats
from sklearn.datasets import make_moons
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.svm import SVC
from statsmodels.stats.weightstats import ttost_paired

from pipeline.statistics.comparison import Declaration
from pipeline.statistics.interim import anytime_valid_interval
from pipeline.statistics.intervals import (
    crossed_variance,
    d_z_interval,
    mean_squares,
    new_images_interval,
    resampled_interval,
    sd_interval,
    superiority,
)
from pipeline.statistics.paired import compare_family
from pipeline.statistics.power import (
    detectable_d_z,
    repeats_needed,
    sign_flip_p,
    smallest_n_that_can_reject,
)
from tests.unit.statistics.pairs import compare_pair

# Darwin's Zea mays, crossed - self-fertilised, eighths of an inch (Fisher, The Design of Experiments, 1935).
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
# R's data set `sleep` (Student, 1908): extra hours of sleep under two drugs, ten patients.
SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
# Shrout and Fleiss (1979), table 2: six targets rated by four judges.
RATINGS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
HOURS = Declaration(metric="hours", margin=1.0)


def rng() -> np.random.Generator:
    return np.random.default_rng(20240229)


def enumerated_p(d: list[int]) -> float:
    """All 2^n sign patterns, in integers."""
    totals = [sum(s * abs(x) for s, x in zip(signs, d, strict=True)) for signs in product((-1, 1), repeat=len(d))]
    return sum(abs(total) >= abs(sum(d)) for total in totals) / len(totals)


def test_sign_flip_of_darwin_as_fisher_enumerated_it() -> None:
    """Fisher, The Design of Experiments, section 21: 1,726 of 2^15 = 32,768 arrangements."""
    assert sign_flip_p(DARWIN, rng()) == 1726 / 32768


@pytest.mark.parametrize(
    "d",
    [
        [3, 1, 4, 1, 5],
        [0, 0, 2, -1],
        [2, 2, 2, -2, -2],
        [7],
        [0, 0, 0],
        [1, 2, -3],
        [-9, -1, 0, -4, -4, -2, 1],
    ],
)
def test_sign_flip_equals_enumeration(d: list[int]) -> None:
    assert sign_flip_p(d, rng()) == enumerated_p(d)


def test_resampled_sign_flip_agrees_with_the_normal_limit_of_many_small_steps() -> None:
    """24 differences of one size: the sign test, whose p is binomial (scipy.stats.binomtest)."""
    d = [1] * 18 + [-1] * 6
    assert sign_flip_p(d, rng()) == pytest.approx(stats.binomtest(18, 24).pvalue, abs=0.001)


def test_student_interval_and_d_z_of_sleep() -> None:
    """R, example(t.test), sleep paired: mean -1.58, 95 % interval -2.4598858 to -0.7001142, t = -4.0621.

    effectsize::cohens_d(paired = TRUE) on the same data: -1.28, 95 % interval -2.12 to -0.41.
    """
    c = compare_pair(SLEEP_1, SLEEP_2, HOURS, rng=rng())
    assert c.estimate == pytest.approx(1.58)
    assert (c.low, c.high) == pytest.approx((0.7001142, 2.4598858), abs=5e-8)
    assert c.d_z == pytest.approx(4.0621 / np.sqrt(10), abs=1e-5)
    assert (c.d_z, c.d_z_low, c.d_z_high) == pytest.approx((1.28, 0.41, 2.12), abs=0.005)


def test_equivalence_of_sleep_is_statsmodels_ttost_paired() -> None:
    wide = Declaration(metric="hours", margin=3.0)
    c = compare_pair(SLEEP_1, SLEEP_2, wide, rng=rng())
    assert c.equivalence_p == pytest.approx(ttost_paired(np.array(SLEEP_2), np.array(SLEEP_1), -3, 3)[0])
    # By hand: the larger one-sided p is that of the margin above.
    se = 1.58 / 4.062128
    assert c.equivalence_p == pytest.approx(float(stats.t.cdf((1.58 - 3) / se, 9)), rel=1e-5)


@pytest.mark.parametrize(("t", "df", "low", "high"), [(2.83, 126, 0.8337502, 4.815359)])
def test_d_z_interval_inverts_the_noncentral_t(t: float, df: int, low: float, high: float) -> None:
    """MBESS manual (Kelley), conf.limits.nct(ncp = 2.83, df = 126)."""
    root = np.sqrt(df + 1)
    assert np.array(d_z_interval(t / root, df + 1)) * root == pytest.approx([low, high], abs=2e-6)


@pytest.mark.parametrize("n", [2, 5, 10, 20])
@pytest.mark.parametrize("d_z", [-0.7, 0.0, 0.3, 2.0])
def test_d_z_interval_limits_put_half_alpha_in_each_tail(d_z: float, n: int) -> None:
    """The definition, by scipy.stats.nct: the observed t is the 97.5 % and the 2.5 % point of the two limits."""
    low, high = np.array(d_z_interval(d_z, n)) * np.sqrt(n)
    assert stats.nct.cdf(d_z * np.sqrt(n), n - 1, low) == pytest.approx(0.975, abs=1e-6)
    assert stats.nct.cdf(d_z * np.sqrt(n), n - 1, high) == pytest.approx(0.025, abs=1e-6)


def test_superiority_of_the_brunner_munzel_example() -> None:
    """R lawstat::brunner.munzel.test on Brunner and Munzel's pain scores: 0.788961, 0.5952169 to 0.9827052."""
    low_dose, high_dose = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1], [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]
    assert superiority(low_dose, high_dose) == pytest.approx((0.788961, 0.5952169, 0.9827052), abs=1e-6)


def test_holm_adjusts_as_r_does() -> None:
    """Holm (1979) by hand: 4 x the smallest, 3 x the next, ..., never decreasing, capped at 1."""
    zero = [0] * 8
    values = {
        "control": zero,
        "a": [1, 2, 3, 4, 5, 6, 7, 8],  # p = 2 / 256
        "b": [-1, 2, 3, 4, 5, 6, 7, 8],  # p = 4 / 256
        "c": [1, -1, 1, -1, 1, -1, 1, -1],  # p = 1
        "d": [-1, -2, -3, -4, -5, -6, -7, -8],  # p = 2 / 256
    }
    family = compare_family(values, "control", HOURS, rng=rng())
    assert [c.p * 256 for c in family.values()] == [2, 4, 256, 2]
    assert [c.p_adjusted * 256 for c in family.values()] == [8, 8, 256, 8]


@pytest.mark.parametrize(
    ("n", "low", "high"),
    [
        (2, 0.4461, 31.9102),
        (5, 0.5991, 2.8736),
        (10, 0.6878, 1.8256),
        (20, 0.7605, 1.4606),
        (100, 0.8780, 1.1617),
    ],
)
def test_sd_interval_factors(n: int, low: float, high: float) -> None:
    """Boost.Math documentation, confidence intervals on the standard deviation, sd = 1, 95 %."""
    assert sd_interval(1.0, n) == pytest.approx((low, high), abs=5e-5)


def test_sd_interval_of_the_nist_gears() -> None:
    """NIST e-Handbook 1.3.5.8 (GEAR.DAT, n = 100, sd = 0.006278908); limits from Boost.Math's documentation."""
    assert sd_interval(0.006278908, 100) == pytest.approx((0.00551, 0.00729), abs=5e-6)


@pytest.mark.parametrize(("n", "d_z"), [(5, 1.68), (6, 1.44), (8, 1.16), (10, 1.00), (15, 0.78), (20, 0.66)])
def test_detectable_d_z_table(n: int, d_z: float) -> None:
    """The protocol's table (section 8), to two decimals."""
    assert detectable_d_z(n) == pytest.approx(d_z, abs=0.006)


def test_detectable_d_z_solves_for_34_pairs() -> None:
    """R, power.t.test(delta = .5, power = .8, type = "paired"): n = 33.36713; so do G*Power's 34 pairs."""
    assert detectable_d_z(34) < 0.5 < detectable_d_z(33)
    # The sd whose 80 % upper end is 2 is planned as 2: effect 1 / 2.
    sd = 2 / sd_interval(1.0, 10, 0.8)[1]
    assert repeats_needed(sd, 10, 1.0) == 34


@pytest.mark.parametrize(("m", "n"), [(1, 6), (2, 7), (3, 7), (4, 8), (5, 8), (6, 8), (10, 9), (15, 10)])
def test_smallest_n_table(m: int, n: int) -> None:
    """The protocol's table (section 3)."""
    assert smallest_n_that_can_reject(m) == n


def test_mean_squares_of_shrout_and_fleiss() -> None:
    """Shrout and Fleiss (1979), table 3: between targets 11.24, between judges 32.49, residual 1.02."""
    assert mean_squares(RATINGS) == pytest.approx((11.24, 32.49, 1.02), abs=0.005)


def test_crossed_variance_of_shrout_and_fleiss_by_hand() -> None:
    """Components (11.24 - 1.02) / 4 and (32.49 - 1.02) / 6, variance of the mean 42.71 / 24."""
    ms_s, ms_e, ms_r = mean_squares(RATINGS)
    assert (ms_s - ms_r) / 4 == pytest.approx(2.556, abs=0.001)
    assert (ms_e - ms_r) / 6 == pytest.approx(5.244, abs=0.001)
    variance, df = crossed_variance(ms_s, ms_e, ms_r, 6, 4)
    assert df == pytest.approx(42.7086**2 / (11.2417**2 / 5 + 32.4861**2 / 3 + 1.0194**2 / 15), rel=1e-4)
    assert variance == pytest.approx(42.7086 / 24, rel=1e-5)
    half, mean = stats.t.ppf(0.975, df) * np.sqrt(42.7086 / 24), np.mean(RATINGS)
    assert new_images_interval(RATINGS) == pytest.approx((mean - half, mean + half), rel=1e-5)


def test_resampled_interval_is_scikit_learns_corrected_t() -> None:
    """scikit-learn, "Statistical comparison of models using grid search": t = 0.750, one-sided p = 0.227."""
    X, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (
        cross_val_score(SVC(kernel=kernel, random_state=0), X, y, scoring="roc_auc", cv=folds)
        for kernel in ("rbf", "linear")
    )
    low, high = resampled_interval(rbf - linear, n_train=90, n_test=10)
    t = np.mean([low, high]) / ((high - low) / 2) * stats.t.isf(0.025, 99)
    assert t == pytest.approx(0.750, abs=0.0005)
    assert stats.t.sf(t, 99) == pytest.approx(0.227, abs=0.0005)


@pytest.mark.parametrize("n", [8, 12, 20, 40])
def test_anytime_valid_limits_are_where_the_mixture_likelihood_ratio_reaches_1_over_alpha(n: int) -> None:
    """Integrating scipy's noncentral t density over effect sizes ~ N(0, 1), against the central one."""
    d = np.random.default_rng(n).normal(0.4, 1.0, n)
    low, high = anytime_valid_interval(d, alpha=0.05)
    se = d.std(ddof=1) / np.sqrt(n)
    for limit in (low, high):
        t = (d.mean() - limit) / se
        mixture = integrate.quad(
            lambda effect, t=t: stats.nct.pdf(t, n - 1, effect * np.sqrt(n)) * stats.norm.pdf(effect),
            -6,
            6,
            limit=200,
        )[0]
        assert mixture / stats.t.pdf(t, n - 1) == pytest.approx(1 / 0.05, rel=1e-4)
