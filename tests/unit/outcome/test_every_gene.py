"""Single genes of one cohort: the numbers and the reasons that signatures have."""

from __future__ import annotations

import numpy as np
import pandas as pd
from madeup.settings import primary, settings

from irf7bone.outcome.associate import associate
from irf7bone.outcome.every_gene import CONSTANT, associate_genes, gene_plan
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.study.settings import SignatureSettings

N = 80
CONFIG = settings(
    signatures=SignatureSettings(("IRF7", "PROLIF"), (), 0.5),
    endpoints=("bone", "death"),
    models=("unadjusted", "proliferation"),
    primary=primary(signature="IRF7"),
)


def cohort(*, n_events: int = 45, seed: int = 4):
    """Five genes, one of them constant; IRF7's z-score is also a signature, and bone alone is recorded."""
    random = np.random.default_rng(seed)
    samples = [f"S{i:02d}" for i in range(N)]
    expression = pd.DataFrame(
        random.normal(7, 1, (N, 5)), index=samples, columns=["IRF7", "MKI67", "FLAT", "ABC", "XYZ"]
    )
    expression["FLAT"] = 3.0
    event = np.zeros(N)
    event[random.permutation(N)[:n_events]] = 1
    obs = pd.DataFrame(
        {"bone_time_months": random.integers(1, 60, N).astype(float), "bone_event": event}, index=samples
    )
    own = {"IRF7": expression["IRF7"].to_numpy(), "PROLIF": random.normal(size=N)}
    scores = pd.concat(
        pd.DataFrame({"sample": samples, "signature": name, "score_z": (x - x.mean()) / x.std(ddof=1)})
        for name, x in own.items()
    ).assign(method="zscore", status="ok", reason=None)
    return expression, obs, scores.reset_index(drop=True)


def fitted(expression, obs, scores, refused=None, config=CONFIG) -> pd.DataFrame:
    plan = FitPlan("a", obs, scores, config=config)
    return associate_genes(gene_plan(plan, expression, refused or {})).set_index(["gene", "model"])


def test_a_gene_has_the_numbers_of_the_signature_of_this_gene():
    expression, obs, scores = cohort()
    genes = fitted(expression, obs, scores)
    signatures = associate(FitPlan("a", obs, scores, config=CONFIG))
    signatures = signatures[(signatures["signature"] == "IRF7") & (signatures["endpoint"] == "bone")]
    for model in ("unadjusted", "proliferation"):
        row, same = genes.loc[("IRF7", model)], signatures[signatures["model"] == model].iloc[0]
        for name in ("n", "n_events", "log_hr", "se", "ci_low", "ci_high", "p"):
            np.testing.assert_allclose(row[name], same[name], rtol=1e-12, err_msg=name)
        assert (row["estimator"], row["status"], row["k"]) == (same["estimator"], "ok", 1)


def test_every_gene_of_each_recorded_endpoint_has_a_row_with_a_status():
    expression, obs, scores = cohort()
    genes = fitted(expression, obs, scores, {"XYZ": "it is another's row"}).reset_index()
    assert len(genes) == 5 * 2 and set(genes["endpoint"]) == {"bone"}
    said = genes.set_index("gene")[["status", "reason"]]
    assert set(map(tuple, said.loc["FLAT"].to_numpy())) == {("not_available", CONSTANT)}
    assert set(map(tuple, said.loc["XYZ"].to_numpy())) == {("not_measured", "it is another's row")}
    assert genes.loc[genes["status"] != "ok", ["k", "log_hr"]].fillna(0).eq(0).all(axis=None)


def test_scale_and_order_of_the_genes_do_not_matter():
    expression, obs, scores = cohort()
    whole = fitted(expression, obs, scores)
    other = fitted(expression.iloc[:, ::-1] * 3 - 2, obs, scores).loc[whole.index]
    np.testing.assert_allclose(other["log_hr"].astype(float), whole["log_hr"].astype(float), rtol=1e-9)
    mirrored = fitted(-expression, obs, scores).loc[whole.index]
    np.testing.assert_allclose(mirrored["log_hr"].astype(float), -whole["log_hr"].astype(float), rtol=1e-9)


def test_reasons_are_the_plans():
    expression, obs, scores = cohort(n_events=3)
    few = fitted(expression, obs, scores)
    assert set(few.loc[["IRF7", "ABC"], "status"]) == {"too_few_events"}
    assert few.loc[("ABC", "unadjusted"), "reason"] == "3 events among 80 samples, 5 needed"
    expression, obs, scores = cohort()
    alone = fitted(expression, obs, scores[scores["signature"] == "IRF7"])
    assert alone.loc[("ABC", "unadjusted"), "status"] == "ok"
    assert "no proliferation score" in alone.loc[("ABC", "proliferation"), "reason"]
    itself = CONFIG._replace(proliferation_signature="MKI67")
    renamed = scores.assign(signature=scores["signature"].replace("PROLIF", "MKI67"))
    own = fitted(expression, obs, renamed, config=itself)
    assert "not adjusted for itself" in own.loc[("MKI67", "proliferation"), "reason"]


def test_few_events_are_fitted_by_the_penalised_likelihood():
    expression, obs, scores = cohort(n_events=9)
    genes = fitted(expression, obs, scores)
    row = genes.loc[("ABC", "unadjusted")]
    assert row["estimator"] == "firth"
    assert abs((row["ci_low"] + row["ci_high"]) / 2 - row["log_hr"]) > 1e-6


def test_a_cohort_without_the_endpoints_gives_no_rows():
    expression, obs, scores = cohort()
    assert fitted(expression, obs[[]], scores).empty
