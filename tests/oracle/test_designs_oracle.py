"""Interactions, ordered groups, batches and replicates against limma, on the counts of experiments.R."""

from __future__ import annotations

import shutil
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import STORED, compare_tables, read_table, run_r

from irf7bone.experiments.design import ContrastDesign, build_designs
from irf7bone.experiments.differential import differential
from irf7bone.experiments.linear import fit_last
from irf7bone.experiments.replicates import first_samples, put_together
from irf7bone.study.experiment_card import Contrast

CELLS = ("vector_primary", "vector_lesion", "irf7_primary", "irf7_lesion")
THAN = {"than": ("vector_lesion", "vector_primary")}


def contrast(case: str, reference: str, **more) -> Contrast:
    return Contrast("c", case, reference, **{"paired": False, "batch": False, "meaning": "other", **more})


CONTRASTS = {
    "interaction": contrast("irf7_lesion", "irf7_primary", **THAN),
    "interaction_batch": contrast("irf7_lesion", "irf7_primary", batch=True, **THAN),
    "interaction_pairs": contrast("irf7_lesion", "irf7_primary", paired=True, **THAN),
    "ordered": contrast("h24", "h0", at={"h0": 0.0, "h6": 6.0, "h24": 24.0}),
}


def experiment(scale: str, design: str) -> ad.AnnData:
    """The oracle's counts, or log2(counts + 1), with the groups of a design."""
    counts = read_table(STORED / "experiment_counts.tsv").set_index("gene")
    animal, lesion = np.repeat(np.arange(6), 2), np.tile([0, 1], 6)
    cells = [CELLS[2 * (a >= 3) + b] for a, b in zip(animal, lesion, strict=True)]
    obs = pd.DataFrame(
        {
            "group": ["h0", "h6", "h24"] * 4 if design == "ordered" else cells,
            "pair": [f"animal {number}" for number in animal],
            "batch": [f"b{number % 2}" for number in animal],
        },
        index=counts.columns,
    )
    values = counts.to_numpy().T
    adata = ad.AnnData(np.log2(values + 1.0), obs=obs, var=pd.DataFrame(index=counts.index.astype(str)))
    adata.uns["organism"], adata.uns["scale"] = "human", scale
    if scale == "counts":
        adata.layers["counts"] = values
    return adata


def design_of(adata: ad.AnnData, name: str) -> ContrastDesign:
    return build_designs("oracle", adata.obs, [CONTRASTS[name]])[0]


def compare(folder: Path) -> None:
    genes = read_table(folder / "designs_genes.tsv").set_index("gene")
    for name in CONTRASTS:
        for scale in ("counts", "log2"):
            adata = experiment(scale, name)
            ours = differential(adata, design_of(adata, name))
            model = {"limma-voom": "voom", "limma-trend": "trend", "limma": "limma"}[ours.engine]
            theirs = genes[genes["model"] == f"{model}_{name}"]
            assert list(ours.genes.index) == list(theirs.index), (name, scale)
            for column in ("log2_fc", "t"):
                np.testing.assert_allclose(ours.genes[column], theirs[column], rtol=1e-6, atol=1e-6)
            np.testing.assert_allclose(ours.genes["p"], theirs["p"], rtol=1e-6)


def test_designs_agree_with_limma():
    compare(STORED)


def test_replicates_put_together_give_the_estimate_of_limmas_blocks():
    """Balanced: the means' least squares are those of any correlation; p differs, as its freedom does."""
    theirs = read_table(STORED / "designs_genes.tsv").set_index("gene")
    theirs = theirs[theirs["model"] == "blocked"]
    adata = experiment("log2", "interaction")
    obs = adata.obs.assign(group=adata.obs["group"].str.partition("_")[0])
    raw = adata.to_df().T.loc[theirs.index]
    means = put_together(raw, first_samples(obs["pair"], obs, "here"), "log2")
    assert means.shape[1] == 6
    [design] = build_designs("oracle", obs.loc[means.columns], [contrast("irf7", "vector")])
    fit = fit_last(means.to_numpy(), design.matrix)
    np.testing.assert_allclose(fit.effect, theirs["log2_fc"], rtol=1e-6, atol=1e-9)
    t = fit.effect / (fit.scale * fit.sigma)
    assert pd.Series(np.abs(t)).corr(pd.Series(theirs["t"].abs().to_numpy()), method="spearman") > 0.8


@pytest.mark.oracle
def test_designs_recomputed_with_r(tmp_path):
    shutil.copy(STORED / "experiment_counts.tsv", tmp_path)
    run_r("designs.R", tmp_path)
    compare_tables(tmp_path, ["designs_genes.tsv"], rtol=1e-7, atol=1e-9)
    compare(tmp_path)


def test_an_interaction_is_the_difference_of_two_differences():
    """Worked by hand: means 1, 2, 4 and 9 in the four cells, so (9 - 4) - (2 - 1)."""
    adata = experiment("log2", "interaction")
    means = dict(zip(CELLS, (1.0, 2.0, 4.0, 9.0), strict=True))
    noise = np.tile([-0.5, -0.5, 0.0, 0.0, 0.5, 0.5], 2)
    values = adata.obs["group"].map(means).to_numpy(float) + noise
    fit = fit_last(values[None, :], design_of(adata, "interaction").matrix)
    assert fit.effect[0] == pytest.approx(4.0)
    # four cell means of three values with variance 0.25 each
    assert fit.scale[0] * fit.sigma[0] == pytest.approx(np.sqrt(4 * 0.25 / 3)) and fit.df_residual == 8


def test_ordered_groups_are_a_line_from_the_first_to_the_last():
    adata = experiment("log2", "ordered")
    design = design_of(adata, "ordered")
    hours = adata.obs["group"].str[1:].astype(float).to_numpy()
    slope = np.polyfit(hours, np.arange(12.0) ** 2, 1)[0]
    fit = fit_last((np.arange(12.0) ** 2)[None, :], design.matrix)
    assert fit.effect[0] == pytest.approx(24 * slope)
    assert (design.n_case, design.n_reference, design.smallest_group, design.exchangeable) == (4, 4, 4, False)
