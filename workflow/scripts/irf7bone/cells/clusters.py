"""Clusters of the sampled cells, and the place of every other cell among them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from irf7bone.cells.kernel import weigh_cells
from irf7bone.cells.matrix import Block

N_GENES = 2_000
N_COMPONENTS = 40
PCA_TOLERANCE = 1e-2  # of arpack; the components are those of tolerance 0, in three quarters of the time
CELLS_A_CLUSTER = 100
FEWEST, MOST = 8, 60
RESTARTS = 2


@dataclass(frozen=True)
class Clustering:
    """How cells are placed: in the cluster whose profile makes their counts likeliest.

    With counts ``x`` of a cell and ``n`` their sum over all genes, the score of a cluster is ``x . weights -
    n offset``: the logarithm of a Poisson likelihood, genes with many counts weighted down
    (:mod:`irf7bone.cells.profiles`).

    Attributes:
        genes: Places of the genes used among those of the data set.
        weights: Genes used x clusters.
        offsets: A number a cluster.
    """

    genes: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray

    def place(
        self, block: Block, target: np.ndarray, n_genes: int, totals: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Cluster of each cell of a block, and how much less likely the second is, 0 to 1.

        Args:
            block: Cells.
            target: Gene of each column of the file.
            n_genes: Genes of the data set.
            totals: Sum of each cell.
        """
        row_of = np.full(n_genes + 1, -1, dtype=np.int64)  # the last for columns without a gene
        row_of[self.genes] = np.arange(len(self.genes))
        scores = -totals[:, None] * self.offsets
        weigh_cells(block.indptr, block.indices, block.data, row_of[target], self.weights, scores)
        if scores.shape[1] == 1:
            return np.zeros(len(scores), dtype=np.int64), np.ones(len(scores))
        two = np.partition(scores, -2, axis=1)[:, -2:]
        return scores.argmax(axis=1), -np.expm1(two[:, 0] - two[:, 1])


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
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First clusters of the sampled cells: scanpy's variable genes, scikit-learn's components and KMeans.

    Args:
        counts: Cells x genes, csr.
        genes: Symbols.
        always: Genes used whether they vary or not: the markers.
        seed: Of components and centres.

    Returns:
        Places of the genes used, the cluster of each sampled cell, and its coordinates.
    """
    import scanpy as sc
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

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
        part = levels[:, used]
        n_components = max(1, min(N_COMPONENTS, min(part.shape) - 1))
        pca = PCA(n_components, svd_solver="arpack", tol=PCA_TOLERANCE, random_state=seed).fit(part)
        places = np.asarray(part @ pca.components_.T)
        k = int(np.clip(counts.shape[0] // CELLS_A_CLUSTER, min(FEWEST, counts.shape[0]), MOST))
        fitted = KMeans(n_clusters=k, n_init=RESTARTS, random_state=seed).fit(places)
    return used, fitted.labels_, places


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
