"""Subdistribution hazards: by hand, a second formulation, swaps, planted effects, null, degenerate data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from madeup.settings import primary
from madeup.settings import settings as study_settings
from scipy.optimize import brentq, minimize
from scipy.stats import binom
from statsmodels.duration.hazard_regression import PHReg

from irf7bone.outcome.associate import associate
from irf7bone.outcome.competing_risks import competing
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.fine_gray import (
    SANDWICH_EVENTS,
    FineGrayProblem,
    SubdistributionRiskSets,
    censoring_survival,
    fit_fine_gray,
    fit_subdistribution,
)
from irf7bone.tables.outcome import COMPETING

NUMBERS = ["log_hr", "se", "ci_low", "ci_high", "p", "loglik"]
ESTIMATE = ["log_hr", "se", "ci_low", "ci_high", "p"]


def cohort(seed=0, n=120, scores=6, covariates=1, tied=True, hazard=0.03):
    """Follow-up with both causes and censoring, scores, covariates that matter."""
    random = np.random.default_rng(seed)
    x, shared = random.normal(size=(scores, n)), random.normal(size=(n, covariates))
    pull = 0.4 * x[0] + 0.3 * shared.sum(axis=1)
    first, other = hazard * np.exp(pull), hazard * np.exp(-0.3 * x[0])
    clock, end = random.exponential(1 / (first + other)), random.uniform(3, 40, n)
    cause = np.where(clock > end, 0, np.where(random.random(n) < first / (first + other), 1, 2))
    time = np.minimum(clock, end)
    return (np.ceil(time / 2) if tied else time), cause, x, shared


def test_by_hand():
    # G falls to 2/3 at 3, so the competing event at 1 weighs 1 at time 2 and 2/3 at time 4:
    # U = 1 - 2e/(2e+3) - (2e/3)/(2e/3+2) = 0 gives e^2 = 9/2
    problem = FineGrayProblem(np.arange(1.0, 6), [2, 1, 0, 1, 0])
    assert problem.risk.weights.tolist() == [[1, 1, 1, 1, 1], [pytest.approx(2 / 3), 0, 0, 1, 1]]
    fits = fit_fine_gray(problem, [[1, 1, 0, 0, 0]])
    assert fits.log_hr[0] == pytest.approx(np.log(4.5) / 2, rel=1e-12)


def test_censoring_survival_by_hand_counts_tied_events_as_at_risk_of_censoring():
    time = np.array([0.0, 1, 1, 1, 2, 3, 3])
    censored = np.array([True, True, False, False, False, True, False])
    # censored 1 of 7 at 0, 1 of 6 at 1, 1 of 2 at 3 (which no time is after)
    expected = [1, 6 / 7, 6 / 7, 6 / 7, 5 / 7, 5 / 7, 5 / 7]
    assert censoring_survival(time, censored) == pytest.approx(expected)


def weighted_fit(case_weights, time, cause, columns, strata):
    """Coefficients when each sample counts ``case_weights`` times, written out term by term, no ties."""
    survival = np.ones(time.size)
    for k in np.flatnonzero(cause == 0):
        here = strata == strata[k]
        at_risk = here & (time >= time[k])
        survival[here & (time > time[k])] *= 1 - case_weights[k] / case_weights[at_risk].sum()

    def objective(beta):
        value, relative = 0.0, case_weights * np.exp(columns @ beta)
        for k in np.flatnonzero(cause == 1):
            fading = np.where(cause == 2, survival[k] / survival, 0.0)
            at_risk = np.where(time >= time[k], 1.0, fading) * (strata == strata[k])
            value += case_weights[k] * (columns[k] @ beta - np.log(at_risk @ relative))
        return -value

    return minimize(objective, np.zeros(columns.shape[1]), method="BFGS", options={"gtol": 1e-9}).x


@pytest.mark.parametrize("n_strata", [1, 2])
def test_standard_error_is_the_infinitesimal_jackknife_of_the_whole_estimate(n_strata):
    # derivatives by the weight of each sample, through the censoring distribution as well
    time, cause, x, shared = cohort(seed=3, n=26, scores=1, tied=False, hazard=0.08)
    strata = np.arange(26) % n_strata
    data = time, cause, np.column_stack([x[0], shared]), strata
    fits = fit_fine_gray(FineGrayProblem(time, cause, shared, strata), x)
    one, step = np.ones(time.size), 1e-3
    assert weighted_fit(one, *data) == pytest.approx(fits.coefficients[0], abs=1e-6)
    change = [
        weighted_fit(one + step * unit, *data)[0] - weighted_fit(one - step * unit, *data)[0]
        for unit in np.eye(time.size)
    ]
    assert np.linalg.norm(change) / (2 * step) == pytest.approx(fits.se[0], rel=1e-4)


def test_without_competing_events_it_is_cox_with_breslow_ties():
    time, cause, x, shared = cohort()
    cause = np.where(cause == 2, 0, cause)
    ours = fit_fine_gray(FineGrayProblem(time, cause, shared), x)
    for score, estimate in zip(x, ours.coefficients, strict=True):
        peer = PHReg(time, np.column_stack([score, shared]), status=cause, ties="breslow").fit()
        assert estimate == pytest.approx(peer.params, rel=1e-6)


def test_without_competing_events_or_ties_it_is_cox_with_the_robust_error():
    time, cause, x, shared = cohort(tied=False)
    cause = np.where(cause == 2, 0, cause)
    ours, cox = (
        fit_fine_gray(FineGrayProblem(time, cause, shared), x),
        fit_cox(CoxProblem(time, cause, shared), x),
    )
    assert ours.coefficients == pytest.approx(cox.coefficients, rel=1e-9)
    # the robust errors of lifelines are exact without ties
    rows = pd.DataFrame({"time": time, "event": cause, "score": x[0], "shared": shared[:, 0]})
    tight = {"precision": 1e-12, "r_precision": 1e-14}
    peer = CoxPHFitter().fit(rows, "time", "event", robust=True, fit_options=tight)
    assert ours.se[0] == pytest.approx(peer.standard_errors_["score"], rel=1e-6)


def test_without_censoring_competing_events_simply_never_leave():
    time, cause, x, shared = cohort(tied=False)
    cause = np.where(cause == 0, 2, cause)
    ours = fit_fine_gray(FineGrayProblem(time, cause, shared), x)
    stays = np.where(cause == 2, time.max() + 1, time)
    cox = fit_cox(CoxProblem(stays, cause == 1, shared), x)
    assert ours.coefficients == pytest.approx(cox.coefficients, rel=1e-9)


def test_strata_share_nothing_but_the_coefficients():
    time, cause, x, shared = cohort()
    one = fit_fine_gray(FineGrayProblem(time, cause, shared), x)
    # the same samples once more, as a stratum of their own: the same estimate from twice the information
    twice = FineGrayProblem(
        np.tile(time, 2), np.tile(cause, 2), np.tile(shared, (2, 1)), [0] * 120 + [1] * 120
    )
    both = fit_fine_gray(twice, np.tile(x, 2))
    assert both.log_hr == pytest.approx(one.log_hr, rel=1e-8)
    assert both.se == pytest.approx(one.se / np.sqrt(2), rel=1e-8)
    # another clock in one stratum, and its codes, change nothing
    slow = FineGrayProblem(
        np.append(time, 12 * time), np.tile(cause, 2), np.tile(shared, (2, 1)), ["b"] * 120 + ["a"] * 120
    )
    assert fit_fine_gray(slow, np.tile(x, 2)).se == pytest.approx(both.se, rel=1e-8)
    # a stratum without events changes nothing
    idle = FineGrayProblem(
        np.tile(time, 2), np.append(cause, 0 * cause), np.tile(shared, (2, 1)), [0] * 120 + [1] * 120
    )
    assert fit_fine_gray(idle, np.tile(x, 2)).log_hr == pytest.approx(one.log_hr, rel=1e-8)


def test_strata_are_cox_strata_where_nothing_competes_or_nobody_is_censored():
    time, cause, x, shared = cohort(tied=False)
    strata = np.arange(120) % 3
    single = np.where(cause == 2, 0, cause)
    ours = fit_fine_gray(FineGrayProblem(time, single, shared, strata), x)
    cox = fit_cox(CoxProblem(time, single, shared, strata), x)
    assert ours.coefficients == pytest.approx(cox.coefficients, rel=1e-8)
    never = np.where(cause == 0, 2, cause)
    ours = fit_fine_gray(FineGrayProblem(time, never, shared, strata), x)
    stays = np.where(never == 2, time.max() + 1, time)
    cox = fit_cox(CoxProblem(stays, never == 1, shared, strata), x)
    assert ours.coefficients == pytest.approx(cox.coefficients, rel=1e-8)


def test_many_fits_equal_one_by_one():
    time, cause, x, shared = cohort(scores=600)
    problem = FineGrayProblem(time, cause, shared)
    together = fit_fine_gray(problem, x)
    for row in (0, 300, 599):
        alone = fit_fine_gray(problem, x[row])
        for name in NUMBERS:
            assert getattr(together, name)[row] == pytest.approx(getattr(alone, name)[0], rel=1e-8), name


def test_order_unit_of_time_unit_of_score_and_sign():
    time, cause, x, shared = cohort()
    base = fit_fine_gray(FineGrayProblem(time, cause, shared), x)
    mixed = np.random.default_rng(1).permutation(time.size)
    turned = fit_fine_gray(
        FineGrayProblem(30.4 * time[mixed], cause[mixed], 5 * shared[mixed]), -2 * x[:, mixed]
    )
    assert turned.log_hr == pytest.approx(-base.log_hr / 2, rel=1e-9)
    assert turned.se == pytest.approx(base.se / 2, rel=1e-9)
    assert turned.p == pytest.approx(base.p, rel=1e-8)
    assert turned.ci_low == pytest.approx(-base.ci_high / 2, rel=1e-8)


def subdistribution_cohort(beta, n, seed, share=0.4):
    """Fine and Gray's own simulation: the log subdistribution hazard ratio of cause 1 is ``beta``."""
    random = np.random.default_rng(seed)
    score = random.normal(size=n)
    ratio = np.exp(beta * score)
    ever = 1 - (1 - share) ** ratio
    first = random.random(n) < ever
    reached = random.random(n) * ever
    clock = np.where(first, -np.log(1 - (1 - (1 - reached) ** (1 / ratio)) / share), random.exponential(1, n))
    end = random.uniform(0.1, 4, n)
    return np.minimum(clock, end), np.where(clock > end, 0, np.where(first, 1, 2)), score


