"""The effect within two kinds of tumour over cohorts, and whether the two differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from irf7bone.outcome.reasons import Code
from irf7bone.pool.pool import pool_associations
from irf7bone.pool.real_cohorts import real_rows
from irf7bone.statistics.false_discovery import benjamini_hochberg
from irf7bone.statistics.random_effects import LEVEL
from irf7bone.tables.columns import RESULT
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.pooled import DIFFERENCE

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


def pool_strata(
    rows: pd.DataFrame, roles: Mapping[str, str], words: Mapping[str, str], *, config: Config
) -> pd.DataFrame:
    """Pool each stratum over cohorts, and the differences between strata: the test of interaction.

    The strata of a cohort share no patient, so that their difference has variance se1^2 + se2^2; for an
    unadjusted model it is the score x stratum term of a Cox model stratified by it. Differences are taken
    within
    cohorts and then pooled (Fisher 2017, BMJ 356:j573): comparing two pooled subgroups that come from partly
    different cohorts would mistake differences between cohorts for differences between tumours. Each pool
    is by random effects as in :func:`irf7bone.pool.pool.pool_associations`.

    Args:
        rows: Columns of :data:`irf7bone.tables.outcome.ASSOCIATIONS`, ``stratum`` and ``reason_code``.
        roles: Role of each cohort; simulated ones take no part.
        words: The two strata, each with what its tumours are called; the difference is first minus second.
        config: The study's settings.

    Returns:
        Columns of :data:`irf7bone.tables.pooled.POOLED` and ``stratum``: for each signature x endpoint x
        model
        the two strata and the difference, q empty. There n and n_events count both strata of the cohorts with
        both estimates.

    Raises:
        InputError: As :func:`irf7bone.pool.pool.pool_associations`.
    """
    config = config._replace(methods=(config.primary.method,))
    tables = {stratum: rows[rows["stratum"] == stratum] for stratum in words}
    tables[DIFFERENCE] = strata_differences(rows, words)
    parts = []
    for stratum, table in tables.items():
        whole = ASSOCIATIONS.cast(table.reindex(columns=ASSOCIATIONS.names))
        pooled = pool_associations(whole, roles, config=config)
        real = real_rows(table, roles)
        none = pooled["k"] == 0
        pooled.loc[none, "reason"] = [
            _why_none(real[(real[RESULT] == list(key)).all(axis=1)], key[RESULT.index("endpoint")])
            for key in pooled.loc[none, RESULT].itertuples(index=False, name=None)
        ]
        parts.append(pooled.assign(stratum=stratum, order=range(len(pooled)), q=np.nan))
    together = pd.concat(parts, ignore_index=True)
    return together.sort_values("order", kind="stable", ignore_index=True).drop(columns="order")


def with_q(pooled: pd.DataFrame) -> pd.DataFrame:
    """The table with q over all its estimates, Benjamini and Hochberg's (1995, J R Stat Soc B 57:289)."""
    ok = (pooled["status"] == "ok").to_numpy()
    q = np.full(len(pooled), np.nan)
    if ok.any():
        q[ok] = benjamini_hochberg(pooled.loc[ok, "p"].to_numpy(dtype=float))
    return pooled.assign(q=q)


def strata_differences(rows: pd.DataFrame, words: Mapping[str, str]) -> pd.DataFrame:
    """Effect in the first stratum minus effect in the second of each cohort, with a normal interval.

    Args:
        rows: As for :func:`pool_strata`.
        words: As there.

    Returns:
        Key, n, n_events, log_hr, se, ci_low, ci_high, p, status, reason and reason_code, as there.
    """
    key = list(ASSOCIATIONS.key)
    one, other = (rows[rows["stratum"] == stratum].drop(columns="stratum") for stratum in words)
    both = one.merge(other, on=key, suffixes=("_1", "_2"), validate="one_to_one")
    ok = ((both["status_1"] == "ok") & (both["status_2"] == "ok")).to_numpy()
    table = both[key].assign(
        log_hr=np.where(ok, both["log_hr_1"] - both["log_hr_2"], np.nan),
        se=np.where(ok, np.hypot(both["se_1"], both["se_2"]), np.nan),
        n=(both["n_1"] + both["n_2"]).where(ok),
        n_events=(both["n_events_1"] + both["n_events_2"]).where(ok),
    )
    table[["ci_low", "ci_high", "p"]] = _normal(table["log_hr"].to_numpy(), table["se"].to_numpy())
    failed = [_failure(row, list(words.values())) for row in both.to_dict("records")]
    return table.assign(
        **{name: [row[name] for row in failed] for name in ("status", "reason", "reason_code")}
    )


def _normal(log_hr: np.ndarray, se: np.ndarray) -> np.ndarray:
    """95 % interval and two-sided p of a normal estimate, shape (n, 3)."""
    half = ndtri((1 + LEVEL) / 2) * se
    return np.column_stack([log_hr - half, log_hr + half, 2 * ndtr(-np.abs(log_hr / se))])


def _failure(row: Mapping[str, object], words: list[str]) -> dict[str, object]:
    """Status and reason of a difference, from those of the two strata; the first that failed names it."""
    columns = ("status", "reason", "reason_code")
    strata = [
        {name: row[f"{name}_{i}"] for name in columns} | {"words": said}
        for i, said in enumerate(words, start=1)
    ]
    failed = [stratum for stratum in strata if stratum["status"] != "ok"]
    if not failed:
        return {"status": "ok", "reason": None, "reason_code": None}
    first = failed[0]
    if len(failed) < len(strata) or first["reason"] != failed[1]["reason"]:
        first = first | {"reason": "; ".join(f"{each['words']}: {each['reason']}" for each in failed)}
    return first


def _why_none(rows: pd.DataFrame, endpoint: str) -> str:
    """Why no real cohort has an estimate, from the cohorts' own reasons."""
    if rows.empty:
        return "no real cohort in this run"
    elsewhere = rows[rows["reason_code"] != Code.NO_ENDPOINT]
    if elsewhere.empty:
        return f"no real cohort has the endpoint {endpoint}"
    parts = [
        f"{', '.join(group['cohort'])}: {reason}" for reason, group in elsewhere.groupby("reason", sort=False)
    ]
    return f"no real cohort with an estimate ({'; '.join(parts)})"
