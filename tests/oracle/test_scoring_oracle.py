"""Scores against R GSVA (stored, and recomputed where R has it) and against gseapy."""

from __future__ import annotations

from pathlib import Path

import gseapy
import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import STORED, run_r

from irf7bone.scoring.engine import Prepared, score_sets

# pandas 3.1 about a call inside gseapy.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
METHODS = ("gsva", "ssgsea", "zscore", "plage")


def read_oracle(folder: Path) -> tuple[pd.DataFrame, dict[str, list[str]], pd.DataFrame]:
    """Expression (samples x genes), sets, and scores indexed by method and set."""
    expression = pd.read_csv(folder / "gsva_expression.tsv", sep="\t", index_col=0).T
    sets = pd.read_csv(folder / "gsva_sets.tsv", sep="\t", index_col=0)["genes"].str.split(",").to_dict()
    scores = pd.read_csv(folder / "gsva_scores.tsv", sep="\t", comment="#", index_col=[0, 1])
    return expression, sets, scores


GSVA_OF_FILES = """
if (!requireNamespace("GSVA", quietly = TRUE) || packageVersion("GSVA") >= "1.50") quit(status = 3)
x <- as.matrix(read.delim("expression.tsv", row.names = 1, check.names = FALSE))
lines <- strsplit(readLines("sets.tsv"), "\t")
sets <- setNames(lapply(lines, function(line) strsplit(line[2], ",")[[1]]), sapply(lines, `[`, 1))
scores <- suppressWarnings(
  GSVA::gsva(x, sets, method = "gsva", kcdf = "Gaussian", mx.diff = TRUE, tau = 1, verbose = FALSE)
)
write.table(format(scores, digits = 17), "scores.tsv", sep = "\t", quote = FALSE, col.names = NA)
"""


def gseapy_ssgsea(expression: pd.DataFrame, sets: dict[str, list[str]]) -> np.ndarray:
    """gseapy's unnormalised ES, sets x samples; ``expression`` samples x genes, whose order breaks ties."""
    result = gseapy.ssgsea(
        data=expression.T.astype("float64"),
        gene_sets=dict(sets),
        sample_norm_method="rank",
        weight=0.25,
        min_size=1,
        max_size=expression.shape[1],
        outdir=None,
        no_plot=True,
        threads=1,
    ).res2d
    table = result.pivot(index="Term", columns="Name", values="ES").astype("float64")
    return table.loc[list(sets), list(expression.index)].to_numpy()


def gseapy_gsva(expression: pd.DataFrame, sets: dict[str, list[str]]) -> np.ndarray:
    """gseapy's GSVA, sets x samples; genes and samples go in by name, whose order decides between equals."""
    ordered = expression.sort_index().sort_index(axis=1).T.astype("float64")
    result = gseapy.gsva(
        data=ordered,
        gene_sets=dict(sets),
        kcdf="Gaussian",
        weight=1.0,
        mx_diff=True,
        abs_rnk=False,
        min_size=1,
        max_size=expression.shape[1],
        outdir=None,
        threads=1,
    ).res2d
    table = result.pivot(index="Term", columns="Name", values="ES").astype("float64")
    return table.loc[list(sets), list(expression.index)].to_numpy()


def ours(expression: pd.DataFrame, sets: dict[str, list[str]], method: str) -> np.ndarray:
    prepared = Prepared(expression)
    return score_sets(prepared, prepared.set_matrix(list(sets.values())), method)


@pytest.mark.parametrize("method", METHODS)
def test_scores_equal_r_gsva(method):
    expression, sets, scores = read_oracle(STORED)
    expected = scores.loc[method]
    names = list(expected.index)
    found = ours(expression, {name: sets[name] for name in names}, method)
    expected = expected[list(expression.index)].to_numpy()
    if method == "plage":
        expected = expected * np.sign((expected * found).sum(axis=1, keepdims=True))
    # Scores pass through 0: the second tolerance is rounding at the scale of the method.
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12 * np.abs(expected).max())


@pytest.mark.oracle
def test_stored_scores_are_what_r_gsva_gives(tmp_path):
    run_r("gsva_scores.R", tmp_path)
    for name in ("gsva_expression.tsv", "gsva_sets.tsv"):
        assert (tmp_path / name).read_bytes() == (STORED / name).read_bytes()
    fresh, stored = read_oracle(tmp_path)[2], read_oracle(STORED)[2]
    assert list(fresh.index) == list(stored.index)
    sign = np.sign((fresh * stored).sum(axis=1)).where(stored.index.get_level_values(0) == "plage", 1.0)
    np.testing.assert_allclose(fresh.mul(sign, axis=0), stored, rtol=1e-9, atol=1e-9)


