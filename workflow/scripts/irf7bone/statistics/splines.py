"""Is the log hazard linear in the score? A restricted cubic spline against a straight line.

The spline is cubic between its knots and straight beyond the outer ones, so k knots cost k - 1 parameters
(Stone and Koo 1985; Harrell 2015, Regression Modeling Strategies, eq. 2.25), one of them the line's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chdtri

from irf7bone.statistics.cox import CoxProblem, Fits, fit_cox
from irf7bone.statistics.firth import fit_firth

# for 3 and 4 knots; under 100 samples the outer ones are the fifth smallest and fifth largest value
_QUANTILES = {3: (0.1, 0.5, 0.9), 4: (0.05, 0.35, 0.65, 0.95)}
_SMALL = 100
_FIFTH = 5
# distinct values beyond the number of knots: with fewer the curve is a step for each value
_DISTINCT = 3


def knots(score: np.ndarray, number: int) -> np.ndarray | None:
    """Harrell's knots: fixed quantiles of the score, so that no choice is left to the outcome.

    Args:
        score: Shape (n,).
        number: 3 or 4.

    Returns:
        Rising knots, shape (number,), or None where the score has too few distinct values for them.
    """
    if np.unique(score).size < number + _DISTINCT:
        return None
    found = np.quantile(score, _QUANTILES[number])
    if score.size < _SMALL:
        if score.size < 2 * _FIFTH:
            return None
        found[[0, -1]] = np.sort(score)[[_FIFTH - 1, -_FIFTH]]
    return found if (np.diff(found) > 0).all() else None


def curved_terms(score: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The spline's terms beyond the score itself, in the unit of the score.

    Args:
        score: Shape (n,).
        at: Knots, shape (k,).

    Returns:
        Shape (n, k - 2).
    """
    first, before, last = at[0], at[-2], at[-1]

    def cube(knot: np.ndarray | float) -> np.ndarray:
        return np.maximum(score[:, None] - knot, 0) ** 3

    inner = at[:-2]
    tail = cube(before) * (last - inner) - cube(last) * (before - inner)
    return (cube(inner) - tail / (last - before)) / (last - first) ** 2


@dataclass(frozen=True)
class Spline:
    """A fitted spline and its test against the line.

    Args:
        at: Knots, shape (k,).
        coefficients: Of the score and the curved terms, per unit, shape (k - 1,).
        covariance: Theirs, shape (k - 1, k - 1).
        chi2: Likelihood ratio statistic of the curved terms together (penalised for Firth).
        df: Its degrees of freedom, k - 2.
        p: Its p.
        estimator: cox or firth.
    """

    at: np.ndarray
    coefficients: np.ndarray
    covariance: np.ndarray
    chi2: float
    df: int
    p: float
    estimator: str

    def relative(self, score: np.ndarray, reference: float) -> tuple[np.ndarray, np.ndarray]:
        """Log hazard relative to that at ``reference`` and its standard error, shapes of ``score``."""
        points = np.append(score, reference)
        basis = np.column_stack([points, curved_terms(points, self.at)])
        contrast = basis[:-1] - basis[-1]
        variance = np.einsum("ij,jk,ik->i", contrast, self.covariance, contrast)
        return contrast @ self.coefficients, np.sqrt(np.maximum(variance, 0))


@dataclass(frozen=True)
class NoSpline:
    """Why no spline could be fitted."""

    status: str
    reason: str


def fit_spline(
    problem: CoxProblem,
    covariates: np.ndarray,
    strata: np.ndarray | None,
    score: np.ndarray,
    line: Fits,
    events_per_parameter: int,
) -> Spline | NoSpline:
    """Fit the spline of one score in place of its line.

    Four knots where the events allow their three parameters, else three; Firth's likelihood where they do
    not allow the two of three knots either, the test then being its penalised likelihood ratio.

    Args:
        problem: The model with the line.
        covariates: Its covariates, unscaled, shape (n, p).
        strata: Its strata, shape (n,), or None.
        score: Shape (n,).
        line: The model's fit by maximum likelihood, or by Firth's, one row.
        events_per_parameter: How many events each parameter needs for maximum likelihood.
    """
    allowed = problem.n_events / events_per_parameter
    at = knots(score, 4) if allowed >= problem.q + 2 else None
    at = knots(score, 3) if at is None else at
    if at is None:
        return NoSpline("not_available", "the score has too few distinct values for the knots of a spline")
    curved = curved_terms(score, at)
    # the last curved term takes the place of the score, so that Firth's test of one term is that of the score
    names = ("the score's line", *(["the score's curve"] * (curved.shape[1] - 1)), *problem.covariate_names)
    with_line = np.column_stack([score, curved[:, :-1], covariates])
    whole = CoxProblem(problem.time, problem.event, with_line, strata, names)
    penalised = allowed < whole.q
    fit = (fit_firth if penalised else fit_cox)(whole, curved[:, -1])
    if fit.status[0] != "ok":
        return NoSpline(str(fit.status[0]), f"spline: {fit.reason[0]}")
    df = curved.shape[1]
    if penalised:
        p = float(fit.p[0])
        chi2 = float(chdtri(df, p))
    else:
        chi2 = max(0.0, 2 * float(fit.loglik[0] - line.loglik[0]))
        p = float(chdtrc(df, chi2))
    # from the order of the fit (last curved term, line, other curved terms, covariates) to that of the basis
    order = np.array([*range(1, df + 1), 0])
    estimator = "firth" if penalised else "cox"
    covariance = _covariance(whole, curved[:, -1], fit)
    return Spline(at, fit.coefficients[0][order], covariance[np.ix_(order, order)], chi2, df, p, estimator)


def _covariance(problem: CoxProblem, score: np.ndarray, fit: Fits) -> np.ndarray:
    """Inverse information at the estimate, per unit, shape (q, q)."""
    ((_, x, sd),) = problem.blocks(score[None])
    at = problem.likelihood.evaluate(x, problem.scale(fit.coefficients, sd), penalised=False)
    scale = np.concatenate([sd, problem.covariate_sd])
    return at.inverse[:, :, 0] / np.outer(scale, scale)
