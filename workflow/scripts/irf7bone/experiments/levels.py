"""Expression by human symbols, as scores and markers need it."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.experiments.counts import (
    MIN_COUNT,
    MIN_TOTAL,
    effective_library_sizes,
    log2_per_million,
)
from irf7bone.experiments.expressed import expressed
from irf7bone.scoring.detection import READ_IN


def expressed_genes(human: ad.AnnData) -> np.ndarray:
    """Which genes are expressed in the experiment: one rule for scores and for markers.

    Counts: ten (in a library of median size) in as many samples as the smallest group has. Other values:
    :func:`irf7bone.experiments.expressed.expressed`. Below that a gene's values are noise, which a z-score
    would blow up.

    Args:
        human: What :func:`irf7bone.genes.orthologs.to_human` returned.

    Returns:
        One answer a gene.
    """
    smallest = int(human.obs["group"].astype("object").value_counts().min())
    if human.uns["scale"] != "counts":
        return expressed(np.asarray(human.X, dtype=np.float64).T, human.uns["scale"], smallest).keep
    counts = np.asarray(human.layers["counts"], dtype=np.float64)
    library = counts.sum(axis=1)
    enough = (counts / library[:, None] >= MIN_COUNT / np.median(library)).sum(axis=0) >= smallest
    return enough & (counts.sum(axis=0) >= MIN_TOTAL)


def group_share(human: ad.AnnData) -> float:
    """Share of the samples in which a gene must be read: that of the smallest group, half at most."""
    return min(READ_IN, human.obs["group"].astype("object").value_counts(normalize=True).min())


def score_levels(human: ad.AnnData) -> pd.DataFrame:
    """Log2 levels of the genes that are expressed: counts per million, TMM-normalised; others as they are.

    Args:
        human: What :func:`irf7bone.genes.orthologs.to_human` returned.

    Returns:
        Samples x human genes.
    """
    enough = expressed_genes(human)
    if human.uns["scale"] != "counts":
        return human.to_df().loc[:, enough]
    kept = np.asarray(human.layers["counts"], dtype=np.float64)[:, enough]
    sizes = effective_library_sizes(kept.T)
    return pd.DataFrame(
        log2_per_million(kept, sizes[:, None]), index=human.obs_names, columns=human.var_names[enough]
    )


def marker_levels(human: ad.AnnData) -> pd.DataFrame:
    """Log2 levels of the markers that are expressed: log2(counts per million + 1); others as they are.

    The 1 keeps a marker that a tissue does not have from being the noise of a few reads. A gene that
    :func:`score_levels` does not take is no marker either: one gate for both.

    Returns:
        Samples x human genes.
    """
    enough = expressed_genes(human)
    if human.uns["scale"] != "counts":
        return human.to_df().loc[:, enough]
    counts = np.asarray(human.layers["counts"], dtype=np.float64)
    per_million = counts / counts.sum(axis=1, keepdims=True) * 1e6
    return pd.DataFrame(
        np.log2(per_million[:, enough] + 1), index=human.obs_names, columns=human.var_names[enough]
    )
