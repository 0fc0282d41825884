"""Intervals of tau2 and I2, leave-one-out and Egger's test against metafor, through the tables we write."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import STORED, compare_tables, run_r

from irf7bone.pool.heterogeneity import asymmetry, heterogeneity, leave_one_cohort_out_table
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.pooled import ASYMMETRY, HETEROGENEITY, LEAVE_ONE_COHORT_OUT

TABLES = ("intervals", "leave_one_cohort_out", "egger")
RESULT = {"method": "zscore", "endpoint": "bone", "model": "unadjusted"}


def read(folder: Path, name: str) -> pd.DataFrame:
    """A table that R wrote; its first two lines name the versions and the call."""
    return pd.read_csv(folder / name, sep="\t", comment="#")


def tables() -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """metafor's studies as associations (a case is a signature, a study a cohort), what to pool, roles."""
    studies = read(STORED, "metafor_studies.tsv")
    rows = pd.DataFrame(
        {"signature": studies["case"], **RESULT, "log_hr": studies["log_hr"], "se": studies["se"]}
    )
    rows["cohort"] = "c" + (rows.groupby("signature").cumcount() + 1).astype(str)
    rows = rows.assign(ci_low=0.0, ci_high=0.0, p=0.5, status="ok", reason=None)
    associations = ASSOCIATIONS.cast(rows.reindex(columns=ASSOCIATIONS.names))
    pooled = associations[["signature", *RESULT]].drop_duplicates().assign(reason=None)
    return associations, pooled, dict.fromkeys(associations["cohort"].unique(), "validation")


def compare(folder: Path) -> None:
    """Ours against every number of the tables, 1e-6 relative, or 1e-8 where the value is near 0."""
    close = {"rtol": 1e-6, "atol": 1e-8}
    inputs = tables()
    ours = heterogeneity(*inputs)
    HETEROGENEITY.check(ours, "heterogeneity")
    theirs = read(folder, "heterogeneity_intervals.tsv").set_index("case").loc[ours["signature"]]
    assert len(theirs) >= 14 and theirs["empty"].sum() == 2
    ends = ["tau2_low", "tau2_high", "i2_low", "i2_high"]
    # where both ends lie below 0 metafor prints 0 and 0, and that the interval is empty; we give none
    theirs.loc[theirs["empty"], ends] = np.nan
    for name in ["cochran_q", "q_p", *ends]:
        np.testing.assert_allclose(ours[name], theirs[name], **close, err_msg=name)

    left = leave_one_cohort_out_table(*inputs)
    LEAVE_ONE_COHORT_OUT.check(left, "leave-one-out")
    theirs = read(folder, "heterogeneity_leave_one_cohort_out.tsv")
    theirs = theirs.assign(left_out="c" + theirs["study"].astype(str)).set_index(["case", "left_out"])
    ours = left.set_index(["signature", "left_out"]).loc[theirs.index]
    for name in ("log_hr", "se", "ci_low", "ci_high", "p", "tau2"):
        np.testing.assert_allclose(ours[name], theirs[name], **close, err_msg=name)

    egger = asymmetry(*inputs)
    ASYMMETRY.check(egger, "asymmetry")
    theirs = read(folder, "heterogeneity_egger.tsv").set_index("case")
    ours = egger[egger["status"] == "ok"].set_index("signature")
    assert sorted(ours.index) == sorted(theirs.index)
    for name in theirs.columns:
        np.testing.assert_allclose(ours.loc[theirs.index, name], theirs[name], **close, err_msg=name)


def test_metafor_as_stored():
    header = (STORED / "heterogeneity_intervals.tsv").read_text(encoding="utf-8").splitlines()[:2]
    assert "metafor 3.8.1" in header[0] and "confint(fit" in header[1] and "regtest(" in header[1]
    compare(STORED)


@pytest.mark.oracle
def test_metafor_recomputed(tmp_path):
    shutil.copy(STORED / "metafor_studies.tsv", tmp_path)
    run_r("heterogeneity.R", tmp_path)
    compare(tmp_path)
    compare_tables(tmp_path, [f"heterogeneity_{name}.tsv" for name in TABLES], rtol=1e-6, atol=1e-8)
