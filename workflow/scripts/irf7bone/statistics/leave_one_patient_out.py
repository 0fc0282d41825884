"""Cox fits that each leave one sample out, all of them at once.

Such fits differ by one sample, so they share risk sets: a fit is a column in which the sample left out
weighs nothing, and the likelihood and Newton's method are those of all other fits. What comes out is the
refit itself. All refits take time with the square of the samples, so that of a large cohort those alone are
refitted that move most by the first step of Newton's method towards them, and the others have their dfbeta
(score residuals of Lin and Wei 1989 times the inverse information). The step differs from dfbeta in that the
sample takes its own information with it: one who alone tells the effect of a column has a dfbeta of nearly
nothing, and no estimate without it.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from irf7bone.base.vocabulary import ALL_REFITTED
from irf7bone.statistics.cox import CoxProblem
from irf7bone.statistics.likelihood import Evaluation, Likelihood, invert
from irf7bone.statistics.newton import CONVERGED, maximise
from irf7bone.statistics.risk_sets import RiskSets, RiskSums
from irf7bone.statistics.score_residuals import score_residuals

# numbers in one working array: a few of them stay in the processor's cache
_BLOCK_NUMBERS = 60_000
# of more samples than ALL_REFITTED so many of those that lower the score's coefficient most and of those that
# raise it most are refitted, and so many of each covariate's, which may have no estimate without one of them
OF_SCORE, OF_COVARIATE = 250, 10
# a coefficient's variance without a sample over that with it: beyond, rounding may be what gives an estimate
_GROWN = 1e6


def leave_one_patient_out(
    problem: CoxProblem,
    strata: np.ndarray | None,
    score: np.ndarray,
    coefficients: np.ndarray,
    *,
    penalised: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Refit one score's model without each of its samples in turn; the score keeps its scale.

    Args:
        problem: Follow-up, covariates and strata of the full fit.
        strata: Codes, shape (n,), or None: those of ``problem``.
        score: Shape (n,).
        coefficients: The full fit's, per unit, shape (q,): where the iterations start.
        penalised: Whether the fit is Firth's.

    Returns:
        log_hr without each sample, NaN where that refit has no finite estimate, and whether it is a refit's:
        of more than 2,000 samples at risk, those that move no coefficient much have the full fit's less their
        dfbeta. Shapes (n,).
    """
    log_hr, refitted = np.full(problem.n, coefficients[0]), np.ones(problem.n, dtype=bool)
    ((_, x, sd),) = problem.blocks(score[None])
    sums = _SumsWithout(problem.risk, strata)
    likelihood = Likelihood(cast("RiskSets", sums), problem.covariates)
    design = np.column_stack([x, problem.covariates])
    start = problem.scale(coefficients[None], sd)
    width = max(1, _BLOCK_NUMBERS // max(1, problem.risk.n_rows))
    # a sample outside ``rows`` is at risk at no event: its refit is the full fit
    joining = np.arange(problem.risk.n_rows)
    if problem.risk.sign is not None:
        joining = joining[problem.risk.sign > 0]
    full = problem.likelihood.evaluate(x, start, penalised=False)
    if joining.size > ALL_REFITTED:
        residual, own = (part[..., joining] for part in score_residuals(problem.risk, design, start[:, 0]))
        log_hr[problem.risk.rows[joining]] -= full.inverse[0, :, 0] @ residual / sd
        refitted[problem.risk.rows[joining]] = False
        joining = joining[_moving_most(residual, full.information - own)]
        refitted[problem.risk.rows[joining]] = True
    for first in range(0, joining.size, width):
        block = joining[first : first + width]

        def objective(beta: np.ndarray, columns: np.ndarray, block: np.ndarray = block) -> Evaluation:
            left_out = block[columns]
            sums.leave_out(left_out)
            at = likelihood.evaluate(np.repeat(x, left_out.size, axis=1), beta, penalised=penalised)
            failed = sums.is_event[left_out]
            own = design[left_out].T
            # the likelihood has counted the event left out, against a risk set with mean 1 and no variance
            value = at.value - failed * (own * beta).sum(axis=0)
            gradient = at.gradient - failed * (own - 1)
            return Evaluation(value, gradient, at.information, at.inverse, at.definite)

        found = maximise(objective, np.repeat(start, block.size, axis=1), exact=not penalised)
        estimate = problem.unscale(found.beta, np.repeat(sd, block.size))[:, 0]
        grown = np.einsum("kkb->kb", found.end.inverse) / np.einsum("kkb->kb", full.inverse)
        there = (found.state == CONVERGED) & (grown < _GROWN).all(axis=0)
        log_hr[problem.risk.rows[block]] = np.where(there, estimate, np.nan)
    return log_hr, refitted


def _moving_most(residual: np.ndarray, information: np.ndarray) -> np.ndarray:
    """Places of the samples that move a coefficient most, by one step from the full fit.

    Args:
        residual: Score residuals, shape (q, n).
        information: What is left without each sample, shape (q, q, n).
    """
    inverse, _, definite = invert(information)
    steps = np.einsum("jkn,kn->jn", inverse, residual)
    steps[:, ~definite] = 0
    chosen = [np.flatnonzero(~definite)]
    for step, each_way in zip(steps, [OF_SCORE] + [OF_COVARIATE] * len(steps[1:]), strict=True):
        by_step = np.argsort(step, kind="stable")
        chosen += [by_step[:each_way], by_step[-each_way:]]
    return np.unique(np.concatenate(chosen))


class _SumsWithout:
    """Risk sets of which every column of values lacks one row; in place of :class:`RiskSets`.

    Leaving out an event also takes its term from the likelihood. Which of d tied events keep which of
    Efron's fractions does not matter, so the last term of the tie goes: all its sums are set to 1, which
    adds log(1) to the likelihood, a mean of 1 to the gradient (taken back by the caller) and no variance.

    Args:
        risk: The risk sets of all rows.
        strata: Codes of strata, shape (n,), or None.
    """

    def __init__(self, risk: RiskSets, strata: np.ndarray | None):
        self._risk = risk
        self.event_rows, self.n_rows, self.sign = risk.event_rows, risk.n_rows, risk.sign
        self.is_event = np.zeros(risk.n_rows, dtype=bool)
        self.is_event[risk.event_rows] = True
        # tied events are neighbours: where the tie of each event starts, and how many it has
        stratum = np.zeros(risk.n_events) if strata is None else _codes(strata)[risk.rows][risk.event_rows]
        differs = (np.diff(risk.event_times) != 0) | (np.diff(stratum) != 0)
        tie = np.cumsum(np.concatenate([[0], differs]))
        starts = np.searchsorted(tie, tie, side="left")
        tied = np.bincount(tie)[tie]
        self._start, self._tied = np.zeros((2, risk.n_rows), dtype=int)
        self._start[risk.event_rows], self._tied[risk.event_rows] = starts, tied

    def leave_out(self, rows: np.ndarray) -> None:
        """Name the row that each of the next columns lacks, shape (B,)."""
        self._rows, self._columns = rows, np.arange(rows.size)
        failing = np.flatnonzero(self.is_event[rows])
        start, tied = self._start[rows[failing]], self._tied[rows[failing]]
        self._dropped = start + tied - 1, failing
        # the terms that stay in a tie of which one leaves: k = 0 .. d - 2
        kept = np.repeat(np.arange(failing.size), tied - 1)
        k = np.arange(kept.size) - np.repeat(np.cumsum(tied - 1) - (tied - 1), tied - 1)
        self._first, self._in_column = start[kept], failing[kept]
        self._term = self._first + k
        # one of d less: the fraction k / (d - 1) of those who fail goes, where the sums hold steps of 1 / d
        self._steps = k * tied[kept] / np.maximum(tied[kept] - 1, 1)

    def sums(self, columns: np.ndarray) -> RiskSums:
        """As :meth:`RiskSets.sums`, without the rows left out."""
        of_all = self._risk.sums(columns)

        def over_risk_sets(values: np.ndarray) -> np.ndarray:
            there = values[self._rows, self._columns]
            values[self._rows, self._columns] = 0
            leaving = self._risk.leaving[self._rows]
            again = np.flatnonzero(leaving >= 0)
            left = values[leaving[again], again]
            values[leaving[again], again] = 0
            events = of_all(values)
            values[self._rows, self._columns] = there
            values[leaving[again], again] = left
            whole = events[:, self._first, self._in_column]
            step = whole - events[:, self._first + 1, self._in_column]
            events[:, self._term, self._in_column] = whole - self._steps * step
            events[:, *self._dropped] = 1
            return events

        return over_risk_sets


def _codes(strata: np.ndarray) -> np.ndarray:
    return np.unique(strata, return_inverse=True)[1]
