"""The table of associations: every combination, its status, and that its numbers are those of its model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.settings import primary
from madeup.settings import settings as study_settings

from irf7bone.base.errors import InputError
from irf7bone.base.vocabulary import MODELS as MODEL_WORDS
from irf7bone.outcome.associate import associate
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.models import MODELS
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.firth import fit_firth
from irf7bone.tables.outcome import ASSOCIATIONS

ESTIMATE = ["log_hr", "se", "ci_low", "ci_high", "p"]


def settings(**changes):
    base = {
        "endpoints": ("bone", "relapse"),
        "models": ("unadjusted", "proliferation", "clinical", "full"),
        "proliferation_signature": "PROLIF",
        "primary": primary(method="zscore"),
        "min_events": 5,
    }
    return study_settings(**{**base, **changes})


def made_up(n=160, seed=0):
    """A cohort with a relapse endpoint, bone with competing relapse elsewhere, and every clinical field."""
    random = np.random.default_rng(seed)
    samples = [f"S{k:03d}" for k in range(n)]
    prolif, isg = random.normal(size=(2, n))
    age = random.normal(55, 10, n)
    clock = random.exponential(40 * np.exp(-0.5 * prolif + 0.3 * isg))
    end = random.uniform(20, 90, n)
    relapse = (clock <= end).astype(float)
    to_bone = relapse * (random.random(n) < 0.5)
    obs = pd.DataFrame(
        {
            "bone_time_months": np.minimum(clock, end),
            "bone_event": to_bone,
            "bone_competing": relapse - to_bone,
            "relapse_time_months": np.minimum(clock, end),
            "relapse_event": relapse,
            "er": pd.Categorical(np.where(random.random(n) < 0.7, "positive", "negative")),
            "node": pd.Categorical(np.where(random.random(n) < 0.4, "positive", "negative")),
            "grade": random.integers(1, 4, n).astype(float),
            "size_cm": random.gamma(4, 0.6, n),
            "age": age,
        },
        index=samples,
    )
    values = {"PROLIF": prolif, "ISG": isg, "IRF7": isg + random.normal(size=n)}
    scores = pd.concat(
        pd.DataFrame(
            {"sample": samples, "signature": name, "method": method, "score_z": shift + value, "status": "ok"}
        )
        for name, value in values.items()
        for method, shift in (("zscore", 0), ("ssgsea", random.normal(size=n) * 0.2))
    )
    return obs, scores.assign(reason=None).reset_index(drop=True)


def run(obs, scores, **changes):
    table = associate(FitPlan("x", obs, scores, config=settings(**changes)))
    ASSOCIATIONS.check(table, "associations")
    return table


def one(table, signature="ISG", method="zscore", endpoint="relapse", model="unadjusted"):
    wanted = (
        (table["signature"] == signature)
        & (table["method"] == method)
        & (table["endpoint"] == endpoint)
        & (table["model"] == model)
    )
    assert wanted.sum() == 1
    return table[wanted].iloc[0]


def score(scores, name="ISG"):
    return scores.loc[(scores["signature"] == name) & (scores["method"] == "zscore"), "score_z"].to_numpy()


def test_the_models_are_those_that_a_config_may_name():
    assert tuple(MODELS) == MODEL_WORDS


def test_every_combination_has_one_row():
    table = run(*made_up(), endpoints=("bone", "relapse", "death"))
    assert len(table) == 3 * 2 * 3 * 4
    absent = table[table["endpoint"] == "death"]
    assert set(absent["status"]) == {"not_available"}
    assert set(absent["reason"]) == {"the cohort has no endpoint death"}


def test_numbers_are_those_of_the_model_written_out():
    obs, scores = made_up()
    table = run(obs, scores)
    time, event = obs["relapse_time_months"].to_numpy(), obs["relapse_event"].to_numpy()
    er, node = (obs[name].astype(str).to_numpy() == "positive" for name in ("er", "node"))
    prolif = score(scores, "PROLIF")[:, None]
    clinical = np.column_stack([node, obs[["grade", "size_cm", "age"]]])
    problems = {
        "unadjusted": ("none", CoxProblem(time, event)),
        "proliferation": ("proliferation", CoxProblem(time, event, prolif)),
        "clinical": ("node,grade,size_cm,age,strata(er)", CoxProblem(time, event, clinical, er)),
        "full": (
            "proliferation,node,grade,size_cm,age,strata(er)",
            CoxProblem(time, event, np.column_stack([prolif, clinical]), er),
        ),
    }
    for model, (covariates, problem) in problems.items():
        row, fits = one(table, model=model), fit_cox(problem, score(scores))
        assert row["covariates"] == covariates
        assert row["estimator"] == "cox"
        assert row[ESTIMATE].tolist() == pytest.approx(
            [getattr(fits, name)[0] for name in ESTIMATE], rel=1e-9
        )
        assert (row["n"], row["n_events"]) == (len(obs), event.sum())
        assert 0 <= row["ph_p"] <= 1
    assert one(table)["c_index"] == one(table, model="full")["c_index"]


def test_competing_events_are_censored_at_their_time():
    obs, scores = made_up()
    row = one(run(obs, scores), endpoint="bone")
    fits = fit_cox(
        CoxProblem(obs["bone_time_months"].to_numpy(), obs["bone_event"].to_numpy()), score(scores)
    )
    assert row["log_hr"] == pytest.approx(fits.log_hr[0], rel=1e-9)
    assert row["n_events"] == obs["bone_event"].sum()


def test_few_events_for_the_parameters_are_fitted_with_firth():
    obs, scores = made_up()
    events = np.flatnonzero(obs["relapse_event"])
    obs.iloc[events[14:], obs.columns.get_loc("relapse_event")] = 0
    table = run(obs, scores)
    assert one(table)["estimator"] == "cox"
    row = one(table, model="proliferation")
    assert row["estimator"] == "firth"
    assert np.isnan(row["ph_p"])
    fits = fit_firth(
        CoxProblem(
            obs["relapse_time_months"].to_numpy(),
            obs["relapse_event"].to_numpy(),
            score(scores, "PROLIF")[:, None],
        ),
        score(scores),
    )
    assert row[ESTIMATE].tolist() == pytest.approx([getattr(fits, name)[0] for name in ESTIMATE], rel=1e-9)


def test_swapping_the_sign_of_a_score_swaps_the_effect_and_c():
    obs, scores = made_up()
    before = run(obs, scores, models=("unadjusted", "proliferation"))
    scores.loc[scores["signature"] == "ISG", "score_z"] *= -1
    after = run(obs, scores, models=("unadjusted", "proliferation"))
    for model in ("unadjusted", "proliferation"):
        plus, minus = one(before, model=model), one(after, model=model)
        assert minus["log_hr"] == pytest.approx(-plus["log_hr"])
        assert minus["p"] == pytest.approx(plus["p"])
        assert minus["c_index"] == pytest.approx(1 - plus["c_index"])
        assert minus["ph_p"] == pytest.approx(plus["ph_p"])
    assert one(after, "IRF7")["log_hr"] == pytest.approx(one(before, "IRF7")["log_hr"])


def test_direction_more_score_longer_time_is_below_one_and_c_above_one_half():
    row = one(run(*made_up(n=300)), model="proliferation")
    assert row["log_hr"] < 0 < 0.5 < row["c_index"]


def test_order_of_samples_and_rows_changes_nothing():
    obs, scores = made_up()
    before = run(obs, scores)
    after = run(obs.iloc[::-1], scores.sample(frac=1, random_state=0))
    for keys in (("ISG", "zscore", "relapse", "full"), ("IRF7", "ssgsea", "bone", "clinical")):
        left, right = one(before, *keys), one(after, *keys)
        numbers = [*ESTIMATE, "c_index", "c_index_low", "ph_p"]
        assert left[numbers].tolist() == pytest.approx(right[numbers].tolist(), rel=1e-7)


def test_too_few_events():
    obs, scores = made_up()
    events = np.flatnonzero(obs["relapse_event"])
    obs.iloc[events[4:], obs.columns.get_loc("relapse_event")] = 0
    row = one(run(obs, scores))
    assert (row["status"], row["n"], row["n_events"]) == ("too_few_events", 160, 4)
    assert row["reason"] == "4 events among 160 samples, 5 needed"
    obs["relapse_event"] = 0.0
    assert one(run(obs, scores))["status"] == "too_few_events"


def test_low_coverage_passes_through_and_stops_what_needs_the_score():
    obs, scores = made_up()
    lost = scores["signature"] == "PROLIF"
    scores.loc[lost, ["status", "reason"]] = ["low_coverage", "4 of 11 genes measured, 60 % needed"]
    scores.loc[lost, "score_z"] = np.nan
    table = run(obs, scores)
    row = one(table, "PROLIF")
    assert (row["status"], row["reason"]) == ("low_coverage", "4 of 11 genes measured, 60 % needed")
    for model in ("proliferation", "full"):
        row = one(table, model=model)
        assert row["status"] == "not_available"
        assert row["reason"] == "no proliferation score: PROLIF: 4 of 11 genes measured, 60 % needed"
    assert one(table)["status"] == "ok"


def test_the_proliferation_signature_is_not_adjusted_for_itself():
    table = run(*made_up())
    for method in ("zscore", "ssgsea"):
        for model in ("proliferation", "full"):
            row = one(table, "PROLIF", method, model=model)
            assert row["reason"] == "the proliferation signature is not adjusted for itself"
        assert one(table, "PROLIF", method)["status"] == "ok"


def test_proliferation_that_was_not_scored_by_the_primary_method():
    obs, scores = made_up()
    table = run(obs, scores[(scores["signature"] != "PROLIF") | (scores["method"] != "zscore")])
    assert (
        one(table, model="proliferation")["reason"]
        == "no proliferation score: PROLIF was not scored by zscore"
    )


def test_clinical_fields_that_are_sparse_or_constant_are_not_used():
    obs, scores = made_up()
    obs.iloc[:33, obs.columns.get_loc("grade")] = np.nan  # 79 % known
    obs.iloc[-32:, obs.columns.get_loc("age")] = np.nan  # 80 % known
    obs["size_cm"] = 2.0
    obs["node"] = obs["node"].astype(object)
    row = one(run(obs, scores), model="clinical")
    assert row["covariates"] == "node,age,strata(er)"
    assert row["n"] == 128
    row = one(run(obs.drop(columns=["node", "age", "er"]), scores), model="clinical")
    assert row["status"] == "not_available"
    assert row["reason"] == (
        "no clinical covariate can be used: er not recorded; node not recorded; "
        "grade known in 79% of samples, 80% needed; size_cm is the same in all samples; age not recorded"
    )


def test_er_is_a_covariate_where_a_stratum_has_under_ten_events():
    obs, scores = made_up()
    negative = np.flatnonzero((obs["er"] == "negative") & (obs["relapse_event"] == 1))
    obs.iloc[negative[9:], obs.columns.get_loc("relapse_event")] = 0
    row = one(run(obs, scores), model="clinical")
    assert row["covariates"] == "er,node,grade,size_cm,age"
    time, event = obs["relapse_time_months"].to_numpy(), obs["relapse_event"].to_numpy()
    columns = np.column_stack(
        [obs["er"] == "positive", obs["node"] == "positive", obs[["grade", "size_cm", "age"]]]
    )
    fits = fit_cox(CoxProblem(time, event, columns), score(scores))
    assert row["log_hr"] == pytest.approx(fits.log_hr[0], rel=1e-9)


def test_one_er_class_is_no_covariate():
    obs, scores = made_up()
    obs["er"] = pd.Categorical(["positive"] * len(obs), categories=["negative", "positive"])
    assert one(run(obs, scores), model="clinical")["covariates"] == "node,grade,size_cm,age"
    only = one(run(obs.drop(columns=["node", "grade", "size_cm", "age"]), scores), model="full")
    assert only["status"] == "not_available"
    assert "er is the same in all samples" in only["reason"]


def test_more_than_two_categories_each_have_a_column():
    obs, scores = made_up()
    obs["node"] = pd.Categorical(np.resize(["0", "1-3", "4+"], len(obs)))
    assert (
        one(run(obs, scores), model="clinical")["covariates"]
        == "node=1-3,node=4+,grade,size_cm,age,strata(er)"
    )


@pytest.mark.parametrize("events", [9, 40])
def test_degenerate_data_end_in_a_status_with_its_reason(events):
    """Either side of Firth's limit: no warning (they are errors here), no NaN among the ok rows."""
    obs, scores = made_up()
    kept = np.flatnonzero(obs["relapse_event"])[:events]
    obs["relapse_event"] = 0.0
    obs.iloc[kept, obs.columns.get_loc("relapse_event")] = 1.0
    flat = obs.assign(relapse_time_months=12.0)
    assert one(run(flat, scores))["reason"] == "all follow-up times are the same"

    constant = scores.copy()
    constant.loc[constant["signature"] == "ISG", "score_z"] = 0.3
    assert one(run(obs, constant))["reason"] == "the score has no variance"

    copied = scores.copy()
    copied.loc[copied["signature"] == "ISG", "score_z"] = np.tile(score(scores, "PROLIF"), 2) * -2
    reason = one(run(obs, copied), model="proliferation")["reason"]
    assert reason == "the score is collinear with proliferation among those at risk"

    separated = scores.copy()
    is_isg = separated["signature"] == "ISG"
    earlier = -obs["relapse_time_months"].to_numpy() + 200 * obs["relapse_event"].to_numpy()
    separated.loc[is_isg, "score_z"] = np.tile(earlier, 2)
    row = one(run(obs, separated))
    if events == 9:
        assert (row["status"], row["estimator"]) == ("ok", "firth")
        assert 0 < row["ci_low"] < row["log_hr"] < row["ci_high"]
    else:
        assert row["status"] == "separated"
        assert row["reason"] == (
            "monotone likelihood, no finite estimate: the score separates the samples with an event"
        )


