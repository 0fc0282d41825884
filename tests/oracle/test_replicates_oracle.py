"""Correlated samples of one animal against limma, statmod and nlme, on the counts of experiments.R."""

from __future__ import annotations

import shutil
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import STORED, compare_tables, read_table, run_r

from irf7bone.experiments import differential as module
from irf7bone.experiments.design import ContrastDesign, build_designs
from irf7bone.experiments.differential import differential
from irf7bone.statistics.random_intercept import block_root, random_intercept, within_block_correlations
from irf7bone.study.experiment_card import Contrast

CONTRAST = Contrast("c", "case", "reference", paired=False, batch=False, meaning="other")
PAIRED_ANIMALS = [number for number in range(6) for _ in range(2)]
# as in replicates.R: the animal of each sample, and whether it is a case
LAYOUTS = {
    "between": (PAIRED_ANIMALS, [0] * 6 + [1] * 6),
    "within": (PAIRED_ANIMALS, [0, 1] * 6),
    "both": ([1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6], [0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1]),
}


def experiment(scale: str, layout: str) -> tuple[ad.AnnData, ContrastDesign]:
    """The oracle's counts, or log2(counts + 1), and the model of a layout."""
    counts = read_table(STORED / "experiment_counts.tsv").set_index("gene").iloc[::2]
    animals, cases = LAYOUTS[layout]
    obs = pd.DataFrame(
        {
            "group": ["case" if case else "reference" for case in cases],
            "pair": None,
            "unit": [f"animal {animal}" for animal in animals],
        },
        index=counts.columns,
    )
    values = counts.to_numpy().T
    adata = ad.AnnData(np.log2(values + 1.0), obs=obs, var=pd.DataFrame(index=counts.index.astype(str)))
    adata.uns["organism"], adata.uns["scale"] = "human", scale
    if scale == "counts":
        adata.layers["counts"] = values
    [design] = build_designs("oracle", obs, [CONTRAST])
    assert design.layout == layout
    return adata, design


def agree(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Consensus and genes' correlations as R has them; with R's consensus put in: estimate, t and p."""
    genes = read_table(folder / "replicates_genes.tsv").set_index("gene")
    steps = read_table(folder / "replicates_consensus.tsv").set_index("model")["consensus"]
    for layout in LAYOUTS:
        for scale, model in (("log2", f"trend_{layout}"), ("counts", f"voom_{layout}")):
            theirs, wanted = genes[genes["model"] == model], np.atleast_1d(steps.loc[model])
            adata, design = experiment(scale, layout)
            seen = []

            def estimated(*arguments, seen=seen):
                seen.append(within_block_correlations(*arguments))
                return seen[-1]

            with monkeypatch.context() as patch:
                patch.setattr(module, "within_block_correlations", estimated)
                ours = differential(adata, design)
            assert ours.engine == {"log2": "limma-trend", "counts": "limma-voom"}[scale]
            assert list(ours.genes.index) == list(theirs.index)
            assert ours.correlation == pytest.approx(wanted[-1], abs=1e-3), model
            ranks = pd.Series(seen[-1]).corr(pd.Series(theirs["correlation"].to_numpy()), method="spearman")
            assert ranks > 0.999, model
            given = iter(wanted)
            with monkeypatch.context() as patch:
                patch.setattr(module, "consensus_correlation", lambda _, given=given: next(given))
                ours = differential(adata, design).genes
            for column in ("log2_fc", "t"):
                np.testing.assert_allclose(ours[column], theirs[column], rtol=1e-6, atol=1e-6)
            np.testing.assert_allclose(ours["p"], theirs["p"], rtol=1e-6)


def agree_with_lme(folder: Path) -> None:
    """A random intercept of its own in each gene: effect, standard deviation, plain standard error."""
    theirs = read_table(folder / "replicates_lme.tsv").set_index("gene")
    adata, design = experiment("log2", "both")
    ours = random_intercept(adata[:, theirs.index].X.T, design.matrix, design.blocks)
    for column in ("effect", "sd"):
        np.testing.assert_allclose(getattr(ours, column), theirs[column], rtol=1e-4, atol=1e-6)
    turned = [block_root(design.blocks, rho) @ design.matrix for rho in ours.correlation]
    plain = ours.sd * np.sqrt([np.linalg.inv(x.T @ x)[-1, -1] for x in turned])
    np.testing.assert_allclose(plain, theirs["se"], rtol=1e-4)
    assert (ours.se > 0.95 * plain).all()  # ours allows for the correlation's own uncertainty


def test_correlated_replicates_agree_with_limma_and_nlme(monkeypatch):
    agree(STORED, monkeypatch)
    agree_with_lme(STORED)


@pytest.mark.oracle
def test_correlated_replicates_recomputed_with_r(tmp_path, monkeypatch):
    shutil.copy(STORED / "experiment_counts.tsv", tmp_path)
    run_r("replicates.R", tmp_path)
    compare_tables(tmp_path, ["replicates_genes.tsv", "replicates_consensus.tsv"], rtol=1e-7, atol=1e-9)
    lme = [read_table(folder / "replicates_lme.tsv") for folder in (tmp_path, STORED)]
    pd.testing.assert_frame_equal(*lme, rtol=1e-4)
    agree(tmp_path, monkeypatch)
    agree_with_lme(tmp_path)
