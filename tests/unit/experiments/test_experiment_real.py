"""Eleven real pairs of primary and bone metastasis: what is known of them comes out."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from irf7bone.experiments.analyse import AnalysisSettings, analyse_experiment
from irf7bone.experiments.design import Contrast
from irf7bone.experiments.levels import marker_levels
from irf7bone.genes.orthologs import to_human
from irf7bone.genes.signatures import load_library

PROJECT = Path(__file__).resolve().parents[3]
INTERFERON = "HALLMARK_INTERFERON_ALPHA_RESPONSE"
BONE = Contrast("bone", "metastasis", "primary", paired=True, batch=False, meaning="loss_in_bone")


@pytest.fixture(scope="module")
def pairs(realdata, symbols) -> ad.AnnData:
    folder = realdata / "priedigkeit2017"
    if not folder.is_dir():
        pytest.skip("no folder priedigkeit2017 among the real data")
    counts = pd.read_csv(folder / "counts.ensembl.csv.gz", index_col=0)
    samples = pd.read_csv(folder / "samples.csv", index_col=0).loc[counts.columns]
    current = symbols.to_current(list(counts.index), "ensembl").current
    counts = counts[pd.notna(current)].groupby(current[pd.notna(current)]).sum()
    values = counts.to_numpy().T
    library = values.sum(axis=1, keepdims=True)
    adata = ad.AnnData(
        np.log2((values + 0.5) / (library + 1) * 1e6).astype(np.float32),
        obs=pd.DataFrame(
            {"group": samples["Tumor"].to_numpy(), "pair": samples["Patient"].astype(str).to_numpy()},
            index=counts.columns.astype(str),
        ),
        var=pd.DataFrame(index=counts.index.astype(str)),
    )
    adata.layers["counts"] = values.astype(np.int64)
    adata.uns["organism"], adata.uns["scale"] = "human", "counts"
    return adata


@pytest.fixture(scope="module")
def tables(pairs, symbols) -> dict[str, pd.DataFrame]:
    library = load_library([PROJECT / "data" / "signatures"], symbols)
    markers = load_library([PROJECT / "data" / "markers"], symbols)
    settings = AnalysisSettings(primary_signature=INTERFERON, gene_set_draws=200)
    return analyse_experiment("priedigkeit2017", pairs, [BONE], library, markers, None, settings)


def test_bone_markers_rise(pairs, tables):
    levels = marker_levels(to_human(pairs, None))["IBSP"]
    is_bone = (pairs.obs["group"] == "metastasis").to_numpy()
    assert levels[is_bone].mean() - levels[~is_bone].mean() == pytest.approx(4.3, abs=0.1)
    ibsp = tables["genes"].set_index("gene").loc["IBSP"]
    assert ibsp["log2_fc"] > 4 and ibsp["p"] < 1e-3 and 0 < ibsp["log2_fc_shrunken"] < ibsp["log2_fc"]
    bone = tables["composition"].set_index("marker").loc["BONE"]
    assert bone["differs"] and bone["ci_low"] > 0.5 and bone["n_pairs"] == 11


def test_no_clear_loss_of_interferon_genes(tables):
    signatures = tables["signatures"].set_index(["signature", "method"])
    for name in (INTERFERON, "HALLMARK_INTERFERON_GAMMA_RESPONSE", "IRF7"):
        for method in ("zscore", "ssgsea"):
            row = signatures.loc[(name, method)]
            assert row["ci_low"] < 0 < row["ci_high"] and row["permutation_p"] > 0.1
            assert row["n_relabellings"] == 2**11 and row["permutation"] == "exact"
    sets = tables["gene_sets"].set_index(["signature", "side"])
    assert sets.loc[(INTERFERON, "up"), "camera_p"] > 0.1
    # the genes of the set move together, which is why the preset correlation will not do
    assert sets.loc[(INTERFERON, "up"), "correlation"] > 0.1
    panel = tables["panel"]
    assert (panel.loc[panel["status"] == "ok", "q"] > 0.05).all()


def test_the_composition_warning_fires(tables):
    claim = tables["claim"].iloc[0]
    assert (claim["verdict"], claim["rule"]) == ("no evidence", "E4")
    assert "bone matrix +" in claim["composition"]
    assert "could be hidden by this" in claim["warning"] and "adjusted for bone matrix" in claim["warning"]
