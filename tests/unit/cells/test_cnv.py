"""Copy number: by hand, infercnvpy as oracle, and a tumour whose chromosomes are known."""

from __future__ import annotations

import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from madeup.cells import marker_genes, positions
from sklearn.metrics import roc_auc_score

from irf7bone.cells.calls import LEAST_NORMAL, call_compartments, pool_cells
from irf7bone.cells.clusters import log_levels
from irf7bone.cells.cnv import cnv_profile, cnv_score, genome_order


def test_genes_stand_in_the_order_of_the_genome_and_sex_chromosomes_are_left_out():
    table = pd.DataFrame(
        {"chromosome": ["10", "2", "2", "X", "1"], "start": [5, 9, 3, 1, 7]}, index=["A", "B", "C", "D", "E"]
    )
    order = genome_order(["A", "B", "NONE", "C", "D", "E"], table)
    assert order.columns.tolist() == [5, 3, 1, 0] and order.chromosomes.tolist() == ["1", "2", "2", "10"]


def test_levels_between_the_lineages_are_no_change_and_others_are_clipped():
    table = pd.DataFrame({"chromosome": ["1"] * 2 + ["2"] * 2, "start": [1, 2, 1, 2]}, index=list("ABCD"))
    order = genome_order(list("ABCD"), table)
    reference = np.array([[0.0, 1, 0, 0], [2.0, 1, 0, 0]])
    profile = cnv_profile(np.array([[1.0, 1, 9, 1]]), order, reference)
    # one flat window a chromosome: 0 and (3 + 1) / 2; their median is taken off
    assert profile == pytest.approx(np.array([[-1.0, 1.0]])) and cnv_score(profile) == pytest.approx([1.0])


def test_the_profile_is_infercnvpys(symbols):
    infercnvpy = pytest.importorskip("infercnvpy")
    rng = np.random.default_rng(5)
    table = positions().iloc[::12]
    levels = np.log1p(rng.poisson(1.0, (12, len(table))).astype(float))
    adata = ad.AnnData(
        levels, var=table.assign(chromosome="chr" + table["chromosome"], end=table["start"] + 1)
    )
    reference = np.stack([levels[:4].mean(axis=0), levels[4:8].mean(axis=0)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, theirs, _ = infercnvpy.tl.infercnv(
            adata, reference=reference, inplace=False, dynamic_threshold=None, n_jobs=1
        )
    ours = cnv_profile(levels, genome_order(table.index, table), reference)
    assert ours.shape == theirs.shape and np.abs(ours - theirs.toarray()).max() < 1e-5


def test_pools_never_mix_clusters_or_parts():
    rng = np.random.default_rng(6)
    clusters, parts, keys = rng.integers(0, 5, 300), rng.integers(0, 3, 300), rng.integers(0, 10**6, 300)
    pools = pool_cells(clusters, parts, keys.astype(np.uint64), 7)
    frame = pd.DataFrame({"pool": pools, "cluster": clusters, "part": parts})
    assert (frame.groupby("pool")[["cluster", "part"]].nunique() == 1).all(axis=None)
    sizes = frame.groupby("pool").size()
    assert set(pools) == set(range(pools.max() + 1)) and sizes.min() >= 5 and sizes.max() <= 10
    within = frame.assign(size=sizes.loc[pools].to_numpy()).groupby(["cluster", "part"])["size"]
    assert (within.max() - within.min() <= 1).all()  # no small rest


@pytest.fixture
def oligodendroglioma(realdata):
    path = realdata / "cells" / "oligodendroglioma.h5ad"
    if not path.is_file():
        pytest.skip("no ../shared/realdata/cells beside the project")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is a file of an old anndata
        return ad.read_h5ad(path)


def test_the_score_separates_malignant_from_normal_cells_of_another_lineage(oligodendroglioma):
    adata = oligodendroglioma
    levels = log_levels(adata.X, None).toarray()
    kind = adata.obs["cell_type"].astype(str)
    malignant = kind.str.startswith("malignant").to_numpy()
    microglia = (kind == "Microglia/Macrophage").to_numpy()
    order = genome_order(adata.var_names, adata.var[["chromosome", "start"]])
    for reference, least in ((microglia, 0.967), (~malignant & ~microglia, 0.585)):
        held_out = ~malignant & ~reference
        score = cnv_score(cnv_profile(levels, order, levels[reference].mean(axis=0, keepdims=True)))
        used = malignant | held_out
        assert roc_auc_score(malignant[used], score[used]) >= least


def test_too_few_normal_cells_are_said_and_nothing_is_called_malignant(oligodendroglioma):
    adata = oligodendroglioma
    counts = log_levels(adata.X, None)
    counts.data = np.round(np.expm1(counts.data))
    calls = call_compartments(
        counts, adata.var_names, np.array(["P1", "P2"])[np.arange(184) % 2].astype(object),
        np.arange(184, dtype=np.uint64), marker_genes(), positions(), by_cnv=True, seed=1,
    )  # fmt: skip
    epithelial = calls.table[calls.table["lineage"] == "epithelial"]
    assert (calls.table["compartment"] != "malignant").all()
    assert all(f"{LEAST_NORMAL} normal cells" in reason for reason in epithelial["reason"])
