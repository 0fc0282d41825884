"""Droplets with an epithelial and a white cell: found by both programmes at once, against doublets made
here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from irf7bone.base.cells_vocabulary import LEUKOCYTES
from irf7bone.cells.clusters import log_levels

FOUND = 0.90  # share of simulated doublets that the two thresholds let through together, at best
MOST_SIMULATED = 4_000
LEAST_CELLS = 20
# a white cell's programme: what the lists of white cells share little of with other compartments
LEUKOCYTE_LISTS = ("MYELOID", "NEUTROPHIL", "MAST", "T_CELL", "NK", "B")


@dataclass(frozen=True)
class DoubletRule:
    """Mean log1p levels of both programmes from which on a cell counts as a doublet; NaN where none can be
    told.

    Attributes:
        epithelial: Of the epithelial list.
        leukocyte: Of the lists of white cells together.
        found: Share of the simulated doublets of an epithelial and a white cell that the rule finds.
        false: Share of the epithelial and white cells themselves that it takes for doublets.
    """

    epithelial: float
    leukocyte: float
    found: float
    false: float

    def fits(self, epithelial: np.ndarray, leukocyte: np.ndarray) -> np.ndarray:
        """True for the cells that count as doublets."""
        return (epithelial >= self.epithelial) & (leukocyte >= self.leukocyte)


NO_RULE = DoubletRule(np.nan, np.nan, np.nan, np.nan)


def doublet_rule(
    counts: sparse.csr_matrix, compartments: np.ndarray, epithelial: np.ndarray, leukocyte: np.ndarray
) -> DoubletRule:
    """Learn the thresholds from pairs of sampled cells, added up.

    Each threshold is that quantile of the simulated doublets which all but 5 % pass, so that about 90 %
    pass both.

    Args:
        counts: Sampled cells x genes, csr, in the order of their hash.
        compartments: Compartment of each, by markers; the epithelial ones begin with ``epithelial`` or are
            malignant.
        epithelial: Places of the genes of the epithelial list.
        leukocyte: Places of the genes of the lists of white cells.
    """
    names = compartments.astype(str)
    one = np.flatnonzero((names == "malignant") | np.char.startswith(names, "epithelial"))
    other = np.flatnonzero(np.isin(names, LEUKOCYTES))
    if min(len(one), len(other)) < LEAST_CELLS or not len(epithelial) or not len(leukocyte):
        return NO_RULE
    n = min(MOST_SIMULATED, max(len(one), len(other)))
    pairs = counts[np.resize(one, n)] + counts[np.resize(other, n)]
    edge = (1 - FOUND) / 2
    made = _programmes(pairs, epithelial, leukocyte)
    low, high = (float(np.quantile(values, edge)) for values in made)
    rule = DoubletRule(low, high, float("nan"), float("nan"))
    alone = _programmes(counts[np.concatenate([one, other])], epithelial, leukocyte)
    return DoubletRule(low, high, float(rule.fits(*made).mean()), float(rule.fits(*alone).mean()))


def _programmes(
    counts: sparse.csr_matrix, epithelial: np.ndarray, leukocyte: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    levels = log_levels(counts)
    one, other = (np.asarray(levels[:, genes].mean(axis=1)).ravel() for genes in (epithelial, leukocyte))
    return one, other
