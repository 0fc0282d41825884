"""The partial likelihood of many Cox models that differ in one column, at once.

Model: hazard = baseline(stratum) * exp(beta_0 * score + beta_1.. * covariates). The score differs from fit
to fit; time, event, strata and covariates are shared. Arrays keep the fits on the last axis (B of them).

With w = exp(linear predictor) and a risk set R of one event: a = sum_R(w x) / sum_R(w),
C = sum_R(w x x') / sum_R(w) - a a'; the log-likelihood is the sum over events of
(linear predictor - log sum_R(w)), its gradient sum(x - a), its information sum(C) (Cox 1972).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from irf7bone.statistics.risk_sets import RiskSets, RiskSums


@dataclass(frozen=True)
class Evaluation:
    """Objective at one point: value (B,), gradient (q, B), information (q, q, B) and its inverse.

    ``definite`` (B,) says where the information could be inverted and everything is finite.
    """

    value: np.ndarray
    gradient: np.ndarray
    information: np.ndarray
    inverse: np.ndarray
    definite: np.ndarray


@dataclass(frozen=True)
class _EventMoments:
    weights: np.ndarray  # (n_rows, B)
    total: np.ndarray  # (n_events, B)
    mean: np.ndarray  # (q, n_events, B)
    covariance: np.ndarray  # (q (q + 1) / 2, n_events, B), pairs as in Likelihood.pairs


class Likelihood:
    """Partial likelihood of score + shared covariates, for blocks of scores.

    Args:
        risk: Risk sets.
        covariates: Shape (n_rows, p), rows as in ``risk.rows``; p may be 0.
    """

    def __init__(self, risk: RiskSets, covariates: np.ndarray):
        self.risk = risk
        self.covariates = covariates
        self.q = 1 + covariates.shape[1]
        self.pairs = [(j, k) for j in range(self.q) for k in range(j, self.q)]
        self._products = np.column_stack(
            [covariates[:, j - 1] * covariates[:, k - 1] for j, k in self.pairs if j > 0]
            or [np.empty((risk.n_rows, 0))]
        )
        self._shared = np.column_stack([np.ones(risk.n_rows), covariates, self._products])
        self._covariate_totals = covariates[risk.event_rows].sum(axis=0)

    # sums over risk sets, made where they are used: the compiled pass without a penalty needs none
    @cached_property
    def _plain(self) -> RiskSums:
        return self.risk.sums(self._shared[:, :1])

    @cached_property
    def _linear(self) -> RiskSums:
        return self.risk.sums(self._shared[:, : self.q])

    @cached_property
    def _full(self) -> RiskSums:
        return self.risk.sums(self._shared)

    def _moments(self, x: np.ndarray, beta: np.ndarray) -> tuple[np.ndarray, _EventMoments]:
        predictor = x * beta[0] + self.covariates @ beta[1:]
        weights = np.exp(predictor)
        if self.risk.sign is not None:
            weights *= self.risk.sign[:, None]
        weighted = weights * x
        p = self.q - 1
        shared = self._full(weights)
        total = shared[0]
        crossed = self._linear(weighted)
        squared = self._plain(weighted * x)
        mean = np.concatenate([crossed[:1], shared[1 : 1 + p]]) / total
        # pairs come as (0, 0), (0, 1..p), (1, 1)...: the three kinds of sums in this order
        second = np.concatenate([squared, crossed[1:], shared[1 + p :]])
        second /= total
        for position, (j, k) in enumerate(self.pairs):
            second[position] -= mean[j] * mean[k]
        return predictor, _EventMoments(weights, total, mean, second)

    def _square(self, pairs: np.ndarray) -> np.ndarray:
        square = np.empty((self.q, self.q, pairs.shape[-1]))
        for value, (j, k) in zip(pairs, self.pairs, strict=True):
            square[j, k] = square[k, j] = value
        return square

    def _gradient(self, x: np.ndarray, mean: np.ndarray) -> np.ndarray:
        observed = np.empty((self.q, x.shape[1]))
        observed[0] = x[self.risk.event_rows].sum(axis=0)
        observed[1:] = self._covariate_totals[:, None]
        return observed - mean.sum(axis=1)

    def evaluate(self, x: np.ndarray, beta: np.ndarray, *, penalised: bool) -> Evaluation:
        """Log-likelihood, or Firth's penalised one, with its gradient and the Fisher information.

        Firth (1993, Biometrika 80:27), for Cox models Heinze and Schemper (2001, Biometrics 57:114):
        log-likelihood + log(det I) / 2. The gradient of the penalty, tr(I^-1 dI/dbeta_l) / 2, is written
        with u = x' I^-1 x of each person as sum over events of
        Cov(u, x_l) - 2 a' I^-1 C[:, l], which needs no third-order arrays.

        Args:
            x: Scores, shape (n_rows, B).
            beta: Coefficients, shape (q, B), the score's first.
            penalised: Add Firth's penalty.
        """
        # far from the optimum exp() may overflow: such a point is refused below, not warned about
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            predictor, moments = self._moments(x, beta)
            value = predictor[self.risk.event_rows].sum(axis=0) - np.log(moments.total).sum(axis=0)
            gradient = self._gradient(x, moments.mean)
            information = self._square(moments.covariance.sum(axis=1))
            inverse, log_det, definite = invert(information)
            if penalised:
                value = value + log_det / 2
                gradient = gradient + self._penalty_gradient(x, moments, inverse) / 2
            definite &= np.isfinite(value) & np.isfinite(gradient).all(axis=0)
        return Evaluation(value, gradient, information, inverse, definite)

    def _penalty_gradient(self, x: np.ndarray, moments: _EventMoments, inverse: np.ndarray) -> np.ndarray:
        p = self.q - 1
        u = inverse[0, 0] * x * x
        if p:
            u += 2 * x * (self.covariates @ inverse[0, 1:])
            factors = np.array([1.0 if j == k else 2.0 for j, k in self.pairs if j > 0])
            packed = np.stack([inverse[j, k] for j, k in self.pairs if j > 0])
            u += self._products @ (factors[:, None] * packed)
        weighted = moments.weights * u
        u_sums = self._linear(weighted)
        u_mean = u_sums[0] / moments.total
        u_cross = np.concatenate([self._plain(weighted * x), u_sums[1:]]) / moments.total
        pull = np.einsum("jkb,keb->jeb", inverse, moments.mean)
        gradient = (u_cross - u_mean * moments.mean).sum(axis=1)
        for covariance, (j, k) in zip(moments.covariance, self.pairs, strict=True):
            gradient[k] -= 2 * (pull[j] * covariance).sum(axis=0)
            if j != k:
                gradient[j] -= 2 * (pull[k] * covariance).sum(axis=0)
        return gradient

    def weighted_by_time(self, x: np.ndarray, beta: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, ...]:
        """Gradient and information with every event weighted by a function of its time.

        Args:
            x: Scores, shape (n_rows, B).
            beta: Coefficients, shape (q, B).
            g: Weight of each event, shape (n_events,).

        Returns:
            Score gradient sum(g (x_0 - a_0)), shape (B,), and sum(C), sum(g C), sum(g g C), each (q, q, B).
        """
        _, moments = self._moments(x, beta)
        gradient = g @ (x[self.risk.event_rows] - moments.mean[0])
        weights = np.stack([np.ones_like(g), g, g * g])
        sums = np.einsum("we,keb->wkb", weights, moments.covariance)
        return gradient, *(self._square(part) for part in sums)


class FastLikelihood(Likelihood):
    """The same without a penalty in one compiled pass, for the risk sets of :class:`RiskSets`."""

    def evaluate(self, x: np.ndarray, beta: np.ndarray, *, penalised: bool) -> Evaluation:
        """As :meth:`Likelihood.evaluate`, which also does the penalised one."""
        if penalised:
            return super().evaluate(x, beta, penalised=True)
        from irf7bone.statistics.partial_sums import partial_sums

        x = np.ascontiguousarray(x)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            weights = self._weights(x, beta)
            if self.risk.sign is not None:
                weights *= self.risk.sign[:, None]
            totals, observed, means, covariances = partial_sums(
                weights, x, self._shared, self.q, *self.risk.layout
            )
            observed = np.vstack([observed, np.repeat(self._covariate_totals[:, None], x.shape[1], axis=1)])
            value = (observed * beta).sum(axis=0) - np.log(totals, out=totals).sum(axis=0)
            gradient = observed - means
            information = self._square(covariances)
            inverse, _, definite = invert(information)
            definite &= np.isfinite(value) & np.isfinite(gradient).all(axis=0)
        return Evaluation(value, gradient, information, inverse, definite)

    def _weights(self, x: np.ndarray, beta: np.ndarray) -> np.ndarray:
        if not beta[0].any() and (beta == beta[:, :1]).all():  # where all fits start: one column serves all
            return np.repeat(np.exp(self.covariates @ beta[1:, :1]), x.shape[1], axis=1)
        weights = x * beta[0]
        if self.q > 1:
            weights += self.covariates @ beta[1:]
        return np.exp(weights, out=weights)


def invert(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Invert many small symmetric positive definite matrices (Gauss-Jordan), fits on the last axis.

    Returns:
        Inverses (q, q, B), log-determinants (B,), and a flag (B,) that is False where a pivot vanished;
        the other two mean nothing there.
    """
    work = matrices.copy()
    diagonal = np.einsum("kkb->kb", matrices)
    definite = (diagonal > 0).all(axis=0)
    log_det = np.zeros(matrices.shape[-1])
    for k in range(matrices.shape[0]):
        pivot = work[k, k].copy()
        definite &= pivot > 1e-12 * diagonal[k]
        pivot = np.where(definite, pivot, 1.0)
        log_det += np.log(pivot)
        row = work[k] / pivot
        column = work[:, k].copy()
        work -= column[:, None] * row
        work[k] = row
        work[:, k] = -column / pivot
        work[k, k] = 1 / pivot
    return work, log_det, definite
