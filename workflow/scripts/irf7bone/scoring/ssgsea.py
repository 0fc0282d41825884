"""Single-sample enrichment (Barbie 2009, Nature 462:108), weight 0.25, as sparse products."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from irf7bone.scoring.engine import Prepared, set_sizes, used_genes


def score(prepared: Prepared, sets: sparse.csr_array) -> np.ndarray:
    """Unnormalised enrichment score: the integral of the random walk, in closed form.

    With r the rank of a gene in the sample (n_genes = highest) and w = r^0.25, the sum over all
    positions of the difference between the two cumulative distributions is::

        ES = sum_set(w r) / sum_set(w)  -  (sum_all(r) - sum_set(r)) / (n_genes - k)

    because a gene of rank r is counted at r positions. Equal to gseapy's ``ES`` and to R GSVA's
    ``ssgsea`` with ``ssgsea.norm=FALSE`` where no genes are tied; tied genes here share their mean
    rank, where those break the tie by the order of the rows.

    Args:
        prepared: The cohort.
        sets: 0/1, sets x genes.

    Returns:
        n_sets x n_samples; NaN for a set with no gene or with all of them.
    """
    n_genes = prepared.n_genes
    size = set_sizes(sets)
    outside = np.where((size > 0) & (size < n_genes), n_genes - size, np.nan)
    total = n_genes * (n_genes + 1) / 2
    scores = np.empty((sets.shape[0], prepared.n_samples))
    genes, members = used_genes(sets)
    for rows, ranks in prepared.rank_blocks(genes):
        # The square root is correctly rounded on every machine, a power is not.
        weight = np.sqrt(np.sqrt(ranks))
        rank_sum, weight_sum, weighted = members @ ranks, members @ weight, members @ (weight * ranks)
        weight_sum[size[:, 0] == 0] = np.nan
        scores[:, rows] = weighted / weight_sum - (total - rank_sum) / outside
    return scores
