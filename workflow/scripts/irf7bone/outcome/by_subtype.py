"""The effect within HER2-positive, triple-negative and other subtypes, each against the other tumours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from irf7bone.base.vocabulary import HER2_POSITIVE, TRIPLE_NEGATIVE
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.reasons import Code, Reason, because
from irf7bone.outcome.strata import associate_strata
from irf7bone.tables.outcome import INSIDE, OTHERS, SUBTYPE_ASSOCIATIONS

RECEPTORS = ("er", "pr", "her2")


def associate_by_subtype(plan: FitPlan, subtypes: Sequence[str]) -> pd.DataFrame:
    """Fit every signature x endpoint x model of the primary method within each subtype and in all other
    tumours.

    See :func:`irf7bone.outcome.strata.associate_strata`. Samples that cannot be told are in neither.

    Args:
        plan: That of the whole cohort.
        subtypes: Those of the study, of :func:`irf7bone.study.planned_subtypes.planned_subtypes`.

    Returns:
        :data:`SUBTYPE_ASSOCIATIONS`, both strata for every planned combination.
    """
    parts = []
    for subtype in subtypes:
        inside, others, unknown = members(plan.obs, subtype)
        strata, words = {INSIDE: inside, OTHERS: others}, stratum_words(subtype)
        rows = pd.DataFrame(associate_strata(plan, strata, words, unknown)).assign(subtype=subtype)
        parts.append(SUBTYPE_ASSOCIATIONS.cast(rows.reindex(columns=SUBTYPE_ASSOCIATIONS.names)))
    return pd.concat(parts, ignore_index=True) if parts else SUBTYPE_ASSOCIATIONS.empty()


def stratum_words(subtype: str) -> dict[str, str]:
    """Stratum -> what its tumours are called."""
    return {INSIDE: subtype, OTHERS: f"other than {subtype}"}


def members(obs: pd.DataFrame, subtype: str) -> tuple[np.ndarray, np.ndarray, Reason | None]:
    """Which samples are of a subtype, which are of another, shapes (n,), and why none can be told.

    HER2-positive by the card's HER2. Triple-negative where ER, PR and HER2 are all negative; another where
    one of
    them is positive, whatever the rest. Any other subtype by the card's ``subtype``, as the source states it.

    Args:
        obs: Samples with clinical columns.
        subtype: Its name.
    """
    needed = {HER2_POSITIVE: ("her2",), TRIPLE_NEGATIVE: RECEPTORS}.get(subtype, ("subtype",))
    nobody = np.zeros(len(obs), dtype=bool)
    absent = [name for name in needed if name not in obs]
    if absent:
        return nobody, nobody, because(Code.FIELDS_NOT_RECORDED, fields=", ".join(absent))
    if needed == ("subtype",):
        values = obs["subtype"].astype("object")
        return (values == subtype).to_numpy(), (values.notna() & (values != subtype)).to_numpy(), None
    values = obs[list(needed)].astype("object")
    positive, negative = (values == "positive").to_numpy(), (values == "negative").to_numpy()
    if subtype == HER2_POSITIVE:
        return positive[:, 0], negative[:, 0], None
    return negative.all(axis=1), positive.any(axis=1), None
