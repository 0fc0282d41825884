"""Difference between the effects of a score on two causes of an event, with its test."""

from __future__ import annotations

import numpy as np

from irf7bone.statistics.cox import CoxProblem, Fits, fit_cox
from irf7bone.statistics.firth import EVENTS_PER_PARAMETER, fit_firth


def fit_difference(
    time: np.ndarray,
    cause: np.ndarray,
    score: np.ndarray,
    covariates: np.ndarray,
    strata: np.ndarray | None = None,
) -> tuple[str, Fits]:
    """Cause-specific log hazard ratio of cause 1 minus that of cause 2, on stacked data.

    Lunn and McNeil (1995, Biometrics 51:524), each cause with a baseline hazard of its own: every sample
    stands there once a cause, strata are the causes (within those of the model, if it has any), and the
    score's product with cause 1 is the difference. Covariates act by cause, so the two causes share no
    parameter and the estimate is exactly the difference of the two separate fits. The standard error is the
    information's: a sample has one event at most, its two counting processes never jump together, their
    martingales are orthogonal and the information is the variance of the score (Andersen et al.
    1993, Statistical models based on counting processes, ch. VII). A robust error would only add noise.

    Args:
        time: Shape (n,).
        cause: 0 censored, 1, 2, shape (n,).
        score: Shape (n,).
        covariates: Shape (n, p).
        strata: Codes, shape (n,), or None.

    Returns:
        Estimator (firth where either cause has fewer than 10 events for each of its coefficients) and fit.
    """
    first = np.repeat([1.0, 0.0], time.size)
    by_cause = np.tile(covariates, (2, 1))
    columns = np.column_stack([np.tile(score, 2), by_cause * first[:, None], by_cause * (1 - first)[:, None]])
    events = np.concatenate([cause == 1, cause == 2])
    names = ("the score for either cause", *("a covariate by cause" for _ in range(2 * covariates.shape[1])))
    codes = 0 if strata is None else np.tile(np.unique(strata, return_inverse=True)[1], 2)
    problem = CoxProblem(np.tile(time, 2), events, columns, first + 2 * codes, names)
    fewest = min((cause == 1).sum(), (cause == 2).sum())
    interaction = np.tile(score, 2) * first
    if fewest < EVENTS_PER_PARAMETER * (1 + covariates.shape[1]):
        return "firth", fit_firth(problem, interaction)
    return "cox", fit_cox(problem, interaction)
