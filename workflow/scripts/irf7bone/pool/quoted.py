"""Which interval of a pool is quoted: the Bayesian one, which decides; a single cohort's own."""

from __future__ import annotations

import numpy as np
import pandas as pd

OWN = ("log_hr", "ci_low", "ci_high")
BAYES = ("bayes_log_hr", "bayes_low", "bayes_high")
FURTHER = ("further_low", "further_high")


def quoted_columns(k: int) -> tuple[str, str, str]:
    """Columns of estimate and interval that texts quote and figures draw, of a pool of ``k`` cohorts."""
    return OWN if k == 1 else BAYES


def as_quoted(pooled: pd.DataFrame) -> pd.DataFrame:
    """Rows of pools whose ``log_hr``, ``ci_low``, ``ci_high``, ``pi_low``, ``pi_high`` are what is quoted.

    Knapp-Hartung's interval of two cohorts says nothing, so it stays in the tables. A single cohort has no
    prediction.

    Args:
        pooled: With the columns of :data:`irf7bone.tables.columns.BAYESIAN`, k, log_hr, ci_low and ci_high.
    """
    several = (pooled["k"] > 1).to_numpy(dtype=bool, na_value=False)
    changed = {
        own: np.where(several, *(pooled[name].to_numpy("float64", na_value=np.nan) for name in (bayes, own)))
        for own, bayes in zip(OWN, BAYES, strict=True)
    }
    for end, further in zip(("pi_low", "pi_high"), FURTHER, strict=True):
        changed[end] = np.where(several, pooled[further].to_numpy("float64", na_value=np.nan), np.nan)
    return pooled.assign(**changed)
