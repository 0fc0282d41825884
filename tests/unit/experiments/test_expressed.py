"""Genes that are not expressed: which are left out by scale, and that they hide nothing."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from madeup.experiment import LIBRARY, MARKERS, signature

from irf7bone.base.errors import InputError
from irf7bone.experiments.analyse import AnalysisSettings, analyse_experiment
from irf7bone.experiments.claim.rules import methods_code
from irf7bone.experiments.design import build_designs
from irf7bone.experiments.differential import differential
from irf7bone.experiments.expressed import expressed
from irf7bone.study.experiment_card import Contrast

CONTRAST = Contrast("bone", "bone", "primary", paired=False, batch=False, meaning="loss_in_bone")


def log2_experiment(fall: float = 1.0, seed: int = 1, scale: str = "log2") -> ad.AnnData:
    """7 primaries, 8 bone lesions, log2(x + 1): of a set of 200 genes 100 fall, 100 are noise around zero.

    Beside them 1,000 expressed genes and 3,000 that are not.
    """
    rng = np.random.default_rng(seed)
    bone = np.repeat([False, True], [7, 8])
    falling = rng.uniform(3, 9, 100) - fall * bone[:, None] + rng.normal(0, 0.4, (15, 100))
    falling += rng.normal(0, 0.3, (15, 1))
    # the depth of a library moves all of them
    silent = np.maximum(0, rng.normal(0, 0.1, (15, 3100)) + rng.normal(0, 0.15, (15, 1)))
    level = rng.uniform(2, 11, 1000)
    others = level + rng.normal(0, 0.2 + 0.8 / level, (15, 1000))
    x = np.column_stack([falling, silent, others]).clip(0).astype(np.float32)
    names = [*(f"IN{i}" for i in range(200)), *(f"OUT{i}" for i in range(4000))]
    obs = pd.DataFrame(
        {"group": pd.Categorical(np.where(bone, "bone", "primary")), "pair": None},
        index=[f"s{i}" for i in range(15)],
    )
    adata = ad.AnnData(x, obs=obs, var=pd.DataFrame(index=names))
    adata.uns["organism"], adata.uns["scale"] = "human", scale
    return adata


def test_each_scale_has_its_rule_by_hand():
    # 4 samples, 2 a group; 12 genes at the floor of 0 make it a floor
    floor = np.zeros((12, 4))
    some = np.array([[1.1, 1.1, 0, 0], [1.1, 0.9, 0.9, 0.9], [5, 6, 7, 8], [5, 5, 5, 5]])
    found = expressed(np.vstack([floor, some]), "log2", 2)
    assert found.rule == "above_floor"
    assert found.keep[-4:].tolist() == [True, False, True, False]  # the last does not vary
    # a background of 4 that a pipeline set: above it, and not above 1
    found = expressed(np.vstack([floor + 4, some + 4]), "log2", 2)
    assert found.keep[-4:].tolist() == [True, True, True, False] and not found.keep[:12].any()
    # without a floor: above the 20 % quantile of all values in two samples or more
    values = np.arange(40.0).reshape(10, 4) / 4
    found = expressed(values, "log2", 2)
    assert found.rule == "above_quantile" and found.keep.tolist() == [False] * 2 + [True] * 8
    ratios = np.array([[-3.0, -2, -3, -1], [0, 0, 0, 0], [0.1, 0, 0, 0]])
    found = expressed(ratios, "log_ratio", 2)
    assert found.rule == "varies" and found.keep.tolist() == [True, False, True]


def test_a_gene_that_one_group_alone_expresses_stays():
    values = np.vstack([np.zeros((20, 6)), [[0, 0, 0, 3, 4, 5.0]]])
    assert expressed(values, "log2", 3).keep[-1]


def analyse(adata, methods=("zscore", "ssgsea")):
    library = {"IFN": signature("IFN", tuple(f"IN{i}" for i in range(200))), "OTHER": LIBRARY["IFN"]}
    settings = AnalysisSettings(primary_signature="IFN", gene_set_draws=100, methods=methods)
    return analyse_experiment("made", adata, [CONTRAST], library, MARKERS, None, settings)


def test_the_z_score_sees_a_fall_beside_as_many_genes_of_noise():
    tables = analyse(log2_experiment())
    row = tables["signatures"].set_index(["signature", "method"]).loc[("IFN", "zscore")]
    assert row["difference"] < -1 and row["p"] < 0.01
    assert (row["n_genes_used"], row["n_not_expressed"]) == (100, 100)
    claim = tables["claim"].iloc[0]
    assert claim["verdict"] == "supported"
    contrast = tables["contrasts"].iloc[0]
    assert contrast["expressed_rule"] == "above_floor" and contrast["engine"] == "limma-trend"
    assert contrast["n_filtered"] >= 3100 and contrast["n_genes"] + contrast["n_filtered"] == 4200
    assert contrast["df_prior"] > 5


def test_without_the_filter_that_fall_would_be_smaller():
    """The trial says something only if the noise would have hidden it."""
    adata = log2_experiment()
    kept = analyse(adata)["signatures"].iloc[0]["difference"]
    every = adata.X[:, :200].astype(float)
    z = ((every - every.mean(axis=0)) / every.std(axis=0, ddof=1)).mean(axis=1)
    bone = (adata.obs["group"] == "bone").to_numpy()
    all_genes = (z[bone].mean() - z[~bone].mean()) / z.std(ddof=1)
    assert abs(all_genes) < 0.9 * abs(kept)


def test_the_trend_is_taken_where_the_variance_asks_for_it_and_not_elsewhere():
    adata = log2_experiment()
    design = build_designs("made", adata.obs, [CONTRAST])[0]
    assert differential(adata, design).trend_explains > 0.3
    rng = np.random.default_rng(3)
    even = adata.copy()
    gene_sd = np.sqrt(4 * 0.16 / rng.chisquare(4, 4200))
    even.X = (rng.uniform(4, 12, 4200) + rng.normal(size=(15, 4200)) * gene_sd).astype(np.float32)
    found = differential(even, design)
    assert found.engine == "limma" and found.trend_explains < 0.02
    even.uns["scale"] = "log_ratio"
    assert differential(even, design).engine == "limma" and np.isnan(
        differential(even, design).trend_explains
    )


def test_values_of_another_scale_that_leave_no_gene_are_refused():
    adata = log2_experiment()
    adata.X = (adata.X / 20).astype(np.float32)
    with pytest.raises(InputError, match="genes that are expressed"):
        differential(adata, build_designs("made", adata.obs, [CONTRAST])[0])


@pytest.mark.parametrize(
    ("by_method", "code"),
    [
        ({"zscore": (-0.6, 0.24), "ssgsea": (-1.5, 0.003)}, "methods_differ_in_significance"),
        ({"zscore": (-0.6, 0.24), "ssgsea": (0.5, 0.003)}, "methods_differ_in_sign"),
        ({"zscore": (-1.6, 0.01), "ssgsea": (-1.5, 0.003)}, None),
        ({"zscore": (-1.6, 0.01)}, None),
        ({}, None),
    ],
)
def test_methods_that_disagree_have_a_code(by_method, code):
    assert methods_code(by_method) == code


def test_a_claim_warns_where_its_methods_disagree():
    adata = log2_experiment(fall=0.0, seed=4)
    silent = adata.copy()
    # only the ranks within a sample move: the other genes rise past the set in bone
    x = silent.X.copy()
    x[7:, 3200:] += 1.5
    silent.X = x
    claim = analyse(silent)["claim"].iloc[0]
    signatures = analyse(silent)["signatures"].query("signature == 'IFN'").set_index("method")
    assert signatures.loc["ssgsea", "p"] < 0.05 <= signatures.loc["zscore", "p"]
    assert claim["methods_code"] in ("methods_differ_in_sign", "methods_differ_in_significance")
    assert "The verdict rests on zscore" in claim["methods_warning"]
    agreed = analyse(log2_experiment())["claim"].iloc[0]
    assert pd.isna(agreed["methods_code"]) and pd.isna(agreed["methods_warning"])
