"""The cohorts of the Netherlands Cancer Institute, harmonised as a run does, against R's survival."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.oracle.recompute import run_r

from irf7bone.acquire.sources import acquire
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort import harmonise
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.weighted_cox import fit_weighted_cox
from irf7bone.study.cohort_checks import load_card

PROJECT = Path(__file__).resolve().parents[2]
STORED = PROJECT / "tests" / "data" / "oracle" / "nki.tsv"
COHORTS = {"vantveer2002": "distant", "nki144": "distant", "nki295": "death"}
INTERFERON = [
    "IRF7", "ISG15", "MX1", "IFIT1", "STAT1", "OAS1", "IFI6", "IFI27", "IFI44", "IFI44L", "IFIT3", "BST2",
    "OAS2", "PSMB9", "CXCL10", "LGALS3BP", "IFITM1", "USP18", "HERC6", "RIGI", "LY6E", "SP110", "TAP1",
]  # fmt: skip
PROLIFERATION = ["BIRC5", "CDC20", "UBE2C", "TYMS", "NDC80"]
GIVEN = {"none": [], "proliferation": ["proliferation"], "both": ["proliferation", "er"]}


@pytest.fixture(scope="module")
def data():
    """Months, event, scores per standard deviation, ER (ESR1 without a status), and made-up weights."""
    pytest.importorskip("SurvSet", reason="needs the package that carries the cohorts")
    symbols = SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz")
    parts = []
    for name, endpoint in COHORTS.items():
        card = load_card(PROJECT / "data" / "cohorts" / f"{name}.yaml")
        adata = harmonise(acquire(card), card, symbols).adata
        z = adata.to_df().astype(float)
        z = (z - z.mean()) / z.std()
        frame = pd.DataFrame(
            {
                "time": adata.obs[f"{endpoint}_time_months"].astype(float),
                "event": adata.obs[f"{endpoint}_event"].astype(int),
                "score": z[INTERFERON].mean(axis=1),
                "proliferation": z[PROLIFERATION].mean(axis=1),
                "er": (adata.obs["er"] == "positive").astype(float) if "er" in adata.obs else z["ESR1"],
            }
        )
        for score in ("score", "proliferation"):
            frame[score] /= frame[score].std()
        parts.append(frame.assign(cohort=name, weight=np.where(frame["event"] == 1, 1.0, 3.5)))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("model", GIVEN)
@pytest.mark.parametrize("name", COHORTS)
def test_hazard_ratios_as_r(data, name, model):
    stored = pd.read_csv(STORED, sep="\t", comment="#")
    expected = stored[(stored["cohort"] == name) & (stored["model"] == model)].iloc[0]
    own = data[data["cohort"] == name]
    time, event = own["time"].to_numpy(), own["event"].to_numpy(float)
    columns = own[["score", *GIVEN[model]]].to_numpy()
    assert (len(own), event.sum()) == (expected["n"], expected["n_events"])
    fits = fit_cox(CoxProblem(time, event, columns[:, 1:]), columns[:, 0])
    assert fits.log_hr[0] == pytest.approx(expected["log_hr"], rel=1e-6)
    assert fits.se[0] == pytest.approx(expected["se"], rel=1e-6)
    weighted = fit_weighted_cox(time, event, columns, own["weight"].to_numpy())
    assert weighted.beta[0] == pytest.approx(expected["weighted_log_hr"], rel=1e-6)
    assert weighted.se[0] == pytest.approx(expected["robust_se"], rel=1e-6)


@pytest.mark.oracle
def test_the_stored_table_is_what_r_gives(data, tmp_path):
    source, target = tmp_path / "data.tsv", tmp_path / "nki.tsv"
    data.to_csv(source, sep="\t", index=False, float_format="%.17g")
    run_r("nki.R", source, target)
    found, stored = (pd.read_csv(path, sep="\t", comment="#") for path in (target, STORED))
    labels = ["cohort", "model", "n", "n_events"]
    assert found[labels].equals(stored[labels])
    for column in ("log_hr", "se", "weighted_log_hr", "robust_se"):
        assert found[column].to_numpy() == pytest.approx(stored[column].to_numpy(), rel=1e-8), column
