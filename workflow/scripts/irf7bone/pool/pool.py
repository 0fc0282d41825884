"""Pools the cohorts' associations over real cohorts, never over simulated ones."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.base.errors import Problems
from irf7bone.pool.bayes import bayesian_columns
from irf7bone.pool.real_cohorts import WHERE, real_rows, recorded_endpoints
from irf7bone.statistics.false_discovery import benjamini_hochberg
from irf7bone.statistics.random_effects import leave_one_cohort_out, pool_many
from irf7bone.tables.columns import RESULT
from irf7bone.tables.pooled import POOLED

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


def pool_associations(
    associations: pd.DataFrame,
    roles: Mapping[str, str],
    *,
    config: Config,
    controls: Collection[str] = (),
) -> pd.DataFrame:
    """Pool each planned signature x method x endpoint x model over the real cohorts with an estimate.

    Two stages: the cohorts' log hazard ratios, each per standard deviation of the score within its
    cohort, are combined by random effects (:func:`irf7bone.statistics.random_effects.pool_many`). One
    cohort alone is passed
    through with its own interval and p; none gives status not_available. q is Benjamini and Hochberg's
    (1995, J R Stat Soc B 57:289) over every pooled estimate but the primary one, which was named before
    the run and has no q, and those of positive controls, whose effect is known: they would let pass what is
    tested beside them. The Bayesian pool, whose interval decides, and its likes are
    :func:`irf7bone.pool.bayes.bayesian_columns`.

    Args:
        associations: Rows of every cohort, columns of :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
        roles: What each cohort is to a pool, of :func:`irf7bone.pool.real_cohorts.roles_in_pools`.
        config: The study's settings.
        controls: Signatures that are positive controls.

    Returns:
        Columns of :data:`irf7bone.tables.pooled.POOLED`, in the order of the config.

    Raises:
        InputError: If a cohort has no role, a real cohort lacks a planned row, or an estimate has a
            standard error of 0.
    """
    real = real_rows(associations, roles)
    plan = _plan(real, config)
    _check_real(real, plan)
    cohorts = real["cohort"].unique()
    ok = real[real["status"] == "ok"]
    values = {
        column: ok.pivot(index=RESULT, columns="cohort", values=column)
        .reindex(index=plan, columns=cohorts)
        .to_numpy(dtype="float64", na_value=np.nan)
        for column in ("log_hr", "se", "n", "n_events", "ci_low", "ci_high", "p")
    }
    fit = pool_many(values["log_hr"], values["se"])
    loo_low, loo_high = leave_one_cohort_out(values["log_hr"], values["se"])
    pooled = plan.to_frame(index=False).assign(
        k=fit.k,
        n=np.nansum(values["n"], axis=1),
        n_events=np.nansum(values["n_events"], axis=1),
        log_hr=fit.log_hr,
        **{
            # One cohort keeps its own interval, which may be a profile-likelihood one.
            column: np.where(fit.k == 1, np.nansum(values[column], axis=1), getattr(fit, column))
            for column in ("se", "ci_low", "ci_high", "p")
        },
        q=np.nan,
        **bayesian_columns(
            values["log_hr"],
            values["se"],
            smallest_hr=config.verdict.smallest_hr,
            scale=config.verdict.prior_scale,
        ),
        tau2=fit.tau2,
        i2=fit.i2,
        pi_low=fit.pi_low,
        pi_high=fit.pi_high,
        loo_low=loo_low,
        loo_high=loo_high,
        status=np.where(fit.k > 0, "ok", "not_available"),
    )
    pooled["reason"] = _reasons(pooled, real)
    tested = ~_is_primary(pooled, config) & ~pooled["signature"].isin(controls)
    others = ((fit.k > 0) & tested).to_numpy()
    if others.any():
        pooled.loc[others, "q"] = benjamini_hochberg(pooled.loc[others, "p"].to_numpy())
    return POOLED.cast(pooled)


def _plan(real: pd.DataFrame, config: Config) -> pd.MultiIndex:
    """Planned combinations in the order of the config, then any other that a real cohort holds."""
    planned = itertools.product(config.signatures.select, config.methods, config.endpoints, config.models)
    held = real[RESULT].itertuples(index=False, name=None)
    return pd.MultiIndex.from_tuples(dict.fromkeys([*planned, *held]), names=RESULT)


def _check_real(real: pd.DataFrame, plan: pd.MultiIndex) -> None:
    problems = Problems()
    for cohort, rows in real.groupby("cohort", sort=False):
        absent = plan.difference(pd.MultiIndex.from_frame(rows[RESULT]), sort=False)
        if len(absent):
            problems.add(
                f"{WHERE}, cohort {cohort}",
                expected=f"a row for each of the {len(plan)} planned results, fitted or not",
                found=f"{len(absent)} missing",
                remedy="rerun the cohort's associations with the present config",
                offenders=[" / ".join(row) for row in absent],
            )
    exact = real[(real["status"] == "ok") & ~(real["se"] > 0)]
    if len(exact):
        problems.add(
            f"{WHERE}, se",
            expected="a standard error above 0 where status is ok",
            found=f"{len(exact)} rows otherwise",
            remedy="an estimate without error is a failed fit: give it the status that says so",
            offenders=[" / ".join(row) for row in exact[["cohort", *RESULT]].to_numpy()],
        )
    problems.raise_if_any()


def _is_primary(pooled: pd.DataFrame, config: Config) -> pd.Series:
    """Which row is the one result that was named before the run."""
    named = [getattr(config.primary, column) for column in RESULT]
    return (pooled[RESULT] == named).all(axis=1)


def _reasons(pooled: pd.DataFrame, real: pd.DataFrame) -> list[str | None]:
    """Why there is nothing to pool, for the rows with k = 0."""
    groups = dict(list(real.groupby(RESULT, sort=False)))
    recorded = recorded_endpoints(real)
    reasons: list[str | None] = []
    for row in pooled.itertuples():
        if row.k > 0:
            reasons.append(None)
        elif real.empty:
            reasons.append("no real cohort in this run")
        elif row.endpoint not in recorded:
            reasons.append(f"no real cohort has the endpoint {row.endpoint}")
        else:
            reasons.append(_failures(groups[tuple(getattr(row, column) for column in RESULT)]))
    return reasons


def _failures(rows: pd.DataFrame) -> str:
    """How the cohorts failed, counted: ``...: 2 too_few_events (a, b), 1 separated (c: ...)``."""
    parts = []
    for status, group in rows.groupby("status", sort=False):
        reasons = group["reason"].unique()
        shared = f": {reasons[0]}" if len(reasons) == 1 else ""
        parts.append(f"{len(group)} {status} ({', '.join(group['cohort'])}{shared})")
    return f"real cohorts without an estimate: {', '.join(parts)}"
