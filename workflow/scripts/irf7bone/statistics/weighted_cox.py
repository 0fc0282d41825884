"""Cox regression with sampling weights and a robust standard error, for patients sampled by their outcome.

Each patient stands for 1 / (sampling fraction) patients of the population. The weighted partial likelihood
then estimates the population's hazard ratio, and the sandwich of the patients' own contributions its error
(Binder 1992, Biometrika 79:139; Lin and Wei 1989, J Am Stat Assoc 84:1074). Ties follow Breslow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from irf7bone.statistics.likelihood import invert
from irf7bone.statistics.risk_sets import RiskSets
from irf7bone.statistics.score_residuals import score_residuals

_STEPS, _CLOSE, _GROWN = 50, 1e-10, 1e6
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
    risk = RiskSets(time, event, efron=False)
    x, weights = (columns - columns.mean(axis=0))[risk.rows], weights[risk.rows]
    beta, at_start = np.zeros(x.shape[1]), np.full(x.shape[1], np.inf)
    for iteration in range(_STEPS if risk.n_events else 0):
        residual, own = score_residuals(risk, x, beta, weights)
        inverses, _, definite = invert(own.sum(axis=2)[..., None])
        inverse = inverses[..., 0]
        at_start = at_start if iteration else np.diag(inverse)
        # monotone likelihood: coefficients and variances grow for ever, until rounding ends the steps
        if not definite[0] or (np.diag(inverse) > _GROWN * at_start).any():
            break
        step = inverse @ residual.sum(axis=1)
        beta = beta + step
        if np.abs(step).max() < _CLOSE * (1 + np.abs(beta).max()):
            return WeightedFit(beta, np.sqrt(((inverse @ residual) ** 2).sum(axis=1)), True)
    nothing = np.full(x.shape[1], np.nan)
    return WeightedFit(nothing, nothing, False)
