"""Random-effects meta-analysis of log hazard ratios, many sets of studies at once.

The model is log_hr_i ~ N(mu, se_i^2 + tau2). Rows are independent meta-analyses, columns are studies;
a study that a row does not have is NaN in both matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

LEVEL = 0.95
GRID_POINTS = 48
MAX_STEPS = 200

Array = NDArray[np.float64]
Values = Array | float


@dataclass(frozen=True)
class RandomEffects:
    """Pooled results: arrays of shape (m,) from :func:`pool_many`, floats from :func:`random_effects`.

    Attributes:
        k: Studies pooled.
        log_hr: Pooled log hazard ratio.
        se: Its standard error, modified Knapp-Hartung.
        ci_low: Lower end of its 95 % interval (t with k - 1 degrees of freedom).
        ci_high: Upper end of that interval.
        p: Two-sided p value of log_hr = 0 (same t).
        tau2: Between-study variance, REML, at least 0; NaN where k < 2.
        i2: Share of the variance that is between studies, percent; NaN where k < 2.
        q: Cochran's Q; NaN where k < 2.
        pi_low: Lower end of the 95 % prediction interval (t with k - 1); NaN where k < 3.
        pi_high: Upper end of that interval.
    """

    k: Values
    log_hr: Values
    se: Values
    ci_low: Values
    ci_high: Values
    p: Values
    tau2: Values
    i2: Values
    q: Values
    pi_low: Values
    pi_high: Values


def random_effects(log_hr: ArrayLike, se: ArrayLike) -> RandomEffects:
    """Pool one set of studies; see :func:`pool_many`.

    Args:
        log_hr: Log hazard ratios, shape (k,).
        se: Their standard errors, shape (k,).

    Returns:
        The pooled result as floats.

    Raises:
        ValueError: As :func:`pool_many`.
    """
    pooled = pool_many(np.atleast_2d(np.asarray(log_hr, float)), np.atleast_2d(np.asarray(se, float)))
    return RandomEffects(**{name: values[0].item() for name, values in vars(pooled).items()})


def pool_many(log_hr: ArrayLike, se: ArrayLike) -> RandomEffects:
    """Pool every row by random effects.

    tau2 is the restricted maximum likelihood estimate (Viechtbauer 2005, J Educ Behav Stat 30:261). The
    variance of the pooled value is that of Knapp and Hartung (2003, Stat Med 22:2693), its factor
    q = sum(w (y - mu)^2) / (k - 1) never below 1 (Roever 2015, BMC Med Res Methodol 15:99): without
    that floor two or three studies that agree by chance give an interval narrower than a fixed effect's.
    I2 is tau2 against Higgins and Thompson's typical within-study variance (2002, Stat Med 21:1539, eq. 9).
    The prediction interval is mu +- t(k - 1) sqrt(se^2 + tau2). These are metafor's
    ``rma(method="REML", test="adhoc")`` and its ``predict``.

    Args:
        log_hr: Log hazard ratios, shape (m, k); NaN where a row lacks the study.
        se: Standard errors, same shape, NaN in the same places.

    Returns:
        Arrays of shape (m,). A row with one study passes it through with its normal interval; a row
        with none is NaN.

    Raises:
        ValueError: If the shapes differ, NaN stand in different places, or an se is not above 0.
    """
    y, v = _checked(log_hr, se)
    present = np.isfinite(y)
    k = present.sum(axis=1)
    many = k >= 2
    tau2 = np.where(many, reml_tau2(y, v), np.nan)
    mu, variance, factor = combine(y, v, np.where(many, tau2, 0.0))
    df = np.where(many, k - 1, 1)
    spread = np.sqrt(variance * np.where(many, np.maximum(factor, 1.0), 1.0))
    quantile = np.where(many, stdtrit(df, (1 + LEVEL) / 2), ndtri((1 + LEVEL) / 2))
    ratio = -np.abs(mu) / spread
    half = quantile * spread
    reach = np.where(k >= 3, quantile * np.sqrt(spread**2 + tau2), np.nan)
    q, i2 = _heterogeneity(y, v, tau2, k)
    return RandomEffects(
        k=k,
        log_hr=mu,
        se=spread,
        ci_low=mu - half,
        ci_high=mu + half,
        p=2 * np.where(many, stdtr(df, ratio), ndtr(ratio)),
        tau2=tau2,
        i2=i2,
        q=q,
        pi_low=mu - reach,
        pi_high=mu + reach,
    )


def leave_one_cohort_out(log_hr: ArrayLike, se: ArrayLike) -> tuple[Array, Array]:
    """Smallest and largest pooled log hazard ratio when one study is left out.

    Args:
        log_hr: Log hazard ratios, shape (m, k); NaN where a row lacks the study.
        se: Standard errors, same shape.

    Returns:
        Two arrays of shape (m,); NaN where a row has fewer than two studies.

    Raises:
        ValueError: As :func:`pool_many`.
    """
    y, v = _checked(log_hr, se)
    present = np.isfinite(y)
    low = np.full(len(y), np.inf)
    high = np.full(len(y), -np.inf)
    for study in range(y.shape[1]):
        rows = np.flatnonzero(present[:, study] & (present.sum(axis=1) >= 2))
        rest_y, rest_v = y[rows].copy(), v[rows].copy()
        rest_y[:, study] = rest_v[:, study] = np.nan
        mu = _mean(_weights(rest_v, reml_tau2(rest_y, rest_v)), rest_y)
        low[rows] = np.minimum(low[rows], mu)
        high[rows] = np.maximum(high[rows], mu)
    none = ~np.isfinite(low)
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def reml_tau2(y: Array, v: Array) -> Array:
    """Between-study variance by restricted maximum likelihood, at least 0.

    Of two studies only the difference d tells of tau2, and its variance is v_1 + v_2 + 2 tau2, so that the
    estimate is (d^2 - v_1 - v_2) / 2. With more, the restricted likelihood can have two peaks, so a grid over
    tau2 finds the highest and Newton's method, kept inside the neighbouring grid points by bisection,
    finishes. Beyond max(v_max, 3/4 range(y)^2) the score is negative: sum(w) - sum(w^2)/sum(w) >= sum(w)/3
    there, while sum(w^2 (y - mu)^2) <= w_max sum(w) range^2 / 4, so that bound ends the grid.

    Args:
        y: Estimates, shape (m, k), NaN where absent.
        v: Their sampling variances, same shape.

    Returns:
        tau2, shape (m,); 0 where a row has fewer than two studies.
    """
    k = np.isfinite(y).sum(axis=1)
    tau2 = np.zeros(len(y))
    two = np.flatnonzero(k == 2)
    if two.size:
        difference = np.nanmax(y[two], axis=1) - np.nanmin(y[two], axis=1)
        tau2[two] = np.maximum((difference**2 - np.nansum(v[two], axis=1)) / 2, 0.0)
    usable = np.flatnonzero(k > 2)
    if not usable.size:
        return tau2
    y, v = y[usable], v[usable]
    smallest = np.nanmin(v, axis=1)
    spread = np.nanmax(y, axis=1) - np.nanmin(y, axis=1)
    end = np.maximum(np.nanmax(v, axis=1), 0.75 * spread**2)
    grid = np.vstack([np.zeros(len(y)), np.geomspace(smallest / 100, end, GRID_POINTS)])
    # from here on studies come first, so that sums over the few of them run along thousands of rows
    present = np.isfinite(y).T
    y, v = np.where(present, y.T, 0.0), np.where(present, v.T, np.inf)
    likelihood = np.array([_restricted_likelihood(y, v, present, point) for point in grid])
    best = likelihood.argmax(axis=0)
    rows = np.arange(y.shape[1])
    start = grid[best, rows]
    score, _ = _score(y, v, start)
    rising = score > 0
    low = np.where(rising, start, grid[np.maximum(best - 1, 0), rows])
    high = np.where(rising, grid[np.minimum(best + 1, GRID_POINTS), rows], start)
    # At best = 0 with a falling score, low = high = 0: the estimate is truncated.
    tau2[usable] = _climb(y, v, low, high, smallest)
    return tau2


def combine(y: Array, v: Array, tau2: Array) -> tuple[Array, Array, Array]:
    """Inverse-variance mean of each row for a given tau2.

    Args:
        y: Estimates, shape (m, k), NaN where absent.
        v: Their sampling variances, same shape.
        tau2: Between-study variance, shape (m,).

    Returns:
        Three arrays of shape (m,): the mean, its variance 1 / sum(w), and Knapp and Hartung's factor
        sum(w (y - mean)^2) / (k - 1), which is 0 where a row has one study. NaN where it has none.
    """
    w = _weights(v, tau2)
    k = np.isfinite(y).sum(axis=1)
    mean = np.where(k > 0, _mean(w, y), np.nan)
    variance = np.where(k > 0, _over(np.ones(len(y)), w.sum(axis=1)), np.nan)
    factor = np.nansum(w * (y - mean[:, None]) ** 2, axis=1) / np.maximum(k - 1, 1)
    return mean, variance, np.where(k > 0, factor, np.nan)


def _climb(y: Array, v: Array, low: Array, high: Array, smallest: Array) -> Array:
    """Newton's method for the root of the REML score between ``low`` (rising) and ``high`` (falling).

    Args:
        y: Estimates, studies x rows, 0 where absent.
        v: Their sampling variances, infinite where absent.
        low: Where the score rises, shape (rows,); changed.
        high: Where it falls; changed.
        smallest: Smallest variance of each row.
    """
    tau2 = (low + high) / 2
    todo = np.flatnonzero(high > low)
    for _ in range(MAX_STEPS):
        if not todo.size:
            break
        now = tau2[todo]
        score, slope = _score(y[:, todo], v[:, todo], now)
        rising = score > 0
        low[todo] = np.where(rising, now, low[todo])
        high[todo] = np.where(rising, high[todo], now)
        middle = (low[todo] + high[todo]) / 2
        concave = slope < 0
        after = np.where(concave, now - score / np.where(concave, slope, -1.0), middle)
        inside = (after > low[todo]) & (after < high[todo])
        after = np.where(inside, after, middle)
        tau2[todo] = after
        todo = todo[np.abs(after - now) > 1e-13 * (now + smallest[todo])]
    return tau2


def _checked(log_hr: ArrayLike, se: ArrayLike) -> tuple[Array, Array]:
    """Estimates and variances as equal matrices, or what is wrong with them."""
    y, s = np.asarray(log_hr, float), np.asarray(se, float)
    if y.ndim != 2 or y.shape != s.shape:
        raise ValueError(f"log_hr and se must be matrices of one shape, not {y.shape} and {s.shape}")
    if (np.isnan(y) != np.isnan(s)).any():
        raise ValueError("log_hr and se must be missing together")
    if np.isinf(y).any() or (s <= 0).any() or np.isinf(s).any():
        raise ValueError("log_hr must be finite and se finite and above 0")
    return y, s**2


def _weights(v: Array, tau2: Array) -> Array:
    """Inverse variances, 0 for absent studies."""
    return np.nan_to_num(1 / (v + tau2[:, None]), nan=0.0)


def _mean(w: Array, y: Array) -> Array:
    """Weighted mean of each row, exactly y where there is one study; 0 where there is none."""
    total = np.broadcast_to(w.sum(axis=1, keepdims=True), w.shape)
    return np.nansum(_over(w, total) * y, axis=1)


def _over(numerator: Array, denominator: Array) -> Array:
    """Quotient where the denominator is above 0, else 0."""
    return np.divide(numerator, denominator, out=np.zeros(denominator.shape), where=denominator > 0)


def _restricted_likelihood(y: Array, v: Array, present: NDArray[np.bool_], tau2: Array) -> Array:
    """Restricted log-likelihood at tau2, without its constant, shape (rows,); y and v as in `_climb`."""
    variance = v + tau2
    w = 1 / variance
    total = w.sum(axis=0)
    squares = (w * (y - (w / total * y).sum(axis=0)) ** 2).sum(axis=0)
    logs = np.log(variance, out=np.zeros_like(variance), where=present)
    return -(logs.sum(axis=0) + np.log(total) + squares) / 2


def _score(y: Array, v: Array, tau2: Array) -> tuple[Array, Array]:
    """First and second derivative of the restricted log-likelihood (Viechtbauer 2005), shape (rows,); y and v
    as in `_climb`.
    """
    w = 1 / (v + tau2)
    total = w.sum(axis=0)
    residual = y - (w / total * y).sum(axis=0)
    two, three = (w**2).sum(axis=0), (w**3).sum(axis=0)
    trace_p = total - two / total
    trace_pp = two - 2 * three / total + (two / total) ** 2
    pull = w**2 * residual
    first = ((pull * residual).sum(axis=0) - trace_p) / 2
    # y'PPPy: the residuals of P y under the weights w.
    third = (w**3 * residual**2).sum(axis=0) - pull.sum(axis=0) ** 2 / total
    return first, trace_pp / 2 - third


def _heterogeneity(y: Array, v: Array, tau2: Array, k: NDArray[np.int64]) -> tuple[Array, Array]:
    """Cochran's Q and I2 in percent, NaN where a row has fewer than two studies."""
    w = _weights(v, np.zeros(len(y)))
    total = w.sum(axis=1)
    many = k >= 2
    q = np.where(many, np.nansum(w * (y - _mean(w, y)[:, None]) ** 2, axis=1), np.nan)
    typical = _over((k - 1) * total, np.where(many, total**2 - (w**2).sum(axis=1), 0.0))
    i2 = 100 * _over(np.where(many, tau2, 0.0), np.where(many, tau2 + typical, 0.0))
    return q, np.where(many, i2, np.nan)
