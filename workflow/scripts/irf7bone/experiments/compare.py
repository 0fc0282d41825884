"""One number a sample, compared between two groups: the t interval that scores and markers share."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from irf7bone.base.phrases import counted
from irf7bone.experiments.linear import Fit, fit_last

LEVEL = 0.95
LEAST_DF = 2  # with one degree of freedom a 95 % t interval is 12.7 standard errors wide to each side
ROUNDING = 1e-10
WITHOUT_VARIANCE = "no variance within the groups of this contrast"


def too_few(df_residual: int) -> str | None:
    """Why a contrast of so many residual degrees of freedom has no p and no interval; None where it has."""
    if df_residual >= LEAST_DF:
        return None
    return f"{counted(df_residual, 'residual degree')} of freedom: {LEAST_DF} are needed for an interval or p"


def compare(values: np.ndarray, matrix: np.ndarray) -> tuple[pd.DataFrame, Fit]:
    """Least squares on the contrast's model; with pairs alone it is the paired t test.

    Args:
        values: Rows x samples, finite.
        matrix: Samples x coefficients, the last of them the group's.

    Returns:
        One row each: ``difference``, ``se``, ``ci_low``, ``ci_high``, ``df``, ``p``, all missing where
        nothing varies within groups; and the fit.
    """
    fit = fit_last(values, matrix)
    se = fit.scale * fit.sigma
    with np.errstate(divide="ignore", invalid="ignore"):
        t = fit.effect / se
    reach = stdtrit(fit.df_residual, (1 + LEVEL) / 2) * se
    table = pd.DataFrame(
        {
            "difference": fit.effect,
            "se": se,
            "ci_low": fit.effect - reach,
            "ci_high": fit.effect + reach,
            "df": float(fit.df_residual),
            "p": 2 * stdtr(fit.df_residual, -np.abs(t)),
        }
    )
    table.loc[se <= ROUNDING] = np.nan
    return table, fit