def test_a_planted_subdistribution_effect_is_found_and_the_cause_specific_one_is_another():
    time, cause, score = subdistribution_cohort(-0.8, 4000, seed=2)
    fits = fit_fine_gray(FineGrayProblem(time, cause), score)
    assert abs(fits.log_hr[0] + 0.8) < 3 * fits.se[0] < 0.15
    specific = fit_cox(CoxProblem(time, cause == 1), score)
    assert abs(specific.log_hr[0] + 0.8) > 3 * specific.se[0]


@pytest.mark.parametrize(
    ("n", "hazard", "estimator"), [(240, 0.03, "fine_gray"), (70, 0.01, "fine_gray_firth")]
)
def test_null_scores_are_significant_as_often_as_they_should_be(n, hazard, estimator):
    p = []
    for seed in range(10):
        time, cause, x, shared = cohort(seed=seed, n=n, scores=51, hazard=hazard, covariates=1)
        name, fits = fit_subdistribution(FineGrayProblem(time, cause, shared), x[1:])
        assert name == estimator
        p.extend(fits.p)
    low, high = binom.ppf([0.0005, 0.9995], len(p), 0.05)
    assert len(p) == 500
    assert low <= (np.array(p) < 0.05).sum() <= high


def test_few_events_get_the_penalised_likelihood_and_its_profile():
    time, cause, x, shared = cohort(n=50, scores=2, hazard=0.02)
    problem = FineGrayProblem(time, cause, shared)
    assert problem.n_events < SANDWICH_EVENTS
    name, fits = fit_subdistribution(problem, x)
    assert name == "fine_gray_firth"
    weights, at = problem.risk.weights, problem.risk.event_group

    def penalised(beta, columns):
        loglik, information = 0.0, np.zeros((2, 2))
        relative = np.exp(columns @ beta)
        for k, row in zip(problem.risk.event_rows, weights[at], strict=True):
            share = row * relative / (row @ relative)
            mean = share @ columns
            loglik += columns[k] @ beta - np.log(row @ relative)
            information += (columns * share[:, None]).T @ columns - np.outer(mean, mean)
        return loglik + np.linalg.slogdet(information)[1] / 2

    columns = np.column_stack([x[0], shared])
    found = minimize(lambda beta: -penalised(beta, columns), np.zeros(2), tol=1e-10)
    assert found.x == pytest.approx(fits.coefficients[0], abs=1e-5)

    def above(b):
        inner = minimize(lambda g: -penalised(np.array([b, g[0]]), columns), [found.x[1]], tol=1e-10)
        return -inner.fun + found.fun + 1.920729410347062

    assert brentq(above, found.x[0] - 4, found.x[0], xtol=1e-6) == pytest.approx(fits.ci_low[0], abs=1e-4)


