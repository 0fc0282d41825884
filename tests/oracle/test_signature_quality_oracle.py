"""Signature quality against base R (cor, prcomp, rank), through the table we write."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from tests.oracle.recompute import STORED, compare_tables, run_r

from irf7bone.genes.signatures import Signature
from irf7bone.scoring.score_table import score_cohort
from irf7bone.scoring.signature_quality import signature_quality
from irf7bone.tables.cohort import SIGNATURE_QUALITY


def read(folder: Path, name: str, **rules: object) -> pd.DataFrame:
    """A table that R wrote; its first lines name the version and the calls."""
    return pd.read_csv(folder / name, sep="\t", comment="#", **rules)


def compare(folder: Path) -> None:
    """Every number of R's table, 1e-6 relative, or 1e-9 where the value is near 0."""
    expression = read(STORED, "gsva_expression.tsv", index_col="gene").T
    expression = expression.rename(columns={expression.columns[0]: "IRF7"})
    sets = read(STORED, "gsva_sets.tsv").set_index("set")["genes"].str.split(",")
    library = {
        name: Signature(name, tuple(genes), (), "", "", "", "user", "", "", Path("made.gmt"))
        for name, genes in sets.items()
    }
    _, coverage = score_cohort(expression, library, [], 0.5)
    ours = signature_quality("x", expression, library, coverage.assign(cohort="x"), scale="log2")
    SIGNATURE_QUALITY.check(ours, "ours")
    ours = ours.set_index("signature")
    theirs = read(folder, "signature_quality.tsv").set_index("set")
    assert sorted(ours.index[ours["status"] == "ok"]) == sorted(theirs.index)
    assert len(theirs) == 6 and len(theirs.columns) == 10
    for name in theirs.columns:
        for row, expected in theirs[name].items():
            assert ours.loc[row, name] == pytest.approx(expected, rel=1e-6, abs=1e-9), (row, name)


def test_r_as_stored():
    header = (STORED / "signature_quality.tsv").read_text(encoding="utf-8").splitlines()[:2]
    assert "R version" in header[0] and "prcomp(t(x), scale.=TRUE)" in header[1]
    compare(STORED)


@pytest.mark.oracle
def test_r_recomputed(tmp_path):
    for name in ("gsva_expression.tsv", "gsva_sets.tsv"):
        shutil.copy(STORED / name, tmp_path)
    run_r("signature_quality.R", tmp_path)
    compare(tmp_path)
    compare_tables(tmp_path, ["signature_quality.tsv"], rtol=1e-6, atol=1e-9)
