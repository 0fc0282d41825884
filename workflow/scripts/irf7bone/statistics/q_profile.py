"""Interval of the variance between studies by the Q-profile method."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri

from irf7bone.statistics.random_effects import LEVEL, combine

Array = NDArray[np.float64]

MAX_STEPS = 200


def q_profile(log_hr: ArrayLike, se: ArrayLike) -> tuple[Array, Array]:
    """95 % interval of tau2 by the Q-profile method (Viechtbauer 2007, Stat Med 26:37).

    The generalised Q(tau2) = min over mu of sum (y - mu)^2 / (se^2 + tau2) follows chi-squared with k - 1
    degrees of freedom at the true tau2, so the ends of the interval are where it equals the 97.5 % and the
    2.5 % quantile. As a partial minimum of functions convex in (mu, tau2) it is convex, and it falls:
    Newton's method from 0 climbs to each root without overshooting. An end below 0 is 0, as in metafor's
    ``confint(rma(...))``. With two or three studies a Q that is tiny by chance makes a short interval: that
    is no evidence that they agree.

    Args:
        log_hr: Shape (m, k); NaN where a row lacks the study.
        se: Same shape.

    Returns:
        Lower and upper ends, shape (m,). NaN where a row has fewer than two studies, and where both ends
        lie below 0: there the interval is empty.
    """
    y, v = np.asarray(log_hr, float), np.asarray(se, float) ** 2
    k = np.isfinite(y).sum(axis=1)
    df = np.maximum(k - 1, 1)
    usable = k >= 2
    low = _root(y, v, chdtri(df, (1 - LEVEL) / 2), usable)
    high = _root(y, v, chdtri(df, (1 + LEVEL) / 2), usable)
    return np.where(np.isnan(high), np.nan, np.nan_to_num(low)), high


def _root(y: Array, v: Array, target: Array, usable: NDArray[np.bool_]) -> Array:
    """Where the generalised Q falls to ``target``; NaN where it starts below, and in rows not usable."""
    tau2 = np.full(len(y), np.nan)
    at_zero, _ = _generalised_q(y[usable], v[usable], np.zeros(int(usable.sum())))
    todo = np.flatnonzero(usable)[at_zero >= target[usable]]
    tau2[todo] = 0.0
    for _ in range(MAX_STEPS):
        if not todo.size:
            break
        q, slope = _generalised_q(y[todo], v[todo], tau2[todo])
        step = (target[todo] - q) / slope
        tau2[todo] += step
        todo = todo[np.abs(step) > 1e-12 * (tau2[todo] + np.nanmin(v[todo], axis=1))]
    return tau2


def _generalised_q(y: Array, v: Array, tau2: Array) -> tuple[Array, Array]:
    """Q at tau2 and its slope, shape (m,); mu is at its minimum, so that it adds nothing to the slope."""
    mean, _, _ = combine(y, v, tau2)
    squares = (y - mean[:, None]) ** 2
    w = 1 / (v + tau2[:, None])
    return np.nansum(w * squares, axis=1), -np.nansum(w**2 * squares, axis=1)
