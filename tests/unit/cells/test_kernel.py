"""The loops over cells: three cells by hand, pyucell and scanpy as oracles."""

from __future__ import annotations

import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from irf7bone.cells.kernel import add_pseudobulk, measure_cells, score_cells, weigh_cells
from irf7bone.cells.sets import GeneSets

GENES = ["IRF7", "ISG15", "EPCAM", "CD8A", "MT-ND1"]
COUNTS = np.array([[1, 0, 3, 0, 2], [0, 0, 0, 5, 0], [2, 2, 0, 0, 0]])
SAME = np.arange(5)


def arrays(counts, target):
    matrix = sparse.csr_matrix(np.asarray(counts, dtype=np.float32))
    return (
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        matrix.data,
        np.asarray(target, dtype=np.int64),
    )


def measure(counts, target, mito):
    n = len(counts)
    out = np.zeros(n), np.zeros(n, dtype=np.int64), np.zeros(n)
    moments = np.zeros((5, 3), dtype=np.int64)
    measure_cells(*arrays(counts, target), np.asarray(mito, dtype=np.int64), *out, moments)
    return (*out, moments)


def score(counts, target, sets, genes, totals=None):
    found = GeneSets.build(sets, genes)
    out = [np.zeros((len(counts), len(sets))) for _ in range(2)]
    totals = np.asarray(counts, dtype=float).sum(axis=1) if totals is None else totals
    score_cells(
        *arrays(counts, target),
        len(genes),
        totals,
        found.starts,
        found.sets,
        found.sizes,
        found.missing,
        *out,
    )
    return out


def test_quality_by_hand():
    totals, n_genes, mito, moments = measure(COUNTS, SAME, [0, 0, 0, 0, 1])
    assert totals.tolist() == [6, 5, 4] and n_genes.tolist() == [3, 1, 2]
    assert mito == pytest.approx([2 / 6, 0, 0])
    assert moments[:, 0].tolist() == [2, 1, 1, 1, 1] and not moments[:, 1:].any()
    moments = measure([[0.5, -1, 0, 0, np.inf]], SAME, [0] * 5)[3]
    assert moments[:, 1].tolist() == [1, 0, 0, 0, 0] and moments[:, 2].tolist() == [0, 1, 0, 0, 1]


def test_sums_by_hand_and_columns_of_one_gene_are_added():
    sums = np.zeros((2, 5), dtype=np.int64)
    add_pseudobulk(*arrays(COUNTS, SAME), np.array([0, -1, 1]), 1.0, sums)
    assert sums.tolist() == [[1, 0, 3, 0, 2], [2, 2, 0, 0, 0]]
    sums = np.zeros((1, 5), dtype=np.int64)
    add_pseudobulk(*arrays(COUNTS, [0, 0, 2, 3, -1]), np.array([0, 0, 0]), 1.0, sums)
    assert sums.tolist() == [[5, 0, 3, 5, 0]]


def test_ucell_by_hand():
    # first cell: EPCAM 3, MT-ND1 2, IRF7 1; the others and a gene that is not measured at 1500
    ucell, mean_log = score(COUNTS, SAME, {"a": ["IRF7", "EPCAM", "NONE"], "b": ["ISG15"]}, GENES)
    least, most = 3 * 4 / 2, 3 * 1500
    assert ucell[0, 0] == pytest.approx(1 - (3 + 1 + 1500 - least) / (most - least))
    assert ucell[0, 1] == pytest.approx(1 - (1500 - 1) / 1499) == pytest.approx(0)
    # third cell: IRF7 and ISG15 tie at rank 1.5
    assert ucell[2, 1] == pytest.approx(1 - 0.5 / 1499)
    assert mean_log[0, 0] == pytest.approx(
        (np.log1p(1e4 / 6) + np.log1p(3e4 / 6)) / 2
    )  # over the genes measured


def test_ucell_is_pyucells_with_counts_and_without():
    pyucell = pytest.importorskip("pyucell")
    rng = np.random.default_rng(3)
    genes = [f"G{i}" for i in range(3000)]
    sets = {"a": genes[:40:2], "b": [*genes[100:110], "NONE"], "c": [genes[7]], "d": genes[2000:2200]}
    for counts in (
        rng.poisson(1.2, (40, 3000)),
        rng.poisson(0.3, (10, 3000)) * rng.lognormal(0, 1, (10, 3000)),
    ):
        counts = counts.astype(np.float32)
        ours, _ = score(counts, np.arange(3000), sets, genes)
        adata = ad.AnnData(sparse.csr_matrix(counts), var=pd.DataFrame(index=genes))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pyucell.compute_ucell_scores(adata, sets, ties_method="average", n_jobs=1)
        theirs = adata.obs[[f"{name}_UCell" for name in sets]].to_numpy()
        assert np.abs(np.clip(ours, 0, None) - theirs).max() < 1e-6


def test_sums_are_those_of_scanpys_aggregate():
    import scanpy as sc

    rng = np.random.default_rng(4)
    counts = rng.poisson(0.7, (200, 60)).astype(np.float32)
    groups = rng.choice(["a", "b", "c"], 200)
    adata = ad.AnnData(
        sparse.csr_matrix(counts), obs=pd.DataFrame({"g": pd.Categorical(groups)}, index=map(str, range(200)))
    )
    theirs = sc.get.aggregate(adata, by="g", func="sum")
    sums = np.zeros((3, 60), dtype=np.int64)
    bulk = np.searchsorted(["a", "b", "c"], groups)
    add_pseudobulk(*arrays(counts, np.arange(60)), bulk.astype(np.int64), 1.0, sums)
    assert (sums == np.asarray(theirs.layers["sum"])[theirs.obs_names.get_indexer(["a", "b", "c"])]).all()


def test_weighed_counts_by_hand():
    weights = np.array([[1.0, 0.0], [-3.0, 2.0]])
    scores = np.array([[10.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    weigh_cells(*arrays(COUNTS, [0, -1, 1, -1, -1]), weights, scores)
    counts = COUNTS[:, [0, 2]]
    assert (scores == counts @ weights + [[10, 0], [0, 0], [0, 1]]).all()
