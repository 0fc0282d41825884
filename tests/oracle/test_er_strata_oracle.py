"""Effects by stratum and their interaction against R's survival and metafor, through the tables we write."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup.settings import settings
from tests.oracle.recompute import STORED, compare_tables, run_r

from irf7bone.outcome.er_strata import associate_by_er
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.pool.by_er import differences, pool_by_er
from irf7bone.study.settings import Primary, SignatureSettings

SETS = ("lung", "mgus2", "simulated")
CONFIG = settings(
    signatures=SignatureSettings(("SCORE", "SECOND"), (), 0.5),
    methods=("zscore",),
    endpoints=("death",),
    models=("unadjusted", "proliferation"),
    primary=Primary("SCORE", "zscore", "death", "unadjusted"),
    proliferation_signature="SECOND",
)


def read(folder: Path, name: str) -> pd.DataFrame:
    """A table that R wrote; its first lines name the versions and the call."""
    return pd.read_csv(folder / name, sep="\t", comment="#")


def cohort(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A stored data set as the obs and scores of a cohort; stratum 1 is ER-positive."""
    data = read(STORED, f"survival_data_{name}.tsv")
    samples = [f"s{i}" for i in range(len(data))]
    obs = pd.DataFrame(
        {
            "death_time_months": data["time"].to_numpy(dtype=float),
            "death_event": (data["cause"] == 1).to_numpy(dtype=float),
            "er": pd.Categorical(np.where(data["stratum"] == 1, "positive", "negative")),
        },
        index=samples,
    )
    parts = []
    for signature, column in (("SCORE", "score"), ("SECOND", "second")):
        values = data[column].to_numpy(dtype=float)
        z = (values - values.mean()) / values.std(ddof=1)
        parts.append(
            pd.DataFrame({"sample": samples, "signature": signature, "method": "zscore", "score_z": z})
        )
    return obs, pd.concat(parts, ignore_index=True).assign(status="ok", reason=None)


def compare(folder: Path) -> None:
    """Every estimate, standard error and p of R's table, 1e-6 relative."""
    theirs = read(folder, "er_strata.tsv").set_index(["cohort", "model", "er"]).sort_index()
    assert len(theirs) == 24
    fits = pd.concat([associate_by_er(FitPlan(name, *cohort(name), config=CONFIG)) for name in SETS])
    pooled = pool_by_er(fits, dict.fromkeys(SETS, "validation"), config=CONFIG)
    ours = pd.concat([fits, differences(fits).assign(er="difference"), pooled.assign(cohort="pooled")])
    ours = ours[ours["signature"] == "SCORE"].set_index(["cohort", "model", "er"]).loc[theirs.index]
    for name in theirs.columns:
        np.testing.assert_allclose(ours[name].astype(float), theirs[name], rtol=1e-6, err_msg=name)


def test_r_as_stored():
    header = (STORED / "er_strata.tsv").read_text(encoding="utf-8").splitlines()[:2]
    assert "survival 3.5" in header[0] and "score * pos + strata(pos)" in header[1]
    compare(STORED)


@pytest.mark.oracle
def test_r_recomputed(tmp_path):
    for name in SETS:
        shutil.copy(STORED / f"survival_data_{name}.tsv", tmp_path)
    run_r("er_strata.R", tmp_path)
    compare(tmp_path)
    compare_tables(tmp_path, ["er_strata.tsv"], rtol=1e-6, atol=1e-8)
