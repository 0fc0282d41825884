"""Clusters drawn again by the likelihood of their cells' counts, which is what shallow cells need.

Distances between logarithms lump shallow cells of several tumours, and of normal epithelium with them. Here a
cell goes to the cluster under whose profile its counts are likeliest: classification expectation-maximisation
(Celeux and Govaert 1992, Comput Stat Data Anal 14:315) of a gamma-Poisson model with these three guards.

* A profile is shrunk to that of its lineage, and this to that of all cells, as a gamma prior of the same
  dispersion does: a gene with few counts says little of a cluster.
* A cell is held against its own cluster without itself; otherwise each small cluster keeps its cells.
* An epithelial cluster of several patients may be tumours that were lumped. It stays, every patient weighted
  alike, and each patient's cells of such clusters are offered a profile of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from irf7bone.cells.clusters import Clustering

DISPERSION = (
    0.25  # squared coefficient of variation of a gene between cells, and between clusters, of one kind
)
ROUNDS = 5
LEAST_CELLS = 20  # a smaller cluster is given up after the second round
LEAST_OWN = 10  # cells of a patient in lumped clusters, from which on they are offered a profile
ONE_PATIENT = 0.8


@dataclass(frozen=True)
class _Model:
    """Counts of the genes used, and what is known of them before any cluster.

    Attributes:
        counts: Cells x genes used.
        totals: Sum of each cell over all genes.
        overall: Level of each gene in all cells, a share of the total.
        weights: Weight of each gene: 1 / (1 + dispersion times its count in a cell of median depth), the
            dispersion that within first clusters, of :data:`DISPERSION` at least.
        cells: Cell of each stored count.
        weighted: Each stored count times the weight of its gene.
    """

    counts: sparse.csr_matrix
    totals: np.ndarray
    overall: np.ndarray
    weights: np.ndarray
    cells: np.ndarray
    weighted: np.ndarray

    @classmethod
    def of(cls, counts: sparse.csr_matrix, used: np.ndarray, clusters: np.ndarray) -> _Model:
        totals = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
        part = sparse.csr_matrix(counts[:, used], dtype=np.float64)
        overall = np.asarray(part.sum(axis=0)).ravel() / totals.sum()
        dispersion = np.maximum(_dispersion(part, totals, clusters), DISPERSION)
        weights = 1 / (1 + dispersion * np.median(totals) * overall)
        cells = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        return cls(part, totals, overall, weights, cells, weights[part.indices] * part.data)


def _dispersion(counts: sparse.csr_matrix, totals: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Squared variation of each gene within clusters beyond that of a Poisson, by moments."""
    member = _members(clusters, int(clusters.max()) + 1)
    sums = member @ totals
    levels = (member @ counts).toarray() / np.where(sums > 0, sums, 1)[:, None]
    weighted = (member @ (sparse.diags_array(totals) @ counts)).toarray()
    squares = np.asarray(counts.power(2).sum(axis=0)).ravel()
    expected = (levels**2 * (member @ totals**2)[:, None]).sum(axis=0)  # sum of squared expectations
    beyond = squares - 2 * (levels * weighted).sum(axis=0) + expected - np.asarray(counts.sum(axis=0)).ravel()
    return beyond / expected


@dataclass(frozen=True)
class _Profiles:
    """Levels of each gene in each cluster.

    Attributes:
        sums: Counts, clusters x genes used.
        totals: Sum over all genes of each cluster's cells.
        prior: Level of each gene in the cluster's lineage.
        levels: What is expected of a cell, as a share of its total.
    """

    sums: np.ndarray
    totals: np.ndarray
    prior: np.ndarray
    levels: np.ndarray

    @classmethod
    def of(cls, model: _Model, member: sparse.csr_matrix, lineages: np.ndarray) -> _Profiles:
        """From cells by weight of membership (clusters x cells) and the lineage of each cluster."""
        sums, totals = (member @ model.counts).toarray(), member @ model.totals
        _, codes = np.unique(lineages.astype(str), return_inverse=True)
        of_lineage = sparse.csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))))
        whole = _shrunk(of_lineage @ sums, (of_lineage @ totals)[:, None], model.overall)
        prior = whole[codes]
        return cls(sums, totals, prior, _shrunk(sums, totals[:, None], prior))

    def clustering(self, model: _Model, used: np.ndarray) -> Clustering:
        """The same as weights and offsets."""
        weights = np.ascontiguousarray((np.log(self.levels) * model.weights).T)
        return Clustering(used, weights, self.levels @ model.weights)

    def scores(self, model: _Model, clusters: np.ndarray | None) -> np.ndarray:
        """Score of each cell in each cluster; in its own, where ``clusters`` names it, without itself."""
        rule = self.clustering(model, np.empty(0))
        scores = model.counts @ rule.weights - model.totals[:, None] * rule.offsets
        if clusters is not None:
            cells, gene, own = np.arange(len(clusters)), model.counts.indices, clusters[model.cells]
            left = (self.totals[clusters] - model.totals)[model.cells]
            level = _shrunk(self.sums[own, gene] - model.counts.data, left, self.prior[own, gene])
            part = np.bincount(model.cells, model.weighted * np.log(level), minlength=len(clusters))
            scores[cells, clusters] = part - model.totals * rule.offsets[clusters]
        return scores


