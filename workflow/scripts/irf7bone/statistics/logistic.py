"""Logistic regression, with Firth's penalty where outcomes are few."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from irf7bone.statistics.firth import EVENTS_PER_PARAMETER

_ESTIMATE = ("estimate", "se", "ci_low", "ci_high", "p")
# score equations, steps and profile; firthmodels does not always get closer than its own
_TOLERANCE, _PENALISED_TOLERANCE, _MOST_STEPS = 1e-10, 1e-6, 200


def fit_odds(outcome: np.ndarray, score: np.ndarray, covariates: np.ndarray) -> dict[str, Any]:
    """Log odds ratio of the score: statsmodels' Logit, or Firth's penalty by firthmodels with few outcomes.

    Few: under 10 of the rarer outcome for each coefficient but the intercept. Then interval and p are those
    of the profile of the penalised likelihood (Heinze and Schemper 2002, Stat Med 21:2409).

    Args:
        outcome: 1 or 0, both present, shape (n,).
        score: Shape (n,).
        covariates: Shape (n, p).

    Returns:
        estimate, se, ci_low, ci_high, p, estimator and status ok; or status and reason.
    """
    # here, as scikit-learn comes with it and most cohorts have no bone endpoint
    from firthmodels import detect_separation

    columns = np.column_stack([score, covariates])
    spread = columns.std(axis=0)
    if not spread[0] > 1e-10 * np.abs(score).max():
        return {"status": "not_available", "reason": "the score has no variance"}
    # neither likelihood nor penalty depends on the units, but the iterations of the libraries do
    columns = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1)
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        return {"status": "not_available", "reason": "score and covariates are collinear among the relapsed"}
    rarer = min(outcome.sum(), (1 - outcome).sum())
    if rarer < EVENTS_PER_PARAMETER * columns.shape[1]:
        return _per_unit(_penalised_odds(outcome, columns), spread[0])
    if detect_separation(columns, outcome).separation:
        return {"status": "separated", "reason": "monotone likelihood, no finite estimate: bone is separated"}
    from statsmodels.discrete.discrete_model import Logit

    model = Logit(outcome, np.column_stack([columns, np.ones(outcome.size)]))
    fit = model.fit(method="newton", tol=_TOLERANCE, maxiter=_MOST_STEPS, disp=False, warn_convergence=False)
    if not fit.mle_retvals["converged"]:
        return {"status": "not_available", "reason": "the logistic regression did not converge"}
    low, high = fit.conf_int()[0]
    found = (fit.params[0], fit.bse[0], low, high, fit.pvalues[0])
    result = dict(zip(_ESTIMATE, found, strict=True)) | {"estimator": "logistic", "status": "ok"}
    return _per_unit(result, spread[0])


def _per_unit(result: dict[str, Any], spread: float) -> dict[str, Any]:
    """A result for one standard deviation, ``spread``, as one for a unit of the score; p is of both."""
    scaled = {name: result[name] / spread for name in _ESTIMATE if name in result and name != "p"}
    return {**result, **scaled}


def _penalised_odds(outcome: np.ndarray, columns: np.ndarray) -> dict[str, Any]:
    from firthmodels import FirthLogisticRegression
    from sklearn.exceptions import ConvergenceWarning

    near = _PENALISED_TOLERANCE
    model = FirthLogisticRegression(backend="numpy", max_iter=_MOST_STEPS, gtol=near, xtol=near)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            model.fit(columns, outcome).lrt(0)
            low, high = model.conf_int(method="pl", features=0, max_iter=_MOST_STEPS, tol=near)[0]
        except ConvergenceWarning as failure:
            return {"status": "not_available", "reason": f"Firth's logistic regression: {failure}"}
    found = (model.coef_[0], model.bse_[0], low, high, model.lrt_pvalues_[0])
    return dict(zip(_ESTIMATE, found, strict=True)) | {"estimator": "firth_logistic", "status": "ok"}
