"""Benjamini and Hochberg's false discovery rate; scipy.stats has it too and takes half a second to import."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def benjamini_hochberg(p: ArrayLike) -> np.ndarray:
    """The q value of each p value: the smallest false discovery rate at which it counts as found.

    Benjamini and Hochberg (1995, J R Stat Soc B 57:289), in Yekutieli's adjusted form.

    Args:
        p: p values of one family, shape (n,), none missing.

    Returns:
        Their q values, in the same order.

    Raises:
        ValueError: One is missing, below 0 or above 1; or they have another shape.

    Examples:
        >>> from irf7bone.statistics import benjamini_hochberg
        >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(3).tolist()
        [0.04, 0.053, 0.053, 0.5]
    """
    values = np.asarray(p, dtype=float)
    if values.ndim != 1:
        raise ValueError(f"p must be one family of p values, shape (n,), not {values.shape}")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("p must lie between 0 and 1, none missing: leave out what has no p")
    order = np.argsort(values, kind="stable")
    adjusted = values[order] * (values.size / np.arange(1, values.size + 1))
    adjusted = np.minimum.accumulate(adjusted[::-1])[::-1]
    q = np.empty_like(adjusted)
    q[order] = np.clip(adjusted, 0.0, 1.0)
    return q
