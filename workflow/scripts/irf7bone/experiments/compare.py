"""One number a sample, compared between two groups: the t interval that scores and markers share."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from irf7bone.base.phrases import counted
from irf7bone.experiments.linear import fit_last
from irf7bone.statistics.random_intercept import random_intercept

LEVEL = 0.95
LEAST_DF = 2  # with one degree of freedom a 95 % t interval is 12.7 standard errors wide to each side
ROUNDING = 1e-10
WITHOUT_VARIANCE = "no variance within the groups of this contrast"


def too_few(df_residual: int) -> str | None:
    """Why a contrast of so many residual degrees of freedom has no p and no interval; None where it has."""
    if df_residual >= LEAST_DF:
        return None
    return f"{counted(df_residual, 'residual degree')} of freedom: {LEAST_DF} are needed for an interval or p"


def compare(values: np.ndarray, matrix: np.ndarray, blocks: np.ndarray | None = None) -> pd.DataFrame:
    """Least squares on the contrast's model; with pairs alone it is the paired t test.

    Where samples of one animal are correlated each row has a random intercept for it, by REML, with
    Satterthwaite's degrees of freedom: balanced, that is the t test of the animals' means, or within animals.

    Args:
        values: Rows x samples, finite.
        matrix: Samples x coefficients, the last of them the group's.
        blocks: Animal or culture of each sample, where its samples are correlated.

    Returns:
        One row each: ``difference``, ``se``, ``ci_low``, ``ci_high``, ``df``, ``p``, all missing where
        nothing varies within groups.
    """
    if blocks is None:
        fit = fit_last(values, matrix)
        effect, se = fit.effect, fit.scale * fit.sigma
        df = np.full(len(se), float(fit.df_residual))
    else:
        model = random_intercept(values, matrix, blocks)
        effect, se, df = model.effect, model.se, model.df
    with np.errstate(divide="ignore", invalid="ignore"):
        t = effect / se
    reach = stdtrit(df, (1 + LEVEL) / 2) * se
    table = pd.DataFrame(
        {
            "difference": effect,
            "se": se,
            "ci_low": effect - reach,
            "ci_high": effect + reach,
            "df": df,
            "p": 2 * stdtr(df, -np.abs(t)),
        }
    )
    table.loc[~(se > ROUNDING)] = np.nan
    return table
