"""Compartments called here: clusters by their markers, epithelial ones besides by copy number and by patient.

Clusters are called, never cells: on a tumour of known copy number the calls of single cells fell to kappa
0.4 at 250 counts a cell, those of clusters stayed at 0.98 (docs/development/decisions.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from irf7bone.base.cells_vocabulary import EPITHELIAL_NORMAL, EPITHELIAL_UNCERTAIN, MALIGNANT, UNASSIGNED
from irf7bone.cells.clusters import Clustering, cluster_cells, cluster_levels, log_levels
from irf7bone.cells.cnv import cnv_profile, cnv_score, genome_order, window_chromosomes
from irf7bone.cells.markers import name_clusters

LEAST_NORMAL, LEAST_LINEAGES, LEAST_OF_LINEAGE = 50, 2, 10
HELD_OUT_QUANTILE = 0.95
MOST_CELLS, ONE_PATIENT, SHARED_BY, TAKES_PART = 0.5, 0.8, 3, 0.05
POOL_COUNTS, LEAST_POOLS = 10_000, 20
LEAST_PLACED = 500  # genes; five windows
EPITHELIAL_LIST = "epithelial"


@dataclass(frozen=True)
class Calls:
    """What was learnt from the sampled cells.

    Attributes:
        clustering: Where every other cell is placed by.
        table: A row a cluster: ``n_cells``, ``n_patients``, ``patient_share`` (of the most frequent),
            ``lineage``, ``score``, ``margin``, ``cnv_share`` (cells above the held-out normal cells),
            ``compartment``, ``reason``.
        clusters: Cluster of each sampled cell.
        places: Its coordinates.
        cnv: The copy-number score of its pool, NaN where none was asked for or possible.
        profile: Copy-number profiles of the pools, or None.
        pools: Pool of each sampled cell, or None.
        chromosomes: Chromosome of each window of a profile, or None.
    """

    clustering: Clustering
    table: pd.DataFrame
    clusters: np.ndarray
    places: np.ndarray
    cnv: np.ndarray
    profile: np.ndarray | None
    pools: np.ndarray | None
    chromosomes: np.ndarray | None


@dataclass(frozen=True)
class CopyNumber:
    """Copy number of the sampled cells, in pools.

    Attributes:
        scores: Score of each cell's pool; NaN where there is none.
        too_few: Why there is none, or None.
        threshold: 95th percentile of held-out normal pools.
        profile: Profiles, pools x windows.
        pools: Pool of each cell.
        chromosomes: Chromosome of each window.
    """

    scores: np.ndarray
    too_few: str | None = None
    threshold: float = np.nan
    profile: np.ndarray | None = None
    pools: np.ndarray | None = None
    chromosomes: np.ndarray | None = None


def call_compartments(
    counts: sparse.csr_matrix,
    genes: Sequence[str],
    patients: np.ndarray,
    keys: np.ndarray,
    markers: Mapping[str, Sequence[str]],
    positions: pd.DataFrame,
    *,
    by_cnv: bool,
    seed: int,
) -> Calls:
    """Cluster the sampled cells and say what each cluster is.

    Args:
        counts: Sampled cells x genes, csr.
        genes: Symbols (human).
        patients: Patient of each sampled cell.
        keys: Hash of each, by which normal cells are split into reference and held out.
        markers: Lists of data/cell_markers.
        positions: Places of genes.
        by_cnv: Whether epithelial clusters need copy number to be malignant.
        seed: Of the clustering.
    """
    always = [gene for listed in markers.values() for gene in listed]
    clustering, clusters, places = cluster_cells(counts, genes, always, seed)
    n = len(clustering.centres)
    table = name_clusters(cluster_levels(counts, clusters, n, genes), markers)
    shares = pd.crosstab(clusters, patients).reindex(range(n), fill_value=0).to_numpy()
    sizes = shares.sum(axis=1)
    with np.errstate(invalid="ignore"):
        shares = np.nan_to_num(shares / sizes[:, None])
    table["n_cells"], table["patient_share"] = sizes, shares.max(axis=1)
    table["n_patients"] = (shares >= TAKES_PART).sum(axis=1)
    number = CopyNumber(np.full(len(clusters), np.nan))
    epithelial = (table["lineage"] == EPITHELIAL_LIST).to_numpy()
    if by_cnv and epithelial.any():
        number = _copy_number(counts, genes, clusters, table["lineage"].to_numpy()[clusters], keys, positions)
        above = np.where(np.isfinite(number.scores), number.scores > number.threshold, np.nan)
        table["cnv_share"] = [
            np.nanmean(above[clusters == c]) if number.too_few is None and sizes[c] else np.nan
            for c in range(n)
        ]
    else:
        table["cnv_share"] = np.nan
    called = [_compartment(row, by_cnv, number.too_few) for row in table.itertuples()]
    table["compartment"], table["reason"] = (list(part) for part in zip(*called, strict=True))
    return Calls(
        clustering,
        table.rename_axis("cluster").reset_index(),
        clusters,
        places,
        number.scores,
        number.profile,
        number.pools,
        number.chromosomes,
    )


def _compartment(row, by_cnv: bool, too_few: str | None) -> tuple[str, str]:
    if row.lineage == UNASSIGNED:
        return UNASSIGNED, "no marker list is clearly the highest"
    if row.lineage != EPITHELIAL_LIST:
        return row.lineage, "markers"
    if not by_cnv:
        return MALIGNANT, "epithelial markers"
    if too_few is not None:
        return EPITHELIAL_UNCERTAIN, too_few
    changed = row.cnv_share > MOST_CELLS
    if changed and row.patient_share > ONE_PATIENT:
        return MALIGNANT, "epithelial markers, copy number, one patient"
    if not changed and row.n_patients >= SHARED_BY:
        return EPITHELIAL_NORMAL, f"epithelial markers, no copy number, shared by {row.n_patients} patients"
    return EPITHELIAL_UNCERTAIN, (
        "copy number, but not of one patient"
        if changed
        else "no copy number, but not shared by three patients"
    )


def _copy_number(
    counts: sparse.csr_matrix,
    genes: Sequence[str],
    clusters: np.ndarray,
    lineage: np.ndarray,
    keys: np.ndarray,
    positions: pd.DataFrame,
) -> CopyNumber:
    """Pools scored against normal cells of two lineages, half of which are held out for the threshold."""
    normal = ~np.isin(lineage, (EPITHELIAL_LIST, UNASSIGNED))
    names, sizes = np.unique(lineage[normal].astype(str), return_counts=True)
    lineages = names[sizes >= LEAST_OF_LINEAGE]
    usable = np.isin(lineage, lineages.astype(object))
    if usable.sum() < LEAST_NORMAL or len(lineages) < LEAST_LINEAGES:
        too_few = (
            f"copy number needs {LEAST_NORMAL} normal cells of {LEAST_LINEAGES} lineages, here are "
            f"{int(usable.sum())} of {len(lineages)}"
        )
        return CopyNumber(np.full(len(lineage), np.nan), too_few)
    order = genome_order(genes, positions)
    if len(order.columns) < LEAST_PLACED:
        too_few = f"copy number needs {LEAST_PLACED} genes with a place, here are {len(order.columns)}"
        return CopyNumber(np.full(len(lineage), np.nan), too_few)
    reference = usable & (keys % 2 == 0)
    held_out = usable & ~reference
    pools = pool_cells(
        clusters, held_out.astype(int) + 2 * reference, keys, _pool_size(counts, int(held_out.sum()))
    )
    pooled = sparse.csr_matrix((np.ones(len(pools)), (pools, np.arange(len(pools))))) @ counts
    levels = log_levels(sparse.csr_matrix(pooled), None)
    means = np.stack(
        [
            np.asarray(levels[np.unique(pools[reference & (lineage == name)])].mean(axis=0)).ravel()
            for name in lineages
        ]
    )
    blocks = range(0, levels.shape[0], 2000)
    profile = np.vstack([cnv_profile(levels[b : b + 2000].toarray(), order, means) for b in blocks])
    scores = cnv_score(profile)
    threshold = float(np.quantile(scores[np.unique(pools[held_out])], HELD_OUT_QUANTILE))
    return CopyNumber(
        scores[pools], None, threshold, profile.astype(np.float32), pools, window_chromosomes(order)
    )


def _pool_size(counts: sparse.csr_matrix, n_held_out: int) -> int:
    """Cells of a pool: enough for 10,000 counts, and few enough for 20 pools of held-out normal cells."""
    enough = int(np.ceil(POOL_COUNTS / max(float(np.median(np.asarray(counts.sum(axis=1)))), 1.0)))
    return max(1, min(enough, n_held_out // LEAST_POOLS))


def pool_cells(clusters: np.ndarray, parts: np.ndarray, keys: np.ndarray, size: int) -> np.ndarray:
    """Pools of ``size`` cells of one cluster and part, in the order of their hash; the last may be smaller.

    Args:
        clusters: Cluster of each cell.
        parts: Part of each cell; cells of two parts never meet.
        keys: Hash of each cell.
        size: Cells of a pool.

    Returns:
        The pool of each cell, 0 to pools - 1.
    """
    order = np.lexsort((keys, parts, clusters))
    group = clusters[order].astype(np.int64) * (parts.max() + 1) + parts[order]
    starts = np.flatnonzero(np.r_[True, np.diff(group) != 0])
    lengths = np.diff(np.r_[starts, len(order)])
    rank = np.arange(len(order)) - np.repeat(starts, lengths)
    new = (rank % size == 0).cumsum() - 1
    pools = np.empty(len(order), dtype=np.int64)
    pools[order] = new
    return pools
