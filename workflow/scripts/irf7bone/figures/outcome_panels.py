"""The numbers of the forests that look deeper: hazards under competing risks, ER strata and subtypes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from irf7bone.base.phrases import ENDPOINT_WORDS, capital, subtype_name
from irf7bone.figures.forest_tables import COLUMNS, forest_row
from irf7bone.pool.quoted import as_quoted
from irf7bone.pool.real_cohorts import label_in_forest
from irf7bone.tables.outcome import INSIDE, OTHERS, STRATA
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
                rows.append(forest_row(row, block, heading, ESTIMAND_WORDS[row["estimand"]], "cohort"))
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
    groups = [(f"ER-{er}", {"er": er}) for er in STRATA] + [("ER-positive / ER-negative", {"er": DIFFERENCE})]
    return _strata_table(
        by_er, pooled, roles, groups, signature=signature, endpoints=endpoints, models=models
    )


def subtype_table(
    by_subtype: pd.DataFrame,
    pooled: pd.DataFrame,
    roles: Mapping[str, str],
    *,
    signature: str,
    endpoints: Sequence[str],
    models: Sequence[str],
) -> pd.DataFrame:
    """Each subtype's cohorts and pooled value, those of the other tumours, and the ratio within cohorts.

    Args:
        by_subtype: :data:`irf7bone.tables.outcome.SUBTYPE_ASSOCIATIONS` of every cohort.
        pooled: :data:`irf7bone.tables.pooled.SUBTYPE_POOLED`.
        roles: Role of each cohort.
        signature: Signature to show.
        endpoints: Endpoints in order.
        models: Models, one panel each.

    Returns:
        Columns of :data:`irf7bone.figures.forest_tables.COLUMNS`.
    """
    groups = [
        (words, {"subtype": subtype, "source": source, "stratum": stratum})
        for subtype, source in dict.fromkeys(zip(pooled["subtype"], pooled["source"], strict=True))
        for words, stratum in (
            (subtype_name(subtype, source), INSIDE),
            (f"other than {subtype_name(subtype, source)}", OTHERS),
            (f"{subtype_name(subtype, source)} / others", DIFFERENCE),
        )
    ]
    return _strata_table(
        by_subtype, pooled, roles, groups, signature=signature, endpoints=endpoints, models=models
    )


def _strata_table(
    by_stratum: pd.DataFrame,
    pooled: pd.DataFrame,
    roles: Mapping[str, str],
    groups: Sequence[tuple[str, Mapping[str, str]]],
    *,
    signature: str,
    endpoints: Sequence[str],
    models: Sequence[str],
) -> pd.DataFrame:
    """Rows of each group in its words; the pooled value of a group stands where a cohort has the endpoint."""
    fits = by_stratum[
        (by_stratum["signature"] == signature)
        & by_stratum["model"].isin(list(models))
        & (by_stratum["status"] != "not_available")
    ]
    pools = as_quoted(pooled[(pooled["signature"] == signature) & pooled["model"].isin(list(models))])
    rows = []
    for block in BLOCKS:
        own = fits[(fits["cohort"].map(roles) == "simulated") == (block == "simulated")]
        for endpoint in endpoints:
            for words, values in groups:
                heading = f"{capital(ENDPOINT_WORDS[endpoint])}, {words}"
                there = own[(own["endpoint"] == endpoint) & _has(own, values)]
                ordered = there.sort_values("cohort", key=_in_order(roles), kind="stable")
                rows += [
                    forest_row(row, block, heading, label_in_forest(row["cohort"], roles), "cohort")
                    for row in ordered.to_dict("records")
                ]
                kind = {name: value for name, value in values.items() if value != DIFFERENCE}
                related = own[(own["endpoint"] == endpoint) & _has(own, kind)]
                if block == "patients" and len(related):
                    found = pools[(pools["endpoint"] == endpoint) & _has(pools, values)]
                    rows += _pooled_rows(found, heading, ratio=DIFFERENCE in values.values())
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _has(table: pd.DataFrame, values: Mapping[str, str]) -> pd.Series:
    fits = pd.Series(True, index=table.index)
    for name, value in values.items():
        fits &= table[name] == value
    return fits


def _in_order(roles: Mapping[str, str]) -> Callable[[pd.Series], pd.Series]:
    """Sorts a column of cohorts by the order of ``roles``; others by their values."""

    def key(values: pd.Series) -> pd.Series:
        return values.map(list(roles).index) if values.name == "cohort" else values

    return key


def _pooled_rows(pools: pd.DataFrame, heading: str, *, ratio: bool) -> list[dict[str, object]]:
    alone = pools["k"].max() == 1
    label = "one cohort, not pooled" if alone else "pooled"
    if ratio:
        label = "ratio of hazard ratios, one cohort" if alone else "ratio of hazard ratios, pooled"
    return [forest_row(row, "patients", heading, label, "pooled") for row in pools.to_dict("records")]
