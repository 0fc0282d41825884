"""Cox regression with sampling weights and a robust standard error, for patients sampled by their outcome.

Each patient stands for 1 / (sampling fraction) patients of the population. The weighted partial likelihood
then estimates the population's hazard ratio, and the sandwich of the patients' own contributions its error
(Binder 1992, Biometrika 79:139; Lin and Wei 1989, J Am Stat Assoc 84:1074). Ties follow Breslow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

_STEPS, _CLOSE = 50, 1e-10
_Z_95 = float(ndtri(0.975))


@dataclass(frozen=True)
class WeightedFit:
    """Coefficients of one fit; shapes (p,).

    Args:
        beta: Log hazard ratio of one unit of each column.
        se: Robust standard error.
        converged: False where there is no finite estimate: nothing else is to be used then.
    """

    beta: np.ndarray
    se: np.ndarray
    converged: bool

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end of the 95 % interval."""
        return self.beta - _Z_95 * self.se, self.beta + _Z_95 * self.se

    @property
    def p(self) -> np.ndarray:
        """Two-sided Wald p."""
        return 2 * ndtr(-np.abs(self.beta / self.se))


def fit_weighted_cox(
    time: np.ndarray, event: np.ndarray, columns: np.ndarray, weights: np.ndarray
) -> WeightedFit:
    """Fit one weighted Cox model; equal to R's ``coxph(..., weights, robust = TRUE, ties = "breslow")``.

    Args:
        time: Follow-up, shape (n,).
        event: 1 for the event, 0 for censored, shape (n,).
        columns: Score and covariates, shape (n, p).
        weights: One over the fraction of such patients that was sampled, shape (n,), positive.
    """
    order = np.argsort(-time, kind="stable")
    time, event, weights = time[order], event[order].astype(bool), weights[order]
    x = columns[order] - columns.mean(axis=0)
    # of each patient, the last in this order that is still at risk at its time
    last = np.searchsorted(-time, -time, side="right") - 1
    beta = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        gradient, information, _, _ = _derivatives(x, event, weights, last, beta)
        if not np.linalg.cond(information) < 1e12:
            break
        step = np.linalg.solve(information, gradient)
        beta = beta + step
        if np.abs(step).max() < _CLOSE * (1 + np.abs(beta).max()):
            return WeightedFit(beta, _robust_error(x, event, weights, last, beta), True)
    nothing = np.full(x.shape[1], np.nan)
    return WeightedFit(nothing, nothing, False)


def _derivatives(
    x: np.ndarray, event: np.ndarray, weights: np.ndarray, last: np.ndarray, beta: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradient (p,), information (p, p), and by patient the risk sum (n,) and mean (n, p) of its time."""
    risk = weights * np.exp(x @ beta)
    s0 = np.cumsum(risk)[last]
    mean = np.cumsum(risk[:, None] * x, axis=0)[last] / s0[:, None]
    square = np.cumsum(risk[:, None, None] * x[:, :, None] * x[:, None, :], axis=0)[last] / s0[:, None, None]
    spread = square - mean[:, :, None] * mean[:, None, :]
    own = weights * event
    return own @ (x - mean), np.tensordot(own, spread, axes=1), s0, mean


def _robust_error(
    x: np.ndarray, event: np.ndarray, weights: np.ndarray, last: np.ndarray, beta: np.ndarray
) -> np.ndarray:
    """Square root of the diagonal of D'D, D the patients' weighted score residuals times the inverse."""
    _, information, s0, mean = _derivatives(x, event, weights, last, beta)
    jump = weights * event / s0
    # what the events at or before a patient's own time say; in this order they stand after it
    after = np.cumsum(jump[::-1])[::-1]
    after_mean = np.cumsum((jump[:, None] * mean)[::-1], axis=0)[::-1]
    first = np.searchsorted(last, last, side="left")
    hazard, drift = after[first], after_mean[first]
    residual = event[:, None] * (x - mean) - np.exp(x @ beta)[:, None] * (x * hazard[:, None] - drift)
    influence = (weights[:, None] * residual) @ np.linalg.inv(information)
    return np.sqrt((influence**2).sum(axis=0))