def test_weights_that_nearly_vanish_still_give_an_estimate():
    # 199 of 200 are censored before the last event, which early competing events meet with a weight of 1/100
    random = np.random.default_rng(4)
    time = np.concatenate([random.uniform(0, 1, 100), random.uniform(1, 2, 99), [50.0]])
    cause = np.concatenate([random.choice([1, 2], 100), np.zeros(99, dtype=int), [1]])
    risk = SubdistributionRiskSets(time, cause)
    assert risk.weights[-1][cause == 2] == pytest.approx(1 / 100)
    fits = fit_fine_gray(FineGrayProblem(time, cause), random.normal(size=(5, 200)))
    assert (fits.status == "ok").all() and np.isfinite([fits.log_hr, fits.se, fits.p]).all()


def test_degenerate_data_end_in_a_status():
    time, cause, x, shared = cohort()
    flat = np.ones_like(x[0])
    fits = fit_fine_gray(FineGrayProblem(time, cause), np.vstack([flat, x[0], (cause == 1) - 0.5]))
    assert fits.status.tolist() == ["not_available", "ok", "separated"]
    assert fits.reason[0] == "the score has no variance" and "monotone likelihood" in fits.reason[2]
    assert np.isnan([fits.se[0], fits.p[0], fits.se[2], fits.p[2]]).all()
    none = fit_fine_gray(FineGrayProblem(time, np.where(cause == 1, 0, cause)), x)
    assert set(none.status) == {"not_available"} and set(none.reason) == {"no events"}
    collinear = fit_fine_gray(
        FineGrayProblem(time, cause, shared, covariate_names=("proliferation",)), 2 * shared.T + 1
    )
    assert collinear.reason[0] == "the score is collinear with proliferation among those at risk"
    constant = fit_fine_gray(
        FineGrayProblem(time, cause, flat[:, None], covariate_names=("proliferation",)), x
    )
    assert constant.reason[0] == "proliferation has no variance"


