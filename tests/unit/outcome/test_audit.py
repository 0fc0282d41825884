"""The chain from the file to the model: every loss has its reason, and its end is the model's n."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from madeup import study as made

from irf7bone.acquire.sources import acquire
from irf7bone.base.errors import InputError
from irf7bone.harmonise.cohort import harmonise
from irf7bone.harmonise.sample_quality import sample_quality
from irf7bone.outcome.associate import associate
from irf7bone.outcome.audit import audit_cohort
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.scoring.score_table import score_cohort
from irf7bone.study.settings import Primary
from irf7bone.tables.outcome_checks import AUDIT

SETTINGS = made.config(
    endpoints=("bone", "death"),
    models=("unadjusted", "proliferation", "clinical"),
    methods=("zscore",),
    primary=Primary(signature="IFN", method="zscore", endpoint="bone", model="unadjusted"),
    proliferation_signature="PROLIFERATION",
)
LIBRARY = {
    "IFN": SimpleNamespace(up=("ISG15", "STAT1", "MX1", "IFIT1"), down=()),
    "PROLIFERATION": SimpleNamespace(up=("MKI67", "AURKA"), down=()),
}
SAMPLES = [f"P{i:02d}" for i in range(60)]


@pytest.fixture
def tables(expression):
    """60 measured patients, of whom P01 is filled in; 3 not described, 2 described and not measured."""
    rng = np.random.default_rng(4)
    genes = pd.DataFrame(rng.normal(8, 1, (24, 60)).round(3), index=expression.index, columns=SAMPLES)
    genes.iloc[:12, 1] = genes.iloc[12:, 1].median()
    patients = pd.DataFrame(
        {
            "sample": [*SAMPLES[3:], "Q1", "Q2"],
            "months": rng.uniform(5, 90, 59).round(1).astype(str),
            "bone": rng.choice(list("01"), 59, p=[0.5, 0.5]),
            "relapse": "0",
            "grade": rng.choice(list("123"), 59),
            "age": rng.integers(30, 80, 59).astype(str),
            "plate": rng.choice(["one", "two"], 59),
        }
    )
    patients.loc[patients["sample"] == "Q1", "sample"] = "P01"
    patients = patients.set_index("sample", drop=False)
    patients.loc[["P10", "P11"], "months"] = None
    patients.loc["P12", ["months", "bone"]] = None
    patients.loc[["P20", "P21", "P22"], "grade"] = None
    patients.loc[["P22", "P23"], "age"] = None
    return genes, patients


@pytest.fixture
def audit(make_card, symbols, tables):
    """A function that takes changes of the card and returns the audit, and the associations behind it."""

    def run(**changes):
        genes, patients = tables
        fields = {
            "grade": {"from": "grade", "map": {1: 1, 2: 2, 3: 3}},
            "age": {"from": "age", "unit": "years"},
        }
        endpoint = {
            "definition": "made up",
            "time": {"from": "months", "unit": "months"},
            "event": {"from": "bone", "is": 1},
        }
        card = make_card(
            genes=genes,
            patients=patients,
            **{
                "fields": fields,
                "endpoints": {"bone": endpoint},
                "exclude": [{"samples": ["P30", "P31"], "reason": "men"}],
                **changes,
            },
        )
        harmonised = harmonise(acquire(card), card, symbols)
        scores, _ = score_cohort(harmonised.adata.to_df(), LIBRARY, ["zscore"], 0.5)
        plan = FitPlan("made", harmonised.adata.obs, scores, config=SETTINGS)
        fits = associate(plan)
        table = audit_cohort(plan, harmonised.adata, harmonised.flow, fits)
        AUDIT.check(table, "audit")
        return table, fits, harmonised

    return run


def chain(table, endpoint, model):
    rows = table[(table["endpoint"] == endpoint) & (table["model"] == model)]
    assert (rows["n_left"].diff().fillna(0) == -rows["n_lost"]).all()
    return [
        (row["what"] if row["what"] != "lost" else row["reason"], row["n_lost"], row["n_left"])
        for row in rows.to_dict("records")
    ]


MATCHED = [
    ("in the file", 0, 61),
    ("matched by sample id: no expression", 1, 60),
    ("matched by sample id: no clinical data", 2, 58),
    ("excluded by the card: men", 2, 56),
]
OUTCOME = [("time or status is missing", 2, 54), ("neither time nor status", 1, 53)]


def test_every_loss_has_its_reason_and_its_number(audit):
    table, fits, _ = audit()
    assert chain(table, "bone", "unadjusted") == [*MATCHED, *OUTCOME, ("in the model", 0, 53)]
    clinical = chain(table, "bone", "clinical")
    assert clinical == [
        *MATCHED, *OUTCOME, ("missing covariate (grade 3, age 2)", 4, 49), ("in the model", 0, 49),
    ]  # fmt: skip
    assert chain(table, "death", "unadjusted")[-2:] == [
        ("the cohort has no endpoint death", 56, 0),
        ("in the model", 0, 0),
    ]
    ends = table.groupby(["endpoint", "model"])["n_left"].last()
    ok = fits[(fits["signature"] == "IFN") & (fits["status"] == "ok")]
    assert len(ok) == 3
    for row in ok.to_dict("records"):
        assert ends[(row["endpoint"], row["model"])] == row["n"]
    events = table[table["what"] == "in the model"].set_index(["endpoint", "model"])["n_events_left"]
    assert events[("bone", "unadjusted")] == ok.set_index("model").loc["unadjusted", "n_events"]


def test_a_model_that_is_not_fitted_ends_with_nobody_and_says_why(audit):
    table, _, _ = audit(fields={})
    assert chain(table, "bone", "clinical")[-2][0].startswith("model clinical not available: no clinical")
    assert chain(table, "bone", "clinical")[-1] == ("in the model", 0, 0)


def test_a_quality_rule_drops_samples_only_where_the_card_asks(audit):
    table, _, flagged = audit()
    quality = sample_quality(flagged.adata, "made").set_index("sample")
    assert quality.index[quality["outlier"]].tolist() == ["P01"]
    table, _, dropped = audit(quality={"drop": ["filled"]})
    assert ("dropped by sample quality: quality rule filled", 1, 55) in chain(table, "bone", "unadjusted")
    assert set(flagged.adata.obs_names) - set(dropped.adata.obs_names) == {"P01"}
    table, _, kept = audit(quality={"drop": ["correlation", "spread"]})
    assert kept.adata.n_obs == 56


def test_batches_are_carried_to_the_quality_table(audit):
    _, _, harmonised = audit(batch={"from": "plate"})
    quality = sample_quality(harmonised.adata, "made")
    assert set(quality["batch"]) == {"one", "two"}


def test_a_batch_column_must_be_there_and_name_batches(audit):
    with pytest.raises(InputError, match=r"batch\.from"):
        audit(batch={"from": "chip"})
    with pytest.raises(InputError, match="name the column of array"):
        audit(batch={"from": "months"})


def test_two_identical_sample_columns_are_refused_until_one_is_excluded(audit, tables):
    genes, _ = tables
    genes["P41"] = genes["P40"]
    with pytest.raises(InputError, match=r"P40 = P41") as caught:
        audit()
    assert "exclude" in caught.value.problems[0].remedy
    _, _, harmonised = audit(exclude=[{"samples": ["P41"], "reason": "a copy of P40"}])
    assert "P40" in harmonised.adata.obs_names
