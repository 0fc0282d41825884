"""How easily an effect would go away: noise in proliferation, a confounder nobody measured, one cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.statistics.normal_normal import pool_normal_normal
from irf7bone.statistics.sensitivity import e_value, e_value_of_interval
from irf7bone.tables.verdict import FRAGILITY
from irf7bone.verdict.evidence import CLAIM, TAIL
from irf7bone.verdict.gather import PooledCohorts, Tables, left_out, pooled_cohorts, vanishing_reliability

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


def fragility(tables: Tables, *, config: Config) -> pd.DataFrame:
    """One row an endpoint and signature.

    Args:
        tables: What the verdict is made from.
        config: The study's settings.

    Returns:
        :data:`irf7bone.tables.verdict.FRAGILITY`.
    """
    rows = []
    for endpoint in config.endpoints:
        for signature in config.signatures.select:
            pool = pooled_cohorts(tables, signature, endpoint)
            about = {"endpoint": endpoint, "signature": signature, "k": len(pool.cohorts)}
            found = _one(pool, config) if pool.cohorts else _NOTHING
            rows.append({**dict.fromkeys(FRAGILITY.names), **about, **found})
    return FRAGILITY.cast(pd.DataFrame(rows, columns=FRAGILITY.names))


_NOTHING = {"status": "not_available", "reason": "no cohort with every model"}


def _one(pool: PooledCohorts, config: Config) -> dict[str, Any]:
    claim, rows = pool.estimates(CLAIM), pool.rows[CLAIM]
    scale = config.verdict.prior_scale
    mu = pool_normal_normal(claim.log_hr, claim.se, scale=scale).mu
    ends = [mu.centre[0], mu.quantile(TAIL)[0], mu.quantile(1 - TAIL)[0]]
    if len(rows) == 1:
        ends = rows[["log_hr", "ci_low", "ci_high"]].iloc[0].astype(float).tolist()
    middle, low, high = np.exp(ends)
    share = float(rows["n_events"].sum() / rows["n"].sum())
    least, without = left_out(claim, scale)
    return {
        **_imputed(pool, scale),
        "vanishing_reliability": vanishing_reliability(pool, scale),
        "e_value": e_value(middle, share),
        "e_value_interval": e_value_of_interval(low, high, share),
        "least_left_out": least,
        "left_out": None if without is None else pool.cohorts[without],
        "status": "ok",
        "reason": None,
    }


def _imputed(pool: PooledCohorts, scale: float) -> dict[str, Any]:
    """Complete cases against imputed ones; nothing where no ER status is missing."""
    rows = pool.rows[CLAIM]
    imputed = rows["imputed_log_hr"].notna().to_numpy()
    if not imputed.any():
        return {}
    complete = pool.estimates(CLAIM)
    log_hr = np.where(imputed, pool.column(CLAIM, "imputed_log_hr"), complete.log_hr[0])
    se = np.where(imputed, pool.column(CLAIM, "imputed_se"), complete.se[0])
    gaps = [cohort for cohort, there in zip(pool.cohorts, imputed, strict=True) if there]
    found: dict[str, Any] = {"imputed_cohorts": ",".join(gaps)}
    for prefix, estimates in (("complete", (complete.log_hr[0], complete.se[0])), ("imputed", (log_hr, se))):
        mu = pool_normal_normal(estimates[0][None], estimates[1][None], scale=scale).mu
        ends = (mu.centre[0], mu.quantile(TAIL)[0], mu.quantile(1 - TAIL)[0])
        found |= {
            f"{prefix}_{name}": float(np.exp(end))
            for name, end in zip(("hr", "low", "high"), ends, strict=True)
        }
    return found
