"""Clusters drawn by likelihood: lumped tumours come apart, and no cell keeps its cluster by itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from irf7bone.cells.profiles import DISPERSION, _members, _Model, _Profiles, draw_again

GENES = 300


def planted(depth: float, seed: int = 4):
    """Three patients: 60 tumour cells of a profile of their own, 20 normal and 40 T cells of one."""
    rng = np.random.default_rng(seed)
    base, other = (rng.gamma(0.5, 1.0, GENES) + 0.05 for _ in range(2))
    kinds, patients, rates = [], [], []
    for patient in range(3):
        tumour = base * np.exp(rng.normal(0, 0.6, GENES))
        for kind, profile, n in ((f"tumour {patient}", tumour, 60), ("normal", base, 20), ("t", other, 40)):
            kinds += [kind] * n
            patients += [f"P{patient}"] * n
            rates += [profile / profile.sum()] * n
    counts = sparse.csr_matrix(rng.poisson(depth * np.array(rates)).astype(np.float32))
    return counts, np.array(kinds), np.array(patients, dtype=object)


@pytest.mark.parametrize("depth", [250, 4_000])
def test_tumours_lumped_with_normal_cells_come_apart(depth):
    counts, kinds, patients = planted(depth)
    first = (kinds == "t").astype(int)  # all epithelium in one cluster
    lineages = np.array(["epithelial", "t_cd4"], dtype=object)
    rule, clusters = draw_again(counts, np.arange(GENES), first, lineages, "epithelial", patients)
    main = {kind: np.bincount(clusters[kinds == kind]).argmax() for kind in np.unique(kinds)}
    assert len(set(main.values())) == 5
    right = np.mean(clusters == np.array([main[kind] for kind in kinds]))
    assert right > (0.95 if depth == 250 else 0.99)
    assert rule.weights.shape == (GENES, clusters.max() + 1)


def test_a_cell_is_held_against_its_cluster_without_itself():
    counts, kinds, _ = planted(250)
    clusters = np.unique(kinds, return_inverse=True)[1]
    lineages = np.array(["epithelial", "t", "epithelial", "epithelial", "epithelial"], dtype=object)
    model = _Model.of(counts, np.arange(GENES), clusters)
    profiles = _Profiles.of(model, _members(clusters, 5), lineages)
    plain, without = profiles.scores(model, None), profiles.scores(model, clusters)
    for cell in (0, 70, 119):
        own = clusters[cell]
        x = counts[cell].toarray().ravel().astype(float)
        sums = counts[clusters == own].toarray().sum(axis=0) - x
        total = counts[clusters == own].sum() - x.sum()
        level = (sums + 1 / DISPERSION) / (total + 1 / (DISPERSION * profiles.prior[own]))
        expected = (model.weights * x * np.log(level)).sum() - x.sum() * profiles.levels[own] @ model.weights
        assert without[cell, own] == pytest.approx(expected)
        others = np.arange(5) != own
        assert (without[cell, others] == plain[cell, others]).all()
    assert (without[np.arange(len(clusters)), clusters] < plain[np.arange(len(clusters)), clusters]).all()


def test_a_gene_that_varies_within_clusters_weighs_less():
    counts, kinds, _ = planted(4_000)
    clusters = np.unique(kinds, return_inverse=True)[1]
    noisy = counts.toarray()
    gene = int(np.argsort(noisy.mean(axis=0))[-3])
    rng = np.random.default_rng(1)
    noisy[:, gene] *= rng.choice([0, 8], len(noisy), p=[0.875, 0.125])  # the same mean, in a cell of eight
    weights = _Model.of(sparse.csr_matrix(noisy), np.arange(GENES), clusters).weights
    before = _Model.of(counts, np.arange(GENES), clusters).weights
    assert weights[gene] < before[gene] / 5
