"""The effect within ER-positive and within ER-negative tumours, pooled, and whether the two differ."""

from __future__ import annotations

import pandas as pd

from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.reasons import Code, because
from irf7bone.outcome.strata import associate_strata
from irf7bone.tables.outcome import ER_ASSOCIATIONS, ER_WORDS, STRATA


def associate_by_er(plan: FitPlan) -> pd.DataFrame:
    """Fit every signature x endpoint x model of the primary method in each ER stratum of one cohort.

    See :func:`irf7bone.outcome.strata.associate_strata`. Samples of unknown ER status are in neither.

    Args:
        plan: That of the whole cohort, with ``er`` among its samples' columns where it is recorded.

    Returns:
        :data:`ER_ASSOCIATIONS`, both strata for every planned combination.
    """
    recorded = "er" in plan.obs
    status = plan.obs["er"].astype("object") if recorded else pd.Series(None, index=plan.obs.index)
    strata = {er: (status == er).to_numpy() for er in STRATA}
    unknown = None if recorded else because(Code.ER_NOT_RECORDED)
    rows = pd.DataFrame(associate_strata(plan, strata, ER_WORDS, unknown)).rename(columns={"stratum": "er"})
    return ER_ASSOCIATIONS.cast(rows.reindex(columns=ER_ASSOCIATIONS.names))
