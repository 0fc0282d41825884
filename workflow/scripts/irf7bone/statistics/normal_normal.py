"""The Bayesian normal-normal pool: few cohorts that may differ, with a half-normal prior on by how much.

Estimates y_i ~ N(theta_i, se_i^2) of effects theta_i ~ N(mu, tau^2); mu has a flat prior and tau a
half-normal one of a given scale (Friede et al. 2017, Res Synth Methods 8:79; Roever et al. 2021, ibid.
12:448). With w_i = 1 / (se_i^2 + tau^2), W their sum and M the mean they weigh,

    p(tau | y)  ~  exp(-tau^2 / 2 A^2)  prod w_i^(1/2)  W^(-1/2)  exp(-sum w_i (y_i - M)^2 / 2)
    mu | tau    ~  N(M, 1 / W)          effect of a further cohort | tau  ~  N(M, 1 / W + tau^2)

(Roever 2020, J Stat Softw 93(6), sections 2.1-2.4). tau is integrated by Gauss-Legendre nodes u in (0, 1),
tau = 7 A u^2: beyond seven scales the prior holds less than 1e-11, and the square puts the nodes where a
small tau needs them. Everything asked of the pool is then asked of a mixture of normal distributions over
the nodes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

Array = NDArray[np.float64]

# nodes of the quadrature: with 80 every probability is within 1e-8 of brute force
NODES = 80
# of the prior's scales; where the integral over tau ends
_END = 7.0
# of a quantile; Newton's step halves the bracket where it leaves it, so that this many suffice even then
_STEPS = 80
_CLOSE = 1e-12  # of the standard deviation: a step below this ends the search
_ROOT_2_PI = math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class Mixture:
    """Normal distributions in given shares, one mixture a row.

    Args:
        mean: Shape (m, nodes).
        sd: Shape (m, nodes).
        share: Shape (m, nodes), each row adds to 1; NaN in a row without an estimate.
    """

    mean: Array
    sd: Array
    share: Array

    def below(self, limit: ArrayLike) -> Array:
        """Probability below ``limit``, a number or shape (m,); shape (m,)."""
        limit = np.broadcast_to(np.asarray(limit, float), self.mean.shape[:1])[:, None]
        found = (self.share * ndtr((limit - self.mean) / self.sd)).sum(axis=1)
        return np.minimum(found, 1.0)  # the shares add up to 1 but for their last digit

    def quantile(self, probability: float) -> Array:
        """The value below which ``probability`` lies, shape (m,).

        Raises:
            ValueError: If ``probability`` is not between 0 and 1.
        """
        if not 0 < probability < 1:
            raise ValueError(f"a probability must be between 0 and 1, not {probability}")
        ends = self.mean + float(ndtri(probability)) * self.sd
        low, high = ends.min(axis=1), ends.max(axis=1)
        at = self.centre + float(ndtri(probability)) * self.spread
        close = _CLOSE * (self.share * self.sd).sum(axis=1)
        left = np.flatnonzero(np.isfinite(at))
        for _ in range(_STEPS):
            if not left.size:
                break
            before, share, sd = at[left], self.share[left], self.sd[left]
            z = (before[:, None] - self.mean[left]) / sd
            excess = (share * ndtr(z)).sum(axis=1) - probability
            density = (share * np.exp(-z * z / 2) / sd).sum(axis=1) / _ROOT_2_PI
            low[left], high[left] = (
                np.where(excess < 0, before, low[left]),
                np.where(excess < 0, high[left], before),
            )
            with np.errstate(divide="ignore", invalid="ignore"):
                newton = before - excess / density
            inside = (newton >= low[left]) & (newton <= high[left])  # at an end where it is the answer
            at[left] = np.where(inside, newton, (low[left] + high[left]) / 2)
            left = left[np.abs(at[left] - before) > close[left]]
        return at

    @property
    def centre(self) -> Array:
        """Expected value, shape (m,)."""
        return (self.share * self.mean).sum(axis=1)

    @property
    def spread(self) -> Array:
        """Standard deviation, shape (m,)."""
        away = self.mean - self.centre[:, None]
        return np.sqrt((self.share * (self.sd**2 + away**2)).sum(axis=1))


@dataclass(frozen=True)
class BayesianPool:
    """What the cohorts say together.

    Args:
        k: Cohorts with an estimate, shape (m,).
        mu: The average effect over cohorts like these.
        further: The effect in one further cohort.
        tau: Posterior mean of the standard deviation between cohorts, shape (m,).
    """

    k: NDArray[np.int64]
    mu: Mixture
    further: Mixture
    tau: Array


def pool_normal_normal(log_hr: ArrayLike, se: ArrayLike, *, scale: float) -> BayesianPool:
    """Pool the cohorts of each row.

    Args:
        log_hr: Estimates, shape (m, k); NaN where a row lacks the cohort.
        se: Their standard errors, same shape, above 0.
        scale: A, scale of the half-normal prior of tau, in the unit of ``log_hr``.

    Returns:
        One pool a row; every number of a row without an estimate is NaN.

    Raises:
        ValueError: If shapes differ, values are missing apart or infinite, an error or the scale is not
            above 0.
    """
    y, v = _checked(log_hr, se)
    if not scale > 0:
        raise ValueError(f"the prior's scale must be above 0, not {scale}")
    tau, log_weight = _nodes(scale)
    present = np.isfinite(y)
    total, first, second, log_product = np.zeros((4, len(y), NODES))
    for column in range(y.shape[1]):  # cohort by cohort: no array of m x k x nodes
        rows = np.flatnonzero(present[:, column])
        effect, w = y[rows, column, None], 1 / (v[rows, column, None] + tau**2)
        total[rows] += w
        first[rows] += w * effect
        second[rows] += w * effect**2
        log_product[rows] += np.log(w)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, sd = first / total, 1 / np.sqrt(total)
        squares = second - mean * first
        log_density = log_weight + (log_product - np.log(total) - squares) / 2
        share = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    mu = Mixture(mean, sd, share)
    return BayesianPool(present.sum(axis=1), mu, Mixture(mean, np.hypot(sd, tau), share), share @ tau)


@cache
def _nodes(scale: float) -> tuple[Array, Array]:
    """Nodes of tau, and the log of prior times quadrature weight, shapes (nodes,); not to be written to."""
    x, weight = np.polynomial.legendre.leggauss(NODES)
    u = (x + 1) / 2
    tau = _END * scale * u**2
    log_weight = np.log(u * weight) - (tau / scale) ** 2 / 2
    for shared in (tau, log_weight):
        shared.setflags(write=False)
    return tau, log_weight


def _checked(log_hr: ArrayLike, se: ArrayLike) -> tuple[Array, Array]:
    y, s = np.asarray(log_hr, float), np.asarray(se, float)
    if y.ndim != 2 or y.shape != s.shape:
        raise ValueError(f"log_hr and se must be matrices of one shape, not {y.shape} and {s.shape}")
    if (np.isnan(y) != np.isnan(s)).any():
        raise ValueError("log_hr and se must be missing together")
    if np.isinf(y).any() or np.isinf(s).any() or (s <= 0).any():
        raise ValueError("log_hr must be finite and se finite and above 0")
    return y, s**2
