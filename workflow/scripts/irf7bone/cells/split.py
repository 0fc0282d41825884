"""How much of a bulk score is the tumour's own: composition, state of malignant cells, state of the others.

A bulk level is a mixture: of gene g in sample p it is ``b_pg = sum_c f_pc q_pcg`` with f the share of all
counts that compartment c has and q its profile in counts per million; the score is the mean over genes of
log2(b + 1). The difference between two samples is split over what changed by Shapley's rule (Shapley 1953):
the mean contribution over all orders in which the parts are exchanged, so that the parts add up to the
difference exactly. The shares are those of dissociated cells, not of the tumour.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from irf7bone.base.cells_vocabulary import PARTS


@dataclass(frozen=True)
class CellMixture:
    """Samples as mixtures of compartments.

    Attributes:
        shares: Samples x compartments, rows sum to 1.
        profiles: Samples x compartments x genes of the signature, counts per million.
        malignant: Place of the malignant compartment.
    """

    shares: np.ndarray
    profiles: np.ndarray
    malignant: int


def mixture(counts: np.ndarray, totals: np.ndarray, malignant: int) -> CellMixture:
    """Shares and profiles from counts; a compartment that a sample lacks gets the mean profile of the others.

    Args:
        counts: Samples x compartments x genes of the signature.
        totals: Samples x compartments, all genes.
        malignant: Place of the malignant compartment.
    """
    shares = totals / totals.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        profiles = counts / totals[:, :, None] * 1e6
    there = totals > 0
    means = np.array(
        [
            profiles[there[:, c], c].mean(axis=0) if there[:, c].any() else np.zeros(counts.shape[2])
            for c in range(counts.shape[1])
        ]
    )
    return CellMixture(shares, np.where(there[:, :, None], profiles, means[None]), malignant)


def bulk_score(shares: np.ndarray, profiles: np.ndarray) -> float:
    """Mean over genes of log2(sum_c f_c q_cg + 1)."""
    return float(np.log2(shares @ profiles + 1).mean())


def split_difference(
    mixed: CellMixture, one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]
) -> dict[str, float]:
    """Split the difference of the scores, ``one`` minus ``other``, over :data:`PARTS`.

    Args:
        mixed: For the place of the malignant compartment.
        one: Shares and profiles of a sample.
        other: Of the sample that it is compared with.
    """
    value = {}
    for switched in np.ndindex(2, 2, 2):
        shares = one[0] if switched[0] else other[0]
        profiles = (one if switched[2] else other)[1].copy()
        profiles[mixed.malignant] = (one if switched[1] else other)[1][mixed.malignant]
        value[switched] = bulk_score(shares, profiles)
    parts = dict.fromkeys(PARTS, 0.0)
    for order in permutations(range(3)):
        state = [0, 0, 0]
        for player in order:
            before = value[tuple(state)]
            state[player] = 1
            parts[PARTS[player]] += (value[tuple(state)] - before) / 6
    return parts


def signal_share(mixed: CellMixture) -> np.ndarray:
    """Share of each compartment in the signature's signal, f q / sum, mean over genes; samples x
    compartments.
    """
    signal = mixed.shares[:, :, None] * mixed.profiles
    total = signal.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.nanmean(np.where(total > 0, signal / total, np.nan), axis=2)


def variance_shares(mixed: CellMixture) -> dict[str, float]:
    """Share of each part in the variance of the score between samples: cov(part, total) / var(total)."""
    mean = mixed.shares.mean(axis=0), mixed.profiles.mean(axis=0)
    split = [
        split_difference(mixed, (shares, profiles), mean)
        for shares, profiles in zip(mixed.shares, mixed.profiles, strict=True)
    ]
    parts = np.array([[row[name] for name in PARTS] for row in split])
    total = parts.sum(axis=1)
    centred = total - total.mean()
    spread = (centred**2).sum()
    return {
        name: float((parts[:, j] * centred).sum() / spread) if spread > 0 else float("nan")
        for j, name in enumerate(PARTS)
    }
