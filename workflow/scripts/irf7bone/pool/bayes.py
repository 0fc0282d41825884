"""The Bayesian pool as columns of a table."""

from __future__ import annotations

import numpy as np

from irf7bone.statistics.normal_normal import Mixture, pool_normal_normal

# scales of the prior of tau that stand beside the one that decides
NARROW, WIDE = 0.25, 1.0


def bayesian_columns(
    log_hr: np.ndarray, se: np.ndarray, *, smallest_hr: float, scale: float
) -> dict[str, np.ndarray]:
    """Columns of :data:`irf7bone.tables.columns.BAYESIAN` for rows of cohorts.

    Args:
        log_hr: Shape (m, k), NaN where a row lacks the cohort.
        se: Shape (m, k).
        smallest_hr: The size looked for, below 1.
        scale: Of the prior that decides.

    Returns:
        Column name -> shape (m,), NaN in a row without an estimate.
    """
    pool = pool_normal_normal(log_hr, se, scale=scale)
    size = float(np.log(smallest_hr))
    low, high = _interval(pool.mu)
    further_low, further_high = _interval(pool.further)
    found = {
        "bayes_log_hr": pool.mu.centre,
        "bayes_low": low,
        "bayes_high": high,
        "below_1": pool.mu.below(0.0),
        "below_size": pool.mu.below(size),
        "below_inverse": pool.mu.below(-size),
        "further_low": further_low,
        "further_high": further_high,
        "further_below_1": pool.further.below(0.0),
        "tau": pool.tau,
    }
    for name, other in (("narrow", NARROW), ("wide", WIDE)):
        found[f"{name}_low"], found[f"{name}_high"] = _interval(
            pool_normal_normal(log_hr, se, scale=other).mu
        )
    return found | _common_effect(log_hr, se)


def _common_effect(log_hr: np.ndarray, se: np.ndarray) -> dict[str, np.ndarray]:
    """The average over these very cohorts, weighted by precision; no room for others to differ."""
    weight = np.nan_to_num(1 / np.square(se), nan=0.0)
    total = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(weight * log_hr, axis=1) / total
        return {"common_log_hr": mean, "common_se": np.where(total > 0, 1 / np.sqrt(total), np.nan)}


def _interval(mixture: Mixture) -> tuple[np.ndarray, np.ndarray]:
    return mixture.quantile(0.025), mixture.quantile(0.975)
