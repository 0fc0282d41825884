"""One pooled number from estimates of single cells or experiments: the Bayesian pool of the cohorts."""

from __future__ import annotations

import numpy as np

from irf7bone.statistics.normal_normal import pool_normal_normal

# half-normal prior of the standard deviation between data sets, of g and of Fisher's z: Roever et al. 2021
PRIOR_SCALE = 0.5


def pooled_numbers(estimates: np.ndarray, errors: np.ndarray) -> dict[str, float]:
    """Pooled value with interval, spread between data sets, and where a further one would lie.

    Args:
        estimates: One a data set, shape (k,), k at least 1.
        errors: Their standard errors.
    """
    pool = pool_normal_normal(estimates[None, :], errors[None, :], scale=PRIOR_SCALE)
    return {
        "estimate": float(pool.mu.centre[0]),
        "ci_low": float(pool.mu.quantile(0.025)[0]),
        "ci_high": float(pool.mu.quantile(0.975)[0]),
        "below_0": float(pool.mu.below(0.0)[0]),
        "further_low": float(pool.further.quantile(0.025)[0]),
        "further_high": float(pool.further.quantile(0.975)[0]),
        "tau": float(pool.tau[0]),
    }
