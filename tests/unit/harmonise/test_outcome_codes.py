"""Codes of events against names and legends, times in several columns, and losses that follow the outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.cases import TRUTH, log_hr

from irf7bone.base.errors import InputError
from irf7bone.harmonise.losses import STRONG, WEAK, compare_loss, fisher_p


def refused(case, symbols) -> str:
    with pytest.raises(InputError) as caught:
        case.harmonise(symbols)
    return str(caught.value)


def test_the_base_gives_its_planted_hazard_ratio(case, symbols):
    found = case.harmonise(symbols)
    assert found.adata.obs["bone_event"].sum() == 86
    assert log_hr(found, symbols) == pytest.approx(TRUTH, abs=5e-4)


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("relapse_free", "no", "yes"),
        ("relapse free", "0", "1"),
        ("no_relapse", "0", "1"),
        ("bone_metastasis_free", "no", "yes"),
        ("bone (0=metastasis, 1=none)", "0", "1"),
        ("bone status", "relapse", "relapse free"),
    ],
)
def test_a_card_against_the_name_or_legend_of_its_column_is_refused(case, symbols, name, yes, no):
    """The code that a keyword would fill in is refused; said rightly, the planted ratio is found."""
    case.clinical[name] = np.where(case.clinical["status"] == "bone", yes, no)
    case.bone["event"] = {"from": name, "is": no, "else": yes}
    case.bone.pop("competing", None)
    said = refused(case, symbols)
    assert f"column {name!r}" in said and "the other way round" in said
    assert f"{yes} (86 samples)" in said and f"{no} (114 samples)" in said
    case.bone["event"] = {"from": name, "is": yes, "else": no}
    assert log_hr(case.harmonise(symbols), symbols) == pytest.approx(TRUTH, abs=5e-4)


def test_a_misleading_name_can_be_overruled_with_the_reason(case, symbols):
    case.clinical["relapse_free"] = np.where(case.clinical["status"] == "bone", "yes", "no")
    case.bone["event"] = {
        "from": "relapse_free", "is": "yes", "else": "no", "despite_name": "says whether a relapse ended it"
    }  # fmt: skip
    assert log_hr(case.harmonise(symbols), symbols) == pytest.approx(TRUTH, abs=5e-4)


def test_an_event_of_one_cause_may_have_other_deaths_among_its_else_codes(case, symbols):
    words = {"bone": "dead of disease", "lung": "dead of other causes", "free": "alive"}
    case.clinical["vital"] = case.clinical["status"].map(words).fillna("alive")
    rule = {"from": "vital", "is": "dead of disease", "else": ["alive", "dead of other causes"]}
    case.card["endpoints"] = {"death": {**case.bone, "event": rule}}
    case.card["endpoints"]["death"].pop("competing", None)
    assert case.harmonise(symbols).adata.obs["death_event"].sum() == 86


def test_a_unit_against_the_name_of_its_column_is_refused(case, symbols):
    case.clinical["OS_DAYS"] = case.clinical["months"].astype(float).round(2).astype(str)
    case.bone["time"]["from"] = "OS_DAYS"
    said = refused(case, symbols)
    assert "days, as column 'OS_DAYS' is called" in said
    case.bone["time"]["despite_name"] = "the source's dictionary says months"
    assert log_hr(case.harmonise(symbols), symbols) == pytest.approx(TRUTH, abs=5e-4)


def split_times(case, both: int = 0) -> None:
    """Times of those with the event in one column, of the others in another, in days; some have both."""
    days = (case.clinical["months"].astype(float) * 365.25 / 12).round(1)
    event = case.clinical["status"] == "bone"
    case.clinical["days_to_death"] = days.where(event).map("{:.1f}".format, na_action="ignore")
    follow_up = days.where(~event)
    follow_up[event[event].index[:both]] = days[event][:both] - 30
    case.clinical["days_to_last_follow_up"] = follow_up.map("{:.1f}".format, na_action="ignore")


def test_a_time_that_only_those_with_the_event_have_is_refused_and_the_other_column_named(case, symbols):
    split_times(case)
    case.bone["time"] = {"from": "days_to_death", "unit": "days"}
    said = refused(case, symbols)
    assert (
        "114 of 200 have a status and no time (bone): 0% of them have the event, 100% of the others" in said
    )
    assert "time: {from: [days_to_death, days_to_last_follow_up], unit: ...}" in said


@pytest.mark.parametrize("rule", ["first", "largest", "smallest"])
def test_two_columns_of_times_are_joined_and_differences_need_a_rule(case, symbols, rule):
    split_times(case)
    case.bone["time"] = {"from": ["days_to_death", "days_to_last_follow_up"], "unit": "days"}
    joined = case.harmonise(symbols)
    assert joined.adata.obs["bone_event"].sum() == 86
    assert log_hr(joined, symbols) == pytest.approx(TRUTH, abs=2e-3)
    split_times(case, both=5)
    assert "5 samples with two that differ" in refused(case, symbols)
    case.bone["time"]["differ"] = rule
    found = case.harmonise(symbols).adata.obs["bone_time_months"]
    moved = (found - joined.adata.obs["bone_time_months"]).abs() > 0.5
    assert moved.sum() == (5 if rule == "smallest" else 0)


@pytest.mark.parametrize("kept", [0, 12])
def test_times_blank_for_the_censored_are_refused(case, symbols, kept):
    censored = case.clinical.index[case.clinical["status"] != "bone"]
    case.clinical.loc[censored[kept:], "months"] = None
    said = refused(case, symbols)
    assert f"{114 - kept} of 200 have a status and no time" in said
    assert "losses_follow_outcome" in said
    case.bone["losses_follow_outcome"] = "tried"
    provenance = case.harmonise(symbols).adata.uns["provenance"]
    assert f'"dependence": "{STRONG}"' in provenance


def test_a_status_missing_for_the_early_and_expression_missing_for_events_are_refused(case, symbols):
    early = case.clinical["months"].astype(float).sort_values().index[:50]
    case.clinical.loc[early, ["status", "event"]] = None
    said = refused(case, symbols)
    assert "50 of 200 have a time and no status" in said and "their times have median" in said


def test_expression_missing_for_those_with_the_event_is_refused(case, symbols):
    lost = case.clinical.index[case.clinical["status"] == "bone"][:35]
    case.expression = case.expression.drop(columns=lost)
    assert "35 of 200 are not in the expression (bone): 100% of them have the event" in refused(case, symbols)


def test_losses_at_random_are_no_matter(case, symbols):
    rng = np.random.default_rng(4)
    case.clinical.loc[rng.choice(case.clinical.index, 40, replace=False), "months"] = None
    case.expression = case.expression.drop(columns=rng.choice(case.expression.columns, 30, replace=False))
    assert '"dependence": "strong"' not in case.harmonise(symbols).adata.uns["provenance"]


def test_fisher_equals_scipy_and_a_loss_is_weak_where_it_is_small():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    for _ in range(200):
        table = rng.integers(0, 30, (2, 2))
        table[0, 0] += 1
        assert fisher_p(table.tolist()) == pytest.approx(stats.fisher_exact(table)[1], rel=1e-9, abs=1e-12)
    ids = pd.RangeIndex(400)
    event = pd.Series((np.arange(400) < 100).astype(float), index=ids)
    lost = pd.Series(np.isin(np.arange(400), [*range(10), *range(100, 104)]), index=ids)
    row = compare_loss("no_time", lost, pd.Series(np.nan, index=ids), event)
    assert row["dependence"] == WEAK and row["p_time"] is None


def test_the_rank_sum_equals_scipys(case):
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(1)
    time = pd.Series(rng.integers(1, 30, 80).astype(float))
    lost = pd.Series(rng.random(80) < 0.4)
    row = compare_loss("no_status", lost, time, pd.Series(np.nan, index=time.index))
    peer = stats.mannwhitneyu(time[lost], time[~lost], method="asymptotic")
    assert row["p_time"] == pytest.approx(peer.pvalue, rel=1e-9)
    assert row["rank"] == pytest.approx(peer.statistic / (lost.sum() * (~lost).sum()))


def test_a_covariate_missing_for_those_with_the_event_is_refused(case, symbols):
    case.card["fields"] = {"er": {"from": "er", "map": {"+": "positive", "-": "negative"}}}
    lost = case.clinical.index[case.clinical["status"] == "bone"][:38]
    case.clinical.loc[lost, "er"] = None
    said = refused(case, symbols)
    assert "38 of 200 lack the covariate er (bone): 100% of them have the event, 30% of the others" in said
    case.clinical.loc[case.clinical.index[case.clinical["status"] == "bone"], "er"] = None
    assert case.harmonise(symbols).adata.n_obs == 200  # under 80 % known: no model uses it
