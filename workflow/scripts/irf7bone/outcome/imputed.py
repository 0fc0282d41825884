"""Missing ER status, imputed many times from what is known of the patient, the outcome included."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

IMPUTATIONS = 20
# draws of which one counts: one would do, as each is new
CYCLES = 2
# of a value: few enough for small cohorts
DONORS = 5


def impute_er(
    time: np.ndarray,
    event: np.ndarray,
    known: Mapping[str, np.ndarray],
    er: np.ndarray,
    *,
    entry: np.ndarray | None = None,
    seed: int = 0,
) -> list[np.ndarray]:
    """Draw ER status where it is missing, by predictive mean matching: the very draws of statsmodels' MICE.

    The imputation model holds the event and the Nelson-Aalen cumulative hazard at the patient's time, as an
    imputation that ignores the outcome pulls its effect towards none (White and Royston 2009, Stat Med
    28:1982). Only ER has gaps, so that one regression serves all draws, and none hangs on the one before.

    Args:
        time: Months, shape (n,).
        event: 1 or 0, shape (n,).
        known: Complete covariates, name -> shape (n,).
        er: 1, 0 or NaN, shape (n,).
        entry: Months from which each is at risk, shape (n,); None where all are from the start.
        seed: Of the random numbers.

    Returns:
        :data:`IMPUTATIONS` completed columns, each of shape (n,).
    """
    missing = np.isnan(er)
    design = np.column_stack([np.ones_like(time), event, nelson_aalen(time, event, entry), *known.values()])
    observed, x = er[~missing], design[~missing]
    solve = np.linalg.pinv(x, rcond=1e-15)
    fitted = solve @ observed
    residual = observed - x @ fitted
    variance = residual @ residual / (observed.size - np.linalg.matrix_rank(x))
    covariance = solve @ solve.T * variance
    random = np.random.default_rng(seed)
    drawn = []
    for draw in range(IMPUTATIONS * CYCLES):
        coefficients = random.multivariate_normal(fitted, covariance)
        completed = er.copy()
        completed[missing] = _matched(observed, x @ coefficients, design[missing] @ coefficients, random)
        if draw % CYCLES == CYCLES - 1:
            drawn.append(completed)
    return drawn


def _matched(
    observed: np.ndarray, predicted: np.ndarray, asked: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """For each prediction asked, the value observed with one of the :data:`DONORS` nearest predictions."""
    order = np.argsort(predicted)
    observed, predicted = observed[order], predicted[order]
    near = np.searchsorted(predicted, asked)[:, None] + np.arange(-DONORS, DONORS)
    outside = (near < 0) | (near >= observed.size)
    near = np.clip(near, 0, observed.size - 1)
    distance = np.where(outside, np.inf, np.abs(asked[:, None] - predicted[near]))
    nearest = np.argsort(distance, axis=1)[:, :DONORS]
    chosen = nearest[np.arange(asked.size), random.integers(0, DONORS, asked.size)]
    return observed[near[np.arange(asked.size), chosen]]


def nelson_aalen(time: np.ndarray, event: np.ndarray, entry: np.ndarray | None = None) -> np.ndarray:
    """Cumulative hazard of the whole cohort at each patient's time, shape (n,).

    Args:
        time: Shape (n,).
        event: 1 or 0, shape (n,).
        entry: Shape (n,), or None.
    """
    times = np.unique(time[event == 1])
    at_risk = (time >= times[:, None]) & (True if entry is None else entry < times[:, None])
    died = ((time == times[:, None]) & (event == 1)).sum(axis=1)
    hazard = np.concatenate([[0.0], np.cumsum(died / at_risk.sum(axis=1))])
    return hazard[np.searchsorted(times, time, side="right")]
