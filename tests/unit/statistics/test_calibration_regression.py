"""Calibration for measurement error: closed forms against each other, and planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from irf7bone.statistics.calibration_regression import (
    Inseparable,
    calibrate,
    calibrated_coefficients,
    pooled_vanishing_reliability,
    shift,
    vanishing_reliability,
)


def standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean(axis=0)) / values.std(axis=0)


def made_up(n: int = 400, r: float = -0.5, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score, covariates (proliferation, ER), and a continuous outcome."""
    random = np.random.default_rng(seed)
    score = random.normal(size=n)
    p = r * score + np.sqrt(1 - r**2) * random.normal(size=n)
    e = 0.3 * score - 0.4 * p + random.normal(size=n)
    outcome = 0.5 * p - 0.2 * score + 0.3 * e + random.normal(size=n)
    return standard(score), standard(np.column_stack([p, e])), outcome


def least_squares(columns: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(columns, outcome - outcome.mean(), rcond=None)[0]


def test_fit_with_calibrated_covariates_equals_the_closed_form():
    score, covariates, outcome = made_up()
    reliability = np.array([0.7, 0.9])
    calibrated = calibrate(score, covariates, reliability)
    measured = np.column_stack([score, covariates])
    correlation = np.corrcoef(measured.T)
    expected = calibrated_coefficients(correlation, reliability, least_squares(measured, outcome))
    assert_allclose(least_squares(np.column_stack([score, calibrated]), outcome), expected, atol=1e-8)


def test_one_covariate_is_p_plus_h_s():
    score, covariates, outcome = made_up()
    p = covariates[:, :1]
    r = float(np.corrcoef(score, p[:, 0])[0, 1])
    calibrated = calibrate(score, p, np.array([0.7]))
    by_hand = p[:, 0] + shift(r, 0.7) * score
    # the same but for a factor, which no effect of the score depends on
    assert_allclose(calibrated[:, 0] / calibrated[:, 0].std(), by_hand / by_hand.std(), atol=1e-10)
    ours = least_squares(np.column_stack([score, by_hand]), outcome)[0]
    theirs = least_squares(np.column_stack([score, p]), outcome)
    assert_allclose(ours, theirs[0] - shift(r, 0.7) * theirs[1], atol=1e-10)


def test_without_noise_nothing_changes():
    score, covariates, _ = made_up()
    assert_allclose(calibrate(score, covariates, np.ones(2)), covariates, atol=1e-10)


def test_noise_that_was_added_is_taken_out_again():
    """Effect -0.2 given true proliferation; measured with reliability 0.7 it is far off, calibrated not."""
    random = np.random.default_rng(3)
    n = 200_000
    true = random.normal(size=n)
    score = -0.6 * true + 0.8 * random.normal(size=n)
    outcome = 0.5 * true - 0.2 * score + random.normal(size=n)
    seen = standard(true + np.sqrt(1 / 0.7 - 1) * random.normal(size=n))[:, None]
    score = standard(score)
    naive = least_squares(np.column_stack([score, seen]), outcome)[0]
    calibrated = calibrate(score, seen, np.array([0.7]))
    found = least_squares(np.column_stack([score, calibrated]), outcome)[0]
    assert naive < -0.28
    assert found == pytest.approx(-0.2, abs=0.01)


def test_score_that_says_all_of_proliferation_cannot_be_separated():
    random = np.random.default_rng(4)
    score = random.normal(size=300)
    p = 0.95 * score + 0.2 * random.normal(size=300)
    found = calibrate(score, p[:, None], np.array([0.7]))
    assert isinstance(found, Inseparable)
    assert found.eigenvalue < 0.05


def test_mirrored_score_gives_mirrored_shift():
    assert shift(-0.5, 0.7) == -shift(0.5, 0.7) == pytest.approx(-0.5 * 0.3 / 0.45)


def test_at_the_vanishing_reliability_the_effect_is_gone():
    r, b_s, b_p = np.array([-0.5]), np.array([-0.15]), np.array([0.4])
    found = vanishing_reliability(r, b_s, b_p)
    assert_allclose(b_s - shift(-0.5, float(found[0])) * b_p, 0, atol=1e-12)
    assert_allclose(pooled_vanishing_reliability(r, b_s, b_p, np.ones(1)), found[0], atol=1e-9)


def test_effect_that_goes_with_no_proliferation_never_vanishes():
    found = vanishing_reliability(np.array([0.0, 0.5]), np.array([-0.3, -0.3]), np.array([0.4, 0.4]))
    assert np.isnan(found).all()
    pooled = pooled_vanishing_reliability(np.full(2, 0.5), np.full(2, -0.3), np.full(2, 0.4), np.ones(2))
    assert np.isnan(pooled)


@pytest.mark.parametrize("reliability", [0.0, 1.1])
def test_refused(reliability):
    score, covariates, _ = made_up()
    with pytest.raises(ValueError, match="reliability"):
        calibrate(score, covariates[:, :1], np.array([reliability]))
    with pytest.raises(ValueError, match="must vary"):
        calibrate(score, np.ones((len(score), 1)), np.array([0.7]))