def test_samples_without_the_endpoint_or_the_score_are_left_out():
    obs, scores = made_up()
    obs.iloc[:10, obs.columns.get_indexer(["relapse_time_months", "relapse_event"])] = np.nan
    missing = (scores["signature"] == "IRF7") & (scores["sample"].isin(obs.index[-5:]))
    scores.loc[missing, ["status", "reason"]] = ["not_available", "no value"]
    scores.loc[missing, "score_z"] = np.nan
    table = run(obs, scores)
    assert one(table)["n"] == 150
    assert one(table, "IRF7")["n"] == 145
    kept = obs.index[10:-5]
    alone = run(obs.loc[kept], scores[scores["sample"].isin(kept)])
    assert one(alone, "IRF7")["log_hr"] == pytest.approx(one(table, "IRF7")["log_hr"], rel=1e-9)


def test_scores_of_other_samples_are_refused():
    obs, scores = made_up()
    with pytest.raises(InputError, match=r"(?s)scores of x, sample.*S000, S001.*score the cohort again"):
        associate(FitPlan("x", obs.iloc[3:], scores, config=settings()))


def test_an_endpoint_without_any_value_is_not_there():
    obs, scores = made_up()
    obs[["relapse_time_months", "relapse_event"]] = np.nan
    assert one(run(obs, scores))["reason"] == "the cohort has no endpoint relapse"
