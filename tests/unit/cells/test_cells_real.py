"""Real single cells with known answers; skipped where they do not lie beside the project."""

from __future__ import annotations

import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from madeup.cells import IFN, library, marker_genes, positions
from scipy import sparse
from scipy.stats import mannwhitneyu

from irf7bone.cells.ambient import programme_level
from irf7bone.cells.calls import call_compartments
from irf7bone.cells.contrasts import plan
from irf7bone.cells.markers import name_clusters
from irf7bone.cells.pseudobulk import as_experiment
from irf7bone.experiments.compare import compare
from irf7bone.study.cells_card import CellContrast

CYTOTOXIC = ("GZMB", "GZMA", "GNLY", "NKG7", "PRF1")


def read(realdata, name):
    path = realdata / "cells" / name
    if not path.is_file():
        pytest.skip("no ../shared/realdata/cells beside the project")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of old formats
        return ad.read_h5ad(path)


def summed(adata, columns):
    key = adata.obs[list(columns)].astype(str).agg("|".join, axis=1)
    frame = pd.DataFrame(adata.X.toarray(), columns=adata.var_names).groupby(key.to_numpy()).sum()
    return frame, frame.div(frame.sum(axis=1), axis=0) * 1e6


def test_interferon_raises_the_programme_in_every_kind_of_blood_cell(realdata):
    kang = read(realdata, "kang2018_muscat_1556.h5ad")
    kang.obs["donor"] = kang.obs["sample_id"].astype(str).str[-3:]
    _, level = summed(kang, ("cluster_id", "donor", "group_id"))
    programme = [gene for gene in library()[IFN].up if gene in level]
    cytotoxic = [gene for gene in CYTOTOXIC if gene in level]
    kinds = sorted(kang.obs["cluster_id"].astype(str).unique())
    assert len(kinds) == 5
    for kind in kinds:
        for donor in ("101", "107"):
            stim, ctrl = (level.loc[f"{kind}|{donor}|{group}"] for group in ("stim", "ctrl"))
            change = programme_level(stim[programme].to_numpy()[None]) - programme_level(
                ctrl[programme].to_numpy()[None]
            )
            assert 2.8 < change[0] < 4.7
            assert 1.4 < np.log2(stim["IRF7"] + 1) - np.log2(ctrl["IRF7"] + 1) < 13
    total = pd.concat({kind: level[level.index.str.startswith(f"{kind}|")].sum() for kind in kinds}, axis=1).T
    assert programme and len(total) == 5 and cytotoxic


def test_two_donors_are_too_few_to_test_anything(realdata):
    kang = read(realdata, "kang2018_muscat_1556.h5ad")
    kang.obs["donor"] = kang.obs["sample_id"].astype(str).str[-3:]
    counts, _ = summed(kang[kang.obs["cluster_id"] == "B cells"], ("donor", "group_id"))
    obs = pd.DataFrame(
        [name.split("|") for name in counts.index], columns=["patient", "group"], index=counts.index
    )
    bulk = ad.AnnData(
        counts.to_numpy(),
        obs=obs.assign(compartment="b", batch=None, status="ok"),
        var=pd.DataFrame(index=counts.columns),
    )
    contrast = CellContrast("c", "b", "stim", "ctrl", True, False, "interferon_response")
    planned = plan("kang", as_experiment(bulk, "b", organism="human", scale="counts"), contrast, "b")
    assert planned.status == "too_few_patients" and planned.sizes["n_patients"] == 2


