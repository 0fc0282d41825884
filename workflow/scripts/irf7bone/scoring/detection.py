"""Which genes are read in enough samples for a score to rest on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from irf7bone.scoring.engine import Prepared

READ_IN = 0.5  # of the samples
FLOOR_GENES = 10  # that many genes at a sample's lowest value are a floor; fewer are chance


def read_in_enough(prepared: Prepared) -> NDArray[np.bool_]:
    """Genes that lie above the floor in at least half of the samples.

    A floor is the lowest value of a sample where ten genes or more have it: no count, or the background that
    a pipeline sets. A sample without one reads all its genes.

    Returns:
        One answer for each of ``prepared.genes``.
    """
    every = np.arange(prepared.n_genes)
    values = prepared.values(every)
    at_floor = values <= values.min(axis=0)
    at_floor &= at_floor.sum(axis=0) >= FLOOR_GENES
    return at_floor.mean(axis=1) <= 1 - READ_IN
