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
from irf7bone.cells.cnv import GenomeOrder, cnv_profile, cnv_score, genome_order, window_chromosomes
from irf7bone.cells.markers import name_clusters
from irf7bone.cells.profiles import ONE_PATIENT, draw_again

LEAST_NORMAL, LEAST_LINEAGES, LEAST_OF_LINEAGE = 50, 2, 10
HELD_OUT_QUANTILE = 0.95
MOST_CELLS, SHARED_BY, TAKES_PART = 0.5, 3, 0.05
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
        threshold: 95th percentile of held-out normal pools, of the lineage where it is largest.
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
    used, first, places = cluster_cells(counts, genes, always, seed)
    levels = cluster_levels(counts, first, int(first.max()) + 1, genes)
    lineages = name_clusters(levels, markers)["lineage"].to_numpy(dtype=object)
    clustering, clusters = draw_again(counts, used, first, lineages, EPITHELIAL_LIST, patients)
    n = len(clustering.offsets)
    table = name_clusters(cluster_levels(counts, clusters, n, genes), markers)
    counted = pd.crosstab(clusters, patients).to_numpy()
    sizes = counted.sum(axis=1)
    table["n_cells"], table["patient_share"] = sizes, counted.max(axis=1) / sizes
    table["n_patients"] = _taking_part(counted)
    number = CopyNumber(np.full(len(clusters), np.nan))
    epithelial = (table["lineage"] == EPITHELIAL_LIST).to_numpy()
    mixed = epithelial & (table["patient_share"] <= ONE_PATIENT).to_numpy()
    if by_cnv and epithelial.any():
        lineage = table["lineage"].to_numpy()[clusters]
        number = _copy_number(counts, genes, clusters, lineage, mixed, keys, positions)
        above = np.where(np.isfinite(number.scores), number.scores > number.threshold, np.nan)
        table["cnv_share"] = [
            np.nanmean(above[clusters == c]) if number.too_few is None else np.nan for c in range(n)
        ]
    else:
        table["cnv_share"] = np.nan
    table["mixed"] = mixed & ~(table["cnv_share"] > MOST_CELLS)
    whole = _taking_part(counted[table["mixed"].to_numpy()].sum(axis=0))
    together = max(int(whole), *table.loc[table["mixed"], "n_patients"], 0)
    called = [_compartment(row, by_cnv, number.too_few, together) for row in table.itertuples()]
    table["compartment"], table["reason"] = (list(part) for part in zip(*called, strict=True))
    return Calls(
        clustering,
        table.drop(columns="mixed").rename_axis("cluster").reset_index(),
        clusters,
        places,
        number.scores,
        number.profile,
        number.pools,
        number.chromosomes,
    )


def _taking_part(cells: np.ndarray) -> np.ndarray:
    """Patients with 5 % of the cells or more; the last axis is patients."""
    return (cells >= TAKES_PART * np.maximum(cells.sum(axis=-1, keepdims=True), 1)).sum(axis=-1)


