"""Firth's penalised Cox regression for few events: finite estimates, profile-likelihood intervals.

Firth (1993, Biometrika 80:27); for Cox models Heinze and Schemper (2001, Biometrics 57:114). The penalty
log(det I) / 2 removes the first-order bias and keeps estimates finite under separation. Wald intervals
are poor there, so the interval holds every log_hr whose penalised profile likelihood lies within 1.92 of
the maximum, and p is the penalised likelihood ratio test of log_hr = 0. ``se`` is from the information.
"""

from __future__ import annotations

import numpy as np
from scipy.special import erfc

from irf7bone.base.vocabulary import EVENTS_PER_PARAMETER as EVENTS_PER_PARAMETER
from irf7bone.statistics.cox import BLOCK_NUMBERS_PENALISED, Z_95, CoxProblem, Fits, block_objective
from irf7bone.statistics.likelihood import Evaluation, Likelihood
from irf7bone.statistics.newton import CONVERGED, Optimum, maximise

# half the 95 % quantile of chi-squared with one degree of freedom
_DROP = Z_95**2 / 2
# log-likelihood units: an end of an interval is then right to about 1e-9 standard errors
_CLOSE = 1e-9
_MAX_STEPS = 60
# of the joint iterations; fits that need more get the bracketed search
_MAX_JOINT_STEPS = 25


def fit_firth(problem: CoxProblem, scores: np.ndarray, *, intervals: bool = True) -> Fits:
    """Fit score + covariates by penalised partial likelihood, for every score.

    Args:
        problem: Follow-up, covariates, strata.
        scores: Shape (m, n).
        intervals: False leaves ``p``, ``ci_low`` and ``ci_high`` NaN, for a null that needs ``log_hr`` only.

    Returns:
        One row for each score, as :func:`irf7bone.statistics.cox.fit_cox`; never ``separated``.
    """
    scores = np.atleast_2d(scores)
    fits = Fits.none(scores.shape[0], problem.q)
    gamma, status, reason = problem.null
    if status == "not_available":
        fits.reason[:] = reason
        return fits
    if status == "separated":  # the penalised estimate is finite and is found from zero
        gamma = np.zeros_like(gamma)
    fits.reason[:] = "the score has no variance"
    for index, x, sd in problem.blocks(scores, BLOCK_NUMBERS_PENALISED):
        start = np.vstack([np.zeros(index.size), np.repeat(gamma[:, None], index.size, axis=1)])
        found = maximise(block_objective(problem.likelihood, x, penalised=True), start, exact=False)
        ok = found.state == CONVERGED
        for column in np.flatnonzero(~ok):
            fits.status[index[column]], fits.reason[index[column]] = problem.explain(found, int(column))
        where = index[ok]
        fits.status[where], fits.reason[where] = "ok", None
        fits.coefficients[where] = problem.unscale(found.beta[:, ok], sd[ok])
        fits.log_hr[where] = fits.coefficients[where, 0]
        fits.se[where] = np.sqrt(found.end.inverse[0, 0, ok]) / sd[ok]
        # the determinant in the penalty is of the scaled columns
        fits.loglik[where] = found.end.value[ok] + np.log(sd[ok]) + np.log(problem.covariate_sd).sum()
        at_null = problem.likelihood.evaluate(x[:, ok], start[:, ok], penalised=False)
        fits.score_chi2[where] = at_null.gradient[0] ** 2 * at_null.inverse[0, 0]
        if intervals:
            _add_intervals(fits, problem.likelihood, x[:, ok], found, ok, where, sd[ok])
    if status == "separated":  # the score test needs the covariates' own maximum, which is not there
        fits.score_chi2[:] = np.nan
    return fits


def _add_intervals(
    fits: Fits,
    likelihood: Likelihood,
    x: np.ndarray,
    found: Optimum,
    ok: np.ndarray,
    where: np.ndarray,
    sd: np.ndarray,
) -> None:
    best, peak = found.beta[:, ok], found.end.value[ok]
    inverse = found.end.inverse[..., ok]
    se = np.sqrt(inverse[0, 0])
    # along the profile the other coefficients move with the score's, to first order as in a linear model
    along = inverse[:, 0] / inverse[0, 0]
    at_zero = _Profile(likelihood, x, best - along * best[0])
    value, _, closed = at_zero(np.zeros(where.size), np.arange(where.size))
    fits.p[where] = erfc(np.sqrt(np.maximum(peak - value, 0)))
    sides = np.repeat([-1.0, 1.0], where.size)
    start = np.tile(best, 2) + np.tile(along * Z_95 * se, 2) * sides
    ends, reached = _joint_ends(
        likelihood, np.tile(x, 2), start, np.tile(best[0], 2), np.tile(peak - _DROP, 2), sides
    )
    for side, numbers in ((-1, fits.ci_low), (1, fits.ci_high)):
        own = np.flatnonzero(sides == side)
        end, there = ends[own], reached[own]
        late = np.flatnonzero(~there)
        if late.size:
            profile = _Profile(likelihood, x[:, late], best[:, late])
            end[late], there[late] = _profile_end(profile, best[0, late], se[late], peak[late] - _DROP, side)
        numbers[where] = end / sd
        closed &= there
    lost = where[~closed]
    for numbers in (fits.log_hr, fits.se, fits.p, fits.ci_low, fits.ci_high, fits.loglik, fits.score_chi2):
        numbers[lost] = np.nan
    fits.coefficients[lost] = np.nan
    fits.status[lost], fits.reason[lost] = (
        "not_available",
        "the penalised profile likelihood did not converge",
    )


