"""Repeats x images: two scopes and the variance components."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from pipeline.statistics.comparison import Declaration
from pipeline.statistics.intervals import (
    crossed_variance,
    mean_squares,
    new_images_interval,
    resampled_interval,
    student_interval,
)
from tests.unit.statistics.pairs import compare_pair

Interval = tuple[float, float]


def crossed(D: np.ndarray, alpha: float = 0.05) -> tuple[Interval, Interval]:
    """Intervals of the mean on these images and on new ones."""
    new = new_images_interval(D, alpha)
    assert new is not None
    return student_interval(D.mean(axis=1), 1 - alpha), new


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
    """Expected mean squares: residual + images * seed, residual + repeats * image, residual."""
    ms_s, ms_e, ms_r = mean_squares(simulated(60, 3000, 0.5, 2.0, 1.0, np.random.default_rng(1)))
    assert (ms_s - ms_r) / 3000 == pytest.approx(0.25, rel=0.4)
    assert (ms_e - ms_r) / 60 == pytest.approx(4.0, rel=0.1)
    assert ms_r == pytest.approx(1.0, rel=0.02)


def test_interval_on_these_images_is_the_comparisons() -> None:
    """The same repeats as counts of correct images, through the other road."""
    rng = np.random.default_rng(2)
    control, treatment = (rng.random((10, 150)) < share for share in (0.80, 0.85))
    D = treatment.astype(float) - control
    (low, high), _ = crossed(D)
    c = compare_pair(
        control.sum(axis=1),
        treatment.sum(axis=1),
        Declaration(metric="test_accuracy", margin=0.02, n_test=150),
        rng=rng,
    )
    assert (D.mean(), low, high) == pytest.approx((c.estimate, c.low, c.high))


def test_new_images_widen_the_interval_when_images_differ() -> None:
    these, new = crossed(simulated(10, 200, 0.02, 1.0, 0.3, np.random.default_rng(3)))
    assert new[0] < these[0] < these[1] < new[1]


def test_images_alone_give_the_one_sample_interval_over_images() -> None:
    """No seed and no residual variance: every repeat is the same, and images are the only sample."""
    images = np.random.default_rng(4).normal(0.3, 1.0, 40)
    D = np.tile(images, (6, 1))
    these, new = crossed(D)
    expected = stats.ttest_1samp(images, 0.0).confidence_interval(0.95)
    assert new == pytest.approx((expected.low, expected.high))
    assert crossed_variance(*mean_squares(D), 6, 40)[1] == pytest.approx(39)
    assert these == pytest.approx((images.mean(), images.mean()))
    assert mean_squares(D)[0] == pytest.approx(0.0, abs=1e-12)


def test_variance_is_floored_where_the_residual_exceeds_a_component() -> None:
    """Rows and columns all sum to zero: MS_S = MS_E = 0 < MS_R."""
    D = np.array([[1.0, -1.0, 0.0], [-1.0, 0.0, 1.0], [0.0, 1.0, -1.0]])
    assert mean_squares(D) == pytest.approx((0.0, 0.0, 6 / 4))
    assert crossed_variance(*mean_squares(D), 3, 3)[1] >= 1
    assert crossed(D)[1] == (0.0, 0.0)
    noise = np.random.default_rng(6).normal(size=(8, 50))
    ms_s, ms_e, ms_r = mean_squares(noise)
    assert ms_s + ms_e - ms_r < max(ms_s, ms_e)  # the floor acts
    _, df = crossed_variance(ms_s, ms_e, ms_r, 8, 50)
    half = stats.t.isf(0.025, df) * np.sqrt(max(ms_s, ms_e) / 400)
    assert crossed(noise)[1][1] - noise.mean() == pytest.approx(half)


def test_identical_models_differ_by_exactly_nothing() -> None:
    assert crossed(np.zeros((4, 9))) == ((0, 0), (0, 0))


def test_sign_turns_both_intervals_over() -> None:
    D = simulated(6, 30, 0.2, 0.5, 1.0, np.random.default_rng(7)) + 1.0
    assert D.mean() > 0
    for up, down in zip(crossed(D), crossed(-D), strict=True):
        assert up == pytest.approx((-down[1], -down[0]))


def test_alpha_sets_both_widths() -> None:
    D = simulated(6, 30, 0.2, 0.5, 1.0, np.random.default_rng(8))
    (wide, wide_new), (narrow, narrow_new) = crossed(D, 0.01), crossed(D, 0.2)
    assert wide[0] < narrow[0] and wide_new[1] > narrow_new[1]


@pytest.mark.parametrize("shape", [(1, 20), (5, 1)])
def test_one_repeat_or_one_image_has_no_interval(shape: tuple[int, int]) -> None:
    assert new_images_interval(np.ones(shape)) is None


def test_a_diverged_run_has_no_mean_loss() -> None:
    D = np.zeros((4, 5))
    D[2] = np.nan
    assert new_images_interval(D) is None


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
