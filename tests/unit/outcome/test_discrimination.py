"""Uno's C and time-dependent AUC: by hand, pair by pair, by the derivative, by coverage; and their table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.settings import primary
from madeup.settings import settings as study_settings

from irf7bone.outcome.discrimination import discrimination, reliable_horizon
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.statistics import ipcw
from irf7bone.statistics.concordance import harrell_c
from irf7bone.statistics.ipcw import Censoring, auc, uno_c
from irf7bone.tables.outcome_checks import DISCRIMINATION, MEASURES


def data(seed=0, n=60, m=3, step=4.0):
    """Follow-up with two causes, and scores; with ties in both."""
    random = np.random.default_rng(seed)
    scores = np.round(random.normal(size=(m, n)), 1)
    clocks = np.stack(
        [
            random.uniform(5, 100, n),
            random.exponential(60 * np.exp(0.5 * scores[0])),
            random.exponential(90, n),
        ]
    )
    return np.ceil(clocks.min(axis=0) / step) * step, clocks.argmin(axis=0), scores


def weighted(time, cause, score, horizon, measure, weight):
    """The estimate with case weights, pair by pair: written from the definitions, not from the code."""

    def free_before(moment):
        product = 1.0
        for u in sorted(set(time[(cause == 0) & (time < moment)])):
            leaving = weight[(time == u) & (cause == 0)].sum()
            product *= 1 - leaving / (leaving + weight[time > u].sum())
        return product

    curve = {moment: free_before(moment) for moment in {*time, np.nextafter(horizon, np.inf)}}
    won = total = 0.0
    for i in np.flatnonzero((cause == 1) & (time <= horizon)):
        for j in range(time.size):
            if measure == "uno":
                later = time[j] > time[i] or (time[j] == time[i] and cause[j] == 0)
                second = time[i] if later else time[j]
                counts = later or cause[j] == 2
            else:
                beyond = time[j] > horizon
                second = np.nextafter(horizon, np.inf) if beyond else time[j]
                counts = beyond or cause[j] == 2
            if counts:
                pair = weight[i] * weight[j] / curve[time[i]] / curve[second]
                total += pair
                won += pair * (1.0 if score[j] > score[i] else 0.5 if score[j] == score[i] else 0.0)
    return won / total


FUNCTIONS = {"uno": uno_c, "auc": auc}


def test_without_censoring_they_count_pairs():
    time, cause, score = np.array([1.0, 2, 3, 4]), np.ones(4, dtype=int), np.array([[1.0, 0, 2, 2]])
    # pairs 1-2 lost, 1-3, 1-4, 2-3, 2-4 won, 3-4 tied
    assert uno_c(time, cause, score, 9).c[0] == pytest.approx(4.5 / 6)
    assert uno_c(time, cause, score, 9).c[0] == pytest.approx(harrell_c(time, cause, score).c[0])
    # cases 1 and 2 against 3 and 4; case 1 alone; then no control is left
    assert auc(time, cause, score, 2).c[0] == 1
    assert auc(time, cause, score, 1).c[0] == pytest.approx(2 / 3)
    assert np.isnan(auc(time, cause, score, 4).c[0])


def test_censoring_and_competing_events_by_hand():
    # four samples; the second leaves at 2 unseen, so each later time weighs 1 / (2 / 3)
    time, score = np.array([1.0, 2, 3, 4]), np.array([[0.0, 5, 1, 0]])
    assert uno_c(time, np.array([1, 0, 1, 0]), score, 9).c[0] == pytest.approx(
        (1 + 1 + 0.5 + 0 * 2.25) / (3 + 2.25)
    )
    # the second has a competing event: it never has the event, and is a pair of the third as well
    assert uno_c(time, np.array([1, 2, 1, 0]), score, 9).c[0] == pytest.approx((1 + 1 + 0.5 + 1 + 0) / 5)
    assert auc(time, np.array([1, 2, 1, 0]), score, 3).c[0] == pytest.approx((1 + 0.5 + 1 + 0) / 4)
    assert auc(time, np.array([1, 0, 1, 0]), score, 3).c[0] == pytest.approx((0.5 + 0) / (1 + 1.5))


@pytest.mark.parametrize("competing", [False, True])
@pytest.mark.parametrize("measure", FUNCTIONS)
def test_estimate_and_standard_error_are_those_of_the_definition(measure, competing):
    """The standard error: central differences of the estimate by each sample's weight."""
    time, cause, scores = data(seed=5, n=36, m=2, step=7.0)
    cause = cause if competing else np.where(cause == 1, 1, 0)
    found = FUNCTIONS[measure](time, cause, scores, 42.0)
    even = np.ones(time.size)
    for row, score in enumerate(scores):
        assert found.c[row] == pytest.approx(weighted(time, cause, score, 42.0, measure, even), rel=1e-12)
        slopes = []
        for moved in 1e-4 * np.eye(time.size):
            up, down = (weighted(time, cause, score, 42.0, measure, even + sign * moved) for sign in (1, -1))
            slopes.append((up - down) / 2e-4)
        assert found.se[row] == pytest.approx(np.linalg.norm(slopes), rel=1e-6)


