"""How often bone is told from other first sites, and how often wrongly: estimates of both hazards, drawn."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from irf7bone.statistics.normal_normal import BayesianPool, Mixture, pool_normal_normal
from irf7bone.verdict.site_contrast import site_word

# hazard ratios of bone and of other first sites
TRUTHS = ((1.0, 1.0), (0.7, 1.0), (0.6, 1.0), (0.7, 0.7), (0.6, 0.6), (1.0, 0.7))
SITE_COHORTS = (2, 3, 5, 8)
TAU = 0.1  # standard deviation between cohorts of what both sites share
SCALE = 0.5


def site_scenario(bone: float, other: float) -> str:
    """The truth in words."""
    return f"sites: bone HR {bone:g}, other sites HR {other:g}"


def site_words(
    truth: tuple[float, float],
    k: int,
    events: tuple[int, int],
    smallest: float,
    many: int,
    random: np.random.Generator,
) -> Counter[str]:
    """Words of studies in which both sites have events in this range, each counted.

    The two hazards share no event, so their estimates err independently; what a cohort adds to both (its
    score, its patients) differs between cohorts.
    """
    shared = TAU * random.normal(size=(many, k))
    parts = []
    for hazard_ratio in truth:
        se = 1 / np.sqrt(random.integers(events[0], events[1] + 1, (many, k)))
        parts.append((math.log(hazard_ratio) + shared + se * random.normal(size=(many, k)), se))
    (bone, bone_se), (other, other_se) = parts
    pools = [
        pool_normal_normal(*pair, scale=SCALE)
        for pair in ((bone - other, np.hypot(bone_se, other_se)), (bone, bone_se), (other, other_se))
    ]
    size = math.log(smallest)
    return Counter(site_word(*(_row(pool, row) for pool in pools), size) for row in range(many))


def _row(pool: BayesianPool, row: int) -> BayesianPool:
    mu, further = (
        Mixture(part.mean[[row]], part.sd[[row]], part.share[[row]]) for part in (pool.mu, pool.further)
    )
    return BayesianPool(pool.k[[row]], mu, further, pool.tau[[row]])