def test_causes_other_than_three_are_refused():
    with pytest.raises(ValueError, match="cause must be 0, 1 or 2"):
        FineGrayProblem([1.0, 2.0], [1, 3])


# the table


def settings(**changes):
    base = {
        "endpoints": ("bone", "relapse", "death"),
        "models": ("unadjusted", "proliferation"),
        "proliferation_signature": "PROLIF",
        "primary": primary(method="zscore"),
        "min_events": 5,
    }
    return study_settings(**{**base, **changes})


def made_up(n=300, seed=0, hazard=0.03):
    """A cohort with bone (competing), relapse (none), three signatures by two methods."""
    time, cause, x, _ = cohort(seed=seed, n=n, scores=3, hazard=hazard)
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
    parts = [
        pd.DataFrame(
            {"sample": samples, "signature": name, "method": method, "score_z": value, "status": "ok"}
        )
        for name, value in zip(("ISG", "PROLIF", "IRF7"), x, strict=True)
        for method in ("zscore", "ssgsea")
    ]
    return obs, pd.concat(parts, ignore_index=True).assign(reason=None)


def run(obs, scores, **changes):
    table = competing(FitPlan("x", obs, scores, config=settings(**changes)))
    COMPETING.check(table, "competing")
    return table


def one(table, **labels):
    chosen = table
    for name, value in labels.items():
        chosen = chosen[chosen[name] == value]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_every_combination_has_one_row_in_the_order_of_signatures():
    table = run(*made_up())
    assert len(table) == 3 * 3 * 2 * 2
    assert set(table["method"]) == {"zscore"}
    assert table["signature"].tolist() == (["ISG"] * 4 + ["PROLIF"] * 4 + ["IRF7"] * 4) * 3
    assert set(table.loc[table["endpoint"] == "death", "reason"]) == {"the cohort has no endpoint death"}
    own = table[(table["signature"] == "PROLIF") & (table["model"] == "proliferation")]
    assert set(own["status"]) == {"not_available"}


def test_numbers_are_those_of_the_two_models():
    obs, scores = made_up()
    table = run(obs, scores)
    z = {
        name: part["score_z"].to_numpy()
        for name, part in scores.query("method == 'zscore'").groupby("signature")
    }
    time, cause = obs["bone_time_months"].to_numpy(), obs["bone_event"] + 2 * obs["bone_competing"]
    row = one(table, signature="ISG", endpoint="bone", model="proliferation", estimand="subdistribution")
    fits = fit_fine_gray(FineGrayProblem(time, cause.to_numpy(), z["PROLIF"][:, None]), z["ISG"])
    assert row[ESTIMATE].tolist() == pytest.approx([getattr(fits, name)[0] for name in ESTIMATE], rel=1e-9)
    assert (row["estimator"], row["covariates"]) == ("fine_gray", "proliferation")
    assert (row["n"], row["n_events"], row["n_competing"]) == (300, (cause == 1).sum(), (cause == 2).sum())
    # cause-specific rows are the associations'
    other = associate(FitPlan("x", obs, scores, config=settings())).query("method == 'zscore'")
    keys = ["signature", "endpoint", "model"]
    both = table[table["estimand"] == "cause_specific"].merge(other, on=keys, suffixes=("", "_there"))
    assert len(both) == 18
    for name in ESTIMATE:
        assert both[name].to_numpy() == pytest.approx(both[f"{name}_there"].to_numpy(), nan_ok=True, rel=1e-9)
    assert both["status"].tolist() == both["status_there"].tolist()


