"""Kaplan-Meier, Aalen-Johansen, tertiles and length of follow-up: by hand and by swap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.settings import primary, settings

from irf7bone.outcome.curves import MOST_TIMES, curves, tertiles, thinned
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.statistics import incidence
from irf7bone.statistics.incidence import aalen_johansen, incidence_se, log_log_interval, median_followup
from irf7bone.tables.outcome import CURVES

CONFIG = settings(endpoints=("bone", "relapse", "death"), primary=primary(method="zscore"))


def made_up(n=45, seed=0):
    """Bone (with competing events) and relapse, two signatures by two methods."""
    random = np.random.default_rng(seed)
    samples = [f"00{k}" for k in range(n)]
    time, cause = np.round(random.exponential(30, n) + 0.1, 1), random.choice([0, 1, 2], n)
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
    obs.iloc[:3, 3:] = np.nan
    rows = [
        {
            "sample": sample,
            "signature": signature,
            "method": method,
            "score_z": random.normal(),
            "status": "ok",
        }
        for signature in ("A", "B")
        for method in ("zscore", "ssgsea")
        for sample in samples
    ]
    return obs, pd.DataFrame(rows).assign(reason=None)


def test_kaplan_meier_by_hand():
    time, cause = np.array([1.0, 2, 2, 3, 5]), np.array([1, 0, 1, 1, 0])
    found = aalen_johansen(time, cause)
    assert found.time.tolist() == [1, 2, 3, 5]
    assert found.n_at_risk.tolist() == [5, 4, 2, 1]
    assert found.n_events.tolist() == [1, 2, 3, 3]
    assert found.free == pytest.approx([4 / 5, 3 / 5, 3 / 10, 3 / 10])
    greenwood = np.cumsum([1 / (5 * 4), 1 / (4 * 3), 1 / (2 * 1), 0])
    assert incidence_se(time, cause, found) == pytest.approx(found.free * np.sqrt(greenwood))
    assert found.incidence == pytest.approx(1 - found.free)


def test_aalen_johansen_by_hand():
    found = aalen_johansen(np.array([1.0, 2, 3, 4]), np.array([2, 1, 0, 1]))
    # free before: 1, 3/4, 1/2, 1/2; hazards of the event: 0, 1/3, 0, 1
    assert found.incidence == pytest.approx([0, 1 / 4, 1 / 4, 3 / 4])
    assert found.free == pytest.approx([3 / 4, 1 / 2, 1 / 2, 0])


def test_incidences_of_all_causes_and_the_free_share_add_to_one():
    obs, _ = made_up()
    time = obs["bone_time_months"].to_numpy()
    cause = (obs["bone_event"] + 2 * obs["bone_competing"]).to_numpy()
    first = aalen_johansen(time, cause)
    second = aalen_johansen(time, np.where(cause == 1, 2, np.where(cause == 2, 1, 0)))
    assert first.incidence + second.incidence + first.free == pytest.approx(1)
    # treating the competing event as censoring can only raise the estimate
    assert (1 - aalen_johansen(time, cause == 1).free >= first.incidence - 1e-12).all()


def test_order_of_samples_changes_nothing():
    obs, _ = made_up()
    time, cause = (
        obs["bone_time_months"].to_numpy(),
        (obs["bone_event"] + 2 * obs["bone_competing"]).to_numpy(),
    )
    mixed = np.random.default_rng(1).permutation(time.size)
    one, two = aalen_johansen(time, cause), aalen_johansen(time[mixed], cause[mixed])
    assert two.incidence == pytest.approx(one.incidence)
    assert incidence_se(time[mixed], cause[mixed], two) == pytest.approx(incidence_se(time, cause, one))


def test_log_log_interval_by_hand():
    low, high = log_log_interval(np.array([1.0, 0.8, 0.0]), np.array([0.0, 0.1, 0.0]))
    width = 1.959963984540054 * 0.1 / (0.8 * np.log(0.8))
    assert low[1] == pytest.approx(0.8 ** np.exp(-width))
    assert high[1] == pytest.approx(0.8 ** np.exp(width))
    assert 0 < low[1] < 0.8 < high[1] < 1
    assert np.isnan([low[0], high[0], low[2], high[2]]).all()


def test_tertiles_and_their_ties():
    assert tertiles(np.arange(9.0)).tolist() == ["low"] * 3 + ["middle"] * 3 + ["high"] * 3
    # quantiles 1 and 2: a score equal to a quantile is in the lower group
    assert tertiles(np.array([1.0, 1, 1, 2, 2, 2, 3])).tolist() == ["low"] * 3 + ["middle"] * 3 + ["high"]
    assert set(tertiles(np.ones(5))) == {"low"}
    score = np.random.default_rng(0).normal(size=100)
    group = tertiles(score)
    assert score[group == "low"].max() < score[group == "middle"].min() <= score[group == "middle"].max()
    assert score[group == "middle"].max() < score[group == "high"].min()


def test_median_followup_by_hand():
    # follow-up ends at 2, 4, 6 without any event; an event at 3 and a competing one at 5 are censored
    time, event = np.array([2.0, 3, 4, 5, 6]), np.array([0.0, 1, 0, 0, 0])
    # reverse: 4/5 at 2, x 2/3 at 4 = 0.533, 0 at 6
    assert median_followup(time, event, np.array([0, 0, 0, 1, 0])) == 6
    # without the competing event: 4/5, 0.533 at 4, 0.267 at 5
    assert median_followup(time, event, np.zeros(5)) == 5
    # exactly one half from 2 to 3: midway, as R
    assert median_followup(np.array([1.0, 2, 3, 4]), np.zeros(4), np.zeros(4)) == 2.5


def test_median_followup_of_missing_and_of_complete_follow_up():
    values = pd.Series([1.0, np.nan, 3.0])
    assert median_followup(values, pd.Series([0.0, np.nan, 0.0]), pd.Series([0.0, np.nan, 0.0])) == 2
    assert np.isnan(median_followup(np.array([1.0, 2]), np.ones(2), np.zeros(2)))
    assert np.isnan(median_followup(np.full(2, np.nan), np.full(2, np.nan), np.zeros(2)))


def test_table_of_curves():
    obs, scores = made_up()
    table = curves(FitPlan("x", obs, scores, config=CONFIG))
    CURVES.check(table, "curves")
    assert set(table["method"]) == {"zscore"}
    assert set(table["endpoint"]) == {"bone", "relapse"}
    assert set(table.loc[table["endpoint"] == "bone", "kind"]) == {"cumulative_incidence"}
    assert set(table.loc[table["endpoint"] == "relapse", "kind"]) == {"event_free"}
    start = table[table["time_months"] == 0]
    assert len(start) == 2 * 2 * 3
    assert (start["estimate"] == (start["kind"] == "event_free")).all()
    sizes = start.groupby(["signature", "endpoint"])["n_at_risk"].sum()
    assert sizes.to_dict() == {(s, e): n for s in "AB" for e, n in (("bone", 45), ("relapse", 42))}
    ends = table.groupby(["signature", "endpoint", "group"])["n_events"].max().groupby(level=[0, 1]).sum()
    assert ends["A", "bone"] == obs["bone_event"].sum()
    assert ends["B", "relapse"] == obs["relapse_event"].sum()
    for _, part in table.groupby(["signature", "endpoint", "group"]):
        steps = np.diff(part["estimate"]) * (1 if part["kind"].iloc[0] == "cumulative_incidence" else -1)
        assert (steps >= -1e-12).all()
        assert (np.diff(part["time_months"]) > 0).all()
        assert (np.diff(part["n_at_risk"]) <= 0).all()


def test_a_signature_without_a_score_has_no_curve():
    obs, scores = made_up()
    lost = scores["signature"] == "A"
    scores.loc[lost, ["status", "reason"]] = ["low_coverage", "3 of 9 genes"]
    scores.loc[lost, "score_z"] = np.nan
    assert set(curves(FitPlan("x", obs, scores, config=CONFIG))["signature"]) == {"B"}
    nothing = curves(FitPlan("x", obs[[]], scores, config=CONFIG))
    assert list(nothing.columns) == CURVES.names
    assert nothing.empty


def test_a_curve_of_many_times_keeps_rows_as_they_are_near_every_time():
    random = np.random.default_rng(9)
    time, cause = random.exponential(30, 6_000), random.integers(0, 2, 6_000)
    whole = aalen_johansen(time, cause)
    columns = {name: getattr(whole, name) for name in ("n_at_risk", "n_events", "free")}
    curve = {"time_months": whole.time, **columns}
    few = thinned(curve)
    assert len(few["time_months"]) <= MOST_TIMES < len(whole.time)
    at = np.searchsorted(whole.time, few["time_months"])
    for name, values in curve.items():
        np.testing.assert_array_equal(values[at], few[name])
    assert at[0] == 0 and at[-1] == len(whole.time) - 1
    grid = np.linspace(whole.time[0], whole.time[-1], MOST_TIMES)
    seen = [values[np.searchsorted(times, grid, side="right") - 1]
            for times, values in ((whole.time, whole.free), (few["time_months"], few["free"]))]  # fmt: skip
    np.testing.assert_array_equal(*seen)
    short = {name: values[:MOST_TIMES] for name, values in curve.items()}
    assert thinned(short) is short


@pytest.mark.parametrize("delayed", [False, True])
def test_the_standard_error_is_the_same_from_some_samples_at_a_time(monkeypatch, delayed):
    random = np.random.default_rng(10)
    time, cause = np.round(random.exponential(30, 200), 1) + 1, random.integers(0, 3, 200)
    entry = time * random.uniform(0, 0.5, 200) if delayed else None
    found = aalen_johansen(time, cause, entry)
    whole = incidence_se(time, cause, found, entry)
    monkeypatch.setattr(incidence, "INFLUENCES_AT_ONCE", 1_000)
    np.testing.assert_allclose(incidence_se(time, cause, found, entry), whole, rtol=1e-12)
