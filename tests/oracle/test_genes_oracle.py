"""Single genes against R's survival, metafor and p.adjust, through the table we write."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup.settings import settings
from tests.oracle.recompute import STORED, compare_tables, read_table, run_r

from irf7bone.outcome.cohort_data import CohortData
from irf7bone.pool.pool_genes import every_gene
from irf7bone.study.settings import Primary, SignatureSettings
from irf7bone.tables.cohort import GENE_IDENTITY
from irf7bone.tables.every_gene import EVERY_GENE

CONFIG = settings(
    signatures=SignatureSettings(("PROLIF",), (), 0.5),
    endpoints=("death",),
    primary=Primary("PROLIF", "zscore", "death", "unadjusted"),
)
ROWS = {"a": slice(0, 45), "b": slice(45, 90)}
GENES = {"a": 120, "b": 90}


def cohort(name: str) -> CohortData:
    """A half of the stored patients, as genes.R takes it."""
    rows = ROWS[name]
    patients = read_table(STORED / "null_patients.tsv").iloc[rows]
    expression = read_table(STORED / "null_expression.tsv").set_index("gene").T.iloc[rows, : GENES[name]]
    obs = pd.DataFrame(
        {
            "death_time_months": patients["time"].to_numpy(dtype=float),
            "death_event": patients["event"].to_numpy(dtype=float),
        },
        index=patients["sample"],
    )
    values = patients["proliferation"].to_numpy(dtype=float)
    scores = pd.DataFrame(
        {
            "sample": patients["sample"].to_numpy(),
            "signature": "PROLIF",
            "method": "zscore",
            "score_z": (values - values.mean()) / values.std(ddof=1),
            "status": "ok",
            "reason": None,
        }
    )
    return CohortData(expression, obs, scores)


def compare(folder: Path, written: Path) -> None:
    """Every number of R's table, 1e-6 relative."""
    theirs = read_table(folder / "genes.tsv").set_index(["gene", "cohort", "model"])
    assert len(theirs) == 2 * (120 + 90 + 90)
    identities = dict.fromkeys(ROWS, GENE_IDENTITY.empty())
    found = every_gene(
        cohort,
        identities,
        dict.fromkeys(ROWS, "validation"),
        interferon=(),
        curves_of=(),
        tertiles_of=(),
        nobodys={},
        config=CONFIG,
    )
    EVERY_GENE.write(found.genes, written)
    ours = EVERY_GENE.read(written).set_index(["gene", "cohort", "model"]).loc[theirs.index]
    assert set(ours["status"]) == {"ok"} and set(ours["estimator"].dropna()) == {"cox"}
    for name in theirs.columns:
        np.testing.assert_allclose(ours[name].astype(float), theirs[name], rtol=1e-6, err_msg=name)


def test_r_as_stored(tmp_path):
    header = (STORED / "genes.tsv").read_text(encoding="utf-8").splitlines()[:2]
    assert "survival 3.5" in header[0] and "p.adjust(p, 'BH')" in header[1]
    compare(STORED, tmp_path / "genes.tsv.gz")


@pytest.mark.oracle
def test_r_recomputed(tmp_path):
    for name in ("null_expression.tsv", "null_patients.tsv"):
        shutil.copy(STORED / name, tmp_path)
    run_r("genes.R", tmp_path)
    compare(tmp_path, tmp_path / "genes.tsv.gz")
    compare_tables(tmp_path, ["genes.tsv"], rtol=1e-6, atol=1e-8)
