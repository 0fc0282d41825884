"""Effects within ER strata: rows, statuses, that scores keep their scale, and planted interactions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.settings import settings

from irf7bone.outcome.er_strata import associate_by_er
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.pool.by_er import differences, pool_by_er
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.random_effects import random_effects
from irf7bone.study.settings import Primary, SignatureSettings
from irf7bone.tables.outcome import ER_ASSOCIATIONS
from irf7bone.tables.pooled import ER_POOLED

CONFIG = settings(
    signatures=SignatureSettings(("IFN", "PROLIF"), (), 0.5),
    methods=("zscore", "ssgsea"),
    endpoints=("bone", "death"),
    models=("unadjusted", "proliferation"),
    primary=Primary("IFN", "zscore", "bone", "unadjusted"),
    proliferation_signature="PROLIF",
)
EFFECT = ["log_hr", "se", "ci_low", "ci_high", "p"]


def cohort(n=300, seed=0, positive=-0.6, negative=0.4):
    """A cohort with a bone endpoint whose effect differs by ER, and death without any effect."""
    random = np.random.default_rng(seed)
    er = np.where(random.random(n) < 0.6, "positive", "negative").astype(object)
    er[:4] = None
    ifn = random.normal(size=n) * np.where(er == "negative", 2.0, 1.0)
    ifn = (ifn - ifn.mean()) / ifn.std(ddof=1)
    prolif = random.normal(size=n)
    effect = np.where(er == "positive", positive, negative)
    samples = [f"S{i:03d}" for i in range(n)]
    obs = pd.DataFrame(index=samples)
    for endpoint, scale in (("bone", effect), ("death", 0.0)):
        clock, end = random.exponential(60 * np.exp(-scale * ifn)), random.uniform(20, 120, n)
        obs[f"{endpoint}_time_months"] = np.minimum(clock, end)
        obs[f"{endpoint}_event"] = (clock <= end).astype(float)
    obs["er"] = pd.Categorical(er, categories=["negative", "positive"])
    scores = pd.concat(
        pd.DataFrame(
            {"sample": samples, "signature": name, "method": method, "score_z": values, "status": "ok"}
        )
        for name, values in (("IFN", ifn), ("PROLIF", prolif))
        for method in ("zscore", "ssgsea")
    )
    return obs, scores.assign(reason=None).reset_index(drop=True)


def run(obs, scores, name="x"):
    table = associate_by_er(FitPlan(name, obs, scores, config=CONFIG))
    ER_ASSOCIATIONS.check(table, "by ER")
    return table


def one(table, er, signature="IFN", endpoint="bone", model="unadjusted"):
    keep = (table["signature"] == signature) & (table["endpoint"] == endpoint) & (table["model"] == model)
    [row] = table[keep & (table["er"] == er)].to_dict("records")
    return row


def test_each_stratum_is_its_own_cox_model_on_scores_of_the_whole_cohort():
    obs, scores = cohort()
    table = run(obs, scores)
    assert len(table) == 2 * 2 * 1 * 2 * 2
    assert set(table["method"]) == {"zscore"}
    z = scores.loc[(scores["signature"] == "IFN") & (scores["method"] == "zscore"), "score_z"].to_numpy()
    for er in ("positive", "negative"):
        inside = (obs["er"] == er).to_numpy()
        fits = fit_cox(
            CoxProblem(obs["bone_time_months"][inside].to_numpy(), obs["bone_event"][inside].to_numpy()),
            z[inside],
        )
        row = one(table, er)
        assert [row[name] for name in EFFECT] == pytest.approx(
            [getattr(fits, name)[0] for name in EFFECT], rel=1e-9
        )
        assert row["n"] == inside.sum()
    assert obs["er"].isna().sum() == 4
    assert one(table, "positive")["n"] + one(table, "negative")["n"] == len(obs) - 4


def test_planted_interaction_is_found_where_it_is_and_only_there():
    table = pd.concat([run(*cohort(seed=seed), name=f"c{seed}") for seed in range(3)])
    pooled = pool_by_er(table, {f"c{seed}": "validation" for seed in range(3)}, config=CONFIG)
    ER_POOLED.check(pooled, "pooled by ER")
    assert pooled["er"].tolist()[:3] == ["positive", "negative", "difference"]
    found = one(pooled, "difference")
    assert found["log_hr"] == pytest.approx(-1.0, abs=4 * found["se"])
    assert found["p"] < 0.05
    assert one(pooled, "positive")["log_hr"] < 0 < one(pooled, "negative")["log_hr"]
    assert one(pooled, "difference", endpoint="death")["p"] > 0.05


def test_differences_are_pooled_within_cohorts():
    table = pd.concat([run(*cohort(seed=seed), name=f"c{seed}") for seed in range(3)])
    pooled = pool_by_er(table, {f"c{seed}": "validation" for seed in range(3)}, config=CONFIG)
    pairs = [(one(part, "positive"), one(part, "negative")) for _, part in table.groupby("cohort")]
    delta = [a["log_hr"] - b["log_hr"] for a, b in pairs]
    se = [np.hypot(a["se"], b["se"]) for a, b in pairs]
    expected = random_effects(delta, se)
    row = one(pooled, "difference")
    for name in EFFECT:
        assert row[name] == pytest.approx(getattr(expected, name), rel=1e-10)
    assert row["n_events"] == sum(a["n_events"] + b["n_events"] for a, b in pairs)
    plain = random_effects([a["log_hr"] for a, _ in pairs], [a["se"] for a, _ in pairs])
    assert one(pooled, "positive")["log_hr"] == pytest.approx(plain.log_hr, rel=1e-10)


def test_swapping_the_labels_flips_the_difference():
    obs, scores = cohort()
    swapped = obs.assign(er=obs["er"].cat.rename_categories({"positive": "negative", "negative": "positive"}))
    swapped["er"] = swapped["er"].cat.reorder_categories(["negative", "positive"])
    a, b = (differences(run(each, scores)) for each in (obs, swapped))
    np.testing.assert_allclose(a["log_hr"], -b["log_hr"], rtol=1e-9)
    np.testing.assert_allclose(a["p"], b["p"], rtol=1e-9)
    np.testing.assert_allclose(a["ci_low"], -b["ci_high"], rtol=1e-9)


def test_order_of_samples_and_simulated_cohorts_change_nothing():
    obs, scores = cohort()
    table = run(obs, scores)
    shuffled = run(obs.sample(frac=1, random_state=1), scores.sample(frac=1, random_state=2))
    key = ["signature", "endpoint", "model", "er"]
    for name in EFFECT:
        np.testing.assert_allclose(
            table.sort_values(key)[name].astype(float),
            shuffled.sort_values(key)[name].astype(float),
            rtol=1e-8,
        )
    made = run(*cohort(seed=9), name="made")
    both = pool_by_er(pd.concat([table, made]), {"x": "validation", "made": "simulated"}, config=CONFIG)
    alone = pool_by_er(table, {"x": "validation"}, config=CONFIG)
    pd.testing.assert_frame_equal(both, alone)
    assert set(alone["k"]) <= {0, 1}


def test_what_a_cohort_lacks_is_said():
    obs, scores = cohort()
    blind = run(obs.drop(columns="er"), scores)
    assert len(blind) == len(run(obs, scores))
    assert set(blind["reason"]) == {"the cohort does not record ER status"}
    all_positive = obs.assign(er=pd.Categorical(["positive"] * len(obs), categories=["negative", "positive"]))
    table = run(all_positive, scores)
    assert set(table.loc[table["er"] == "negative", "reason"]) == {"no tumour is ER-negative"}
    assert one(table, "positive")["status"] == "ok"
    found = differences(table)
    assert set(found["status"]) == {"not_available"}
    assert found["reason"][0] == "ER-negative: no tumour is ER-negative"
    half = obs.copy()
    half.loc[(half["er"] == "negative").to_numpy(), ["death_time_months", "death_event"]] = np.nan
    lost = one(run(half, scores), "negative", endpoint="death")
    assert (lost["status"], lost["reason"]) == (
        "not_available",
        "no ER-negative tumour has this endpoint recorded",
    )
    nowhere = obs.drop(columns=["death_time_months", "death_event"])
    assert (
        one(run(nowhere, scores), "negative", endpoint="death")["reason"]
        == "the cohort has no endpoint death"
    )


def test_a_pool_without_cohorts_says_whose_lack_it_is():
    obs, scores = cohort()
    blind = run(obs.drop(columns=["er", "death_time_months", "death_event"]), scores, name="b")
    pooled = pool_by_er(blind, {"b": "validation"}, config=CONFIG)
    ER_POOLED.check(pooled, "pooled by ER")
    assert set(pooled["status"]) == {"not_available"}
    assert set(pooled.loc[pooled["endpoint"] == "death", "reason"]) == {
        "no real cohort has the endpoint death"
    }
    assert set(pooled.loc[pooled["endpoint"] == "bone", "reason"]) == {
        "no real cohort with an estimate (b: the cohort does not record ER status)"
    }
    made = pool_by_er(blind, {"b": "simulated"}, config=CONFIG)
    assert set(made["reason"]) == {"no real cohort in this run"}


def test_too_few_events_in_one_stratum_leave_the_other():
    obs, scores = cohort()
    negative = (obs["er"] == "negative").to_numpy()
    obs.loc[negative, "bone_event"] = np.where(np.arange(negative.sum()) < 3, 1.0, 0.0)
    table = run(obs, scores)
    assert one(table, "negative")["status"] == "too_few_events"
    assert one(table, "positive")["status"] == "ok"
    [row] = (
        differences(table)
        .query("signature == 'IFN' and endpoint == 'bone' and model == 'unadjusted'")
        .to_dict("records")
    )
    assert row["status"] == "too_few_events" and row["reason"].startswith("ER-negative: 3 events")
    pooled = pool_by_er(table, {"x": "validation"}, config=CONFIG)
    ER_POOLED.check(pooled, "pooled by ER")
    assert one(pooled, "positive")["k"] == 1 and one(pooled, "difference")["k"] == 0


def test_q_is_benjamini_hochberg_over_the_table():
    pooled = pool_by_er(run(*cohort()), {"x": "validation"}, config=CONFIG)
    ok = pooled[pooled["status"] == "ok"].sort_values("p")
    raw = ok["p"].to_numpy() * len(ok) / np.arange(1, len(ok) + 1)
    np.testing.assert_allclose(ok["q"], np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1), rtol=1e-12)
    assert pooled.loc[pooled["status"] != "ok", "q"].isna().all()
