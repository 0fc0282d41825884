"""How far cohorts disagree, what each of them does to the pooled value, and whether small ones differ."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtri

from irf7bone.base.vocabulary import FEWEST_FOR_FUNNEL
from irf7bone.pool.real_cohorts import real_rows
from irf7bone.statistics.q_profile import q_profile
from irf7bone.statistics.random_effects import LEVEL, pool_many
from irf7bone.tables.columns import RESULT
from irf7bone.tables.pooled import ASYMMETRY, FUNNEL, HETEROGENEITY, LEAVE_ONE_COHORT_OUT

Array = NDArray[np.float64]

# Residuals below this, in standard errors, are rounding: the estimates lie on a line.
NO_RESIDUAL = 1e-8


def heterogeneity(associations: pd.DataFrame, pooled: pd.DataFrame, roles: Mapping[str, str]) -> pd.DataFrame:
    """Cochran's Q, tau2 and I2 with intervals for every pooled result.

    Args:
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS` of every cohort.
        pooled: :data:`irf7bone.tables.pooled.POOLED` made from them.
        roles: Role of each cohort; simulated ones take no part.

    Returns:
        :data:`HETEROGENEITY`, rows in the order of ``pooled``. ``status`` is that of the intervals: cohorts
        that agree better than their standard errors allow have none, as it would lie below 0.

    Raises:
        InputError: If a cohort has no role.
    """
    log_hr, se, _ = studies(associations, pooled, roles)
    fit = pool_many(log_hr, se)
    low, high = q_profile(log_hr, se)
    many, empty = fit.k >= 2, np.isnan(low)
    typical = _typical_variance(se)
    table = pooled[RESULT].reset_index(drop=True)
    table = table.assign(
        k=fit.k,
        cochran_q=fit.q,
        q_p=np.where(many, chdtrc(np.maximum(fit.k - 1, 1), np.nan_to_num(fit.q)), np.nan),
        tau2=fit.tau2,
        tau2_low=low,
        tau2_high=high,
        i2=fit.i2,
        i2_low=100 * low / (low + typical),
        i2_high=100 * high / (high + typical),
        status=np.where(many & ~empty, "ok", "not_available"),
    )
    closer = "the cohorts agree more closely than their standard errors allow: no tau2 of 0 or more fits"
    too_few = _too_few(np.asarray(fit.k), pooled, 2)
    table["reason"] = [
        None if here else few or closer for here, few in zip(many & ~empty, too_few, strict=True)
    ]
    return HETEROGENEITY.cast(table)


def leave_one_cohort_out_table(
    associations: pd.DataFrame, pooled: pd.DataFrame, roles: Mapping[str, str]
) -> pd.DataFrame:
    """Pool every result once more without each of its cohorts.

    Args:
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS` of every cohort.
        pooled: :data:`irf7bone.tables.pooled.POOLED` made from them.
        roles: Role of each cohort; simulated ones take no part.

    Returns:
        :data:`LEAVE_ONE_COHORT_OUT`: for each pooled result one row a cohort in it, where one cohort remains
        with its normal interval; or a single row that says why there is nothing to leave out.

    Raises:
        InputError: If a cohort has no role.
    """
    log_hr, se, cohorts = studies(associations, pooled, roles)
    whole = pool_many(log_hr, se)
    keys = pooled[RESULT].reset_index(drop=True).assign(order=np.arange(len(pooled)))
    parts = []
    for column, cohort in enumerate(cohorts):
        rows = np.flatnonzero(np.isfinite(log_hr[:, column]) & (whole.k >= 2))
        rest_y, rest_se = log_hr[rows].copy(), se[rows].copy()
        rest_y[:, column] = rest_se[:, column] = np.nan
        fit = pool_many(rest_y, rest_se)
        values = {
            name: getattr(fit, name) for name in ("k", "log_hr", "se", "ci_low", "ci_high", "p", "tau2")
        }
        part = keys.iloc[rows].assign(left_out=cohort, **values, status="ok", reason=None)
        parts.append(part.assign(change=fit.log_hr - np.asarray(whole.log_hr)[rows]))
    k = np.asarray(whole.k)
    few = np.flatnonzero(k < 2)
    reasons = _too_few(k, pooled, 2)
    parts.append(
        keys.iloc[few].assign(
            left_out="none",
            k=k[few],
            **dict.fromkeys(("log_hr", "se", "ci_low", "ci_high", "p", "tau2", "change"), np.nan),
            status="not_available",
            reason=[reasons[row] for row in few],
        )
    )
    kept = [part for part in parts if len(part)]
    if not kept:
        return LEAVE_ONE_COHORT_OUT.empty()
    table = pd.concat(kept).sort_values("order", kind="stable", ignore_index=True)
    return LEAVE_ONE_COHORT_OUT.cast(table)


def asymmetry(associations: pd.DataFrame, pooled: pd.DataFrame, roles: Mapping[str, str]) -> pd.DataFrame:
    """Egger's test: do cohorts with a larger standard error have another hazard ratio?

    The regression of Egger (1997, BMJ 315:629) as log_hr on se with weights 1 / se^2 and a free dispersion,
    which is metafor's ``regtest(model="lm", predictor="sei")``.

    Args:
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS` of every cohort.
        pooled: :data:`irf7bone.tables.pooled.POOLED` made from them.
        roles: Role of each cohort; simulated ones take no part.

    Returns:
        :data:`ASYMMETRY`, rows in the order of ``pooled``; under ten cohorts, or without any spread of
        standard errors or of residuals, a reason takes the place of the test.

    Raises:
        InputError: If a cohort has no role.
    """
    log_hr, se, _ = studies(associations, pooled, roles)
    present = np.isfinite(log_hr)
    table = pooled[RESULT].reset_index(drop=True).assign(k=present.sum(axis=1))
    too_few = _too_few(table["k"].to_numpy(), pooled, FEWEST_FOR_FUNNEL)
    found = [
        _without(reason) if reason else _egger(log_hr[row, present[row]], se[row, present[row]])
        for row, reason in enumerate(too_few)
    ]
    results = pd.DataFrame(found, columns=["slope", "slope_se", "p", "status", "reason"])
    return ASYMMETRY.cast(table.join(results))


def funnel(associations: pd.DataFrame, pooled: pd.DataFrame, roles: Mapping[str, str]) -> pd.DataFrame:
    """The points of funnel plots, for the pooled results that have the cohorts for one.

    Args:
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS` of every cohort.
        pooled: :data:`irf7bone.tables.pooled.POOLED` made from them.
        roles: Role of each cohort; simulated ones take no part.

    Returns:
        :data:`FUNNEL`; :func:`asymmetry` has the reason for each result that is not here.

    Raises:
        InputError: If a cohort has no role.
    """
    log_hr, se, cohorts = studies(associations, pooled, roles)
    enough = np.isfinite(log_hr).sum(axis=1) >= FEWEST_FOR_FUNNEL
    rows, columns = np.nonzero(np.isfinite(log_hr) & enough[:, None])
    middle = pooled["log_hr"].to_numpy(dtype=float)[rows]
    reach = ndtri((1 + LEVEL) / 2) * se[rows, columns]
    table = pooled[RESULT].iloc[rows].reset_index(drop=True)
    return FUNNEL.cast(
        table.assign(
            cohort=np.array(cohorts, dtype=object)[columns],
            log_hr=log_hr[rows, columns],
            se=se[rows, columns],
            pooled=middle,
            low=middle - reach,
            high=middle + reach,
        )
    )


def studies(
    associations: pd.DataFrame, pooled: pd.DataFrame, roles: Mapping[str, str]
) -> tuple[Array, Array, list[str]]:
    """Estimates of the real cohorts as matrices.

    Args:
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS` of every cohort.
        pooled: Names the results, one row each.
        roles: Role of each cohort.

    Returns:
        log_hr and se, each of shape (rows of ``pooled``, cohorts), NaN where there is no estimate; and the
        cohorts.

    Raises:
        InputError: If a cohort has no role.
    """
    real = real_rows(associations, roles)
    cohorts = list(dict.fromkeys(real["cohort"]))
    ok = real[real["status"] == "ok"]
    plan = pd.MultiIndex.from_frame(pooled[RESULT])
    log_hr, se = (
        ok.pivot(index=RESULT, columns="cohort", values=name)
        .reindex(index=plan, columns=cohorts)
        .to_numpy(dtype="float64", na_value=np.nan)
        for name in ("log_hr", "se")
    )
    return log_hr, se, cohorts


def _typical_variance(se: Array) -> Array:
    """Higgins and Thompson's typical within-study variance (2002, Stat Med 21:1539, eq. 9); NaN for k < 2."""
    w = np.nan_to_num(se**-2.0, nan=0.0)
    k, total, squares = (w > 0).sum(axis=1), w.sum(axis=1), (w**2).sum(axis=1)
    many = k >= 2
    below = np.where(many, total**2 - squares, 1.0)
    return np.where(many, (k - 1) * total / below, np.nan)


def _too_few(k: NDArray[np.int64], pooled: pd.DataFrame, needed: int) -> list[str | None]:
    """Why a result lacks the cohorts for something that needs ``needed`` of them; None where it does not."""
    return [
        None
        if count >= needed
        else f"{count} real {'cohort' if count == 1 else 'cohorts'} with an estimate, {needed} needed"
        + (f" ({reason})" if count == 0 and reason else "")
        for count, reason in zip(k, pooled["reason"], strict=True)
    ]


def _egger(log_hr: Array, se: Array) -> dict[str, object]:
    if np.ptp(se) <= 1e-9 * se.max():
        return _without("all cohorts have the same standard error")
    from statsmodels.regression.linear_model import WLS

    fit = WLS(log_hr, np.column_stack([np.ones_like(se), se]), weights=se**-2.0).fit()
    if np.abs(fit.wresid).max() < NO_RESIDUAL:
        return _without("the estimates lie on a line against their standard errors: no residual to test with")
    slope = {"slope": fit.params[1], "slope_se": fit.bse[1], "p": fit.pvalues[1]}
    return {**slope, "status": "ok", "reason": None}


def _without(reason: str) -> dict[str, object]:
    return {"slope": np.nan, "slope_se": np.nan, "p": np.nan, "status": "not_available", "reason": reason}
