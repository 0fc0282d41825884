"""Correlation of two scores with others held constant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

from irf7bone.statistics.random_effects import LEVEL

Array = NDArray[np.float64]

# Residual degrees of freedom below which an interval says nothing.
FEWEST_DF = 10
# A score whose variance the covariates leave less of than this (a variance inflation of 10) is not adjusted.
LEAST_LEFT = 0.1
# 1 - r^2 below this is rounding: the two scores are the same but for scale.
SAME = 1e-12


@dataclass(frozen=True)
class Correlation:
    """A correlation, or why there is none; then the numbers are NaN."""

    r: float
    ci_low: float
    ci_high: float
    p: float
    explained: float
    reason: str | None = None


def partial_correlation(x: Array, y: Array, covariates: list[Array]) -> Correlation:
    """Pearson correlation of what is left of ``x`` and ``y`` after linear regression on the covariates.

    With q covariates the interval is tanh(atanh(r) +- 1.96 / sqrt(n - q - 3)) (Fisher 1924) and p that of
    t = r sqrt(df / (1 - r^2)), df = n - q - 2: without covariates these are R's ``cor.test``.

    Args:
        x: Shape (n,), finite, not constant.
        y: Shape (n,), likewise.
        covariates: Arrays of shape (n,), likewise.

    Returns:
        The correlation, or the reason why there is none: under ten degrees of freedom, covariates that
        leave less than a tenth of the variance of a score or of each other, scores that are the same.
    """
    n, q = x.size, len(covariates)
    df = n - q - 2
    if df < FEWEST_DF:
        return _none(f"{n} samples leave {df} degrees of freedom, {FEWEST_DF} needed")
    for index, values in enumerate(covariates):
        if _explained(values, covariates[:index]) > 1 - LEAST_LEFT:
            return _none(f"the covariates are collinear: less than {LEAST_LEFT:.0%} of one is its own")
    explained = max(_explained(x, covariates), _explained(y, covariates))
    if explained > 1 - LEAST_LEFT:
        return _none(f"the covariates explain {explained:.0%} of the variance of one score")
    a, b = _residual(x, covariates), _residual(y, covariates)
    r = float(a @ b / np.sqrt((a @ a) * (b @ b)))
    if 1 - r**2 < SAME:
        return _none("the two scores are the same but for scale")
    half = ndtri((1 + LEVEL) / 2) * fisher_se(n, q)
    low, high = np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)
    p = 2 * stdtr(df, -abs(r) * np.sqrt(df / (1 - r**2)))
    return Correlation(r, float(low), float(high), float(p), explained)


def fisher_se(n: int | Array, covariates: int | Array) -> float | Array:
    """Standard error of Fisher's z of a (partial) correlation of n samples."""
    return 1 / np.sqrt(n - covariates - 3.0)


def _residual(values: Array, covariates: list[Array]) -> Array:
    """What linear regression on the covariates and an intercept leaves, shape (n,)."""
    centred = values - values.mean()
    if not covariates:
        return centred
    design = np.column_stack([each - each.mean() for each in covariates])
    design /= design.std(axis=0)
    return centred - design @ np.linalg.lstsq(design, centred, rcond=None)[0]


def _explained(values: Array, covariates: list[Array]) -> float:
    """Share of the variance of ``values`` that the covariates explain."""
    left = _residual(values, covariates)
    return float(max(0.0, 1 - left @ left / np.sum((values - values.mean()) ** 2)))


def _none(reason: str) -> Correlation:
    return Correlation(np.nan, np.nan, np.nan, np.nan, np.nan, reason)
