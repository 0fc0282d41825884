"""Gray's test and the log-rank test: by hand, by swap, under the hypothesis, degenerate, as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.settings import primary, settings
from scipy.stats import binom

from irf7bone.outcome.curves import tertiles
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.group_tests import group_tests
from irf7bone.statistics.gray import gray_test, logrank_test
from irf7bone.tables.outcome_checks import GROUP_TESTS


def follow_up(seed=0, n=150, effect=0.0):
    random = np.random.default_rng(seed)
    score = random.normal(size=n)
    first, other = 0.03 * np.exp(effect * score), 0.03
    clock, end = random.exponential(1 / (first + other)), random.uniform(3, 40, n)
    cause = np.where(clock > end, 0, np.where(random.random(n) < first / (first + other), 1, 2))
    return np.ceil(np.minimum(clock, end)), cause, score


def test_gray_by_hand():
    # one event in a, then b censored: score 1 - 1/2 = 1/2; each group adds (1/2)^2 / 2 to its variance
    found = gray_test(np.array([1.0, 2]), np.array([1, 0]), np.array(["a", "b"]))
    assert (found.statistic, found.df) == (pytest.approx(1, rel=1e-12), 1)
    assert found.p == pytest.approx(0.31731050786291)


def test_gray_by_hand_with_a_competing_event_after_the_last_event():
    # score 1 - 1/3 = 2/3, variance (2/3)^2 / 3 + (2/3)^2 / 6 = 2/9; what ends later changes nothing
    for later in (0, 2):
        found = gray_test(np.array([1.0, 2, 3]), np.array([1, later, 0]), np.array([0, 1, 1]))
        assert found.statistic == pytest.approx(2, rel=1e-12)


def test_logrank_by_hand():
    # events at 1 (in a, of 2 + 2) and at 2 (in b, of 1 + 2): expected in a 1/2 + 1/3, variances 1/4 and 2/9
    time, event = np.array([1.0, 3, 2, 4]), np.array([True, False, True, False])
    found = logrank_test(time, event, np.array(["a", "a", "b", "b"]))
    assert found.statistic == pytest.approx((1 / 6) ** 2 / (1 / 4 + 2 / 9), rel=1e-12)


def test_logrank_with_delayed_entry_by_hand():
    # the second of b enters at 1 and is not at risk then, but is at 2: risk sets 2 + 1 and 1 + 2; a tie at 2
    time, event = np.array([1.0, 3, 2, 2]), np.array([True, False, True, True])
    entry = np.array([0.0, 0, 0, 1])
    found = logrank_test(time, event, np.array(["a", "a", "b", "b"]), entry)
    # expected in a 2/3 and 2/3; variances (2/3)(1/3) and 2 (1/3)(2/3) (3 - 2) / (3 - 1)
    assert found.statistic == pytest.approx((1 - 4 / 3) ** 2 / (2 / 9 + 2 / 9), rel=1e-12)


def test_logrank_of_spells_is_that_of_their_samples():
    time, cause, score = follow_up(effect=0.5)
    group, event = tertiles(score), cause == 1
    whole = logrank_test(time, event, group)
    cut = float(np.median(time))
    long = time > cut
    spells = (
        np.concatenate([np.minimum(time, cut), time[long]]),
        np.concatenate([event & ~long, event[long]]),
        np.concatenate([group, group[long]]),
        np.concatenate([np.zeros(time.size), np.full(long.sum(), cut)]),
    )
    assert logrank_test(*spells).statistic == pytest.approx(whole.statistic, rel=1e-9)


def test_groups_that_are_never_at_risk_together_cannot_be_compared():
    time, event = np.array([1.0, 2, 3, 4]), np.array([True, False, True, False])
    found = logrank_test(time, event, np.array(["a", "a", "b", "b"]), np.array([0.0, 0, 2, 2]))
    assert np.isnan(found.statistic) and "never at risk together" in found.reason


@pytest.mark.parametrize("test", [gray_test, logrank_test])
def test_names_of_groups_order_of_samples_and_unit_of_time_change_nothing(test):
    time, cause, score = follow_up(effect=0.5)
    cause = cause if test is gray_test else (cause == 1)
    group = tertiles(score)
    base = test(time, cause, group)
    mixed = np.random.default_rng(1).permutation(time.size)
    renamed = pd.Series(group).map({"low": 3, "middle": 1, "high": 2}).to_numpy()
    again = test(30.4 * time[mixed], cause[mixed], renamed[mixed])
    assert base.df == again.df == 2
    assert again.statistic == pytest.approx(base.statistic, rel=1e-9)


@pytest.mark.parametrize("test", [gray_test, logrank_test])
def test_a_true_hypothesis_is_rejected_as_often_as_it_should_be(test):
    random, p = np.random.default_rng(7), []
    for seed in range(8):
        time, cause, _ = follow_up(seed=seed)
        for _ in range(50):
            group = tertiles(random.normal(size=time.size))
            p.append(test(time, cause if test is gray_test else cause == 1, group).p)
    low, high = binom.ppf([0.0005, 0.9995], len(p), 0.05)
    assert low <= (np.array(p) < 0.05).sum() <= high
    assert 0.4 < np.mean(p) < 0.6


def test_a_planted_difference_is_found():
    time, cause, score = follow_up(n=400, effect=-1.0)
    assert gray_test(time, cause, tertiles(score)).p < 1e-4
    assert logrank_test(time, cause == 1, tertiles(score)).p < 1e-4


def test_groups_that_cannot_be_compared_give_a_reason():
    time, cause = np.array([1.0, 2, 3, 4, 5, 6]), np.array([0, 0, 1, 1, 2, 0])
    # the first two leave before the first event
    gone = np.array([0, 0, 1, 1, 1, 1])
    found = gray_test(time, cause, gone)
    assert np.isnan(found.statistic) and "never at risk together" in found.reason
    assert "only one group is at risk" in logrank_test(time, cause == 1, gone).reason
    for test, first in ((gray_test, cause), (logrank_test, cause == 1)):
        assert test(time, first, np.zeros(6)).reason == "only one group"
        assert test(time, np.zeros(6, dtype=int), gone).reason == "no events"
    same = np.array([3.0, 3, 3, 3, 3, 3])
    assert "at the same time" in logrank_test(same, np.ones(6, dtype=bool), gone).reason


def test_a_group_that_is_gone_at_the_first_event_does_not_count():
    time, event = np.array([1.0, 2, 3, 5, 4, 6]), np.array([False, False, True, False, True, False])
    with_gone = logrank_test(time, event, np.array([0, 0, 1, 1, 2, 2]))
    without = logrank_test(time[2:], event[2:], np.array([1, 1, 2, 2]))
    assert (with_gone.statistic, with_gone.df) == (pytest.approx(without.statistic), 1)


def test_groups_that_end_one_after_the_other_are_still_compared():
    # the pooled incidence reaches 1 while the second group still has an event to come
    time, cause = np.array([1.0, 2, 3, 4]), np.array([1, 1, 1, 1])
    found = gray_test(time, cause, np.array([0, 0, 1, 1]))
    assert found.reason is None and np.isfinite(found.statistic)


# the table

CONFIG = settings(endpoints=("bone", "relapse", "death"), primary=primary(method="zscore"), min_events=5)


def made_up(n=150):
    time, cause, score = follow_up(n=n, effect=0.4)
    samples = [f"00{k}" for k in range(n)]
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
    obs.iloc[:5, :3] = np.nan
    parts = [
        pd.DataFrame(
            {"sample": samples, "signature": name, "method": method, "score_z": value, "status": "ok"}
        )
        for name, value in (("A", score), ("FLAT", np.zeros(n)))
        for method in ("zscore", "ssgsea")
    ]
    return obs, pd.concat(parts, ignore_index=True).assign(reason=None)


def run(obs, scores):
    table = group_tests(FitPlan("x", obs, scores, config=CONFIG))
    GROUP_TESTS.check(table, "group tests")
    return table.set_index(["signature", "endpoint"])


def test_each_endpoint_gets_the_test_of_its_curves():
    obs, scores = made_up()
    table = run(obs, scores)
    assert len(table) == 6
    bone, relapse = table.loc[("A", "bone")], table.loc[("A", "relapse")]
    assert (bone["test"], relapse["test"]) == ("gray", "logrank")
    assert (bone["n"], relapse["n"]) == (145, 150)
    kept = obs.iloc[5:]
    score = scores.query("signature == 'A' and method == 'zscore'")["score_z"].to_numpy()[5:]
    cause = (kept["bone_event"] + 2 * kept["bone_competing"]).to_numpy()
    found = gray_test(kept["bone_time_months"].to_numpy(), cause, tertiles(score))
    assert (bone["statistic"], bone["df"], bone["p"]) == (found.statistic, 2, found.p)
    assert bone["n_competing"] == (cause == 2).sum()


def test_the_table_says_why_there_is_no_test():
    obs, scores = made_up()
    table = run(obs, scores)
    assert table.loc[("A", "death"), "reason"] == "the cohort has no endpoint death"
    assert table.loc[("FLAT", "bone"), ["status", "reason"]].tolist() == ["not_available", "only one group"]
    obs["relapse_event"] = np.where(np.cumsum(obs["relapse_event"]) <= 3, obs["relapse_event"], 0.0)
    low = scores["signature"] == "FLAT"
    scores.loc[low, ["status", "reason"]] = ["low_coverage", "1 of 9 genes"]
    table = run(obs, scores)
    assert table.loc[("A", "relapse"), "status"] == "too_few_events"
    assert table.loc[("FLAT", "bone"), ["status", "reason"]].tolist() == ["low_coverage", "1 of 9 genes"]


def test_with_delayed_entry_gray_is_refused_and_logrank_is_not():
    obs, scores = made_up()
    entry = np.where(np.arange(len(obs)) % 2, 0.0, np.minimum(2.0, obs["relapse_time_months"] / 2))
    late = obs.assign(bone_entry_months=entry, relapse_entry_months=entry)
    rows = run(late, scores)
    assert rows.loc[("A", "bone"), "status"] == "not_available"
    assert "came under observation later" in rows.loc[("A", "bone"), "reason"]
    found = rows.loc[("A", "relapse")]
    assert (found["test"], found["status"]) == ("logrank", "ok")
    group = tertiles(
        scores.loc[scores["signature"].eq("A") & scores["method"].eq("zscore"), "score_z"].to_numpy()
    )
    time, event = (obs[f"relapse_{part}"].to_numpy() for part in ("time_months", "event"))
    assert found["statistic"] == pytest.approx(logrank_test(time, event == 1, group, entry).statistic)
    assert found["statistic"] != pytest.approx(logrank_test(time, event == 1, group).statistic)
