"""Cohorts whose patients were chosen by an endpoint: odds by the horizon, and weighted hazards."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from madeup.settings import primary, settings

from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.sampled import UNKNOWN, sampled
from irf7bone.statistics.logistic import fit_odds
from irf7bone.statistics.weighted_cox import fit_weighted_cox
from irf7bone.tables.cohort import SCORES
from irf7bone.tables.outcome import SAMPLED

RULE = {"endpoint": "distant", "horizon_months": 60, "rule": "those with it, and some without"}
CONFIG = settings(
    endpoints=("distant", "death"),
    models=("unadjusted", "proliferation"),
    primary=primary(method="zscore"),
    proliferation_signature="PROLIF",
    min_events=5,
)


def card(**changes):
    return SimpleNamespace(id="x", sampled_by_outcome={**RULE, **changes})


@pytest.fixture(scope="module")
def cohort():
    """Follow-up of 240 patients, and two scores of which one drives the outcome."""
    random = np.random.default_rng(2)
    proliferation, noise = random.normal(size=(2, 240))
    score = 0.4 * proliferation + noise
    score = (score - score.mean()) / score.std(ddof=1)
    clock = random.exponential(90, 240) / np.exp(0.6 * score + 0.3 * proliferation)
    end = random.uniform(20, 150, 240)
    obs = pd.DataFrame(
        {"distant_time_months": np.minimum(clock, end), "distant_event": (clock <= end).astype(float)},
        index=[f"S{k}" for k in range(240)],
    )
    parts = [
        pd.DataFrame({"sample": obs.index, "signature": name, "method": "zscore", "score_raw": values,
                      "score_z": values, "n_genes_used": 9, "coverage": 1.0, "status": "ok", "reason": None})
        for name, values in (("IFN", score), ("PROLIF", proliferation))
    ]  # fmt: skip
    return obs, SCORES.cast(pd.concat(parts, ignore_index=True)), score, proliferation


def rows_of(table):
    return table.set_index(["signature", "model", "question"])


def state(obs):
    """Time cut at the horizon, event by then, and whose state then is known."""
    time, event = obs["distant_time_months"].to_numpy(), obs["distant_event"].to_numpy()
    happened = (event == 1) & (time <= 60)
    return np.minimum(time, 60.0), happened.astype(float), happened | (time >= 60)


def test_odds_are_those_of_the_patients_whose_state_at_the_horizon_is_known(cohort):
    obs, scores, score, proliferation = cohort
    table = sampled(card(), FitPlan("x", obs, scores, config=CONFIG))
    SAMPLED.check(table, "made up")
    _, happened, known = state(obs)
    for model, covariates in (("unadjusted", np.empty((240, 0))), ("proliferation", proliferation[:, None])):
        row = rows_of(table).loc[("IFN", model, "by_horizon")]
        mine = fit_odds(happened[known], score[known], covariates[known])
        assert (row["n"], row["n_events"]) == (known.sum(), happened[known].sum())
        assert 0 < known.sum() < 240
        for name in ("estimate", "se", "ci_low", "ci_high", "p"):
            assert row[name] == pytest.approx(mine[name], rel=1e-9)


def test_hazards_are_weighted_where_the_fractions_are_known(cohort):
    obs, scores, score, proliferation = cohort
    table = sampled(card(fractions={"event": 1.0, "free": 0.25}), FitPlan("x", obs, scores, config=CONFIG))
    time, happened, known = state(obs)
    columns = np.column_stack([score, proliferation])[known]
    mine = fit_weighted_cox(time[known], happened[known], columns, np.where(happened == 1, 1.0, 4.0)[known])
    row = rows_of(table).loc[("IFN", "proliferation", "population")]
    assert row["estimate"] == pytest.approx(mine.beta[0], rel=1e-9)
    assert row["se"] == pytest.approx(mine.se[0], rel=1e-9)
    assert (row["scale"], row["estimator"]) == ("log_hr", "weighted_cox")


def test_every_planned_row_is_there_with_its_reason(cohort):
    obs, scores, _, _ = cohort
    rows = rows_of(sampled(card(), FitPlan("x", obs, scores, config=CONFIG)))
    assert len(rows) == 2 * 2 * 2
    assert rows.loc[("IFN", "unadjusted", "population"), "reason"] == UNKNOWN
    assert "not adjusted for itself" in rows.loc[("PROLIF", "proliferation", "by_horizon"), "reason"]
    late = obs.assign(distant_event=0.0)
    nobody = sampled(card(), FitPlan("x", late, scores, config=CONFIG))
    assert set(nobody["status"]) <= {"too_few_events", "not_available"}
    early = obs.assign(distant_time_months=10.0 + np.arange(240) / 100, distant_event=1.0)
    found = rows_of(sampled(card(), FitPlan("x", early, scores, config=CONFIG)))
    assert "0 samples free at the horizon" in found.loc[("IFN", "unadjusted", "by_horizon"), "reason"]


def test_a_cohort_that_nobody_chose_or_an_endpoint_that_nobody_asks_about_has_no_rows(cohort):
    obs, scores, _, _ = cohort
    plan = FitPlan("x", obs, scores, config=CONFIG)
    assert sampled(SimpleNamespace(id="x", sampled_by_outcome=None), plan).empty
    assert sampled(card(endpoint="relapse"), plan).empty