def _joint_ends(
    likelihood: Likelihood,
    x: np.ndarray,
    start: np.ndarray,
    best: np.ndarray,
    target: np.ndarray,
    sides: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the profile by Venzon and Moolgavkar (1988, Appl Stat 37:87): all coefficients at once.

    Each step moves the covariates' coefficients to where the information says that they are best for the
    score's, and the score's to where the profile, a parabola as far as the information tells, meets the
    target.

    Args:
        likelihood: The likelihood.
        x: Scores, shape (n_rows, B).
        start: Coefficients, shape (q, B).
        best: The score's coefficient at the maximum, shape (B,).
        target: Value to reach, shape (B,).
        sides: -1 for the lower end, 1 for the upper, shape (B,).

    Returns:
        Ends (B,), and whether each was reached; where not, the end means nothing.
    """
    beta = start.copy()
    reached = np.zeros(best.size, dtype=bool)
    todo = np.arange(best.size)
    for _ in range(_MAX_JOINT_STEPS):
        if not todo.size:
            break
        at = likelihood.evaluate(x[:, todo], beta[:, todo], penalised=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = at.inverse[0, 0]
            full = np.einsum("jkb,kb->jb", at.inverse, at.gradient)
            along = at.inverse[:, 0] / spread
            # the step of the others alone, what it gains, and the slope of the profile then
            others = full - along * full[0]
            gain = (others * at.gradient).sum(axis=0)
            slope = full[0] / spread
            above = at.value + gain / 2 - target[todo]
            # root of above + slope d - d^2 / (2 spread), on the side of the end
            bend = slope**2 + 2 * above / spread
            move = spread * (slope + sides[todo] * np.sqrt(bend))
            good = at.definite & (bend >= 0) & (gain >= 0) & np.isfinite(move)
            outside = sides[todo] * (beta[0, todo] - best[todo]) > 0
            there = good & outside & (sides[todo] * slope < 0) & (np.abs(above) < _CLOSE) & (gain < _CLOSE)
        beta[:, todo[good]] += others[:, good] + along[:, good] * move[good]
        reached[todo[there]] = True
        todo = todo[good & ~there]
    return beta[0], reached


class _Profile:
    """Penalised likelihood maximised over the covariates, as a function of the score's coefficient."""

    def __init__(self, likelihood: Likelihood, x: np.ndarray, best: np.ndarray):
        self._likelihood = likelihood
        self._x = x
        self._last = best.copy()

    def __call__(self, b: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Value, slope and whether it converged at ``b`` (A,) for ``columns`` (A,)."""
        start = self._last[:, columns]
        start[0] = b
        x = self._x[:, columns]
        inner = block_objective(self._likelihood, x, penalised=True)
        found = maximise(inner, start, first_free=1, exact=False)
        converged = found.state == CONVERGED
        self._last[:, columns[converged]] = found.beta[:, converged]
        end: Evaluation = found.end
        return end.value, end.gradient[0], converged


def _profile_end(
    profile: _Profile, best: np.ndarray, se: np.ndarray, target: np.ndarray, side: int
) -> tuple[np.ndarray, np.ndarray]:
    """Where the profile falls to ``target`` on one side: Newton's method kept inside a bracket.

    Returns:
        Ends (B,), and whether each was reached.
    """
    inside, outside = best.copy(), np.full_like(best, np.nan)
    end = best + side * Z_95 * se
    width = se.copy()
    reached = np.zeros(best.size, dtype=bool)
    alive = np.ones(best.size, dtype=bool)
    for _ in range(_MAX_STEPS):
        columns = np.flatnonzero(alive & ~reached)
        if not columns.size:
            break
        value, slope, converged = profile(end[columns], columns)
        alive[columns[~converged]] = False
        columns, above, slope = columns[converged], (value - target[columns])[converged], slope[converged]
        reached[columns] = np.abs(above) < _CLOSE
        here = end[columns]
        inside[columns] = np.where(above > 0, here, inside[columns])
        outside[columns] = np.where(above > 0, outside[columns], here)
        # the slope points to the peak; where it does not, the step leaves the bracket and is replaced
        step = np.divide(-above, slope, out=np.full_like(above, np.nan), where=slope * side < 0)
        proposal = here + step
        bracketed = np.isfinite(outside[columns])
        low = np.minimum(inside[columns], outside[columns])
        high = np.maximum(inside[columns], outside[columns])
        between = bracketed & (proposal > low) & (proposal < high)
        width[columns] *= 2
        farther = here + side * width[columns]
        onward = ~bracketed & (side * (proposal - here) > 0) & (side * (farther - proposal) > 0)
        fallback = np.where(bracketed, (low + high) / 2, farther)
        end[columns] = np.where(reached[columns], here, np.where(between | onward, proposal, fallback))
    return end, reached
