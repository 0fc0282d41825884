"""Premises of a verdict, as codes: who is in twice, chosen by outcome, unadjusted; does the control show?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from irf7bone.harmonise.sample_ids import names_nobody
from irf7bone.statistics.normal_normal import pool_normal_normal
from irf7bone.verdict.evidence import BEYOND_CHANCE, TAIL

# pairs of samples that are one patient
SHARED = ("same", "copy")
CONTRADICTED = "contradicted"
# nearly all patients of a cohort with more events than this were chosen for having them
ALL_BUT = 0.9
# of the weight: more of it unadjusted for ER is not an estimate given ER
UNADJUSTED_WEIGHT = 0.2


@dataclass(frozen=True)
class CohortFacts:
    """What a card says that the verdict needs.

    Args:
        role: discovery, validation or simulated.
        selected_on_outcome: Whether all patients were chosen for having the event; None where the card says
            neither.
        sampled_by: Endpoints by which patients were sampled.
    """

    role: str
    selected_on_outcome: bool | None = None
    sampled_by: frozenset[str] = frozenset()


def is_pooled(facts: CohortFacts) -> bool:
    """Whether a cohort takes part in a pool: real, for validation, not chosen for the event."""
    return facts.role == "validation" and not facts.selected_on_outcome


def overlap_codes(duplicates: pd.DataFrame, cohorts: Collection[str]) -> frozenset[str]:
    """Whether two cohorts of one pool share patients.

    Ids that agree where the data do not (contradicted) say nothing by themselves; where the two cohorts
    also have copies they are more of the same.

    Args:
        duplicates: Columns cohort, other_cohort, sample, evidence, status.
        cohorts: Those of the pool.
    """
    inside = duplicates["cohort"].isin(cohorts) & duplicates["other_cohort"].isin(cohorts)
    between = duplicates[inside & (duplicates["cohort"] != duplicates["other_cohort"])]
    shared = between["status"].isin(SHARED) & ~_by_worthless_id(between)
    codes = set()
    if shared.any():
        codes.add("overlap_suspected")
    if ((between["status"] == CONTRADICTED) & ~_by_worthless_id(between)).any():
        codes.add("contradicted_ids")
    return frozenset(codes)


def _by_worthless_id(pairs: pd.DataFrame) -> pd.Series:
    """Pairs that only an id names, and one that any two tables may share."""
    ids = pairs["sample"].astype("object").fillna("").astype(str)
    return ids.map(names_nobody).astype(bool) & (pairs["evidence"] == "id")


def selection_codes(rows: pd.DataFrame, facts: Mapping[str, CohortFacts], endpoint: str) -> frozenset[str]:
    """Whether a pooled cohort may have been chosen for the event, or sampled by it.

    Args:
        rows: Pooled cohorts' fits, columns cohort, n, n_events.
        facts: Of each cohort.
        endpoint: Endpoint of the pool.
    """
    unsaid = [facts[cohort].selected_on_outcome is None for cohort in rows["cohort"]]
    nearly_all = (rows["n_events"] / rows["n"]).to_numpy(float) > ALL_BUT
    codes = set()
    if (nearly_all & np.array(unsaid, dtype=bool)).any():
        codes.add("selected_on_outcome")
    if any(endpoint in facts[cohort].sampled_by for cohort in rows["cohort"]):
        codes.add("sampled_by_outcome")
    return frozenset(codes)


def unadjusted_er(er: np.ndarray, se: np.ndarray, tau: float) -> bool:
    """Whether cohorts that could not be adjusted for ER carry over 20 % of the pool's weight.

    Args:
        er: How each cohort was adjusted, shape (k,).
        se: Its standard errors, shape (k,).
        tau: Standard deviation between cohorts.
    """
    weight = 1 / (se**2 + tau**2)
    return bool(weight[er == "none"].sum() > UNADJUSTED_WEIGHT * weight.sum())


def control_failed(log_hr: np.ndarray, se: np.ndarray, scale: float) -> bool:
    """Whether proliferation does not raise the hazard where it is known to.

    An experiment that cannot show what is there does not show that something is not (assay sensitivity: ICH
    E10, 2000).

    Args:
        log_hr: Of proliferation in each cohort, shape (k,), NaN where it has none.
        se: Likewise.
        scale: Of the prior of the differences between cohorts.
    """
    known = np.isfinite(log_hr)
    if not known.any():
        return True
    pool = pool_normal_normal(log_hr[None, known], se[None, known], scale=scale)
    return not pool.mu.below(0.0)[0] < TAIL


def non_proportional(change: np.ndarray, se: np.ndarray) -> bool:
    """Whether the effect changes between the early and the late half of the events, over all cohorts.

    Args:
        change: Late less early log hazard ratio, shape (k,), NaN where a cohort has none.
        se: Its standard errors, shape (k,).
    """
    known = np.isfinite(change) & np.isfinite(se)
    weight = 1 / se[known] ** 2
    if not weight.size:
        return False
    return bool(abs((weight * change[known]).sum()) / np.sqrt(weight.sum()) > BEYOND_CHANCE)


def cohort_facts(cohorts: pd.DataFrame) -> dict[str, CohortFacts]:
    """What the cards say, from the cohorts' table.

    Args:
        cohorts: :data:`irf7bone.tables.cohort.COHORTS`.

    Returns:
        Cohort -> facts, in the order of the table.
    """
    found = {}
    for cohort, rows in cohorts.groupby("cohort", sort=False):
        selected = rows["selected_on_outcome"].iloc[0]
        sampled = rows.loc[rows["sampled_by_outcome"].notna(), "endpoint"]
        stated = None if pd.isna(selected) else selected == "true"
        found[str(cohort)] = CohortFacts(rows["role"].iloc[0], stated, frozenset(sampled))
    return found
