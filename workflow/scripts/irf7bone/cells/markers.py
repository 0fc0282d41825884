"""Which compartment a cluster of cells is, from the genes that it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from irf7bone.base.cells_vocabulary import COMPARTMENT_OF

HALF = 0.25  # mean log1p level at which a marker counts half; below lies what ambient RNA brings
LEAST_SCORE = 0.25
LEAST_MARGIN = 0.05
SPLIT = 1.0  # CD8 to CD4, and either to nothing, by mean log1p level
LEAST_SPLIT = 0.05


def cluster_scores(levels: pd.DataFrame, markers: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """How far each cluster has each list: the mean over its genes of ``m / (m + 0.25)``.

    A marker counts by whether a cluster has it, not by how much: otherwise one abundant gene would speak
    for all.

    Args:
        levels: Clusters x genes, mean log1p of counts per 10,000.
        markers: Lists of symbols.

    Returns:
        Clusters x lists; NaN for a list of which no gene is measured.
    """
    present = levels / (levels + HALF)
    return pd.DataFrame(
        {
            name: present[[gene for gene in genes if gene in present]].mean(axis=1)
            for name, genes in markers.items()
        },
        index=levels.index,
    )


def name_clusters(levels: pd.DataFrame, markers: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The lineage of every cluster: the list with the highest score, where it is clearly the highest.

    T cells are split by CD8A and CD8B against CD4: whichever is higher, ``t_other`` where both are as good
    as absent.

    Args:
        levels: Clusters x genes, mean log1p of counts per 10,000.
        markers: The lists of data/cell_markers.

    Returns:
        Index as ``levels``: ``lineage`` (a compartment, ``epithelial``, or ``unassigned``), ``score``,
        ``margin`` (to the second list).
    """
    lists = {name: genes for name, genes in markers.items() if name in COMPARTMENT_OF}
    scores = cluster_scores(levels, lists).fillna(0.0)
    ranked = np.sort(scores.to_numpy(), axis=1)
    best = scores.idxmax(axis=1)
    table = pd.DataFrame(
        {
            "lineage": best.map(COMPARTMENT_OF),
            "score": ranked[:, -1],
            "margin": ranked[:, -1] - ranked[:, -2],
        },
        index=levels.index,
    )
    cd8, cd4 = (_mean(levels, markers[name]) for name in ("T_CD8", "T_CD4"))
    kind = np.where(cd8 >= SPLIT * cd4, "t_cd8", "t_cd4")
    kind = np.where(np.maximum(cd8, cd4) < LEAST_SPLIT, "t_other", kind)
    table["lineage"] = np.where(table["lineage"] == "t", kind, table["lineage"])
    unclear = (table["score"] < LEAST_SCORE) | (table["margin"] < LEAST_MARGIN)
    table.loc[unclear, "lineage"] = "unassigned"
    return table


def _mean(levels: pd.DataFrame, genes: Sequence[str]) -> np.ndarray:
    there = [gene for gene in genes if gene in levels]
    return levels[there].mean(axis=1).to_numpy() if there else np.zeros(len(levels))