def test_ssgsea_equals_gseapy():
    expression, sets, _ = read_oracle(STORED)
    np.testing.assert_allclose(ours(expression, sets, "ssgsea"), gseapy_ssgsea(expression, sets), rtol=1e-6)


def test_gsva_equals_gseapy():
    expression, sets, _ = read_oracle(STORED)
    expression = expression.loc[:, expression.nunique() > 1]  # gseapy ranks constant genes too
    sets = {name: [gene for gene in genes if gene in expression] for name, genes in sets.items()}
    sets = {name: genes for name, genes in sets.items() if genes}
    np.testing.assert_allclose(
        ours(expression, sets, "gsva"), gseapy_gsva(expression, sets), rtol=1e-9, atol=1e-12
    )


def tumours(realdata: Path) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Every fourth gene of 67 tumours, and five random sets of them."""
    table = pd.read_csv(realdata / "gse2034" / "er_negative_67.entrez_log2.csv.gz", index_col=0)
    expression = table.iloc[::4].T.astype("float32")
    expression.columns = [f"G{gene}" for gene in expression.columns]
    rng = np.random.default_rng(6)
    sets = {f"S{k}": list(rng.choice(expression.columns, k, replace=False)) for k in (1, 11, 30, 97, 200)}
    return expression.sort_index().sort_index(axis=1), sets


@pytest.mark.oracle
def test_gsva_equals_r_gsva_on_tumours(realdata, tmp_path):
    """Some genes there stand out so far in one tumour that their densities agree to the last digits."""
    expression, sets = tumours(realdata)
    expression.T.astype("float64").to_csv(tmp_path / "expression.tsv", sep="\t", float_format="%.17g")
    lines = (f"{name}\t{','.join(genes)}\n" for name, genes in sets.items())
    (tmp_path / "sets.tsv").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "gsva.R").write_text(GSVA_OF_FILES, encoding="utf-8")
    run_r("gsva.R", cwd=tmp_path)
    expected = pd.read_csv(tmp_path / "scores.tsv", sep="\t", index_col=0)
    expected = expected.loc[list(sets), list(expression.index)].to_numpy()
    np.testing.assert_allclose(ours(expression, sets, "gsva"), expected, rtol=1e-9, atol=1e-11)


def test_gsva_equals_gseapy_on_tumours_but_for_genes_tied_by_rounding(realdata):
    expression, sets = tumours(realdata)
    difference = np.abs(ours(expression, sets, "gsva") - gseapy_gsva(expression, sets))
    assert (difference < 1e-11).mean() > 0.98
    assert difference.max() < 1e-4


def test_ssgsea_of_tied_genes_is_the_mean_of_gseapy_over_both_orders_of_the_rows():
    """gseapy walks tied genes in row order; sharing the rank is the mean of that order and its reverse."""
    expression, sets, _ = read_oracle(STORED)
    tied = expression.round(0)
    forward, backward = gseapy_ssgsea(tied, sets), gseapy_ssgsea(tied[tied.columns[::-1]], sets)
    assert np.abs(forward - backward).max() > 1
    np.testing.assert_allclose(ours(tied, sets, "ssgsea"), (forward + backward) / 2, rtol=1e-6, atol=1e-9)


def test_ssgsea_equals_gseapy_on_tumours(realdata):
    table = pd.read_csv(realdata / "gse2034" / "er_negative_67.entrez_log2.csv.gz", index_col=0)
    expression = table.iloc[:, :12].T.astype("float32")
    expression.columns = [f"G{gene}" for gene in expression.columns]
    rng = np.random.default_rng(5)
    sets = {f"S{k}": list(rng.choice(expression.columns, k, replace=False)) for k in (1, 11, 30, 97, 200)}
    forward = gseapy_ssgsea(expression, sets)
    backward = gseapy_ssgsea(expression[expression.columns[::-1]], sets)
    found = ours(expression, sets, "ssgsea")
    np.testing.assert_allclose(found, (forward + backward) / 2, rtol=1e-6, atol=1e-9 * np.abs(found).max())
