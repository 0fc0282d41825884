"""The effect within ER-positive and within ER-negative tumours, pooled, and whether the two differ."""

from __future__ import annotations

import pandas as pd

from irf7bone.outcome.associate import association_rows
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.reasons import Code, Reason, because
from irf7bone.tables.outcome import ER_ASSOCIATIONS, STRATA


def associate_by_er(plan: FitPlan) -> pd.DataFrame:
    """Fit every signature x endpoint x model of the primary method in each ER stratum of one cohort.

    The fits are those of :func:`irf7bone.outcome.associate.associate` on the stratum's samples. The score
    is not scaled anew: one unit is one standard deviation within the whole cohort in both strata, so that
    their effects can be compared. Samples of unknown ER status are in neither.

    Args:
        plan: That of the whole cohort, with ``er`` among its samples' columns where it is recorded.

    Returns:
        :data:`ER_ASSOCIATIONS`, both strata for every planned combination.
    """
    recorded = "er" in plan.obs
    status = plan.obs["er"].astype("object") if recorded else pd.Series(None, index=plan.obs.index)
    rows = []
    for er in STRATA:
        chosen = (status == er).to_numpy()
        stratum = plan.within(chosen, _lacking(er, recorded, bool(chosen.any())))
        rows += [{**row, "er": er} for row in association_rows(stratum)]
    return ER_ASSOCIATIONS.cast(pd.DataFrame(rows, columns=ER_ASSOCIATIONS.names))


def _lacking(er: str, recorded: bool, any_tumour: bool) -> Reason:
    """Why a stratum has no follow-up of an endpoint that the cohort has."""
    if not recorded:
        return because(Code.ER_NOT_RECORDED)
    return because(Code.NO_ENDPOINT_IN_STRATUM if any_tumour else Code.NO_TUMOUR_IN_STRATUM, er=er)
