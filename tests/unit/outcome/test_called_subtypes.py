"""Strata by subtypes called from expression: fitted as stated ones are, and never mixed with these."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from madeup import study as made
from madeup.report import make_inputs
from madeup.settings import settings

from irf7bone.base.vocabulary import BY_CARD, BY_EXPRESSION
from irf7bone.figures.outcome_panels import subtype_table
from irf7bone.outcome.by_subtype import associate_by_subtype
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.pool.pool_subtypes import pool_by_subtype
from irf7bone.report.sections.record_section import run_methods
from irf7bone.report.sections.subtypes_section import called_findings, called_view, subtypes_section
from irf7bone.study.planned_subtypes import PlannedSubtype
from irf7bone.study.settings import Primary, SignatureSettings
from irf7bone.tables.cohort import SUBTYPES
from irf7bone.tables.outcome import SUBTYPE_ASSOCIATIONS
from irf7bone.tables.pooled import SUBTYPE_POOLED

CONFIG = settings(
    signatures=SignatureSettings(("IFN",), (), 0.5),
    endpoints=("bone",),
    primary=Primary("IFN", "zscore", "bone", "unadjusted"),
    min_events=10,
)
PLANNED = (PlannedSubtype("Basal", BY_CARD), PlannedSubtype("Basal", BY_EXPRESSION))
RESULTS = ["n", "n_events", "log_hr", "se", "ci_low", "ci_high", "p", "status"]


def cohort(seed: int = 0, n: int = 300):
    """Outcomes, scores, and the subtype of every tumour but the first five."""
    random = np.random.default_rng(seed)
    samples = [f"S{i:03d}" for i in range(n)]
    score = random.normal(size=n)
    clock, end = random.exponential(60 * np.exp(-0.4 * score)), random.uniform(20, 120, n)
    obs = pd.DataFrame(
        {"bone_time_months": np.minimum(clock, end), "bone_event": (clock <= end).astype(float)}, samples
    )
    scores = pd.DataFrame({"sample": samples, "signature": "IFN", "method": "zscore", "score_z": score})
    subtype = pd.Series(random.choice(["Basal", "LumA"], n), samples, dtype=object)
    subtype.iloc[:5] = None
    return obs, scores.assign(status="ok", reason=None), subtype


def calls(subtype: pd.Series, cohort: str = "a", why: str = "no centroid correlates with the sample"):
    table = pd.DataFrame({"cohort": cohort, "sample": subtype.index, "subtype": subtype.to_numpy()})
    has = table["subtype"].notna()
    table = table.assign(
        correlation=np.where(has, 0.6, np.nan),
        runner_up=np.where(has, "Her2", None),
        margin=np.where(has, 0.2, np.nan),
        n_genes=50,
        status=np.where(has, "ok", "not_available"),
        reason=np.where(has, None, why),
    )
    return SUBTYPES.cast(table[list(SUBTYPES.names)])


def run(obs, scores, called, name="a") -> pd.DataFrame:
    table = associate_by_subtype(FitPlan(name, obs, scores, config=CONFIG), PLANNED, called)
    SUBTYPE_ASSOCIATIONS.check(table, "subtypes")
    return table


def by(table: pd.DataFrame, source: str) -> pd.DataFrame:
    return table[table["source"] == source].set_index("stratum")


def test_called_subtypes_are_fitted_as_stated_ones_are():
    obs, scores, subtype = cohort()
    stated = by(run(obs.assign(subtype=pd.Categorical(subtype)), scores, None), BY_CARD)
    called = by(run(obs, scores, calls(subtype).sample(frac=1, random_state=1)), BY_EXPRESSION)
    pd.testing.assert_frame_equal(called[RESULTS], stated[RESULTS])
    assert (called["status"] == "ok").all()
    # tumours without a call are in neither
    assert called["n"].sum() == len(obs) - 5 and called.loc["inside", "n"] == (subtype == "Basal").sum()


def test_what_a_card_states_is_used_and_its_calls_are_not():
    obs, scores, subtype = cohort()
    table = run(obs.assign(subtype=pd.Categorical(subtype)), scores, calls(subtype))
    assert (by(table, BY_CARD)["status"] == "ok").all()
    unused = by(table, BY_EXPRESSION)
    assert set(unused["reason_code"]) == {"subtype_stated"} and unused["log_hr"].isna().all()
    without = by(run(obs, scores, calls(subtype)), BY_CARD)
    assert set(without["reason_code"]) == {"fields_not_recorded"}


def test_a_cohort_whose_subtypes_cannot_be_called_says_why():
    obs, scores, subtype = cohort(n=30)
    refused = calls(pd.Series(None, subtype.index, dtype=object), why="30 samples, 40 needed")
    rows = by(run(obs, scores, refused), BY_EXPRESSION)
    assert set(rows["reason_code"]) == {"subtypes_not_called"}
    assert set(rows["reason"]) == {"no subtype is called: 30 samples, 40 needed"}


def test_stated_and_called_are_never_in_one_pool():
    roles = dict.fromkeys("abc", "validation")
    rows = []
    for seed, name in enumerate(roles):
        obs, scores, subtype = cohort(seed)
        if name == "a":
            obs["subtype"] = pd.Categorical(subtype)
        rows.append(run(obs, scores, calls(subtype, name), name))
    rows = pd.concat(rows, ignore_index=True)
    pooled = pool_by_subtype(rows, roles, config=CONFIG)
    SUBTYPE_POOLED.check(pooled, "pooled")
    assert set(by(pooled, BY_CARD)["k"]) == {1} and set(by(pooled, BY_EXPRESSION)["k"]) == {2}
    one = by(rows, BY_CARD).query("cohort == 'a'")
    assert by(pooled, BY_CARD).loc["inside", "log_hr"] == pytest.approx(one.loc["inside", "log_hr"])
    numbers = subtype_table(rows, pooled, roles, signature="IFN", endpoints=("bone",), models=("unadjusted",))
    marked = numbers["heading"].str.contains("called from expression")
    own = numbers[numbers["kind"] == "cohort"]
    assert set(own.loc[marked, "label"]) == {"b", "c"} and set(own.loc[~marked, "label"]) == {"a"}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    cohorts = {name: made.cohort(name) for name in made.HAS}
    return make_inputs(tmp_path_factory.mktemp("figures"), made.config(), made.cards(), cohorts)


@pytest.fixture
def called() -> pd.DataFrame:
    refused = calls(pd.Series(None, ["x", "y"], dtype=object), "beta", why="2 samples, 40 needed")
    return pd.concat([calls(cohort()[2], "alpha"), refused], ignore_index=True)


def test_the_page_counts_the_called_and_names_the_refused(inputs, called):
    first, second = called_findings(called)
    assert "Called: 295 of 300 tumours in alpha." in first.text
    assert second.text == "No subtype is called in beta (2 samples, 40 needed)."
    assert called_findings(SUBTYPES.empty()) == []
    shown = called_view(called, {"beta"})
    rows = [[cell.text for cell in row] for row in shown.rows]
    assert next(row[:4] for row in rows if row[1] == "none") == ["alpha", "none", "5", "\u2013"]
    assert sum(int(row[2]) for row in rows) == 302
    assert rows[-1][-1] == "not available: 2 samples, 40 needed"
    section = subtypes_section(replace(inputs, called_subtypes=called))
    assert [view.id for view in section.tables] == ["pooled_subtypes", "subtypes", "called_subtypes"]
    assert len(subtypes_section(inputs).tables) == 2


def test_the_methods_say_how_subtypes_are_called_where_they_are(inputs, called):
    heading = "Subtypes called from expression"
    said = run_methods(replace(inputs, called_subtypes=called))
    paragraph = dict(said.paragraphs)[heading]
    assert "295 of 302 tumours in 1 of 2 cohorts were called" in paragraph
    assert "40 tumours, 15 and 10% of each ER status, and 80% of the centroids' genes" in paragraph
    assert {"parker2009", "zhao2015"} <= {work.key for work in said.references}
    assert heading not in dict(run_methods(inputs).paragraphs)
