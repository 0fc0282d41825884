"""The numbers of the forests that look deeper: hazards under competing risks, and ER strata."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.base.phrases import ENDPOINT_WORDS
from irf7bone.figures.forest_tables import COLUMNS
from irf7bone.tables.outcome import STRATA
from irf7bone.tables.pooled import DIFFERENCE

ESTIMAND_WORDS = {"cause_specific": "cause-specific hazard", "subdistribution": "subdistribution hazard"}
BLOCKS = ("patients", "simulated")


def competing_table(
    competing: pd.DataFrame, roles: Mapping[str, str], *, signature: str, models: Sequence[str]
) -> pd.DataFrame:
    """Cause-specific and subdistribution hazard ratios one below the other, a part for cohort and endpoint.

    Only where competing events occurred: elsewhere the two hazards are one (``competing.tsv`` says so).

    Args:
        competing: :data:`irf7bone.tables.outcome.COMPETING` of every cohort.
        roles: Role of each cohort.
        signature: Signature to show.
        models: Models, one panel each.

    Returns:
        Columns of :data:`irf7bone.figures.forest_tables.COLUMNS`.
    """
    chosen = competing[
        (competing["signature"] == signature)
        & competing["model"].isin(list(models))
        & (competing["n_competing"].fillna(0) > 0)
    ]
    # models of one hazard next to each other, so that they share a line of the picture
    chosen = chosen.assign(order=chosen["estimand"].map(list(ESTIMAND_WORDS).index))
    chosen = chosen.sort_values(["cohort", "endpoint", "order"], key=_in_order(roles), kind="stable")
    rows = []
    for block in BLOCKS:
        for row in chosen.to_dict("records"):
            if (roles[row["cohort"]] == "simulated") is (block == "simulated"):
                heading = f"{row['cohort']}: {ENDPOINT_WORDS[row['endpoint']]}"
                rows.append(_row(row, block, heading, ESTIMAND_WORDS[row["estimand"]], "cohort"))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def er_table(
    by_er: pd.DataFrame,
    pooled: pd.DataFrame,
    roles: Mapping[str, str],
    *,
    signature: str,
    endpoints: Sequence[str],
    models: Sequence[str],
) -> pd.DataFrame:
    """Each stratum's cohorts and pooled value, and the ratio of the two pooled within cohorts.

    A cohort that does not record ER or the endpoint has no row here (``by_er.tsv`` says so).

    Args:
        by_er: :data:`irf7bone.tables.outcome.ER_ASSOCIATIONS` of every cohort.
        pooled: :data:`irf7bone.tables.pooled.ER_POOLED`.
        roles: Role of each cohort.
        signature: Signature to show.
        endpoints: Endpoints in order.
        models: Models, one panel each.

    Returns:
        Columns of :data:`irf7bone.figures.forest_tables.COLUMNS`; ``hr`` of the row that ``label`` calls a
        ratio is the hazard ratio in ER-positive over that in ER-negative tumours.
    """
    fits = by_er[
        (by_er["signature"] == signature)
        & by_er["model"].isin(list(models))
        & (by_er["status"] != "not_available")
    ]
    pools = pooled[(pooled["signature"] == signature) & pooled["model"].isin(list(models))]
    rows = []
    for block in BLOCKS:
        own = fits[(fits["cohort"].map(roles) == "simulated") == (block == "simulated")]
        for endpoint in endpoints:
            for er in STRATA:
                heading = f"{ENDPOINT_WORDS[endpoint].capitalize()}, ER-{er}"
                of_stratum = own[(own["endpoint"] == endpoint) & (own["er"] == er)]
                ordered = of_stratum.sort_values("cohort", key=_in_order(roles), kind="stable")
                rows += [
                    _row(row, block, heading, row["cohort"], "cohort") for row in ordered.to_dict("records")
                ]
                if block == "patients" and len(of_stratum):
                    rows += _pooled_rows(pools, endpoint, er, heading)
            if block == "patients" and (own["endpoint"] == endpoint).any():
                heading = f"{ENDPOINT_WORDS[endpoint].capitalize()}, ER-positive / ER-negative"
                rows += _pooled_rows(pools, endpoint, DIFFERENCE, heading)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _in_order(roles: Mapping[str, str]) -> Callable[[pd.Series], pd.Series]:
    """Sorts a column of cohorts by the order of ``roles``; others by their values."""

    def key(values: pd.Series) -> pd.Series:
        return values.map(list(roles).index) if values.name == "cohort" else values

    return key


def _pooled_rows(pools: pd.DataFrame, endpoint: str, er: str, heading: str) -> list[dict[str, object]]:
    chosen = pools[(pools["endpoint"] == endpoint) & (pools["er"] == er)]
    alone = chosen["k"].max() == 1
    label = "one cohort, not pooled" if alone else "pooled"
    if er == DIFFERENCE:
        label = "ratio of hazard ratios, one cohort" if alone else "ratio of hazard ratios, pooled"
    return [_row(row, "patients", heading, label, "pooled") for row in chosen.to_dict("records")]


def _row(fit: Mapping[str, Any], block: str, heading: str, label: str, kind: str) -> dict[str, object]:
    return {
        "block": block,
        "heading": heading,
        "label": label,
        "kind": kind,
        "model": fit["model"],
        "k": fit.get("k", 1),
        "n": fit["n"],
        "n_events": fit["n_events"],
        "hr": np.exp(fit["log_hr"]),
        "hr_low": np.exp(fit["ci_low"]),
        "hr_high": np.exp(fit["ci_high"]),
        "se": fit["se"],
        "status": fit["status"],
        "reason": fit["reason"],
    }
