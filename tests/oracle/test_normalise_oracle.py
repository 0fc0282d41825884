"""TMM factors against edgeR, through the counts that the oracle read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import STORED, compare_tables, run_r

from irf7bone.harmonise.normalise import tmm_factors


def read(folder: Path, name: str) -> pd.DataFrame:
    """A table of the oracle; its first lines name the versions and the call."""
    return pd.read_csv(folder / name, sep="\t", comment="#", index_col=0)


def compare(folder: Path) -> None:
    """Every factor of edgeR's, 1e-6 relative."""
    theirs = read(folder, "tmm_factors.tsv")["factor"]
    counts = read(folder, "tmm_counts.tsv")
    assert theirs.index.equals(counts.columns)
    np.testing.assert_allclose(tmm_factors(counts.to_numpy(dtype=float)), theirs, rtol=1e-6)


def edger(folder: Path) -> None:
    """Run edgeR on the counts of a folder."""
    run_r("tmm.R", folder)


def test_edger_as_stored():
    header = (STORED / "tmm_factors.tsv").read_text(encoding="utf-8").splitlines()[:2]
    assert "edgeR 3.40" in header[0] and "calcNormFactors" in header[1]
    compare(STORED)


@pytest.mark.oracle
def test_edger_recomputed(tmp_path):
    shutil.copy(STORED / "tmm_counts.tsv", tmp_path)
    edger(tmp_path)
    compare(tmp_path)
    compare_tables(tmp_path, ["tmm_factors.tsv"])


def shallow() -> pd.DataFrame:
    """Counts so sparse that the upper quartile is 0 in most samples, which changes the reference."""
    rng = np.random.default_rng(3)
    return pd.DataFrame(rng.poisson(rng.gamma(0.05, 4, (600, 1)), (600, 8)), columns=list("abcdefgh"))


def bone_pairs(realdata: Path) -> pd.DataFrame:
    """Real counts of 11 primaries and their bone metastases."""
    return pd.read_csv(realdata / "priedigkeit2017" / "counts.ensembl.csv.gz", index_col=0)


@pytest.mark.oracle
@pytest.mark.parametrize("which", ["shallow", "real"])
def test_edger_on_other_counts(tmp_path, which, request):
    counts = shallow() if which == "shallow" else bone_pairs(request.getfixturevalue("realdata"))
    counts.to_csv(tmp_path / "tmm_counts.tsv", sep="\t")
    edger(tmp_path)
    compare(tmp_path)
