"""Correlations, partial correlations and their pooling against base R and metafor."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.oracle.recompute import STORED, compare_tables, run_r

from irf7bone.pool.pooled_immune_link import pool_immune
from irf7bone.statistics.partial_correlation import partial_correlation
from irf7bone.tables.outcome import ADJUSTMENTS, IMMUNE_LINKS

# R's covariates w1 and w2 stand for proliferation and leukocytes
NAMES = dict(zip(("none", "w1", "w1,w2"), ADJUSTMENTS, strict=True))


def read(folder: Path, name: str) -> pd.DataFrame:
    """A table that R wrote; its first two lines name the versions and the call."""
    return pd.read_csv(folder / name, sep="\t", comment="#")


def compare(folder: Path) -> None:
    """Every number of R's table, 1e-6 relative, or 1e-8 where the value is near 0."""
    theirs = read(folder, "immune_correlations.tsv").set_index(["adjustment", "set"])
    rows = []
    for name, data in read(folder, "immune_data.tsv").groupby("set", sort=False):
        for adjustment, named in NAMES.items():
            held = [data[column].to_numpy() for column in adjustment.split(",") if adjustment != "none"]
            found = partial_correlation(data["x"].to_numpy(), data["y"].to_numpy(), held)
            for column in ("r", "ci_low", "ci_high", "p"):
                expected = theirs.loc[(adjustment, name), column]
                assert getattr(found, column) == pytest.approx(expected, rel=1e-6, abs=1e-20), (name, column)
            labels = {
                "cohort": name,
                "signature": "x",
                "immune": "y",
                "adjustment": named,
                "method": "zscore",
            }
            rows.append({**labels, **vars(found), "n": len(data), "n_shared": 0, "status": "ok"})
    links = IMMUNE_LINKS.cast(pd.DataFrame(rows).reindex(columns=IMMUNE_LINKS.names))
    pooled = pool_immune(links, dict.fromkeys(links["cohort"], "validation")).set_index("adjustment")
    for adjustment, named in NAMES.items():
        for column in theirs.columns:
            expected = theirs.loc[(adjustment, "pooled"), column]
            assert pooled.loc[named, column] == pytest.approx(expected, rel=1e-6, abs=1e-8), (named, column)


def test_r_as_stored():
    header = (STORED / "immune_correlations.tsv").read_text(encoding="utf-8").splitlines()[:2]
    assert "metafor 3.8.1" in header[0] and "cor.test(x, y)" in header[1]
    compare(STORED)


@pytest.mark.oracle
def test_r_recomputed(tmp_path):
    run_r("immune.R", tmp_path)
    compare(tmp_path)
    compare_tables(tmp_path, ("immune_data.tsv", "immune_correlations.tsv"), rtol=1e-6, atol=1e-8)