def test_markers_tell_all_labelled_cells_of_a_node_apart(realdata):
    """45 cells of one lymph node, each a cluster of its own: full-length cells are deep enough."""
    chung = read(realdata, "chung2017_bc03_bc07_counts.h5ad")
    label = chung.obs["author_label"].astype(str)
    known = chung[label != "unknown"]
    level = known.X.toarray().astype(float)
    level = pd.DataFrame(np.log1p(level / level.sum(axis=1, keepdims=True) * 1e4), columns=known.var_names)
    level = level.loc[:, ~level.columns.duplicated()]
    lists = {
        name: genes
        for name, genes in marker_genes().items()
        if name in ("EPITHELIAL", "T_CELL", "B", "T_CD8", "T_CD4")
    }
    called = name_clusters(level, lists)["lineage"]
    wanted = {"Bcell": "b", "Tcell": "t", "Tumor": "epithelial"}
    kind = called.replace({"t_cd8": "t", "t_cd4": "t", "t_other": "t"})
    assert (kind.to_numpy() == known.obs["author_label"].astype(str).map(wanted).to_numpy()).sum() == 45


def test_two_patients_of_a_node_and_a_primary_are_too_few(realdata):
    chung = read(realdata, "chung2017_bc03_bc07_counts.h5ad")
    counts, _ = summed(chung, ("patient", "site"))
    obs = pd.DataFrame(
        [name.split("|") for name in counts.index], columns=["patient", "group"], index=counts.index
    )
    counts = counts.loc[:, ~counts.columns.duplicated()]
    bulk = ad.AnnData(
        counts.to_numpy(),
        obs=obs.assign(compartment="malignant", batch=None, status="ok"),
        var=pd.DataFrame(index=counts.columns),
    )
    contrast = CellContrast("c", "malignant", "lymph_node", "primary", True, False, "other")
    planned = plan(
        "chung", as_experiment(bulk, "malignant", organism="human", scale="counts"), contrast, "malignant"
    )
    assert planned.status == "too_few_patients" and planned.design is None


def test_random_splits_of_patients_give_uniform_p_and_cells_do_not(realdata):
    """Malignant cells of four patients, 2 against 2, random gene sets: nothing is there to be found."""
    tumour = read(realdata, "oligodendroglioma.h5ad")
    kind = tumour.obs["cell_type"].astype(str)
    tumour = tumour[kind.str.startswith("malignant").to_numpy()]
    patient = tumour.obs["cell_type"].astype(str).str.removeprefix("malignant_").to_numpy()
    level = tumour.X.toarray().astype(float)
    level = np.log1p(level / level.sum(axis=1, keepdims=True) * 1e4)
    names = np.unique(patient)
    rng = np.random.default_rng(1)
    by_patient, by_cell = [], []
    for _ in range(1_000):
        score = level[:, rng.choice(level.shape[1], 50, replace=False)].mean(axis=1)
        case = np.isin(names, rng.choice(names, 2, replace=False))
        means = np.array([score[patient == name].mean() for name in names])
        matrix = np.column_stack([np.ones(4), case])
        by_patient.append(compare(means[None], matrix)["p"].iloc[0])
        inside = np.isin(patient, names[case])
        by_cell.append(mannwhitneyu(score[inside], score[~inside]).pvalue)
    assert 0.03 <= np.mean(np.array(by_patient) < 0.05) <= 0.07
    assert np.mean(np.array(by_cell) < 0.05) > 0.25  # what taking cells for patients does


def test_clusters_of_blood_are_called_as_the_authors_label_them(realdata):
    kang = read(realdata, "kang2018_muscat_1556.h5ad")
    calls = call_compartments(
        sparse.csr_matrix(kang.X.astype(np.float32)), kang.var_names.to_numpy(dtype=object),
        kang.obs["sample_id"].astype(str).to_numpy(dtype=object), np.arange(kang.n_obs, dtype=np.uint64),
        marker_genes(), positions(), by_cnv=False, seed=1,
    )  # fmt: skip
    called = calls.table["compartment"].to_numpy(dtype=object)[calls.clusters]
    lineage = kang.obs["cluster_id"].astype(str)
    b_cells = (lineage == "B cells").to_numpy()
    monocytes = lineage.str.contains("Mono").to_numpy()
    for cells, name in ((b_cells, "b"), (monocytes, "myeloid")):  # 1,267 genes: some clusters stay unassigned
        assert (called[cells] == "unassigned").mean() < 0.25
        assert (called[cells & (called != "unassigned")] == name).mean() > 0.95
    assert not (called == "malignant").any()
