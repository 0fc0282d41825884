"""How a model adjusts for ER: by status, by the expression of ESR1, or by restriction to one status."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from irf7bone.base.vocabulary import ESR1

# of the samples with the endpoint; below it too many are lost to complete-case analysis
COMPLETE = 0.8
# with fewer tumours of the other status, nearly all have one and nothing is left to adjust for
FEWEST_OF_EACH = 5


@dataclass(frozen=True)
class ErAdjustment:
    """ER as a covariate.

    Args:
        kind: status, expression, restricted or none.
        values: Shape (n,), NaN where unknown; None where there is no covariate.
    """

    kind: str
    values: np.ndarray | None

    @property
    def label(self) -> str:
        """As the covariate is called in a table; empty where there is none."""
        return {"status": "er_status", "expression": ESR1}.get(self.kind, "")


def er_adjustment(obs: pd.DataFrame) -> ErAdjustment:
    """Choose how these samples' ER enters a model.

    Where all, or all but fewer than five, are known to have one status, the cohort is restricted to it
    already and needs no covariate. Else status, where at least 80 % of the samples have it and five or more
    either; else ESR1.

    Args:
        obs: Samples of the fit, with ``er`` (positive, negative) and ``esr1`` as far as the cohort has them.
    """
    status = obs["er"].astype("object") if "er" in obs else pd.Series(None, index=obs.index, dtype=object)
    known = status.notna().to_numpy()
    positive = (status == "positive").to_numpy()
    n_of_each = positive.sum(), known.sum() - positive.sum()
    # one whose status nobody recorded may have the other
    if len(obs) and len(obs) - max(n_of_each) < FEWEST_OF_EACH:
        return ErAdjustment("restricted", None)
    if len(obs) and known.mean() >= COMPLETE and min(n_of_each) >= FEWEST_OF_EACH:
        return ErAdjustment("status", np.where(known, positive.astype(float), np.nan))
    if ESR1 in obs:
        expression = obs[ESR1].to_numpy(dtype=float)
        if np.isfinite(expression).mean() >= COMPLETE and np.nanstd(expression) > 0:
            return ErAdjustment("expression", expression)
    return ErAdjustment("none", None)
