"""Counts: which genes have enough of them, library sizes that do not hang on a few genes, log2 levels."""

from __future__ import annotations

import numpy as np

from irf7bone.harmonise.normalise import tmm_factors

MIN_COUNT = 10
MIN_TOTAL = 15
LARGE_GROUP = 10
SHARE_OF_LARGE = 0.7
_ROUNDING = 1e-14


def enough_counts(counts: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Genes worth testing: the rule of edgeR's ``filterByExpr`` with ``group`` (Chen 2016, F1000Res 5:1438).

    A gene stays that has about ten counts (in a library of median size) in as many samples as the smallest
    group has (70 % of those beyond ten), and 15 counts in all.

    Args:
        counts: Genes x samples.
        groups: Number of the group of each sample, from 0 on.

    Returns:
        True for each gene that stays.
    """
    library = counts.sum(axis=0)
    smallest = np.bincount(groups.astype(int)).min()
    if smallest > LARGE_GROUP:
        smallest = LARGE_GROUP + (smallest - LARGE_GROUP) * SHARE_OF_LARGE
    per_million = counts / library * 1e6
    enough = (per_million >= MIN_COUNT / np.median(library) * 1e6).sum(axis=1) >= smallest - _ROUNDING
    return enough & (counts.sum(axis=1) >= MIN_TOTAL - _ROUNDING)


def effective_library_sizes(counts: np.ndarray) -> np.ndarray:
    """Library sizes times TMM factors, see :func:`irf7bone.harmonise.normalise.tmm_factors`.

    Bone brings haemoglobins and matrix genes that take up much of a library; without these factors all
    other genes would seem to fall with them.

    Args:
        counts: Genes x samples.
    """
    return counts.sum(axis=0) * tmm_factors(counts)


def log2_per_million(counts: np.ndarray, library: np.ndarray) -> np.ndarray:
    """log2((count + 0.5) / (library size + 1) x 10^6) (Law 2014, Genome Biol 15:R29), as voom's."""
    return np.log2((counts + 0.5) / (library + 1) * 1e6)
