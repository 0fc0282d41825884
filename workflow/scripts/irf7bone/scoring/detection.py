"""Which genes are read in enough samples for a score to rest on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from irf7bone.scoring.engine import Prepared

READ_IN = 0.5  # of the samples
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
    times = np.zeros(prepared.n_genes, dtype=np.int64)
    for _, values in prepared.sample_blocks():
        at_floor = values <= values.min(axis=1, keepdims=True)
        times += (at_floor & (at_floor.sum(axis=1, keepdims=True) >= FLOOR_GENES)).sum(axis=0)
    return times / prepared.n_samples <= 1 - share