@pytest.mark.parametrize("measure", FUNCTIONS)
def test_what_must_not_matter_does_not(measure, monkeypatch):
    time, cause, scores = data(seed=1)
    found = FUNCTIONS[measure](time, cause, scores, 60.0)
    mixed = np.random.default_rng(3).permutation(time.size)
    again = FUNCTIONS[measure](time[mixed], cause[mixed], np.exp(scores[:, mixed]), 60.0)
    turned = FUNCTIONS[measure](time, cause, -scores, 60.0)
    monkeypatch.setattr(ipcw, "_PAIRS", 3 * time.size)
    in_parts = FUNCTIONS[measure](time, cause, scores, 60.0)
    for name in ("c", "se", "low", "high"):
        assert getattr(again, name) == pytest.approx(getattr(found, name), rel=1e-10)
        assert getattr(in_parts, name) == pytest.approx(getattr(found, name), rel=1e-10)
    assert turned.c == pytest.approx(1 - found.c)
    assert turned.low == pytest.approx(1 - found.high)


def test_samples_that_leave_before_any_event_only_weigh():
    """Doubling everybody changes the estimate not at all and the standard error by the root of two."""
    time, cause, scores = data(seed=2)
    found = uno_c(time, cause, scores, 60.0)
    twice = uno_c(np.tile(time, 2), np.tile(cause, 2), np.tile(scores, 2), 60.0)
    assert twice.c == pytest.approx(found.c)
    assert twice.se * np.sqrt(2) == pytest.approx(found.se)


def test_censoring_curve_puts_events_first():
    curve = Censoring(np.array([2.0, 2, 2, 5]), np.array([1, 0, 2, 0]))
    assert curve.before(np.array([2.0, 2.5, 5, 6])).tolist() == [1, 0.5, 0.5, 0]


@pytest.mark.parametrize("measure", FUNCTIONS)
def test_interval_covers_what_no_censoring_would_show(measure):
    """Cohorts of 100 with about 40 events, censored for half: 95 % of intervals, and no bias."""
    random = np.random.default_rng(11)

    def cohort(n):
        score = random.normal(size=n)
        return score, random.exponential(80 * np.exp(0.6 * score)), random.exponential(150, n)

    def follow(first, second, end):
        clocks = np.stack([end, first, second])
        return clocks.min(axis=0), clocks.argmin(axis=0)

    score, first, second = cohort(8000)
    truth = FUNCTIONS[measure](*follow(first, second, np.full(8000, 1e9)), score[None], 60.0).c[0]
    covered, found = [], []
    for _ in range(400):
        score, first, second = cohort(100)
        result = FUNCTIONS[measure](*follow(first, second, random.uniform(10, 130, 100)), score[None], 60.0)
        covered.append(result.low[0] < truth < result.high[0])
        found.append((result.c[0], result.se[0]))
    c, se = np.array(found).T
    # three binomial standard errors about 95 %
    assert 0.917 < np.mean(covered) < 0.983
    assert c.mean() == pytest.approx(truth, abs=0.015)
    assert se.mean() == pytest.approx(c.std(), rel=0.12)


# -- the table ----------------------------------------------------------------------------------------------


def settings(**changes):
    base = {"endpoints": ("bone", "relapse"), "primary": primary(method="zscore"), "min_events": 5}
    return study_settings(**{**base, **changes})


def made_up(n=150):
    time, cause, scores = data(seed=8, n=n, m=2, step=0.5)
    samples = [f"S{k:03d}" for k in range(n)]
    obs = pd.DataFrame(
        {
            "bone_time_months": time,
            "bone_event": (cause == 1).astype(float),
            "bone_competing": (cause == 2).astype(float),
            "relapse_time_months": time,
            "relapse_event": (cause > 0).astype(float),
        },
        index=samples,
    )
    table = pd.concat(
        pd.DataFrame({"sample": samples, "signature": name, "method": method, "score_z": value})
        for name, value in zip(("ISG", "IRF7"), scores, strict=True)
        for method in ("zscore", "ssgsea")
    )
    return obs, table.assign(status="ok", reason=None).reset_index(drop=True)


