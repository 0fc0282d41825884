"""Which genes are read in enough samples for a score to rest on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from irf7bone.scoring.engine import Prepared

READ_IN = 0.5  # of the samples
GENES_PER_BLOCK = 2000
FLOOR_GENES = 10  # that many genes at a sample's lowest value are a floor; fewer are chance


def read_in_enough(prepared: Prepared, share: float = READ_IN) -> NDArray[np.bool_]:
    """Genes that lie above the floor in enough samples.

    A floor is the lowest value of a sample where ten genes or more have it: no count, or the background that
    a pipeline sets. A sample without one reads all its genes.

    Args:
        prepared: The cohort or experiment.
        share: Of the samples, in which a gene must be read. Where groups are compared, no more than the
            smallest group has: a gene that it alone expresses is what the comparison looks for.

    Returns:
        One answer for each of ``prepared.genes``.
    """
    starts = range(0, prepared.n_genes, GENES_PER_BLOCK)
    blocks = [np.arange(start, min(start + GENES_PER_BLOCK, prepared.n_genes)) for start in starts]
    lowest = np.min([prepared.values(genes).min(axis=0) for genes in blocks], axis=0)
    at_floor = np.empty((prepared.n_genes, prepared.n_samples), dtype=bool)
    for genes in blocks:
        at_floor[genes] = prepared.values(genes) <= lowest
    at_floor &= at_floor.sum(axis=0) >= FLOOR_GENES
    return at_floor.mean(axis=1) <= 1 - share
