"""The effect within ER-positive and within ER-negative tumours, pooled, and whether the two differ."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from scipy.stats import false_discovery_control

from irf7bone.contracts import ASSOCIATIONS, POOLED, Column, Table
from irf7bone.meta import LEVEL
from irf7bone.pool import pool_associations, real_rows
from irf7bone.survival.associate import associate
from irf7bone.survival.data import follow_up

if TYPE_CHECKING:
    from irf7bone.config import Analysis

STRATA = ("positive", "negative")
DIFFERENCE = "difference"
RESULT = list(POOLED.key)
_NULL = ("null_percentile", "null_p")  # drawn for whole cohorts only

ER_ASSOCIATIONS = Table(
    "associations_by_er.tsv",
    key=(*ASSOCIATIONS.key, "er"),
    columns=(
        *(column for column in ASSOCIATIONS.columns if column.name in ASSOCIATIONS.key),
        Column("er", "text", "ER status of the samples in the fit", allowed=STRATA),
        *(
            column
            for column in ASSOCIATIONS.columns
            if column.name not in ASSOCIATIONS.key and column.name not in _NULL
        ),
    ),
    needs_when_ok=ASSOCIATIONS.needs_when_ok,
)

ER_POOLED = Table(
    "pooled_by_er.tsv",
    key=(*POOLED.key, "er"),
    columns=(
        *(column for column in POOLED.columns if column.name in POOLED.key),
        Column(
            "er",
            "text",
            "positive or negative: pooled effect in these tumours; difference: positive minus negative "
            "within each cohort, pooled, whose p is the test of interaction",
            allowed=(*STRATA, DIFFERENCE),
        ),
        *(column for column in POOLED.columns if column.name not in (*POOLED.key, "q")),
        Column("q", "number", "Benjamini-Hochberg over every estimate of this table", True, 0, 1),
    ),
    needs_when_ok=(*POOLED.needs_when_ok, "q"),
)


def associate_by_er(
    cohort: str, obs: pd.DataFrame, scores: pd.DataFrame, *, config: Analysis
) -> pd.DataFrame:
    """Fit every signature x endpoint x model of the primary method in each ER stratum of one cohort.

    The fits are those of :func:`irf7bone.survival.associate.associate` on the stratum's samples. The score
    is not scaled anew: one unit is one standard deviation within the whole cohort in both strata, so that
    their effects can be compared. Samples of unknown ER status are in neither.

    Args:
        cohort: Cohort id.
        obs: Samples, index = sample id, with endpoints and clinical columns; ``er`` where it is recorded.
        scores: :data:`irf7bone.contracts.SCORES` of the whole cohort.
        config: The study's settings.

    Returns:
        :data:`ER_ASSOCIATIONS`, both strata for every planned combination.
    """
    config = config._replace(methods=(config.primary.method,))
    kept = scores[scores["method"] == config.primary.method]
    parts = []
    for er in STRATA:
        inside = obs[(obs["er"].astype("object") == er).to_numpy()] if "er" in obs else obs.iloc[:0]
        if inside.empty:
            part = _planned(cohort, kept, config)
            reason = f"no tumour is ER-{er}" if "er" in obs else "the cohort does not record ER status"
        else:
            own = kept[kept["sample"].isin(inside.index)]
            part = associate(cohort, inside, own, config=config)
            reason = f"no ER-{er} tumour has this endpoint recorded"
        parts.append(_say_what_the_stratum_lacks(part, obs, inside, reason).assign(er=er))
    return ER_ASSOCIATIONS.cast(pd.concat(parts, ignore_index=True)[ER_ASSOCIATIONS.names])


def pool_by_er(er_associations: pd.DataFrame, roles: Mapping[str, str], *, config: Analysis) -> pd.DataFrame:
    """Pool each stratum over cohorts, and the differences between strata: the test of interaction.

    The strata of a cohort share no patient, so that their difference has variance se+^2 + se-^2; for a crude
    model it is the score x ER term of a Cox model stratified by ER. Differences are taken within cohorts
    and then pooled (Fisher 2017, BMJ 356:j573): comparing two pooled subgroups that come from partly
    different cohorts would mistake differences between cohorts for differences between tumours. Each pool
    is by random effects as in :func:`irf7bone.pool.pool_associations`.

    Args:
        er_associations: :data:`ER_ASSOCIATIONS` of every cohort.
        roles: Role of each cohort; simulated ones take no part.
        config: The study's settings.

    Returns:
        :data:`ER_POOLED`: for each signature x endpoint x model the rows positive, negative, difference.
        There n and n_events count both strata of the cohorts with both estimates.

    Raises:
        InputError: As :func:`irf7bone.pool.pool_associations`.
    """
    config = config._replace(methods=(config.primary.method,))
    tables = {er: er_associations[er_associations["er"] == er] for er in STRATA}
    tables[DIFFERENCE] = differences(er_associations)
    parts = []
    for er, table in tables.items():
        whole = ASSOCIATIONS.cast(table.reindex(columns=ASSOCIATIONS.names))
        pooled = pool_associations(whole, roles, config=config)
        real = real_rows(whole, roles)
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
        together.loc[ok, "q"] = false_discovery_control(together.loc[ok, "p"].to_numpy())
    return ER_POOLED.cast(together[ER_POOLED.names])


def differences(er_associations: pd.DataFrame) -> pd.DataFrame:
    """Effect in ER-positive minus effect in ER-negative tumours of each cohort, with a normal interval.

    Args:
        er_associations: :data:`ER_ASSOCIATIONS`.

    Returns:
        Key, n, n_events, log_hr, se, ci_low, ci_high, p, status and reason, as in
        :data:`irf7bone.contracts.ASSOCIATIONS`.
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
    table["status"] = [status for status, _ in failed]
    table["reason"] = [reason for _, reason in failed]
    return table


