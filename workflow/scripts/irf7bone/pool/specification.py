"""Specification curve: the primary question under every defensible choice of signature, method and model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.base.experiment_vocabulary import of_simulated
from irf7bone.base.vocabulary import ROLES_IN_CURVE
from irf7bone.pool.quoted import OWN, as_quoted
from irf7bone.tables.pooled import CHOICES, POOLED, SPECIFICATION_SUMMARY, SPECIFICATIONS

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

SHOWN = ("shown_log_hr", "shown_low", "shown_high")


def specification_curve(
    pooled: pd.DataFrame, signature_roles: Mapping[str, str], *, config: Config
) -> pd.DataFrame:
    """Collect the pooled results that answer the primary question in another way, sorted by hazard ratio.

    The specifications are signature x method x model for the primary endpoint (Simonsohn 2020, Nat Hum
    Behav 4:1208): signatures of role interferon, irf7 or derived, and the primary one whatever its role.
    Those derived from simulated samples are none of them: no patient has their scores. They are not
    independent of each other, so that a share of them is a description and no test. They are sorted by
    what is quoted, as texts and figures have it (:func:`irf7bone.pool.quoted.as_quoted`).

    Args:
        pooled: :data:`irf7bone.tables.pooled.POOLED`.
        signature_roles: Role of each selected signature, as in its provenance.
        config: For the primary analysis.

    Returns:
        :data:`SPECIFICATIONS`: estimates by rising shown_log_hr (ties in the order of ``pooled``), then those
        without an estimate.
    """
    primary = config.primary
    asked = [
        name for name, role in signature_roles.items() if role in ROLES_IN_CURVE and not of_simulated(name)
    ]
    rows = pooled[
        (pooled["endpoint"] == primary.endpoint) & pooled["signature"].isin([*asked, primary.signature])
    ]
    ok, said = rows["status"] == "ok", as_quoted(rows)
    rows = rows.assign(**{shown: said[name].where(ok) for shown, name in zip(SHOWN, OWN, strict=True)})
    rows = rows.sort_values("shown_log_hr", kind="stable", na_position="last", ignore_index=True)
    named = [getattr(primary, column) for column in POOLED.key]
    ranks = pd.Series(np.arange(1, len(rows) + 1), index=rows.index, dtype="Int64")
    rows = rows.assign(
        rank=ranks.where(rows["status"] == "ok"),
        is_primary=(rows[list(POOLED.key)] == named).all(axis=1),
    )
    return SPECIFICATIONS.cast(rows)


def summarise_specifications(curve: pd.DataFrame) -> pd.DataFrame:
    """Shares, median and range over the whole curve and for each choice held fixed.

    Args:
        curve: :data:`SPECIFICATIONS`.

    Returns:
        :data:`SPECIFICATION_SUMMARY`: first all specifications, then one row for each signature, method
        and model, in alphabetical order; no rows where the curve has none.
    """
    groups = [("none", "all", curve)] if len(curve) else []
    for choice in CHOICES:
        groups += [(choice, str(level), rows) for level, rows in curve.groupby(choice, sort=True)]
    return SPECIFICATION_SUMMARY.cast(
        pd.DataFrame(
            [{"choice": choice, "level": level, **_summary(rows)} for choice, level, rows in groups],
            columns=SPECIFICATION_SUMMARY.names,
        )
    )


def _summary(rows: pd.DataFrame) -> dict[str, object]:
    ok = rows[rows["status"] == "ok"]
    counts = {"n_planned": len(rows), "n_estimated": len(ok)}
    if ok.empty:
        reasons = rows["reason"].unique()
        said = str(reasons[0]) if len(reasons) == 1 else "no specification has a pooled estimate"
        return {**counts, "status": "not_available", "reason": said}
    log_hr, low, high = (ok[name].to_numpy(dtype=float) for name in SHOWN)
    return {
        **counts,
        "share_below_1": float(np.mean(log_hr < 0)),
        "share_apart": float(np.mean((high < 0) | (low > 0))),
        "share_apart_below": float(np.mean(high < 0)),
        "share_apart_above": float(np.mean(low > 0)),
        "median_log_hr": float(np.median(log_hr)),
        "lowest_log_hr": float(log_hr.min()),
        "highest_log_hr": float(log_hr.max()),
        "status": "ok",
        "reason": None,
    }