def _shrunk(sums: np.ndarray, totals: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Posterior mean of a level with a gamma prior of mean ``prior`` and the squared variation DISPERSION."""
    return (sums + 1 / DISPERSION) / (totals + 1 / (DISPERSION * prior))


def draw_again(
    counts: sparse.csr_matrix,
    used: np.ndarray,
    clusters: np.ndarray,
    lineages: np.ndarray,
    epithelial: str,
    patients: np.ndarray,
) -> tuple[Clustering, np.ndarray]:
    """Clusters by likelihood, from first ones.

    Args:
        counts: Sampled cells x genes, csr.
        used: Places of the genes that clusters are told by; each is counted in some cell.
        clusters: First cluster of each cell.
        lineages: Lineage of each first cluster.
        epithelial: Which of them is the lineage of tumours.
        patients: Patient of each cell.

    Returns:
        How any cell is placed, and the cluster of each sampled one.
    """
    model = _Model.of(counts, used, clusters)
    member, lineages = _first_members(clusters, lineages, lineages == epithelial, epithelial, patients)
    n, cells = member.shape
    least = min(LEAST_CELLS, max(1, cells // (2 * n)))
    given_up, own = np.zeros(n, dtype=bool), None
    for number in range(ROUNDS):
        profiles = _Profiles.of(model, member, lineages)
        scores = profiles.scores(model, own)
        scores[:, given_up | (profiles.totals <= 0)] = -np.inf
        own = scores.argmax(axis=1)
        if number > 0:
            given_up |= np.bincount(own, minlength=n) < least
            scores[:, given_up] = -np.inf
            own = scores.argmax(axis=1)
        member = _members(own, n)
    kept, placed = np.unique(scores.argmax(axis=1), return_inverse=True)
    profiles = _Profiles.of(model, _members(placed, len(kept)), lineages[kept])
    return profiles.clustering(model, used), placed


def _members(clusters: np.ndarray, n: int) -> sparse.csr_matrix:
    return sparse.csr_matrix(
        (np.ones(len(clusters)), (clusters, np.arange(len(clusters)))), shape=(n, len(clusters))
    )


def _first_members(
    clusters: np.ndarray, lineages: np.ndarray, tumours: np.ndarray, epithelial: str, patients: np.ndarray
) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Weights of cells in first clusters and in those of single patients that are added, and lineages."""
    n = len(lineages)
    codes, names = pd.factorize(patients, sort=True)
    sizes = np.zeros((n, len(names)))
    np.add.at(sizes, (clusters, codes), 1)
    lumped = tumours & (sizes.max(axis=1) <= ONE_PATIENT * sizes.sum(axis=1))
    cells = np.flatnonzero(lumped[clusters])
    weight = np.ones(len(clusters))
    at, who = clusters[cells], codes[cells]
    weight[cells] = sizes[at].sum(axis=1) / (sizes[at] > 0).sum(axis=1) / sizes[at, who]
    offered = np.flatnonzero(np.bincount(who, minlength=len(names)) >= LEAST_OWN)
    cells = cells[np.isin(who, offered)]
    row = np.concatenate([clusters, n + np.searchsorted(offered, codes[cells])])
    column = np.concatenate([np.arange(len(clusters)), cells])
    values = np.concatenate([weight, np.ones(len(cells))])
    shape = (n + len(offered), len(clusters))
    return sparse.csr_matrix((values, (row, column)), shape=shape), np.concatenate(
        [lineages.astype(object), np.full(len(offered), epithelial, dtype=object)]
    )
