"""How much ambient RNA would be enough to make a contrast of malignant cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST, STEP = 0.5, 0.005
WARN_BELOW = 0.10


def without_ambient(counts: np.ndarray, soup: np.ndarray, alpha: float) -> np.ndarray:
    """Profiles of which a share of ambient RNA is taken off: m = (o - a s) / (1 - a), not below 0.

    Args:
        counts: Samples x genes.
        soup: All cells of the same patients and groups, samples x genes.
        alpha: Share of ambient RNA, 0 to 1.

    Returns:
        Counts per million.
    """
    own, ambient = (values / np.maximum(values.sum(axis=1, keepdims=True), 1) for values in (counts, soup))
    return np.maximum(own - alpha * ambient, 0) / (1 - alpha) * 1e6


def programme_level(per_million: np.ndarray) -> np.ndarray:
    """Mean over genes of log2(counts per million + 1), shape (samples,)."""
    return np.log2(per_million + 1).mean(axis=1)


def ambient_alpha_to_null(
    counts: np.ndarray, soup: np.ndarray, genes: Sequence[int], effect_of: np.ndarray
) -> float:
    """The smallest share of ambient RNA that, taken off every sample, leaves nothing of a contrast.

    Args:
        counts: Samples x genes of the malignant cells.
        soup: Samples x genes of all cells of the same samples.
        genes: Columns of the signature's genes.
        effect_of: Weights of the samples whose sum with the levels is the contrast's effect, shape
            (samples,).

    Returns:
        Between 0 and 0.5 in steps of 0.005; NaN where 0.5 is not enough.
    """
    columns = list(genes)

    def effect(alpha: float) -> float:
        return float(effect_of @ programme_level(without_ambient(counts, soup, alpha)[:, columns]))

    start = effect(0.0)
    for alpha in np.arange(STEP, MOST + STEP / 2, STEP):
        if effect(float(alpha)) * np.sign(start) <= 0:
            return float(round(alpha, 4))
    return float("nan")


def effect_weights(matrix: np.ndarray) -> np.ndarray:
    """Weights of the samples in the last coefficient of a design's least squares, shape (samples,)."""
    return np.linalg.pinv(matrix)[-1]
