"""The effect within HER2-positive, triple-negative and other subtypes, each against the other tumours.

What a card states and what is called from expression are kept apart: each is a stratum of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.base.phrases import subtype_name
from irf7bone.base.vocabulary import BY_EXPRESSION, HER2_POSITIVE, TRIPLE_NEGATIVE
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.reasons import Code, Reason, because
from irf7bone.outcome.strata import associate_strata
from irf7bone.tables.outcome import INSIDE, OTHERS, SUBTYPE_ASSOCIATIONS

if TYPE_CHECKING:
    from irf7bone.study.planned_subtypes import PlannedSubtype

RECEPTORS = ("er", "pr", "her2")


def associate_by_subtype(
    plan: FitPlan, subtypes: Sequence[PlannedSubtype], called: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Fit every signature x endpoint x model of the primary method within each subtype and in all other
    tumours.

    See :func:`irf7bone.outcome.strata.associate_strata`. Samples that cannot be told are in neither.

    Args:
        plan: That of the whole cohort.
        subtypes: Those of the study, of :func:`irf7bone.study.planned_subtypes.planned_subtypes`.
        called: :data:`irf7bone.tables.cohort.SUBTYPES` of the cohort, where the study has centroids.

    Returns:
        :data:`SUBTYPE_ASSOCIATIONS`, both strata for every planned combination.
    """
    parts = []
    for subtype, source in subtypes:
        if source == BY_EXPRESSION:
            inside, others, unknown = called_members(plan.obs, subtype, called)
        else:
            inside, others, unknown = members(plan.obs, subtype)
        strata, words = {INSIDE: inside, OTHERS: others}, stratum_words(subtype, source)
        rows = pd.DataFrame(associate_strata(plan, strata, words, unknown))
        rows = rows.assign(subtype=subtype, source=source)
        parts.append(SUBTYPE_ASSOCIATIONS.cast(rows.reindex(columns=SUBTYPE_ASSOCIATIONS.names)))
    return pd.concat(parts, ignore_index=True) if parts else SUBTYPE_ASSOCIATIONS.empty()


def stratum_words(subtype: str, source: str) -> dict[str, str]:
    """Stratum -> what its tumours are called."""
    said = subtype_name(subtype, source)
    return {INSIDE: said, OTHERS: f"other than {said}"}


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
        return *_told_apart(obs["subtype"], subtype), None
    values = obs[list(needed)].astype("object")
    positive, negative = (values == "positive").to_numpy(), (values == "negative").to_numpy()
    if subtype == HER2_POSITIVE:
        return positive[:, 0], negative[:, 0], None
    return negative.all(axis=1), positive.any(axis=1), None


def called_members(
    obs: pd.DataFrame, subtype: str, called: pd.DataFrame | None
) -> tuple[np.ndarray, np.ndarray, Reason | None]:
    """The same by the calls from expression, where the card states no subtype.

    Args:
        obs: Samples with clinical columns.
        subtype: Name of a centroid.
        called: :data:`irf7bone.tables.cohort.SUBTYPES`; a sample without a call is in neither.
    """
    nobody = np.zeros(len(obs), dtype=bool)
    if "subtype" in obs:
        return nobody, nobody, because(Code.SUBTYPE_STATED)
    calls = pd.DataFrame(columns=["sample", "subtype", "reason"]) if called is None else called
    if calls["subtype"].isna().all():
        said = next(iter(calls["reason"].dropna()), "no centroids are read")
        return nobody, nobody, because(Code.SUBTYPES_NOT_CALLED, said=said)
    return *_told_apart(calls.set_index("sample")["subtype"].reindex(obs.index), subtype), None


def _told_apart(values: pd.Series, subtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Which samples are of a subtype, and which are known to be of another."""
    known = values.astype("object")
    return (known == subtype).to_numpy(), (known.notna() & (known != subtype)).to_numpy()