def run(obs, scores, **changes):
    found = discrimination(FitPlan("x", obs, scores, config=settings(**changes)))
    DISCRIMINATION.check(found, "discrimination")
    return found.set_index(["signature", "endpoint", "measure"]).sort_index()


def test_numbers_are_those_of_the_functions():
    obs, scores = made_up()
    found = run(obs, scores)
    assert len(found) == 2 * 2 * len(MEASURES)
    assert set(found["method"]) == {"zscore"}
    time = obs["bone_time_months"].to_numpy()
    cause = (obs["bone_event"] + 2 * obs["bone_competing"]).to_numpy().astype(int)
    score = scores.loc[(scores["signature"] == "ISG") & (scores["method"] == "zscore"), "score_z"].to_numpy()
    horizon = np.sort(time)[-15]
    peers = {
        "harrell_c": harrell_c(time, cause == 1, score),
        "uno_c": uno_c(time, cause, score[None], horizon),
        "auc_36": auc(time, cause, score[None], 36),
    }
    for measure, peer in peers.items():
        row = found.loc[("ISG", "bone", measure)]
        values = [peer.c[0], peer.low[0], peer.high[0]]
        assert row[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(values)
        assert row["competing"] == ("censored" if measure == "harrell_c" else "kept")
    assert found.loc[("ISG", "bone", "uno_c"), "horizon_months"] == horizon
    assert found.loc[("ISG", "bone", "auc_36"), "n_events"] == ((cause == 1) & (time <= 36)).sum()
    assert set(found.loc[("ISG", "relapse"), "competing"]) == {"none"}


def test_a_horizon_beyond_follow_up_and_few_events_have_their_status():
    obs, scores = made_up()
    late = run(obs, scores).loc[("ISG", "relapse", "auc_120")]
    assert (late["status"], late["reason"]) == (
        "not_available",
        "0 samples are followed beyond 120 months, 10 needed",
    )
    obs["relapse_event"] = (obs["relapse_time_months"].rank(method="first") <= 4).astype(float)
    few = run(obs, scores).loc["ISG"].loc["relapse"]
    assert few.loc["uno_c", "reason"].startswith("4 events up to")
    assert few.loc["harrell_c", "reason"] == "4 events among 150 samples, 5 needed"
    assert set(few["status"]) == {"too_few_events", "not_available"}


def test_degenerate_scores_have_their_status():
    obs, scores = made_up()
    isg = scores["signature"] == "ISG"
    flat = scores.assign(score_z=scores["score_z"].where(~isg, 0.5))
    assert set(run(obs, flat).loc[("ISG", "relapse"), "reason"].iloc[1:]) == {"the score has no variance"}
    # the later, the higher: every pair in order
    ordered = scores.copy()
    later = obs["relapse_time_months"] + 0.1 * (obs["relapse_event"] == 0)
    ordered.loc[isg, "score_z"] = np.tile(later.to_numpy(), 2)
    row = run(obs, ordered).loc[("ISG", "relapse", "uno_c")]
    assert row["status"] == "separated"
    assert row["reason"] == "the score orders all pairs alike (1): no interval"
    low = scores.copy()
    low.loc[isg, ["status", "reason"]] = ["low_coverage", "2 of 9 genes"]
    low.loc[isg, "score_z"] = np.nan
    found = run(obs, low)
    assert set(found.loc["ISG", "status"]) == {"low_coverage"}
    assert set(found.loc[("IRF7", "bone"), "status"]) == {"ok", "not_available"}
    absent = run(obs, scores, endpoints=("death",))
    assert set(absent["reason"]) == {"the cohort has no endpoint death"}


def test_events_alone_cannot_be_compared():
    obs, scores = made_up()
    obs["relapse_time_months"], obs["relapse_event"] = 12.0, 1.0
    found = run(obs, scores).loc[("ISG", "relapse")]
    assert found.loc["harrell_c", "reason"] == "no two samples can be compared"
    assert set(found["status"]) == {"not_available"}


def test_end_of_unos_c():
    assert reliable_horizon(np.arange(1.0, 21)) == 19
    assert reliable_horizon(np.arange(1.0, 21) * 10) == 120
