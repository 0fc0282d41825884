"""Spearman's correlation of two numbers a patient: exact or random permutations, and Fisher's interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy.special import ndtri

from irf7bone.statistics.ranks import mid_ranks

MOST_EXACT = 8  # 8! = 40,320 orders
DRAWS = 9_999
FISHER_VARIANCE = 1.06  # of Fisher's z of a rank correlation (Fieller et al. 1957, Biometrika 44:470)
AS_EXTREME = 1 - 1e-9


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rho, its 95 % interval, the two-sided p and what p rests on."""

    rho: float
    ci_low: float
    ci_high: float
    p: float
    n_permutations: int
    exact: bool


def spearman(x: np.ndarray, y: np.ndarray, seed: int) -> RankCorrelation | None:
    """Rank correlation with a permutation p; None where one of the two is constant or n is below 4.

    Args:
        x, y: One number a patient each, finite.
        seed: Of the random permutations, where there are more than 8 patients.
    """
    a, b = (mid_ranks(values) - (len(values) + 1) / 2 for values in (x, y))
    scale = math.sqrt((a**2).sum() * (b**2).sum())
    if len(x) < 4 or scale == 0:
        return None
    rho = float(a @ b / scale)
    exact = len(x) <= MOST_EXACT
    if exact:
        orders = np.array(list(permutations(range(len(b)))))
    else:
        orders = np.random.default_rng(seed).permuted(np.tile(np.arange(len(b)), (DRAWS, 1)), axis=1)
    reached = int((np.abs(b[orders] @ a / scale) >= abs(rho) * AS_EXTREME).sum())
    p = reached / len(orders) if exact else (1 + reached) / (1 + DRAWS)
    reach = ndtri(0.975) * math.sqrt(FISHER_VARIANCE / (len(x) - 3))
    z = math.atanh(max(-1 + 1e-12, min(1 - 1e-12, rho)))
    return RankCorrelation(rho, math.tanh(z - reach), math.tanh(z + reach), p, len(orders), exact)
