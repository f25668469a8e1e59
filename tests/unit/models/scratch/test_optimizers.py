"""Optimizers against their published formulas."""

import numpy as np
import pytest

from pipeline.models.scratch.optimizers import SGD, Adam


def test_sgd_by_hand() -> None:
    parameters = {"w": np.array([1.0, -2.0])}
    w = parameters["w"]
    SGD(0.1).update(parameters, {"w": np.array([3.0, 4.0])})
    np.testing.assert_allclose(w, [0.7, -2.4], rtol=1e-15)  # in place: w itself has moved


def test_adam_is_algorithm_1_with_the_epsilon_of_section_2() -> None:
    # Kingma and Ba (2015), algorithm 1, with corrected moments. Keras adds its epsilon to the uncorrected
    # root; in the algorithm's terms that is epsilon / sqrt(1 - beta_2^t).
    generator = np.random.default_rng(0)
    w, m, v = np.ones(5), np.zeros(5), np.zeros(5)
    parameters, optimizer = {"w": w.copy()}, Adam(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-3)
    for t in range(1, 31):
        g = generator.standard_normal(5)
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g**2
        root = np.sqrt(v / (1 - 0.95**t))
        w -= 0.01 * (m / (1 - 0.8**t)) / (root + 1e-3 / np.sqrt(1 - 0.95**t))
        optimizer.update(parameters, {"w": g})
        np.testing.assert_allclose(parameters["w"], w, rtol=1e-12)


def test_first_step_of_adam_is_the_learning_rate_whatever_the_gradient() -> None:
    parameters = {"w": np.zeros(3)}
    Adam(0.25).update(parameters, {"w": np.array([1e3, -1.0, 0.0])})
    np.testing.assert_allclose(parameters["w"], [-0.25, 0.25, 0], rtol=1e-5)


@pytest.mark.parametrize("optimizer", [SGD(), Adam()])
def test_float32_stays_float32(optimizer: SGD | Adam) -> None:
    parameters = {"w": np.ones(2, "float32")}
    optimizer.update(parameters, {"w": np.ones(2, "float32")})
    assert parameters["w"].dtype == "float32"
    if isinstance(optimizer, Adam):
        assert {moment.dtype.name for moment in optimizer.moments["w"]} == {"float32"}
