"""Combined z-score (Lee 2008, PLoS Comput Biol 4:e1000217): mean gene z-score times sqrt(k)."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from irf7bone.scoring.engine import Prepared, set_sizes, used_genes


def score(prepared: Prepared, sets: sparse.csr_array) -> np.ndarray:
    """Sum of the z-scores of the genes over the square root of their number.

    Args:
        prepared: The cohort.
        sets: 0/1, sets x genes, without constant genes.

    Returns:
        n_sets x n_samples; NaN for a set without genes.
    """
    size = set_sizes(sets)
    root = np.sqrt(np.where(size > 0, size, np.nan))
    genes, members = used_genes(sets)
    scores = np.empty((sets.shape[0], prepared.n_samples))
    for rows, z in prepared.z_blocks(genes):
        scores[:, rows] = (members @ z) / root
    return scores
