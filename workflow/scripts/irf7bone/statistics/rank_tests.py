"""Two tests of ranks, without scipy.stats, whose import takes half a second of every job."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtrc, stdtr

from irf7bone.statistics.ranks import mid_ranks


def spearman_test(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Spearman's rank correlation and its two-sided p by Student's t with n - 2 degrees of freedom.

    Equal to ``scipy.stats.spearmanr``.

    Args:
        x: Shape (n,), finite, not all equal; at least three.
        y: The same.
    """
    rho = float(np.corrcoef(mid_ranks(x), mid_ranks(y))[1, 0])
    freedom = x.size - 2
    with np.errstate(divide="ignore"):  # a perfect correlation: p is 0
        t = rho * np.sqrt(max(freedom / np.float64((rho + 1.0) * (1.0 - rho)), 0.0))
    return rho, float(2 * stdtr(freedom, -abs(t)))


def kruskal_wallis(groups: Sequence[np.ndarray]) -> tuple[float, float]:
    """Kruskal and Wallis' H, corrected for ties, and its p by chi-squared.

    Equal to ``scipy.stats.kruskal``.

    Args:
        groups: Values of each group, at least two groups, none empty, not all values equal.
    """
    ranks = mid_ranks(np.concatenate(groups))
    n, ends = ranks.size, np.cumsum([group.size for group in groups])
    squares = sum(part.sum() ** 2 / part.size for part in np.split(ranks, ends[:-1]))
    tied = np.unique(ranks, return_counts=True)[1].astype(float)
    h = 12.0 / (n * (n + 1)) * squares - 3 * (n + 1)
    h /= 1 - (tied**3 - tied).sum() / (n**3 - n)
    return float(h), float(chdtrc(len(groups) - 1, h))
