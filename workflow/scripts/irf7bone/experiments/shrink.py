"""Shrunken effects: what a fold change is expected to be once the spread of all of them is known."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

NULL_WEIGHT = 10.0
STEP = np.sqrt(2.0)
MAX_ROUNDS = 500
TOLERANCE = 1e-8


def shrink(effect: np.ndarray, se: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Posterior means under a unimodal prior around 0, after Stephens (2017, Biostatistics 18:275).

    The prior is a mixture of normal distributions around 0, one of them of width 0; widths are a grid in
    steps of sqrt(2), weights maximise the likelihood of all genes with a penalty that favours 0 (ten
    genes' worth). Small samples have t errors, not normal ones: as in practice with ashr, each
    standard error is first widened until the normal p equals the moderated t's.

    Args:
        effect: Effects of all genes.
        se: Their standard errors, above 0.
        p: Their two-sided p values.

    Returns:
        Posterior means: of the effect's sign, and never larger than it.
    """
    z = -ndtri(np.clip(p, 1e-300, 1) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        widened = np.abs(effect) / z
    error = np.where(np.isfinite(widened) & (widened > se), widened, se)
    prior = _grid(effect, error)
    total = np.sqrt(error[:, None] ** 2 + prior**2)
    log_density = -((effect[:, None] / total) ** 2) / 2 - np.log(total)  # but for a constant
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    weight = _fit_weights(density)
    posterior = density * weight
    posterior /= posterior.sum(axis=1, keepdims=True)
    kept = prior**2 / total**2
    return effect * (posterior * kept).sum(axis=1)


def _grid(effect: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Widths of the mixture: 0, then from a tenth of the smallest error to twice the largest excess."""
    smallest = error.min() / 10
    excess = effect**2 - error**2
    largest = 2 * np.sqrt(excess.max()) if excess.max() > 0 else 8 * smallest
    steps = int(np.ceil(np.log(max(largest / smallest, STEP)) / np.log(STEP)))
    return np.concatenate(([0.0], largest * STEP ** -np.arange(steps, -1, -1.0)))


def _fit_weights(density: np.ndarray) -> np.ndarray:
    """Mixture weights by the EM algorithm."""
    penalty = np.ones(density.shape[1])
    penalty[0] = NULL_WEIGHT
    weight = np.full(density.shape[1], 1 / density.shape[1])
    for _ in range(MAX_ROUNDS):
        share = density * weight
        share /= share.sum(axis=1, keepdims=True)
        updated = share.sum(axis=0) + penalty - 1
        updated /= updated.sum()
        if np.abs(updated - weight).max() < TOLERANCE:
            return updated
        weight = updated
    return weight
