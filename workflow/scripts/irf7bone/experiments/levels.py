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


def score_levels(human: ad.AnnData) -> pd.DataFrame:
    """Log2 levels to score: arrays as they are; counts of expressed genes per million, TMM-normalised.

    A gene counts as expressed with ten counts (in a library of median size) in as many samples as the
    smallest group has: below that its values are noise, which a z-score would blow up.

    Args:
        human: What :func:`irf7bone.genes.orthologs.to_human` returned.

    Returns:
        Samples x human genes.
    """
    if human.uns["scale"] != "counts":
        return human.to_df()
    counts = np.asarray(human.layers["counts"], dtype=np.float64)
    enough = _expressed(counts, human.obs["group"])
    kept = counts[:, enough]
    sizes = effective_library_sizes(kept.T)
    return pd.DataFrame(
        log2_per_million(kept, sizes[:, None]), index=human.obs_names, columns=human.var_names[enough]
    )


def _expressed(counts: np.ndarray, group: pd.Series) -> np.ndarray:
    library = counts.sum(axis=1)
    smallest = int(group.astype("object").value_counts().min())
    enough = (counts / library[:, None] >= MIN_COUNT / np.median(library)).sum(axis=0) >= smallest
    return enough & (counts.sum(axis=0) >= MIN_TOTAL)


def marker_levels(human: ad.AnnData) -> pd.DataFrame:
    """Log2 levels of markers: arrays as they are; log2(counts per million + 1) of the genes that are scored.

    The 1 keeps a marker that a tissue does not have from being the noise of a few reads. A gene that
    :func:`score_levels` does not take as expressed is no marker either: one gate for both.

    Returns:
        Samples x human genes.
    """
    if human.uns["scale"] != "counts":
        return human.to_df()
    counts = np.asarray(human.layers["counts"], dtype=np.float64)
    per_million = counts / counts.sum(axis=1, keepdims=True) * 1e6
    enough = _expressed(counts, human.obs["group"])
    return pd.DataFrame(
        np.log2(per_million[:, enough] + 1), index=human.obs_names, columns=human.var_names[enough]
    )