def test_every_planned_model_has_both_hazards_stratified_by_er_as_the_cox_models_are():
    obs, scores = made_up()
    random = np.random.default_rng(5)
    obs["er"] = pd.Categorical(np.where(random.random(300) < 0.6, "positive", "negative"))
    obs["age"] = random.normal(55, 9, 300)
    models = ("unadjusted", "proliferation", "clinical", "full")
    table = run(obs, scores, models=models)
    assert tuple(dict.fromkeys(table["model"])) == models
    bone = table[(table["endpoint"] == "bone") & (table["signature"] == "ISG")]
    assert (bone["status"] == "ok").all() and len(bone) == 8
    covariates = dict(zip(bone["model"], bone["covariates"], strict=True))
    assert covariates["clinical"] == "age,strata(er)"
    assert covariates["full"] == "proliferation,age,strata(er)"
    z = scores.query("method == 'zscore'").pivot(index="sample", columns="signature", values="score_z")
    z = z.loc[obs.index]
    cause = (obs["bone_event"] + 2 * obs["bone_competing"]).to_numpy()
    shared = np.column_stack([z["PROLIF"], obs["age"]])
    problem = FineGrayProblem(obs["bone_time_months"], cause, shared, obs["er"].to_numpy(dtype=str))
    fits = fit_fine_gray(problem, z["ISG"].to_numpy())
    row = one(table, signature="ISG", endpoint="bone", model="full", estimand="subdistribution")
    assert row[ESTIMATE].tolist() == pytest.approx([getattr(fits, name)[0] for name in ESTIMATE], rel=1e-8)


def test_an_endpoint_without_competing_events_has_no_subdistribution():
    rows = run(*made_up()).query("endpoint == 'relapse' and signature == 'ISG' and model == 'unadjusted'")
    assert rows["status"].tolist() == ["ok", "not_available"]
    assert rows["reason"].iloc[1].startswith("no competing event among 300 samples")


def test_too_few_events_missing_scores_and_missing_endpoints():
    obs, scores = made_up()
    obs["bone_event"] = np.where(np.cumsum(obs["bone_event"]) <= 4, obs["bone_event"], 0.0)
    table = run(obs, scores)
    row = one(table, signature="ISG", endpoint="bone", model="unadjusted", estimand="subdistribution")
    assert (row["status"], row["reason"]) == ("too_few_events", "4 events among 300 samples, 5 needed")
    obs, scores = made_up()
    low = (scores["signature"] == "PROLIF") & (scores["method"] == "zscore")
    scores.loc[low, ["status", "reason"]] = ["low_coverage", "3 of 11 genes"]
    table = run(obs, scores)
    assert set(table.loc[table["signature"].eq("PROLIF") & table["endpoint"].eq("bone"), "status"]) == {
        "low_coverage"
    }
    row = one(table, signature="ISG", endpoint="bone", model="proliferation", estimand="subdistribution")
    assert (row["status"], row["reason"]) == (
        "not_available",
        "no proliferation score: PROLIF: 3 of 11 genes",
    )
    assert set(run(obs, scores.assign(status="low_coverage", reason="none measured"))["status"]) <= {
        "low_coverage",
        "not_available",
    }


def test_samples_without_score_or_follow_up_are_left_out_of_the_weights_too():
    obs, scores = made_up()
    obs.iloc[:20, :3] = np.nan
    without = scores["signature"].eq("ISG") & scores["sample"].isin(obs.index[20:30])
    scores.loc[without, ["status", "reason", "score_z"]] = ["not_available", "none", np.nan]
    row = one(
        run(obs, scores), signature="ISG", endpoint="bone", model="unadjusted", estimand="subdistribution"
    )
    kept = obs.iloc[30:]
    fewer = run(kept, scores[scores["sample"].isin(kept.index)])
    same = one(fewer, signature="ISG", endpoint="bone", model="unadjusted", estimand="subdistribution")
    assert row["n"] == 270
    assert row[ESTIMATE].tolist() == pytest.approx(same[ESTIMATE].tolist(), rel=1e-9)
