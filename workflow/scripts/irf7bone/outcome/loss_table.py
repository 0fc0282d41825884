"""The losses of every endpoint of one cohort, from the source to the score, held against those who stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.harmonise.losses import compare_loss
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.tables.outcome_checks import LOSSES

if TYPE_CHECKING:
    import anndata as ad


def loss_table(plan: FitPlan, adata: ad.AnnData) -> pd.DataFrame:
    """What harmonising found of each endpoint, and whether those without the primary score differ.

    Args:
        plan: What is fitted in the cohort.
        adata: The harmonised cohort, whose samples are the plan's.

    Returns:
        Table of :data:`LOSSES`: every endpoint of the study that the cohort has.
    """
    stated = json.loads(adata.uns["provenance"])["endpoints"]
    primary = plan.config.primary
    position = plan.table.row(primary.signature, primary.method)
    rows: list[dict[str, Any]] = []
    for endpoint in plan.config.endpoints:
        data = plan.follow_up(endpoint)
        if data is None:
            continue
        labels = {"cohort": plan.cohort, "endpoint": endpoint}
        rows += [{**labels, **row} for row in stated[endpoint]["losses"]]
        scored = np.isfinite(plan.table.values[position])
        known = pd.Series(data.known)
        time, event = (pd.Series(values, dtype=float)[known] for values in (data.time, data.event))
        rows.append({**labels, **compare_loss("no_score", pd.Series(~scored)[known], time, event)})
    return LOSSES.cast(pd.DataFrame(rows, columns=LOSSES.names))
