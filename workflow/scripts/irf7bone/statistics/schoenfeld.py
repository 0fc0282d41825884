"""Test of proportional hazards for the score, as R's ``cox.zph`` since survival 3.0.

The model is extended by score x g(time); the test is Rao's score test of that term given all the others
(Grambsch and Therneau 1994, Biometrika 81:515, without their approximation of constant variance).
g(t) = 1 - S(t-), S the Kaplan-Meier estimate of all samples together: R's default, not led by outlying times.
"""

from __future__ import annotations

import numpy as np
from scipy.special import erfc

from irf7bone.statistics.cox import CoxProblem, Fits
from irf7bone.statistics.incidence import aalen_johansen
from irf7bone.statistics.likelihood import invert


def proportional_hazards_p(problem: CoxProblem, scores: np.ndarray, fits: Fits) -> np.ndarray:
    """P value of the test for every score, shape (m,); NaN where the fit is not ok.

    Args:
        problem: Follow-up, covariates, strata of the fits.
        scores: Shape (m, n).
        fits: What :func:`irf7bone.statistics.cox.fit_cox` gave for them (its maximum is taken as given: the
            test has no meaning at a penalised estimate).
    """
    scores = np.atleast_2d(scores)
    p = np.full(scores.shape[0], np.nan)
    chosen = np.flatnonzero(fits.status == "ok")
    if not chosen.size:
        return p
    estimate = aalen_johansen(problem.time, problem.event, problem.entry)
    before = np.searchsorted(estimate.time, problem.risk.event_times, side="left")
    g = np.concatenate([[0.0], estimate.incidence])[before]
    g -= g.mean()
    q = problem.q
    for index, x, sd in problem.blocks(scores[chosen]):
        where = chosen[index]
        gradient, plain, once, twice = problem.likelihood.weighted_by_time(
            x, problem.scale(fits.coefficients[where], sd), g
        )
        joint = np.empty((q + 1, q + 1, index.size))
        joint[:q, :q] = plain
        joint[q, :q] = joint[:q, q] = once[0]
        joint[q, q] = twice[0, 0]
        inverse, _, definite = invert(joint)
        chi2 = gradient**2 * inverse[q, q]
        p[where[definite]] = erfc(np.sqrt(chi2[definite] / 2))
    return p
