"""Clusters of the sampled cells, and the place of every other cell among them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from irf7bone.cells.kernel import project_cells
from irf7bone.cells.matrix import Block

N_GENES = 2_000
N_COMPONENTS = 40
CELLS_A_CLUSTER = 100
FEWEST, MOST = 8, 60
RESTARTS = 4


@dataclass(frozen=True)
class Clustering:
    """How cells are placed: log1p of counts scaled to a total, times components, at the nearest centre.

    Attributes:
        genes: Places of the genes used among those of the data set.
        scale: The total: the median of the sampled cells, at which shallow cells stray least.
        components: Genes used x coordinates.
        centres: Clusters x coordinates.
    """

    genes: np.ndarray
    scale: float
    components: np.ndarray
    centres: np.ndarray

    def place(
        self, block: Block, target: np.ndarray, n_genes: int, totals: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Cluster of each cell of a block, and how much nearer its centre is than the second, 0 to 1.

        Args:
            block: Cells.
            target: Gene of each column of the file.
            n_genes: Genes of the data set.
            totals: Sum of each cell.
        """
        row_of = np.full(n_genes + 1, -1, dtype=np.int64)  # the last for columns without a gene
        row_of[self.genes] = np.arange(len(self.genes))
        places = np.zeros((block.n_cells, self.components.shape[1]))
        project_cells(
            block.indptr,
            block.indices,
            block.data,
            row_of[target],
            totals,
            self.scale,
            self.components,
            places,
        )
        return self.nearest(places)

    def nearest(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As :meth:`place`, from coordinates."""
        squared = (
            (places**2).sum(axis=1)[:, None] - 2 * places @ self.centres.T + (self.centres**2).sum(axis=1)
        )
        distance = np.sqrt(np.maximum(squared, 0))
        if distance.shape[1] == 1:
            return np.zeros(len(places), dtype=np.int64), np.ones(len(places))
        two = np.partition(distance, 1, axis=1)[:, :2]
        with np.errstate(invalid="ignore"):
            margin = np.nan_to_num((two[:, 1] - two[:, 0]) / two[:, 1])
        return distance.argmin(axis=1), margin


def log_levels(counts: sparse.csr_matrix, total: float | None = 1e4) -> sparse.csr_matrix:
    """log1p of counts scaled to a total for each cell; None scales to the median of the totals."""
    sums = np.asarray(counts.sum(axis=1)).ravel().astype(np.float64)
    scale = (np.median(sums) if total is None else total) / np.where(sums > 0, sums, 1)
    levels = sparse.diags_array(scale) @ counts.astype(np.float64)
    levels = sparse.csr_matrix(levels)
    levels.data = np.log1p(levels.data)
    return levels


def cluster_cells(
    counts: sparse.csr_matrix, genes: Sequence[str], always: Sequence[str], seed: int
) -> tuple[Clustering, np.ndarray, np.ndarray]:
    """Cluster the sampled cells: scanpy's variable genes and principal components, scikit-learn's KMeans.

    Args:
        counts: Cells x genes, csr.
        genes: Symbols.
        always: Genes used whether they vary or not: the markers.
        seed: Of components and centres.

    Returns:
        The clustering, the cluster of each sampled cell, and its coordinates.
    """
    import scanpy as sc
    from sklearn.cluster import KMeans

    scale = float(np.median(np.asarray(counts.sum(axis=1))))
    levels = log_levels(counts, scale)
    adata = ad.AnnData(levels, var=pd.DataFrame(index=pd.Index(genes, dtype=object)))
    with warnings.catch_warnings():  # of libraries below scanpy, about their own future
        warnings.simplefilter("ignore")
        detected = np.asarray((levels > 0).sum(axis=0)).ravel() >= 3
        variable = np.zeros(len(genes), dtype=bool)
        if detected.sum() > N_GENES:
            part = adata[:, detected].copy()
            sc.pp.highly_variable_genes(part, n_top_genes=N_GENES, flavor="seurat")
            variable[np.flatnonzero(detected)[part.var["highly_variable"].to_numpy()]] = True
        else:
            variable = detected
        used = np.flatnonzero(variable | (np.isin(np.asarray(genes, dtype=str), list(always)) & detected))
        part = ad.AnnData(levels[:, used])
        n_components = max(1, min(N_COMPONENTS, min(part.shape) - 1))
        sc.pp.pca(part, n_comps=n_components, svd_solver="arpack", random_state=seed)
        components = np.ascontiguousarray(part.varm["PCs"], dtype=np.float64)
        places = np.asarray(levels[:, used] @ components)
        k = int(np.clip(counts.shape[0] // CELLS_A_CLUSTER, min(FEWEST, counts.shape[0]), MOST))
        fitted = KMeans(n_clusters=k, n_init=RESTARTS, random_state=seed).fit(places)
    clustering = Clustering(
        used, scale, components, np.ascontiguousarray(fitted.cluster_centers_, dtype=np.float64)
    )
    return clustering, clustering.nearest(places)[0], places


def cluster_levels(
    counts: sparse.csr_matrix, clusters: np.ndarray, n: int, genes: Sequence[str]
) -> pd.DataFrame:
    """Mean log1p of counts per 10,000 of each cluster, clusters x genes."""
    levels = log_levels(counts)
    member = sparse.csr_matrix(
        (np.ones(len(clusters)), (clusters, np.arange(len(clusters)))), shape=(n, len(clusters))
    )
    sizes = np.maximum(np.bincount(clusters, minlength=n), 1)
    return pd.DataFrame((member @ levels).toarray() / sizes[:, None], columns=pd.Index(genes, dtype=object))
