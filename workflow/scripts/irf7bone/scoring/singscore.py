"""Singscore (Foroutan 2018, BMC Bioinformatics 19:404): centred, scaled mean rank."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from irf7bone.scoring.engine import Prepared, set_sizes, used_genes


def score(prepared: Prepared, sets: sparse.csr_array) -> np.ndarray:
    """Mean rank of the genes, scaled to [0, 1] by its lowest and highest possible value, minus 1/2.

    For k of N genes the mean rank lies between (k + 1) / 2 and (2 N - k + 1) / 2. The paper scores the
    down genes on reversed ranks and adds; as reversing turns the scaled mean m into 1 - m, its total,
    (up - 1/2) + (1 - down - 1/2), is up minus down of the centred scores given here. Tied genes share
    their mean rank (R singscore: the lowest one unless told otherwise).

    Args:
        prepared: The cohort.
        sets: 0/1, sets x genes.

    Returns:
        n_sets x n_samples, between -1/2 and 1/2; NaN for a set with no gene or with all of them.
    """
    n_genes = prepared.n_genes
    size = set_sizes(sets)
    size = np.where((size > 0) & (size < n_genes), size, np.nan)
    lowest, highest = (size + 1) / 2, (2 * n_genes - size + 1) / 2
    scores = np.empty((sets.shape[0], prepared.n_samples))
    genes, members = used_genes(sets)
    for rows, ranks in prepared.rank_blocks(genes):
        scores[:, rows] = ((members @ ranks) / size - lowest) / (highest - lowest) - 0.5
    return scores
