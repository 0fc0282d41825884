"""Bone, or relapse as such: the ratio of the hazard ratios of bone and of other first sites, pooled."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.statistics.normal_normal import BayesianPool, pool_normal_normal
from irf7bone.tables.outcome import DIFFERENCE, OTHER
from irf7bone.tables.verdict import ANY_SITE, BONE_SPECIFIC, NOT_DEFINED, SITE_CONTRAST, UNDECIDED
from irf7bone.verdict.evidence import CLAIM_AS_FITTED, TAIL, side

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

BONE = "bone"


def site_word(difference: BayesianPool, bone: BayesianPool, other: BayesianPool, size: float) -> str:
    """What the difference allows to be said.

    Args:
        difference: Log hazard ratio of bone less that of other sites, one row.
        bone: Log hazard ratio of bone of the same cohorts.
        other: That of other sites.
        size: Log of the smallest hazard ratio that matters, below 0.

    Returns:
        bone-specific: bone's interval excludes 1, and the difference lies on its side. any site: the
        difference is within the margins, and both lie on one side. Else undecided.
    """
    of_bone, of_other = side(float(bone.mu.below(0.0)[0])), side(float(other.mu.below(0.0)[0]))
    if of_bone and side(float(difference.mu.below(0.0)[0])) == of_bone:
        return BONE_SPECIFIC
    within = difference.mu.below(size)[0] < TAIL and difference.mu.below(-size)[0] > 1 - TAIL
    return ANY_SITE if within and of_bone and of_bone == of_other else UNDECIDED


def site_contrast(sites: pd.DataFrame, cohorts: Collection[str], *, config: Config) -> pd.DataFrame:
    """Pool bone against other first sites for every signature.

    The two cause-specific hazards share no parameter and no event, so a cohort's difference has the sum of
    their variances (:func:`irf7bone.outcome.sites.fit_difference`).

    Args:
        sites: Rows of every cohort, :data:`irf7bone.tables.outcome.SITES`.
        cohorts: Those that are pooled.
        config: The study's settings.

    Returns:
        :data:`irf7bone.tables.verdict.SITE_CONTRAST`.
    """
    kept = sites[sites["cohort"].isin(cohorts) & (sites["model"] == CLAIM_AS_FITTED)]
    rows = [
        {**dict.fromkeys(SITE_CONTRAST.names), "signature": signature, "method": config.primary.method}
        | _one(kept[kept["signature"] == signature], config)
        for signature in config.signatures.select
    ]
    return SITE_CONTRAST.cast(pd.DataFrame(rows, columns=SITE_CONTRAST.names))


def _one(rows: pd.DataFrame, config: Config) -> dict[str, Any]:
    nothing = {"word": NOT_DEFINED, "k": 0, "n_events": 0, "n_other": 0, "status": "not_available"}
    wanted = (DIFFERENCE, BONE, OTHER)
    ok = rows[(rows["status"] == "ok") & rows["contrast"].isin(wanted)]
    counted = ok.groupby("cohort")["contrast"].nunique()
    whole = ok[ok["cohort"].isin(counted[counted == len(wanted)].index)]
    if CLAIM_AS_FITTED not in config.models:
        return {**nothing, "reason": f"this run does not fit the model {CLAIM_AS_FITTED}"}
    if whole.empty:
        reason = "no pooled cohort times bone and another first site with enough events of both"
        return {**nothing, "reason": reason}
    parts = {name: whole[whole["contrast"] == name].set_index("cohort") for name in wanted}
    pools = {name: _pool(part, config.verdict.prior_scale) for name, part in parts.items()}
    size = math.log(config.verdict.smallest_hr)
    difference = parts[DIFFERENCE]
    found: dict[str, Any] = {
        "word": site_word(pools[DIFFERENCE], pools[BONE], pools[OTHER], size),
        "k": len(difference),
        "n_events": int(difference["n_events"].sum()),
        "n_other": int(difference["n_other"].sum()),
        "status": "ok",
        "reason": None,
    }
    for prefix, columns in (
        (DIFFERENCE, ("ratio", "ratio_low", "ratio_high")),
        (BONE, ("bone_hr", "bone_low", "bone_high")),
        (OTHER, ("other_hr", "other_low", "other_high")),
    ):
        mu = pools[prefix].mu
        values = (mu.centre, mu.quantile(TAIL), mu.quantile(1 - TAIL))
        found |= {name: float(np.exp(value[0])) for name, value in zip(columns, values, strict=True)}
    return found


def _pool(rows: pd.DataFrame, scale: float) -> BayesianPool:
    log_hr, se = (rows[name].to_numpy(float)[None] for name in ("estimate", "se"))
    return pool_normal_normal(log_hr, se, scale=scale)
