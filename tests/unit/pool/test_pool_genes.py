"""Every gene over cohorts: which are pooled, q and ranks by hand, and curves of the genes that are named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.settings import settings
from scipy.stats import norm

from irf7bone.base.stored_matrix import StoredMatrix
from irf7bone.outcome.cohort_data import CohortData
from irf7bone.pool import pool_genes as pool_genes_module
from irf7bone.pool.pool_genes import every_gene, pool_genes, ranked
from irf7bone.statistics.random_effects import random_effects
from irf7bone.study.settings import Primary, SignatureSettings
from irf7bone.tables.cohort import GENE_IDENTITY
from irf7bone.tables.every_gene import EVERY_GENE, GENE_CURVES

CONFIG = settings(
    signatures=SignatureSettings(("PROLIF",), (), 0.5),
    endpoints=("death", "bone"),
    primary=Primary("PROLIF", "zscore", "death", "unadjusted"),
)
ROLES = {"a": "validation", "b": "validation", "found": "discovery", "made": "simulated"}


def load(name: str) -> CohortData:
    """Sixty patients; cohort b lacks gene G3, and its proliferation has no score."""
    random = np.random.default_rng(sorted(ROLES).index(name))
    samples = [f"{name}{i}" for i in range(60)]
    genes = [gene for gene in ("IRF7", "G2", "G3") if (name, gene) != ("b", "G3")]
    expression = pd.DataFrame(random.normal(size=(60, len(genes))), index=samples, columns=genes)
    obs = pd.DataFrame(
        {
            "death_time_months": random.uniform(1, 90, 60),
            "death_event": np.tile([1.0, 1.0, 0.0], 20),
        },
        index=samples,
    )
    scores = pd.DataFrame(
        {
            "sample": samples,
            "signature": "PROLIF",
            "method": "zscore",
            "score_z": random.normal(size=60),
            "status": "low_coverage" if name == "b" else "ok",
            "reason": "too little of it" if name == "b" else None,
        }
    )
    return CohortData(expression, obs, scores)


@pytest.fixture(scope="module")
def found() -> tuple[pd.DataFrame, pd.DataFrame]:
    identities = {name: GENE_IDENTITY.empty() for name in ROLES}
    return every_gene(load, identities, ROLES, interferon={"IRF7"}, curves_of=["IRF7", "NONE"], config=CONFIG)


def test_some_genes_at_a_time_give_the_same_table(found, monkeypatch):
    def load_stored(name: str) -> CohortData:
        data = load(name)
        values = data.expression
        stored = StoredMatrix(values.to_numpy(), values.index, values.columns)
        return CohortData(stored, data.obs, data.scores)

    monkeypatch.setattr(pool_genes_module, "VALUES_AT_ONCE", 2 * 60)
    identities = {name: GENE_IDENTITY.empty() for name in ROLES}
    genes, drawn = every_gene(
        load_stored, identities, ROLES, interferon={"IRF7"}, curves_of=["IRF7", "NONE"], config=CONFIG
    )
    pd.testing.assert_frame_equal(genes, found[0], rtol=1e-10)
    pd.testing.assert_frame_equal(drawn, found[1], rtol=1e-10)


def test_cohorts_of_patients_have_rows_and_validation_cohorts_are_pooled(found):
    genes, _ = found
    EVERY_GENE.check(genes, "genes")
    assert set(genes["cohort"]) == {"a", "b", "found", "pooled"} and set(genes["endpoint"]) == {"death"}
    pooled = genes[genes["cohort"] == "pooled"]
    # G3 is measured in one of the two, and only a has the adjusted model
    assert set(map(tuple, pooled[["gene", "model"]].to_numpy())) == {
        ("IRF7", "unadjusted"),
        ("G2", "unadjusted"),
    }
    own = genes[(genes["gene"] == "G2") & (genes["model"] == "unadjusted")].set_index("cohort")
    expected = random_effects(own.loc[["a", "b"], "log_hr"], own.loc[["a", "b"], "se"])
    for name in ("log_hr", "se", "ci_low", "ci_high", "p"):
        np.testing.assert_allclose(own.loc["pooled", name], getattr(expected, name), rtol=1e-12)
    assert tuple(own.loc["pooled", ["k", "n", "n_events"]]) == (2, 120, 80)
    failed = genes[(genes["cohort"] == "b") & (genes["model"] == "proliferation")]
    assert set(failed["status"]) == {"not_available"} and failed["reason"].str.contains("too little").all()
    assert set(genes.loc[genes["interferon"], "gene"]) == {"IRF7"}


def test_curves_are_those_of_the_named_genes(found):
    _, curves = found
    GENE_CURVES.check(curves, "curves")
    assert set(curves["signature"]) == {"IRF7"} and set(curves["cohort"]) == {"a", "b", "found"}
    assert set(curves["group"]) == {"low", "middle", "high"}


def test_a_refused_gene_is_neither_fitted_nor_pooled():
    said = GENE_IDENTITY.cast(
        pd.DataFrame(
            [{"cohort": "a", "gene": "IRF7", "alone": True, "n_signatures": 1, "identity": "not_measured"}]
        ).assign(reason="another's row")
    )
    identities = {name: said if name == "a" else said[:0] for name in ROLES}
    genes, curves = every_gene(load, identities, ROLES, interferon=(), curves_of=["IRF7"], config=CONFIG)
    rows = genes[(genes["gene"] == "IRF7") & (genes["model"] == "unadjusted")].set_index("cohort")
    assert (rows.loc["a", "status"], rows.loc["a", "reason"]) == ("not_measured", "another's row")
    assert rows.loc["b", "status"] == "ok" and "pooled" not in rows.index
    assert "a" not in set(curves["cohort"])


def test_q_and_rank_by_hand():
    def rows(cohort: str, p: list[float], k: list[int]) -> pd.DataFrame:
        names = [f"{cohort}{i}" for i in range(len(p))]
        return pd.DataFrame({"gene": names, "cohort": cohort, "p": p, "k": k}).assign(
            endpoint="death", model="unadjusted", status="ok"
        )

    failed = rows("x", [np.nan], [0]).assign(gene="failed", status="separated")
    table = pd.concat(
        [rows("x", [0.04, 0.01, 0.02, 0.01], [1] * 4), rows("pooled", [0.5, 0.2, 0.3], [2, 3, 2]), failed],
        ignore_index=True,
    )
    done = ranked(table)
    # Benjamini-Hochberg: 0.04 x 4/4, 0.02 x 4/3, 0.01 x 4/2 (tied)
    np.testing.assert_allclose(done["q"][:4], [0.04, 0.02, 0.08 / 3, 0.02])
    np.testing.assert_allclose(done["q"][4:7], [0.5, 0.45, 0.45])
    assert done["rank"][:7].tolist() == [4, 1, 3, 1, 2, 1, 1]
    assert done["n_ranked"][:7].tolist() == [4, 4, 4, 4, 2, 1, 2]
    assert done.iloc[7][["q", "rank", "n_ranked"]].isna().all()


def test_under_the_null_q_calls_nothing_and_p_is_uniform():
    random = np.random.default_rng(8)
    z = random.normal(size=5000)
    table = pd.DataFrame(
        {"gene": [f"G{i}" for i in range(5000)], "cohort": "a", "endpoint": "death", "model": "unadjusted"}
    ).assign(k=1, p=2 * norm.sf(np.abs(z)), status="ok")
    assert (ranked(table)["q"] > 0.05).all()


def test_no_gene_of_two_cohorts_is_no_pool():
    rows = EVERY_GENE.empty()
    assert pool_genes(rows) == []
