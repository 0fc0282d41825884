"""Hedges' g: a difference in standard deviations within groups, the one scale of several data sets.

g = J(df) d with J(df) = Gamma(df / 2) / (sqrt(df / 2) Gamma((df - 1) / 2)) (Hedges' exact factor).
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln


def small_sample(df: np.ndarray | float) -> np.ndarray:
    """J, by which d is too large on so many degrees of freedom; df above 1."""
    df = np.asarray(df, dtype=np.float64)
    return np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2)


def hedges_g(
    difference: np.ndarray, sd: np.ndarray, se: np.ndarray, *, df: float | np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of independent groups; the variance is (se / sd)^2 + g^2 / 2n, metafor's default for two groups.

    Args:
        difference: Case minus reference.
        sd: Residual standard deviation.
        se: Standard error of the difference.
        df: Residual degrees of freedom, above 1.
        n: Samples.

    Returns:
        g and its standard error.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        g = small_sample(df) * difference / sd
        return g, np.sqrt((se / sd) ** 2 + g**2 / (2 * n))


def hedges_g_of_pairs(
    case: np.ndarray, reference: np.ndarray, difference: np.ndarray, se: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of pairs, in standard deviations within groups and not of the differences, as for independent groups.

    The mean of the two groups' variances has 2 (n - 1) / (1 + r^2) degrees of freedom where the members of
    a pair correlate by r (Satterthwaite's rule); the variance is (se / sd)^2 + g^2 / 2df.

    Args:
        case: Rows x pairs.
        reference: Rows x pairs, in the same order.
        difference: Case minus reference by the model.
        se: Its standard error.

    Returns:
        g and its standard error.
    """
    n = case.shape[1]
    deviations = [part - part.mean(axis=1, keepdims=True) for part in (case, reference)]
    one, other = ((part**2).sum(axis=1) / (n - 1) for part in deviations)
    with np.errstate(divide="ignore", invalid="ignore"):
        sd = np.sqrt((one + other) / 2)
        r = (deviations[0] * deviations[1]).sum(axis=1) / (n - 1) / np.sqrt(one * other)
        # r^2 of so few pairs is too large by about (1 - r^2) / (n - 2)
        shared = np.clip(((n - 1) * np.nan_to_num(r) ** 2 - 1) / max(n - 2, 1), 0, 1)
        df = 2 * (n - 1) / (1 + shared)
        g = small_sample(df) * difference / sd
        return g, np.sqrt((se / sd) ** 2 + g**2 / (2 * df))
