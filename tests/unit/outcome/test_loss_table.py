"""The table of losses: what harmonising found, and those without a score."""

from __future__ import annotations

import json
from types import SimpleNamespace

import anndata as ad
import numpy as np
import pandas as pd
from madeup.cases import PRIMARY

from irf7bone.outcome.loss_table import loss_table
from irf7bone.tables.outcome_checks import LOSSES


class Plan:
    """As much of a plan of fits as the table asks for."""

    cohort = "base"
    config = SimpleNamespace(
        primary=SimpleNamespace(signature=PRIMARY, method="zscore"), endpoints=("bone", "death")
    )

    def __init__(self, obs: pd.DataFrame, scores: np.ndarray):
        self.obs = obs
        self.table = SimpleNamespace(row=lambda signature, method: 0, values=scores[None, :])

    def follow_up(self, endpoint: str):
        if endpoint != "bone":
            return None
        time, event = (self.obs[f"bone_{name}"].to_numpy(dtype=float) for name in ("time_months", "event"))
        return SimpleNamespace(time=time, event=event, known=np.isfinite(time))


def test_losses_of_the_source_and_of_the_score(case, symbols):
    censored = case.clinical.index[case.clinical["status"] != "bone"]
    case.clinical.loc[censored[:8], "months"] = None
    found = case.harmonise(symbols).adata
    assert isinstance(found, ad.AnnData)
    scores = np.where(found.obs["bone_event"] == 1, 1.0, 2.0)
    with_event = np.flatnonzero(found.obs["bone_event"] == 1)
    scores[with_event[:40]] = np.nan
    table = loss_table(Plan(found.obs, scores), found).set_index("cause")
    LOSSES.check(table.reset_index()[LOSSES.names], "losses")
    assert list(table.index) == ["no_expression", "no_time", "no_status", "no_score"]
    assert (table["n_lost"] == [0, 8, 0, 40]).all()
    assert table.loc["no_time", "event_share_lost"] == 0
    assert table["dependence"].tolist()[0] == "none" and table.loc["no_score", "dependence"] == "strong"
    stated = json.loads(found.uns["provenance"])["endpoints"]["bone"]["losses"]
    assert stated[1]["n_lost"] == 8
