"""Cox proportional hazards for thousands of scores at once: Newton's method on shared risk sets.

The scores differ from fit to fit; follow-up, covariates and strata are shared. Ties follow Efron. One
block of fits passes through :class:`irf7bone.statistics.likelihood.Likelihood` together, so that a fit
costs a few microseconds and an empirical null of random signatures is affordable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from irf7bone.statistics.likelihood import Evaluation, FastLikelihood, Likelihood
from irf7bone.statistics.newton import CONVERGED, SEPARATED, SINGULAR, Objective, Optimum, maximise
from irf7bone.statistics.risk_sets import RiskSets

Z_95 = float(ndtri(0.975))
# numbers in one working array: enough fits that calls cost little, few enough for the processor's cache
BLOCK_NUMBERS = 300_000
BLOCK_NUMBERS_PENALISED = 60_000  # which needs many more arrays
# relative to its largest value: below this a column has no variance but rounding
_NO_VARIANCE = 1e-10
# growth of its variance that names a coefficient as one of those that run away together
_GROWN = 1e3


@dataclass(frozen=True)
class Fits:
    """One row for each score, all shapes (m,) but ``coefficients``.

    Args:
        log_hr: Log hazard ratio of one unit of score; NaN where ``status`` is not ok (so are the others).
        se: Standard error of ``log_hr`` from the information.
        ci_low: Lower end of the 95 % interval, log hazard ratio.
        ci_high: Upper end.
        p: Two-sided p: Wald's for Cox, penalised likelihood ratio for Firth.
        loglik: Log partial likelihood (penalised for Firth).
        score_chi2: Rao's score test of log_hr = 0 given the covariates, chi-squared with 1 degree of freedom
            (unpenalised).
        coefficients: Score and covariates, per unit, shape (m, q).
        status: ok, separated or not_available.
        reason: Why there is no estimate; None where there is one.
    """

    log_hr: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p: np.ndarray
    loglik: np.ndarray
    score_chi2: np.ndarray
    coefficients: np.ndarray
    status: np.ndarray
    reason: np.ndarray

    @classmethod
    def none(cls, m: int, q: int) -> Fits:
        """Room for m fits of q coefficients with nothing estimated yet."""
        a, b, c, d, e, f, g = np.full((7, m), np.nan)
        status = np.full(m, "not_available", dtype=object)
        return cls(a, b, c, d, e, f, g, np.full((m, q), np.nan), status, np.full(m, None, dtype=object))


class CoxProblem:
    """What all fits share: follow-up, covariates, strata, prepared once.

    Args:
        time: Follow-up, shape (n,), finite.
        event: 1 for the event, 0 for censored (also by a competing event), shape (n,).
        covariates: Shape (n, p), finite, or None.
        strata: Codes, shape (n,), or None.
        covariate_names: For reasons; p of them.
        entry: Time from which a sample is at risk, shape (n,), or None where all are from the start.

    Raises:
        ValueError: Shapes disagree or values are not finite.
    """

    def __init__(
        self,
        time: np.ndarray,
        event: np.ndarray,
        covariates: np.ndarray | None = None,
        strata: np.ndarray | None = None,
        covariate_names: Sequence[str] = (),
        entry: np.ndarray | None = None,
    ):
        self.time = np.asarray(time, dtype=float)
        self.entry = entry
        self.event = np.asarray(event, dtype=float)
        self.n = self.time.size
        raw = np.empty((self.n, 0)) if covariates is None else np.asarray(covariates, dtype=float)
        self.covariate_names = tuple(covariate_names) or tuple(
            f"covariate {k + 1}" for k in range(raw.shape[1])
        )
        if (
            self.event.shape != (self.n,)
            or raw.shape[0] != self.n
            or len(self.covariate_names) != raw.shape[1]
        ):
            raise ValueError("time, event, covariates and covariate_names must describe the same samples")
        if not (
            np.isfinite(self.time).all() and np.isfinite(raw).all() and np.isin(self.event, (0, 1)).all()
        ):
            raise ValueError("time and covariates must be finite and event 0 or 1")
        self.risk = RiskSets(self.time, self.event, strata, entry)
        self.q = 1 + raw.shape[1]
        self.covariate_sd = raw.std(axis=0)
        self.constant = self.covariate_sd <= _NO_VARIANCE * np.abs(raw).max(axis=0, initial=0)
        scaled = (raw - raw.mean(axis=0)) / np.where(self.constant, 1, self.covariate_sd)
        self.covariates = scaled[self.risk.rows]
        self.likelihood: Likelihood = FastLikelihood(self.risk, self.covariates)

    @property
    def n_events(self) -> int:
        """Number of events."""
        return self.risk.n_events

    @cached_property
    def null(self) -> tuple[np.ndarray, str, str | None]:
        """Fit of the covariates alone: scaled coefficients (p,), status and reason."""
        p = self.q - 1
        if not self.n_events:
            return np.zeros(p), "not_available", "no events"
        if self.constant.any():
            return np.zeros(p), "not_available", f"{self._names(self.constant)} has no variance"
        if not p:
            return np.zeros(0), "ok", None
        likelihood = type(self.likelihood)(self.risk, self.covariates[:, 1:])
        objective = block_objective(likelihood, self.covariates[:, :1], penalised=False)
        found = maximise(objective, np.zeros((p, 1)))
        status, reason = "ok", None
        if found.state[0] == SEPARATED:
            status = "separated"
            reason = _monotone(self._names(found.inflation[:, 0] > _GROWN))
        elif found.state[0] == SINGULAR:
            status = "not_available"
            reason = f"collinear or without variance among those at risk: {', '.join(self.covariate_names)}"
        elif found.state[0] != CONVERGED:
            status, reason = "not_available", "the model of the covariates alone did not converge"
        return found.beta[:, 0], status, reason

    def _names(self, which: np.ndarray) -> str:
        return ", ".join(name for name, chosen in zip(self.covariate_names, which, strict=True) if chosen)

    def explain(self, found: Optimum, column: int) -> tuple[str, str | None]:
        """Status and reason of one fitted score."""
        state = found.state[column]
        if state == CONVERGED:
            return "ok", None
        if state == SEPARATED:
            grown = np.flatnonzero(found.inflation[:, column] > _GROWN)
            return "separated", _monotone(", ".join(("the score", *self.covariate_names)[k] for k in grown))
        if state == SINGULAR:
            if self.q == 1:
                return "not_available", "the score does not vary among those at risk at the events"
            return (
                "not_available",
                f"the score is collinear with {', '.join(self.covariate_names)} among those at risk",
            )
        return "not_available", "the fit did not converge"

    def blocks(
        self, scores: np.ndarray, numbers: int = BLOCK_NUMBERS
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Scaled scores in blocks that bound memory: indices (B,), x (n_rows, B), standard deviations (B,).

        Scores without variance are left out.

        Args:
            scores: Shape (m, n).
            numbers: Largest size of x.
        """
        width = max(1, numbers // max(1, self.risk.n_rows))
        for start in range(0, scores.shape[0], width):
            block = np.asarray(scores[start : start + width], dtype=float)
            if block.shape[1] != self.n or not np.isfinite(block).all():
                raise ValueError(f"scores must be finite, one column for each of {self.n} samples")
            centred = block - block.mean(axis=1, keepdims=True)
            sd = np.sqrt(np.einsum("ij,ij->i", centred, centred) / self.n)
            varies = sd > _NO_VARIANCE * np.maximum(block.max(axis=1), -block.min(axis=1))
            if not varies.all():
                centred, sd = centred[varies], sd[varies]
            x = np.take(centred.T, self.risk.rows, axis=0)
            x /= sd
            yield start + np.flatnonzero(varies), x, sd

    def unscale(self, beta: np.ndarray, sd: np.ndarray) -> np.ndarray:
        """Coefficients per unit, shape (B, q), from those per standard deviation (q, B)."""
        return (beta / np.vstack([sd[None], np.repeat(self.covariate_sd[:, None], sd.size, axis=1)])).T

    def scale(self, coefficients: np.ndarray, sd: np.ndarray) -> np.ndarray:
        """Inverse of :meth:`unscale`: (q, B) from (B, q)."""
        return coefficients.T * np.vstack([sd[None], np.repeat(self.covariate_sd[:, None], sd.size, axis=1)])


def _monotone(names: str) -> str:
    return f"monotone likelihood, no finite estimate: {names} separates the samples with an event"


def block_objective(likelihood: Likelihood, x: np.ndarray, *, penalised: bool) -> Objective:
    """The objective of one block of scores, evaluated on any of its columns."""

    def objective(beta: np.ndarray, columns: np.ndarray) -> Evaluation:
        chosen = x if columns.size == x.shape[1] else np.take(x, columns, axis=1)  # row by row in memory
        return likelihood.evaluate(chosen, beta, penalised=penalised)

    return objective


def fit_cox(problem: CoxProblem, scores: np.ndarray) -> Fits:
    """Fit score + covariates by maximum partial likelihood, for every score.

    Cox (1972, JRSS B 34:187) with Efron's ties; the iterations start at the fit of the covariates alone.

    Args:
        problem: Follow-up, covariates, strata.
        scores: Shape (m, n).

    Returns:
        One row for each score; status ``separated`` where the likelihood rises for ever, ``not_available``
        with a reason where nothing can be estimated.
    """
    scores = np.atleast_2d(scores)
    fits = Fits.none(scores.shape[0], problem.q)
    gamma, status, reason = problem.null
    if status != "ok":
        fits.status[:], fits.reason[:] = status, reason
        return fits
    fits.reason[:] = "the score has no variance"
    for index, x, sd in problem.blocks(scores):
        start = np.vstack([np.zeros(index.size), np.repeat(gamma[:, None], index.size, axis=1)])
        found = maximise(block_objective(problem.likelihood, x, penalised=False), start)
        for column in np.flatnonzero(found.state != CONVERGED):
            fits.status[index[column]], fits.reason[index[column]] = problem.explain(found, int(column))
        ok = found.state == CONVERGED
        where = index[ok]
        fits.status[where], fits.reason[where] = "ok", None
        fits.coefficients[where] = problem.unscale(found.beta[:, ok], sd[ok])
        fits.log_hr[where] = fits.coefficients[where, 0]
        fits.se[where] = np.sqrt(found.end.inverse[0, 0, ok]) / sd[ok]
        fits.loglik[where] = found.end.value[ok]
        fits.score_chi2[where] = found.start.gradient[0, ok] ** 2 * found.start.inverse[0, 0, ok]
    fits.p[:] = 2 * ndtr(-np.abs(fits.log_hr / fits.se))
    fits.ci_low[:] = fits.log_hr - Z_95 * fits.se
    fits.ci_high[:] = fits.log_hr + Z_95 * fits.se
    return fits
