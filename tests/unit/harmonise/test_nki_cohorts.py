"""The cohorts of the Netherlands Cancer Institute, harmonised from their cards, against known answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from irf7bone.acquire.sources import acquire
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort import harmonise
from irf7bone.harmonise.duplicates import find_duplicates
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.study.cohort_checks import load_card

PROJECT = Path(__file__).resolve().parents[3]
COHORTS = {"vantveer2002": "distant", "nki144": "distant", "nki295": "death"}
INTERFERON = [
    "IRF7", "ISG15", "MX1", "IFIT1", "STAT1", "OAS1", "IFI6", "IFI27", "IFI44", "IFI44L", "IFIT3", "BST2",
    "OAS2", "PSMB9", "CXCL10", "LGALS3BP", "IFITM1", "USP18", "HERC6", "RIGI", "LY6E", "SP110", "TAP1",
]  # fmt: skip
PROLIFERATION = ["BIRC5", "CDC20", "UBE2C", "TYMS", "NDC80"]
# hazard ratios per standard deviation that lifelines found from the accessions, before there were cards:
# unadjusted, given proliferation, given proliferation and ER (ESR1 where the cohort has no status)
KNOWN = {
    "vantveer2002": ((0.92, 0.64, 1.31), (0.75, 0.51, 1.11), (0.70, 0.46, 1.07)),
    "nki144": ((1.35, 1.04, 1.74), (1.14, 0.85, 1.53), (1.16, 0.87, 1.55)),
    "nki295": ((1.22, 1.00, 1.49), (0.92, 0.75, 1.14), (0.91, 0.74, 1.13)),
}


@pytest.fixture(scope="module")
def cohorts():
    pytest.importorskip("SurvSet", reason="needs the package that carries the cohorts")
    symbols = SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz")
    cards = [load_card(PROJECT / "data" / "cohorts" / f"{name}.yaml") for name in COHORTS]
    return {card.id: harmonise(acquire(card), card, symbols).adata for card in cards}


def model(adata, endpoint):
    """Follow-up in months, event, and score, proliferation and ER in standard deviations or 0/1."""
    values = adata.to_df().astype(float)
    z = (values - values.mean()) / values.std()
    score, proliferation = (z[genes].mean(axis=1) for genes in (INTERFERON, PROLIFERATION))
    er = (adata.obs["er"] == "positive").astype(float) if "er" in adata.obs else z["ESR1"]
    columns = [score / score.std(), proliferation / proliferation.std(), er]
    follow_up = [adata.obs[f"{endpoint}_{part}"].to_numpy(float) for part in ("time_months", "event")]
    return *follow_up, np.column_stack(columns)


@pytest.mark.parametrize("name", COHORTS)
def test_known_answers(cohorts, name):
    time, event, columns = model(cohorts[name], COHORTS[name])
    for given, known in enumerate(KNOWN[name]):
        fits = fit_cox(CoxProblem(time, event, columns[:, 1 : 1 + given]), columns[:, 0])
        found = np.exp([fits.log_hr[0], fits.ci_low[0], fits.ci_high[0]])
        assert np.abs(found - known).max() < 0.0055, (name, given, found)


def test_irf7_follows_the_other_interferon_genes(cohorts):
    for name in ("vantveer2002", "nki295"):
        values = cohorts[name].to_df()
        others = ((values - values.mean()) / values.std())[INTERFERON[1:]].mean(axis=1)
        assert round(values["IRF7"].corr(others), 2) == 0.76


def test_who_is_in_two_of_the_cohorts(cohorts):
    found = find_duplicates(
        {name: adata.to_df() for name, adata in cohorts.items()},
        {name: adata.obs for name, adata in cohorts.items()},
    )
    pairs = found[found["status"].isin(["same", "copy"])].groupby(["cohort", "other_cohort"])

    def of(first, second):
        return next((rows for key, rows in pairs if set(key) == {first, second} and key[0] != key[1]), None)

    shared = of("vantveer2002", "nki295")
    assert len(shared) == 59
    assert shared["sample"].is_unique
    assert shared["other_sample"].is_unique
    assert (shared["evidence"] == "id and profile").sum() == 32
    part = of("nki144", "nki295")
    assert len(part) == 144
    assert (part["evidence"] == "id and profile").all()
    assert (part["sample"] == part["other_sample"]).all()
    assert of("vantveer2002", "nki144") is None
    # one profile, and other ages, grades and follow-up: nobody is in one cohort twice
    assert not (found["status"].isin(["same", "copy"]) & (found["cohort"] == found["other_cohort"])).any()
    possible = found[found["status"] == "possible"]
    assert set(zip(possible["sample"], possible["other_sample"], strict=True)) == {("NKI_120", "NKI_122")}


def test_an_independent_copy_has_the_same_outcome(cohorts, realdata):
    """survcomp's table of the institute's 337 tumours, found by three of its genes, to three decimals."""
    table = pd.read_csv(realdata / "known_answers" / "survcomp_breast7g_1500.csv")
    table = table[table["cohort"] == "nki"].reset_index(drop=True)
    genes = ["ERBB2", "PLAU", "VEGFA"]
    rows = {}
    for name, adata in cohorts.items():
        own = adata.to_df()[genes].to_numpy(float) / np.log2(10)
        distance = np.abs(own[:, None] - table[genes].to_numpy()).max(axis=2)
        rows[name] = np.where(distance.min(axis=1) < 0.0006, distance.argmin(axis=1), -1)
    assert {name: int((found >= 0).sum()) for name, found in rows.items()} == {
        "vantveer2002": 49, "nki144": 144, "nki295": 295
    }  # fmt: skip
    for name, endpoint in COHORTS.items():
        kept = rows[name] >= 0
        theirs = table.iloc[rows[name][kept]]
        own = cohorts[name].obs[kept]
        code = "dmfs" if endpoint == "distant" else "os"
        differs = own[f"{endpoint}_event"].to_numpy() != theirs[f"e.{code}"].to_numpy()
        assert own.index[differs].tolist() == (["NKI_100"] if name == "nki144" else [])
        apart = np.abs(
            own[f"{endpoint}_time_months"].to_numpy() / 12 - theirs[f"t.{code}"].to_numpy() / 365.25
        )
        # survcomp stops the clock of metastasis at another relapse, nki70 does not
        goes_on = theirs["t.rfs"].to_numpy() < theirs["t.os"].to_numpy()
        assert apart[~goes_on | (name != "nki144")].max() < 0.015
        assert (apart >= 0.015).sum() == (9 if name == "nki144" else 0)
    clinical, theirs = cohorts["nki144"].obs, table.iloc[rows["nki144"]]
    assert ((clinical["er"] == "positive").to_numpy() == theirs["er"].to_numpy()).all()
    assert (clinical["grade"].to_numpy(float) == theirs["grade"].to_numpy()).all()
    assert (clinical["age"].to_numpy(float) == theirs["age"].to_numpy()).all()
    assert (theirs["node"] == 1).all()
    assert (table.iloc[rows["vantveer2002"][rows["vantveer2002"] >= 0]]["node"] == 0).all()
