"""Correlations of interferon and immune scores over cohorts, by random effects on Fisher's z."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from irf7bone.pool.real_cohorts import real_rows
from irf7bone.statistics.false_discovery import benjamini_hochberg
from irf7bone.statistics.partial_correlation import fisher_se
from irf7bone.statistics.random_effects import pool_many
from irf7bone.tables.outcome import ADJUSTMENTS
from irf7bone.tables.pooled import IMMUNE_POOLED


def pool_immune(links: pd.DataFrame, roles: Mapping[str, str]) -> pd.DataFrame:
    """Pool the correlations over real cohorts by random effects on Fisher's z, and turn them back.

    Args:
        links: :data:`IMMUNE_LINKS` of every cohort.
        roles: Role of each cohort; simulated ones take no part.

    Returns:
        :data:`IMMUNE_POOLED`, one row for each signature x immune signature x adjustment in the order of
        ``links``. One cohort alone keeps its own interval and p.

    Raises:
        InputError: If a cohort has no role.
    """
    if links.empty:
        return IMMUNE_POOLED.empty()
    key = list(IMMUNE_POOLED.key)
    real = real_rows(links, roles)
    plan = pd.MultiIndex.from_frame(links[key].drop_duplicates())
    cohorts = list(dict.fromkeys(real["cohort"]))
    ok = real[real["status"] == "ok"]
    ok = ok.assign(
        z=np.arctanh(ok["r"].to_numpy(dtype=float)),
        se=fisher_se(
            ok["n"].to_numpy(dtype=float), ok["adjustment"].map(lambda name: len(ADJUSTMENTS[name]))
        ),
    )
    z, se, n, p = (
        ok.pivot(index=key, columns="cohort", values=name)
        .reindex(index=plan, columns=cohorts)
        .to_numpy(dtype="float64", na_value=np.nan)
        for name in ("z", "se", "n", "p")
    )
    fit = pool_many(z, se)
    k = np.atleast_1d(fit.k)
    pooled = plan.to_frame(index=False).assign(
        k=fit.k,
        n=np.nansum(n, axis=1),
        r=np.tanh(fit.log_hr),
        ci_low=np.tanh(fit.ci_low),
        ci_high=np.tanh(fit.ci_high),
        p=np.where(fit.k == 1, np.nansum(p, axis=1), fit.p),
        q=np.nan,
        tau2=fit.tau2,
        i2=fit.i2,
        pi_low=np.tanh(fit.pi_low),
        pi_high=np.tanh(fit.pi_high),
        status=np.where(fit.k > 0, "ok", "not_available"),
    )
    groups = dict(list(real.groupby(key, sort=False)))
    pooled["reason"] = [
        None if n_cohorts else _why_none(groups.get(result))
        for n_cohorts, result in zip(k, plan, strict=True)
    ]
    estimated = k > 0
    if estimated.any():
        pooled.loc[estimated, "q"] = benjamini_hochberg(pooled.loc[estimated, "p"].to_numpy())
    return IMMUNE_POOLED.cast(pooled)


def _why_none(rows: pd.DataFrame | None) -> str:
    if rows is None:
        return "no real cohort in this run"
    parts = [
        f"{', '.join(group['cohort'])}: {reason}" for reason, group in rows.groupby("reason", sort=False)
    ]
    return f"no real cohort with an estimate ({'; '.join(parts)})"