def _compartment(row, by_cnv: bool, too_few: str | None, together: int) -> tuple[str, str]:
    """What a cluster is and why.

    Mixed epithelial clusters without copy number count together, as neither markers nor copy number nor the
    patient tells them apart: ``together`` are the patients of all of them, or of the one that has most.
    """
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
    shared_by = together if row.mixed else row.n_patients
    if not changed and shared_by >= SHARED_BY:
        return EPITHELIAL_NORMAL, f"epithelial markers, no copy number, shared by {shared_by} patients"
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
    mixed: np.ndarray,
    keys: np.ndarray,
    positions: pd.DataFrame,
) -> CopyNumber:
    """Pools scored against normal cells of two lineages, half of which are held out for the threshold.

    Mixed clusters too small for a pool make pools together: a smaller one is noisier than the threshold's.
    """
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
    size = _pool_size(counts, int(held_out.sum()))
    small = mixed & (np.bincount(clusters) < size)
    together = np.where(small[clusters], len(mixed), clusters)
    pools = pool_cells(together, held_out.astype(int) + 2 * reference, keys, size)
    pooled = sparse.csr_matrix((np.ones(len(pools)), (pools, np.arange(len(pools))))) @ counts
    levels = log_levels(sparse.csr_matrix(pooled), None)
    of_pool = np.empty(levels.shape[0], dtype=object)
    of_pool[pools] = lineage
    kinds = np.unique(pools[reference])
    means = {name: _mean_level(levels[kinds[of_pool[kinds] == name]]) for name in lineages}
    profile = _profiles(levels, order, np.stack(list(means.values())))
    sums = np.asarray(pooled.sum(axis=1)).ravel()
    tested = np.unique(pools[held_out])
    tested = tested[sums[tested] >= np.median(sums[tested]) / 2]  # the smallest are mostly noise
    scores = cnv_score(profile)
    apart = len({_family(name) for name in lineages}) > LEAST_LINEAGES
    null = _scores_without_own(levels, tested, of_pool, order, means) if apart else [scores[tested]]
    threshold = max(float(np.quantile(part, HELD_OUT_QUANTILE)) for part in null)
    return CopyNumber(
        scores[pools], None, threshold, profile.astype(np.float32), pools, window_chromosomes(order)
    )


def _mean_level(levels: sparse.csr_matrix) -> np.ndarray:
    return np.asarray(levels.mean(axis=0)).ravel()


def _profiles(levels: sparse.csr_matrix, order: GenomeOrder, reference: np.ndarray) -> np.ndarray:
    blocks = range(0, levels.shape[0], 2000)
    return np.vstack([cnv_profile(levels[b : b + 2000].toarray(), order, reference) for b in blocks])


def _scores_without_own(
    levels: sparse.csr_matrix,
    pools: np.ndarray,
    of_pool: np.ndarray,
    order: GenomeOrder,
    means: Mapping[str, np.ndarray],
) -> list[np.ndarray]:
    """Scores of each lineage's pools against the others: how a lineage looks that the reference lacks."""
    parts = []
    for name in means:
        own = pools[of_pool[pools] == name]
        if len(own):
            others = np.stack([mean for other, mean in means.items() if _family(other) != _family(name)])
            parts.append(cnv_score(_profiles(levels[own], order, others)))
    return parts


def _family(lineage: str) -> str:
    """T cells of all kinds are one."""
    return lineage.split("_")[0] if lineage.startswith("t_") else lineage


def _pool_size(counts: sparse.csr_matrix, n_held_out: int) -> int:
    """Cells of a pool: enough for 10,000 counts, and few enough for 20 pools of held-out normal cells."""
    enough = int(np.ceil(POOL_COUNTS / max(float(np.median(np.asarray(counts.sum(axis=1)))), 1.0)))
    return max(1, min(enough, n_held_out // LEAST_POOLS))


def pool_cells(clusters: np.ndarray, parts: np.ndarray, keys: np.ndarray, size: int) -> np.ndarray:
    """Pools of about ``size`` cells of one cluster and part, in the order of their hash, equal to one cell.

    Args:
        clusters: Cluster of each cell.
        parts: Part of each cell; cells of two parts never meet.
        keys: Hash of each cell.
        size: Cells of a pool; a cluster's part with fewer is one pool.

    Returns:
        The pool of each cell, 0 to pools - 1.
    """
    order = np.lexsort((keys, parts, clusters))
    group = clusters[order].astype(np.int64) * (parts.max() + 1) + parts[order]
    starts = np.flatnonzero(np.r_[True, np.diff(group) != 0])
    lengths = np.diff(np.r_[starts, len(order)])
    rank = np.arange(len(order)) - np.repeat(starts, lengths)
    n_pools = np.maximum(1, np.round(lengths / size).astype(np.int64))
    within = rank * np.repeat(n_pools, lengths) // np.repeat(lengths, lengths)
    new = np.repeat(np.cumsum(n_pools) - n_pools, lengths) + within
    pools = np.empty(len(order), dtype=np.int64)
    pools[order] = new
    return pools
