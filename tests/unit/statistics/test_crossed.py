"""Repeats x images: two scopes and the variance components."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from pipeline.statistics.comparison import Declaration
from pipeline.statistics.crossed import Crossed, crossed_intervals, mean_squares, resampled_interval
from pipeline.statistics.paired import compare_pair


def crossed(D: np.ndarray, alpha: float = 0.05) -> Crossed:
    result = crossed_intervals(D, alpha)
    assert result is not None
    return result


def simulated(S: int, E: int, seed: float, image: float, rest: float, rng: np.random.Generator) -> np.ndarray:
    """Two-way random effects with the given standard deviations and mean 0."""
    return np.asarray(
        rng.normal(0, seed, (S, 1)) + rng.normal(0, image, (1, E)) + rng.normal(0, rest, (S, E)), dtype=float
    )


def test_mean_squares_equal_statsmodels_anova() -> None:
    D = simulated(5, 7, 1.0, 2.0, 0.5, np.random.default_rng(0))
    repeat, image = np.indices(D.shape)
    long = pd.DataFrame({"d": D.ravel(), "repeat": repeat.ravel(), "image": image.ravel()})
    table = anova_lm(ols("d ~ C(repeat) + C(image)", long).fit())
    assert mean_squares(D) == pytest.approx(table["mean_sq"].to_numpy())


def test_components_are_recovered() -> None:
    result = crossed(simulated(60, 3000, 0.5, 2.0, 1.0, np.random.default_rng(1)))
    assert result.seed_variance == pytest.approx(0.25, rel=0.4)
    assert result.image_variance == pytest.approx(4.0, rel=0.1)
    assert result.residual_variance == pytest.approx(1.0, rel=0.02)


def test_interval_on_these_images_is_the_comparisons() -> None:
    """The same repeats as counts of correct images, through the other road."""
    rng = np.random.default_rng(2)
    control, treatment = (rng.random((10, 150)) < share for share in (0.80, 0.85))
    result = crossed(treatment.astype(float) - control)
    c = compare_pair(
        control.sum(axis=1),
        treatment.sum(axis=1),
        Declaration(metric="test_accuracy", margin=0.02, n_test=150),
        rng=rng,
    )
    assert (result.estimate, result.low, result.high) == pytest.approx((c.estimate, c.low, c.high))


def test_new_images_widen_the_interval_when_images_differ() -> None:
    result = crossed(simulated(10, 200, 0.02, 1.0, 0.3, np.random.default_rng(3)))
    assert result.new_images_low < result.low < result.high < result.new_images_high


def test_images_alone_give_the_one_sample_interval_over_images() -> None:
    """No seed and no residual variance: every repeat is the same, and images are the only sample."""
    images = np.random.default_rng(4).normal(0.3, 1.0, 40)
    result = crossed(np.tile(images, (6, 1)))
    expected = stats.ttest_1samp(images, 0.0).confidence_interval(0.95)
    assert (result.new_images_low, result.new_images_high) == pytest.approx((expected.low, expected.high))
    assert result.new_images_df == pytest.approx(39)
    assert (result.low, result.high) == pytest.approx((images.mean(), images.mean()))
    assert result.seed_variance == pytest.approx(0.0, abs=1e-12)


def test_variance_is_floored_where_the_residual_exceeds_a_component() -> None:
    """Rows and columns all sum to zero: MS_S = MS_E = 0 < MS_R; components floor at 0."""
    D = np.array([[1.0, -1.0, 0.0], [-1.0, 0.0, 1.0], [0.0, 1.0, -1.0]])
    result = crossed(D)
    assert (result.seed_variance, result.image_variance) == (0.0, 0.0)
    assert result.residual_variance == pytest.approx(6 / 4)
    assert result.new_images_df >= 1
    assert result.new_images_low == result.new_images_high == 0.0
    noise = np.random.default_rng(6).normal(size=(8, 50))
    ms_s, ms_e, ms_r = mean_squares(noise)
    assert ms_s + ms_e - ms_r < max(ms_s, ms_e)  # the floor acts
    floored = crossed(noise)
    half = stats.t.isf(0.025, floored.new_images_df) * np.sqrt(max(ms_s, ms_e) / 400)
    assert floored.new_images_high - floored.estimate == pytest.approx(half)


def test_identical_models_differ_by_exactly_nothing() -> None:
    result = crossed(np.zeros((4, 9)))
    assert (result.low, result.high, result.new_images_low, result.new_images_high) == (0, 0, 0, 0)


def test_sign_turns_both_intervals_over() -> None:
    D = simulated(6, 30, 0.2, 0.5, 1.0, np.random.default_rng(7)) + 1.0
    up, down = crossed(D), crossed(-D)
    assert up.estimate > 0 > down.estimate
    assert (up.low, up.new_images_high) == pytest.approx((-down.high, -down.new_images_low))


def test_alpha_sets_both_widths() -> None:
    D = simulated(6, 30, 0.2, 0.5, 1.0, np.random.default_rng(8))
    wide, narrow = crossed(D, 0.01), crossed(D, 0.2)
    assert wide.low < narrow.low and wide.new_images_high > narrow.new_images_high


@pytest.mark.parametrize("shape", [(1, 20), (5, 1)])
def test_one_repeat_or_one_image_has_no_interval(shape: tuple[int, int]) -> None:
    assert crossed_intervals(np.ones(shape)) is None


def test_a_diverged_run_has_no_mean_loss() -> None:
    D = np.zeros((4, 5))
    D[2] = np.nan
    assert crossed_intervals(D) is None


def test_resampled_interval_is_students_when_nothing_is_shared() -> None:
    d = np.random.default_rng(9).normal(0.1, 1.0, 10)
    expected = stats.ttest_1samp(d, 0.0).confidence_interval(0.95)
    assert resampled_interval(d, n_train=10**12, n_test=1) == pytest.approx((expected.low, expected.high))


def test_resampled_interval_widens_as_the_formula_says() -> None:
    """J = 10 and a fifth of the training size evaluated: variance (0.1 + 0.2) / 0.1 = 3 times Student's."""
    d = np.random.default_rng(10).normal(0.1, 1.0, 10)
    student = stats.ttest_1samp(d, 0.0).confidence_interval(0.95)
    low, high = resampled_interval(d, n_train=1000, n_test=200)
    assert (high - low) / (student.high - student.low) == pytest.approx(np.sqrt(3))
    assert (low + high) / 2 == pytest.approx(d.mean())


def test_resampled_interval_of_equal_differences_collapses() -> None:
    assert resampled_interval([0.5, 0.5, 0.5], 100, 20) == (0.5, 0.5)