def _normal(log_hr: np.ndarray, se: np.ndarray) -> np.ndarray:
    """95 % interval and two-sided p of a normal estimate, shape (n, 3)."""
    half = ndtri((1 + LEVEL) / 2) * se
    return np.column_stack([log_hr - half, log_hr + half, 2 * ndtr(-np.abs(log_hr / se))])


def _failure(row: Mapping[str, object]) -> tuple[str, str | None]:
    """Status and reason of a difference, from those of the two strata; the first that failed names it."""
    failed = [(er, row[f"status_{er[:3]}"], row[f"reason_{er[:3]}"]) for er in STRATA]
    failed = [(er, status, reason) for er, status, reason in failed if status != "ok"]
    if not failed:
        return "ok", None
    if len({reason for _, _, reason in failed}) == 1 and len(failed) == len(STRATA):
        return str(failed[0][1]), str(failed[0][2])
    return str(failed[0][1]), "; ".join(f"ER-{er}: {reason}" for er, _, reason in failed)


def _planned(cohort: str, scores: pd.DataFrame, config: Analysis) -> pd.DataFrame:
    """Planned rows of a stratum without samples, their reason still to be said."""
    plan = itertools.product(
        dict.fromkeys(scores["signature"]), config.methods, config.endpoints, config.models
    )
    rows = pd.DataFrame(list(plan), columns=RESULT).assign(cohort=cohort, status="not_available")
    return ASSOCIATIONS.cast(rows.reindex(columns=ASSOCIATIONS.names))


def _say_what_the_stratum_lacks(
    table: pd.DataFrame, obs: pd.DataFrame, inside: pd.DataFrame, reason: str
) -> pd.DataFrame:
    """Tell an endpoint that the whole cohort lacks from one that only this stratum lacks (``reason``)."""
    said = table["reason"].copy()
    for endpoint in table["endpoint"].unique():
        if follow_up(obs, endpoint) is None:
            said[table["endpoint"] == endpoint] = f"the cohort has no endpoint {endpoint}"
        elif follow_up(inside, endpoint) is None:
            said[table["endpoint"] == endpoint] = reason
    return table.assign(reason=said)


def _why_none(rows: pd.DataFrame, endpoint: str) -> str:
    """Why no real cohort has an estimate, from the cohorts' own reasons."""
    if rows.empty:
        return "no real cohort in this run"
    elsewhere = rows[rows["reason"] != f"the cohort has no endpoint {endpoint}"]
    if elsewhere.empty:
        return f"no real cohort has the endpoint {endpoint}"
    parts = [
        f"{', '.join(group['cohort'])}: {reason}" for reason, group in elsewhere.groupby("reason", sort=False)
    ]
    return f"no real cohort with an estimate ({'; '.join(parts)})"
