"""The effect within ER-positive and ER-negative tumours over cohorts, and whether the two differ."""

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
from irf7bone.tables.outcome import ASSOCIATIONS, STRATA
from irf7bone.tables.pooled import DIFFERENCE, ER_POOLED

if TYPE_CHECKING:
    from irf7bone.study.settings import Config


def pool_by_er(er_associations: pd.DataFrame, roles: Mapping[str, str], *, config: Config) -> pd.DataFrame:
    """Pool each stratum over cohorts, and the differences between strata: the test of interaction.

    The strata of a cohort share no patient, so that their difference has variance se+^2 + se-^2; for an
    unadjusted model it is the score x ER term of a Cox model stratified by ER. Differences are taken within
    cohorts and then pooled (Fisher 2017, BMJ 356:j573): comparing two pooled subgroups that come from partly
    different cohorts would mistake differences between cohorts for differences between tumours. Each pool
    is by random effects as in :func:`irf7bone.pool.pool.pool_associations`.

    Args:
        er_associations: :data:`ER_ASSOCIATIONS` of every cohort.
        roles: Role of each cohort; simulated ones take no part.
        config: The study's settings.

    Returns:
        :data:`ER_POOLED`: for each signature x endpoint x model the rows positive, negative, difference.
        There n and n_events count both strata of the cohorts with both estimates.

    Raises:
        InputError: As :func:`irf7bone.pool.pool.pool_associations`.
    """
    config = config._replace(methods=(config.primary.method,))
    tables = {er: er_associations[er_associations["er"] == er] for er in STRATA}
    tables[DIFFERENCE] = differences(er_associations)
    parts = []
    for er, table in tables.items():
        whole = ASSOCIATIONS.cast(table.reindex(columns=ASSOCIATIONS.names))
        pooled = pool_associations(whole, roles, config=config)
        real = real_rows(table, roles)
        none = pooled["k"] == 0
        pooled.loc[none, "reason"] = [
            _why_none(real[(real[RESULT] == list(key)).all(axis=1)], key[RESULT.index("endpoint")])
            for key in pooled.loc[none, RESULT].itertuples(index=False, name=None)
        ]
        parts.append(pooled.assign(er=er, order=range(len(pooled))))
    together = pd.concat(parts, ignore_index=True).sort_values("order", kind="stable", ignore_index=True)
    ok = (together["status"] == "ok").to_numpy()
    together["q"] = np.nan
    if ok.any():
        together.loc[ok, "q"] = benjamini_hochberg(together.loc[ok, "p"].to_numpy())
    return ER_POOLED.cast(together[ER_POOLED.names])


def differences(er_associations: pd.DataFrame) -> pd.DataFrame:
    """Effect in ER-positive minus effect in ER-negative tumours of each cohort, with a normal interval.

    Args:
        er_associations: :data:`ER_ASSOCIATIONS`.

    Returns:
        Key, n, n_events, log_hr, se, ci_low, ci_high, p, status, reason and reason_code, as there.
    """
    key = list(ASSOCIATIONS.key)
    positive, negative = (er_associations[er_associations["er"] == er].drop(columns="er") for er in STRATA)
    both = positive.merge(negative, on=key, suffixes=("_pos", "_neg"), validate="one_to_one")
    ok = ((both["status_pos"] == "ok") & (both["status_neg"] == "ok")).to_numpy()
    table = both[key].assign(
        log_hr=np.where(ok, both["log_hr_pos"] - both["log_hr_neg"], np.nan),
        se=np.where(ok, np.hypot(both["se_pos"], both["se_neg"]), np.nan),
        n=(both["n_pos"] + both["n_neg"]).where(ok),
        n_events=(both["n_events_pos"] + both["n_events_neg"]).where(ok),
    )
    table[["ci_low", "ci_high", "p"]] = _normal(table["log_hr"].to_numpy(), table["se"].to_numpy())
    failed = [_failure(row) for row in both.to_dict("records")]
    return table.assign(
        **{name: [row[name] for row in failed] for name in ("status", "reason", "reason_code")}
    )


def _normal(log_hr: np.ndarray, se: np.ndarray) -> np.ndarray:
    """95 % interval and two-sided p of a normal estimate, shape (n, 3)."""
    half = ndtri((1 + LEVEL) / 2) * se
    return np.column_stack([log_hr - half, log_hr + half, 2 * ndtr(-np.abs(log_hr / se))])


def _failure(row: Mapping[str, object]) -> dict[str, object]:
    """Status and reason of a difference, from those of the two strata; the first that failed names it."""
    columns = ("status", "reason", "reason_code")
    strata = [{name: row[f"{name}_{er[:3]}"] for name in columns} | {"er": er} for er in STRATA]
    failed = [stratum for stratum in strata if stratum["status"] != "ok"]
    if not failed:
        return {"status": "ok", "reason": None, "reason_code": None}
    first = failed[0]
    if len(failed) < len(STRATA) or first["reason"] != failed[1]["reason"]:
        first = first | {"reason": "; ".join(f"ER-{each['er']}: {each['reason']}" for each in failed)}
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
