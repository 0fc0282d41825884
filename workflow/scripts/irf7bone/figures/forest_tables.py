"""The numbers of forest plots: which estimate stands in which row, patients and simulated ones apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.base.experiment_vocabulary import of_simulated
from irf7bone.base.phrases import is_missing
from irf7bone.pool.quoted import as_quoted
from irf7bone.pool.real_cohorts import label_in_forest

COLUMNS = (
    "block", "heading", "label", "kind", "model", "k", "n", "n_events",
    "hr", "hr_low", "hr_high", "se", "status", "reason",
)  # fmt: skip


def forest_table(
    associations: pd.DataFrame,
    pooled: pd.DataFrame,
    roles: Mapping[str, str],
    *,
    endpoint: str,
    method: str,
    models: Sequence[str],
    signatures: Sequence[str],
) -> pd.DataFrame:
    """The numbers of a forest with one part a signature: its real cohorts, then their pooled value.

    Simulated cohorts come in a block of their own after all patients. A cohort that lacks the endpoint
    has no row here (``associations.tsv`` says so). Intervals of pools are those that texts quote
    (:func:`irf7bone.pool.quoted.as_quoted`).

    Args:
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
        pooled: :data:`irf7bone.tables.pooled.POOLED`.
        roles: Role of each cohort.
        endpoint: Endpoint to show.
        method: Scoring method to show.
        models: Models, one panel each.
        signatures: Signatures in order.

    Returns:
        Columns :data:`COLUMNS`; ``hr``, ``hr_low`` and ``hr_high`` are hazard ratios per standard
        deviation, ``se`` is on the log scale.
    """
    chosen = _select(associations, endpoint, method, models)
    pools = as_quoted(_select(pooled, endpoint, method, models))
    present = cohorts_with(chosen)
    real = [cohort for cohort in present if roles[cohort] != "simulated"]
    made = [cohort for cohort in present if roles[cohort] == "simulated"]
    rows: list[dict[str, object]] = []
    for block, cohorts in (("patients", real), ("simulated", made)):
        for signature in signatures if cohorts else ():
            of_signature = chosen[chosen["signature"] == signature]
            for cohort in cohorts:
                fits = of_signature[of_signature["cohort"] == cohort]
                label = label_in_forest(cohort, roles)
                rows += [forest_row(fit, block, signature, label, "cohort") for _, fit in fits.iterrows()]
            if block == "patients":
                rows += _pooled_rows(pools[pools["signature"] == signature], signature)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def overview_table(
    associations: pd.DataFrame,
    pooled: pd.DataFrame,
    roles: Mapping[str, str],
    *,
    endpoint: str,
    method: str,
    models: Sequence[str],
    signatures: Sequence[str],
) -> pd.DataFrame:
    """The numbers of a forest with one row a signature: pooled over patients, then each simulated cohort.

    Signatures derived from simulated samples stand among the simulated cohorts alone.

    Arguments and columns are those of :func:`forest_table`.
    """
    chosen = _select(associations, endpoint, method, models)
    pools = as_quoted(_select(pooled, endpoint, method, models))
    present = cohorts_with(chosen)
    rows: list[dict[str, object]] = []
    if any(roles[cohort] != "simulated" for cohort in present):
        for signature in (name for name in signatures if not of_simulated(name)):
            for _, pool in pools[pools["signature"] == signature].iterrows():
                rows.append(
                    forest_row(pool, "patients", "Pooled over cohorts of patients", signature, "pooled")
                )
    for cohort in present:
        if roles[cohort] == "simulated":
            for signature in signatures:
                fits = chosen[(chosen["cohort"] == cohort) & (chosen["signature"] == signature)]
                rows += [
                    forest_row(fit, "simulated", cohort, signature, "cohort") for _, fit in fits.iterrows()
                ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def cohorts_with(associations: pd.DataFrame) -> list[str]:
    """Cohorts with at least one row that is not ``not_available``, in the table's order."""
    return list(dict.fromkeys(associations.loc[associations["status"] != "not_available", "cohort"]))


def _select(table: pd.DataFrame, endpoint: str, method: str, models: Sequence[str]) -> pd.DataFrame:
    keep = (table["endpoint"] == endpoint) & (table["method"] == method) & table["model"].isin(list(models))
    return table[keep]


def forest_row(
    fit: pd.Series | Mapping[str, Any], block: str, heading: str, label: str, kind: str
) -> dict[str, object]:
    """A line of a forest, with the columns of :data:`COLUMNS`.

    Args:
        fit: Row of a table of results, on the log scale; without ``k`` it is one cohort's.
        block: ``patients`` or ``simulated``.
        heading: What it stands under.
        label: What it is called there.
        kind: ``cohort``, ``pooled`` or ``prediction``.
    """
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


def _pooled_rows(pools: pd.DataFrame, signature: str) -> list[dict[str, object]]:
    """Rows for the diamonds of all models, then for their prediction intervals where there are any."""
    label = "one cohort, not pooled" if pools["k"].max() == 1 else "pooled"
    diamonds = [forest_row(pool, "patients", signature, label, "pooled") for _, pool in pools.iterrows()]
    predictions = [
        {
            **forest_row(pool, "patients", signature, "95 % prediction interval", "prediction"),
            "hr_low": np.exp(pool["pi_low"]),
            "hr_high": np.exp(pool["pi_high"]),
            "se": np.nan,
        }
        for _, pool in pools.iterrows()
        if not is_missing(pool["pi_low"])
    ]
    return diamonds + predictions
