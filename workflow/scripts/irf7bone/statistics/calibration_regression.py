"""Covariates calibrated for measurement error: what is left of an effect if proliferation is noisy.

A covariate measured with reliability lambda (the share of its variance that is not noise) adjusts for part
of what it stands for, and the rest stays in the effect of a score that goes with it. Regression calibration
puts in its place what the score and the covariates together say of its true value (Prentice 1982,
Biometrika 69:331; Rosner et al. 1990, Am J Epidemiol 132:734; Carroll et al. 2006, Measurement Error in
Nonlinear Models, ch. 4). With S the correlations of score and covariates and D the variances of their
noise, the calibrated values are the covariates' rows of (S - D) S^-1 times score and covariates: linear in
both, so a model of score and calibrated covariates has coefficients (S - D)^-1 S b for those b of the model
as measured (Fuller 1987, Measurement Error Models, ch. 2). For one covariate of correlation r with the
score that is p + h s, h = r (1 - lambda) / (lambda - r^2), up to a factor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# least eigenvalue of the correlations without noise; below it score and true covariates cannot be told
# apart
LEAST_EIGENVALUE = 0.05


@dataclass(frozen=True)
class Inseparable:
    """A score that says almost all of the true covariates, or they of it.

    Args:
        eigenvalue: Least eigenvalue of the correlation matrix without noise.
    """

    eigenvalue: float


def calibrate(score: Array, covariates: Array, reliability: Array) -> Array | Inseparable:
    """Expected true values of the covariates, given score and covariates as measured.

    Args:
        score: Shape (n,), taken as measured without error.
        covariates: Shape (n, q), each standardised here.
        reliability: Shape (q,), above 0 and at most 1: the share of a covariate's variance that is not noise.

    Returns:
        Calibrated covariates, shape (n, q), on the scale of one standard deviation of the covariate as
        measured; or that they cannot be separated.

    Raises:
        ValueError: If a reliability is out of range or a column does not vary.
    """
    if ((reliability <= 0) | (reliability > 1)).any():
        raise ValueError(f"a reliability must be above 0 and at most 1, not {reliability.tolist()}")
    values = np.column_stack([score, covariates])
    sd: Array = values.std(axis=0)
    if not (sd > 0).all():
        raise ValueError("score and covariates must vary")
    values = (values - values.mean(axis=0)) / sd
    measured = values.T @ values / len(values)
    true = without_noise(measured, reliability)
    least = float(np.linalg.eigvalsh(true)[0])
    if least <= LEAST_EIGENVALUE:
        return Inseparable(least)
    return values @ np.linalg.solve(measured, true[:, 1:])


def without_noise(correlation: Array, reliability: Array) -> Array:
    """S - D: covariances of score and true covariates, shape (1 + q, 1 + q), from their correlations."""
    return correlation - np.diag(np.concatenate([[0.0], 1 - reliability]))


def calibrated_coefficients(correlation: Array, reliability: Array, coefficients: Array) -> Array:
    """(S - D)^-1 S b: coefficients of score and true covariates from those as measured, shape (1 + q,)."""
    true = np.linalg.solve(without_noise(correlation, reliability), correlation @ coefficients)
    return true.astype(np.float64)


def shift(r: float, reliability: float) -> float:
    """h, with which p + h s takes the place of one covariate p; r is its correlation with the score."""
    return r * (1 - reliability) / (reliability - r**2)


def vanishing_reliability(r: Array, score_effect: Array, covariate_effect: Array) -> Array:
    """lambda*: the reliability of one covariate at which the score's effect would be gone.

    The root of b_s - h(lambda) b_p = 0, which is r (b_p + r b_s) / (b_s + r b_p). A value at or below r^2
    or above 1
    is none: whatever the reliability, an effect stays on its side.

    Args:
        r: Correlation of covariate and score.
        score_effect: b_s, of the model with both as measured, per standard deviation.
        covariate_effect: b_p, likewise.

    Returns:
        lambda*, NaN where no reliability takes the effect away; shape of the arguments.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        found = r * (covariate_effect + r * score_effect) / (score_effect + r * covariate_effect)
    return np.where((found > r**2) & (found < 1), found, np.nan)


def pooled_vanishing_reliability(
    r: Array, score_effect: Array, covariate_effect: Array, weight: Array
) -> float:
    """lambda* of an average over cohorts: where the weighted mean of b_s - h(lambda) b_p is 0, by bisection.

    Args:
        r: Correlation in each cohort, shape (k,).
        score_effect: b_s, shape (k,).
        covariate_effect: b_p, shape (k,).
        weight: Each cohort's weight in the average, shape (k,), any sum.

    Returns:
        The largest such lambda below 1, NaN where the average keeps its side down to the largest r^2.
    """

    def left(reliability: float) -> float:
        h = r * (1 - reliability) / (reliability - r**2)
        return float((weight * (score_effect - h * covariate_effect)).sum() / weight.sum())

    side = np.sign(left(1.0))
    lowest = float(np.max(r**2))
    grid = np.linspace(1.0, lowest, 400, endpoint=False)
    crossed = [point for point in grid if np.sign(left(point)) != side]
    if not crossed:
        return float("nan")
    low, high = crossed[0], crossed[0] + (1.0 - lowest) / 400
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.sign(left(middle)) != side else (low, middle)
    return (low + high) / 2
