"""Model checks: two periods, splines, samples left out; their tables and their figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.settings import primary
from madeup.settings import settings as study_settings

from irf7bone.figures.plot_checks import plot_checks
from irf7bone.outcome.associate import associate
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.model_checks import check_curves, checks
from irf7bone.outcome.models import Cohort, Design
from irf7bone.outcome.periods import hazard_ratios_by_period
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.firth import fit_firth
from irf7bone.statistics.leave_one_patient_out import leave_one_patient_out
from irf7bone.statistics.score_residuals import score_residuals
from irf7bone.statistics.splines import NoSpline, Spline, curved_terms, fit_spline, knots
from irf7bone.tables.outcome_checks import CHECK_CURVES, CHECKS, CHECKS_MADE


def follow_up(seed=0, n=140, effect=-0.5, step=0.0):
    """Time, event, score, two covariates and three strata; ``step`` rounds the time up, which makes ties."""
    random = np.random.default_rng(seed)
    score, covariates = random.normal(size=n), random.normal(size=(n, 2))
    strata = random.choice(["a", "b", "c"], n)
    clock = random.exponential(70 * np.exp(-effect * score - 0.3 * covariates[:, 0]))
    end = random.uniform(20, 140, n)
    time = np.minimum(clock, end)
    time = np.ceil(time / step) * step if step else time
    return time, (clock <= end).astype(float), score, covariates, strata


def design_of(time, event, covariates=None, strata=None):
    n = time.size
    columns = np.empty((n, 0)) if covariates is None else covariates
    names = tuple(f"z{k}" for k in range(columns.shape[1]))
    cohort = Cohort(pd.DataFrame(index=range(n)), time, event, None, None)
    return Design(cohort, np.ones(n, dtype=bool), columns, names, strata)


# -- two periods --------------------------------------------------------------------------------------------


def by_period(design, score, **changes):
    given = {"months": 60, "min_events": 5, "events_per_parameter": 10, **changes}
    return hazard_ratios_by_period(design, score, **given)


def test_without_covariates_the_periods_are_two_separate_fits():
    time, event, score, _, strata = follow_up(n=300, step=4)
    found = by_period(design_of(time, event, strata=strata), score)
    early = fit_cox(CoxProblem(np.minimum(time, 60), event * (time <= 60), strata=strata), score)
    left = time > 60
    late = fit_cox(CoxProblem(time[left], event[left], strata=strata[left]), score[left])
    assert (event * (time == 60)).any()  # an event at the cut belongs to the early period
    for period, peer in (("early", early), ("late", late)):
        ours = found[period]
        assert ours["estimator"] == "cox"
        theirs = [peer.log_hr[0], peer.ci_low[0], peer.ci_high[0], peer.p[0]]
        assert [ours[name] for name in ("estimate", "ci_low", "ci_high", "p")] == pytest.approx(theirs)
    change = found["change"]
    assert change["estimate"] == pytest.approx(late.log_hr[0] - early.log_hr[0])
    assert (change["ci_high"] - change["ci_low"]) / 3.919927969 == pytest.approx(
        np.hypot(early.se[0], late.se[0])
    )
    assert (found["early"]["n"], found["late"]["n"], change["n"]) == (300, left.sum(), 300)
    assert found["early"]["n_events"] + found["late"]["n_events"] == change["n_events"] == event.sum()


@pytest.mark.parametrize("n", [60, 400])
def test_change_is_the_difference_also_with_covariates_and_firth(n):
    time, event, score, covariates, _ = follow_up(n=n, seed=3)
    found = by_period(design_of(time, event, covariates), score)
    assert {row["estimator"] for row in found.values()} == {"firth" if n == 60 else "cox"}
    difference = found["late"]["estimate"] - found["early"]["estimate"]
    assert found["change"]["estimate"] == pytest.approx(difference, abs=1e-7)


def test_a_period_without_events_or_samples_says_so_and_the_other_stands_alone():
    time, event, score, covariates, _ = follow_up(n=300)
    event[np.flatnonzero((time > 60) & (event == 1))[4:]] = 0
    found = by_period(design_of(time, event, covariates), score)
    assert found["late"]["status"] == found["change"]["status"] == "too_few_events"
    assert found["late"]["reason"] == "4 events after 60 months, 5 needed"
    alone = fit_cox(CoxProblem(np.minimum(time, 60), event * (time <= 60), covariates), score)
    assert found["early"]["estimate"] == pytest.approx(alone.log_hr[0])
    short = by_period(design_of(np.minimum(time, 60), event * (time <= 60), covariates), score)
    assert short["late"]["status"] == short["change"]["status"] == "not_available"
    assert short["change"]["reason"] == "no sample is followed beyond 60 months"
    assert short["early"]["estimate"] == pytest.approx(alone.log_hr[0])


def test_a_constant_effect_changes_at_the_nominal_rate():
    found = []
    for seed in range(200):
        time, event, score, _, _ = follow_up(seed=seed, n=150)
        row = by_period(design_of(time, event), score, events_per_parameter=1)["change"]
        assert row["estimator"] == "cox"
        found.append(row["p"])
    assert 0.015 < np.mean(np.array(found) < 0.05) < 0.1
    assert 0.4 < np.mean(found) < 0.6


def test_a_change_that_is_there_is_found():
    random = np.random.default_rng(4)
    score = random.normal(size=1500)
    clock = random.exponential(60 * np.exp(0.8 * score))
    # beyond 60 months a second clock without any effect takes over
    clock = np.where(clock > 60, 60 + random.exponential(60, 1500), clock)
    time, event = np.minimum(clock, 150), (clock <= 150).astype(float)
    found = by_period(design_of(time, event), score)
    assert found["early"]["ci_low"] < -0.8 < found["early"]["ci_high"]
    assert found["late"]["ci_low"] < 0 < found["late"]["ci_high"]
    assert found["change"]["p"] < 1e-6


# -- splines ------------------------------------------------------------------------------------------------


def test_knots_by_hand():
    score = np.arange(101.0)
    assert knots(score, 3).tolist() == pytest.approx([10, 50, 90])
    assert knots(score, 4).tolist() == pytest.approx([5, 35, 65, 95])
    # under 100 samples: the fifth from either end
    assert knots(np.arange(50.0)[::-1], 3).tolist() == [4, 24.5, 45]
    assert knots(np.repeat([0.0, 1.0], 60), 3) is None
    assert knots(np.arange(9.0), 3) is None


def test_a_spline_is_smooth_and_straight_beyond_its_knots():
    at = np.array([-1.0, 0.0, 0.5, 2.0])
    left, right = np.linspace(-4, -1, 7), np.linspace(2, 5, 7)
    assert (curved_terms(left, at) == 0).all()
    assert np.diff(curved_terms(right, at), n=2, axis=0) == pytest.approx(0, abs=1e-12)
    near = curved_terms(np.array([0.5 - 1e-4, 0.5, 0.5 + 1e-4]), at)
    assert np.diff(near, n=2, axis=0) / 1e-8 == pytest.approx(
        np.diff(curved_terms(np.array([0.49, 0.5, 0.51]), at), n=2, axis=0) / 1e-4, abs=0.02
    )


def spline_of(time, event, score, covariates=None, each=10):
    design = design_of(time, event, covariates)
    firth = design.problem.n_events < each * design.problem.q
    line = (fit_firth if firth else fit_cox)(design.problem, score)
    return fit_spline(design.problem, design.covariates, design.strata, score, line, each)


@pytest.mark.parametrize(
    ("events", "degrees", "estimator"), [(60, 2, "cox"), (29, 1, "cox"), (15, 1, "firth"), (8, 1, "firth")]
)
def test_events_decide_on_knots_and_likelihood(events, degrees, estimator):
    time, event, score, _, _ = follow_up(n=200, seed=2)
    event[np.flatnonzero(event)[events:]] = 0
    found = spline_of(time, event, score)
    assert (found.df, found.estimator) == (degrees, estimator)
    assert found.chi2 >= 0
    assert 0 <= found.p <= 1
    mirrored = spline_of(time, event, -score)
    assert mirrored.p == pytest.approx(found.p, rel=1e-5)
    scaled = spline_of(time, event, 7 * score + 3)
    assert scaled.p == pytest.approx(found.p, rel=1e-5)


def test_linear_effects_pass_at_the_nominal_rate_and_a_curve_is_found():
    p = [spline_of(*follow_up(seed=seed, n=82)[:3]).p for seed in range(200)]
    assert 0.015 < np.mean(np.array(p) < 0.05) < 0.1
    random = np.random.default_rng(5)
    score = random.normal(size=600)
    clock = random.exponential(60 * np.exp(-0.5 * score**2))
    time, event = np.minimum(clock, 80), (clock <= 80).astype(float)
    found = spline_of(time, event, score)
    assert found.p < 1e-6
    estimate, se = found.relative(np.array([-1.5, 0.0, 1.5]), 0.0)
    assert estimate[1] == se[1] == 0
    assert estimate[[0, 2]] == pytest.approx([1.125, 1.125], abs=0.5)


def test_a_score_of_few_values_has_no_spline():
    time, event, score, _, _ = follow_up()
    found = spline_of(time, event, np.sign(score))
    assert isinstance(found, NoSpline)
    assert found.reason == "the score has too few distinct values for the knots of a spline"


def test_a_spline_that_separates_says_so():
    """Events at both ends of the score only, and in an order that the curve can follow for ever."""
    score = np.linspace(-1, 1, 120)
    event = (np.abs(score) > 0.75).astype(float)
    time = np.where(event == 1, 10 - 5 * np.abs(score), 20.0)
    found = spline_of(time, event, score, each=1)
    assert isinstance(found, NoSpline)
    assert found.status == "separated"
    assert found.reason.startswith("spline: monotone likelihood")


def test_curve_and_test_do_not_depend_on_the_order_of_samples():
    time, event, score, covariates, _ = follow_up(step=5)
    mixed = np.random.default_rng(1).permutation(time.size)
    one = spline_of(time, event, score, covariates)
    two = spline_of(time[mixed], event[mixed], score[mixed], covariates[mixed])
    assert isinstance(one, Spline)
    assert two.chi2 == pytest.approx(one.chi2, rel=1e-8)
    assert two.relative(score, 0.0)[1] == pytest.approx(one.relative(score, 0.0)[1], rel=1e-7)


# -- left out -----------------------------------------------------------------------------------------------


def refits(time, event, covariates, strata, score, fit):
    """Each sample left out by fitting the others, and the status of each."""
    log_hr, status = [], []
    for index in range(score.size):
        kept = np.arange(score.size) != index
        problem = CoxProblem(time[kept], event[kept], covariates[kept], strata[kept])
        found = fit(problem, score[kept])
        log_hr.append(found.log_hr[0])
        status.append(found.status[0])
    return np.array(log_hr), status


@pytest.mark.parametrize("step", [0, 6, 45])
@pytest.mark.parametrize(("penalised", "fit"), [(False, fit_cox), (True, fit_firth)])
def test_leaving_out_is_refitting(step, penalised, fit):
    """Down to ties of half of all events, in strata, with covariates."""
    time, event, score, covariates, strata = follow_up(seed=7, n=40, step=step)
    covariates, strata = covariates[:, :1], np.where(strata == "a", 0, 1)
    problem = CoxProblem(time, event, covariates, strata)
    full = fit(problem, score)
    found, _ = leave_one_patient_out(problem, strata, score, full.coefficients[0], penalised=penalised)
    expected, status = refits(time, event, covariates, strata, score, fit)
    assert set(status) == {"ok"}
    assert found == pytest.approx(expected, abs=1e-8)
    assert np.abs(found - full.log_hr[0]).max() > 0.03


def test_events_at_one_time_in_two_strata_are_no_tie():
    """The first stratum's last event set stands next to the second's only one, at the same time."""
    random = np.random.default_rng(0)
    strata = np.repeat([0, 1], [20, 12])
    time = np.concatenate([np.r_[3.0, 3.0, 3.0, np.arange(4, 21)], np.r_[3.0, 3.0, np.full(10, 9.0)]])
    event = np.concatenate([np.ones(20), np.r_[1.0, 1.0, np.zeros(10)]])
    score = random.normal(size=32)
    problem = CoxProblem(time, event, strata=strata)
    full = fit_cox(problem, score)
    assert (np.diff(problem.risk.event_times) == 0).sum() > 3
    found, _ = leave_one_patient_out(problem, strata, score, full.coefficients[0], penalised=False)
    expected, _ = refits(time, event, np.empty((32, 0)), strata, score, fit_cox)
    assert found == pytest.approx(expected, abs=1e-8)


def test_blocks_do_not_matter(monkeypatch):
    time, event, score, covariates, strata = follow_up(step=6)
    problem = CoxProblem(time, event, covariates, strata)
    full = fit_cox(problem, score).coefficients[0]
    whole, _ = leave_one_patient_out(problem, strata, score, full, penalised=False)
    monkeypatch.setattr("irf7bone.statistics.leave_one_patient_out._BLOCK_NUMBERS", 7 * problem.risk.n_rows)
    found, _ = leave_one_patient_out(problem, strata, score, full, penalised=False)
    assert found == pytest.approx(whole, rel=1e-10)


def refit_few(monkeypatch):
    for name, value in (("ALL_REFITTED", 100), ("OF_SCORE", 20), ("OF_COVARIATE", 3)):
        monkeypatch.setattr(f"irf7bone.statistics.leave_one_patient_out.{name}", value)


@pytest.mark.parametrize("delayed", [False, True])
@pytest.mark.parametrize("step", [0, 12])
def test_of_many_samples_those_that_move_most_are_refitted(monkeypatch, step, delayed):
    time, event, score, covariates, strata = follow_up(seed=3, n=400, step=step)
    entry = np.random.default_rng(1).uniform(0, 0.6, 400) * time if delayed else None
    problem = CoxProblem(time, event, covariates, strata, entry=entry)
    full = fit_cox(problem, score)
    whole, _ = leave_one_patient_out(problem, strata, score, full.coefficients[0], penalised=False)
    refit_few(monkeypatch)
    found, refitted = leave_one_patient_out(problem, strata, score, full.coefficients[0], penalised=False)
    largest = np.abs(whole - full.log_hr[0]).max()
    assert 40 <= refitted.sum() < 120  # some of these for a covariate, some are at risk at no event
    assert np.abs(found - whole)[refitted].max() < 1e-9 * largest < np.abs(found - whole)[~refitted].max()
    assert refitted[[whole.argmin(), whole.argmax()]].all()
    assert (found.argmin(), found.argmax()) == (whole.argmin(), whole.argmax())
    assert np.abs(found - whole).max() < 0.03 * largest


def only_one_varies(score, covariates, time, event):
    score[:] = np.arange(score.size) == 17


def only_event_of_a_level(score, covariates, time, event):
    covariates[:, 0] = np.arange(score.size) < 30
    event[:30] = np.arange(30) == 17


@pytest.mark.parametrize("spoil", [only_one_varies, only_event_of_a_level])
def test_whoever_alone_tells_an_effect_is_refitted_though_dfbeta_is_small(monkeypatch, spoil):
    time, event, score, covariates, _ = follow_up(seed=1, n=400)
    spoil(score, covariates, time, event)
    problem = CoxProblem(time, event, covariates)
    full = fit_cox(problem, score)
    assert full.status[0] == "ok"
    whole, _ = leave_one_patient_out(problem, None, score, full.coefficients[0], penalised=False)
    assert np.flatnonzero(np.isnan(whole)).tolist() == [17]
    refit_few(monkeypatch)
    found, refitted = leave_one_patient_out(problem, None, score, full.coefficients[0], penalised=False)
    assert np.flatnonzero(np.isnan(found)).tolist() == [17]
    assert refitted[17] and refitted.sum() < 140


@pytest.mark.parametrize("delayed", [False, True])
@pytest.mark.parametrize("step", [0, 12])
def test_what_samples_add_is_the_gradient_and_the_information(step, delayed):
    time, event, score, covariates, strata = follow_up(seed=3, n=200, step=step)
    event[strata == "a"] = 0
    entry = np.random.default_rng(1).uniform(0, 0.6, 200) * time if delayed else None
    problem = CoxProblem(time, event, covariates, strata, entry=entry)
    ((_, x, _),) = problem.blocks(score[None])
    beta = np.array([0.3, -0.2, 0.1])
    at = problem.likelihood.evaluate(x, beta[:, None], penalised=False)
    residual, information = score_residuals(problem.risk, np.column_stack([x, problem.covariates]), beta)
    assert residual.sum(axis=1) == pytest.approx(at.gradient[:, 0], rel=1e-9)
    assert information.sum(axis=2) == pytest.approx(at.information[:, :, 0], rel=1e-9)
    assert (np.linalg.eigvalsh(np.moveaxis(information, 2, 0)) > -1e-12).all()


# -- tables -------------------------------------------------------------------------------------------------


def settings(**changes):
    base = {
        "endpoints": ("bone", "relapse"),
        "models": ("unadjusted", "proliferation", "clinical", "full"),
        "proliferation_signature": "PROLIF",
        "primary": primary(endpoint="relapse"),
        "min_events": 5,
    }
    return study_settings(**{**base, **changes})


def made_up(n=160, seed=0):
    """Relapse, bone with relapse elsewhere competing, clinical fields, and scores by two methods."""
    time, event, score, covariates, strata = follow_up(seed=seed, n=n)
    samples = [f"S{k:03d}" for k in range(n)]
    bone = event * (np.random.default_rng(seed).random(n) < 0.5)
    obs = pd.DataFrame(
        {
            "bone_time_months": time,
            "bone_event": bone,
            "bone_competing": event - bone,
            "relapse_time_months": time,
            "relapse_event": event,
            "er": pd.Categorical(np.where(strata == "a", "negative", "positive")),
            "age": 55 + 10 * covariates[:, 1],
        },
        index=samples,
    )
    values = {"PROLIF": covariates[:, 0], "ISG": score}
    scores = pd.concat(
        pd.DataFrame({"sample": samples, "signature": name, "method": method, "score_z": value})
        for name, value in values.items()
        for method in ("zscore", "ssgsea")
    )
    return obs, scores.assign(status="ok", reason=None).reset_index(drop=True)


ONE = {"models": ("unadjusted",), "endpoints": ("relapse",)}


def run(obs, scores, **changes):
    found = checks(FitPlan("x", obs, scores, config=settings(**changes)))
    CHECKS.check(found, "checks")
    assert not found.duplicated(list(CHECKS.key)).any()
    return found


def of_one(found, signature="ISG", endpoint="relapse", model="unadjusted"):
    wanted = (found["signature"] == signature) & (found["endpoint"] == endpoint) & (found["model"] == model)
    return found[wanted].set_index("check")


def test_every_planned_check_has_a_row():
    found = run(*made_up(), endpoints=("bone", "relapse", "death"))
    assert len(found) == 2 * 3 * 4 * len(CHECKS_MADE)
    assert set(found["method"]) == {"zscore"}
    assert set(found.loc[found["endpoint"] == "death", "reason"]) == {"the cohort has no endpoint death"}
    own = of_one(found, "PROLIF", model="proliferation")
    assert set(own["reason"]) == {"the proliferation signature is not adjusted for itself"}
    assert set(of_one(found, model="full")["status"]) == {"ok"}


@pytest.mark.parametrize("model", ["unadjusted", "proliferation", "clinical", "full"])
def test_checks_are_of_the_fit_that_the_associations_report(model):
    obs, scores = made_up()
    rows = of_one(run(obs, scores, models=(model,), endpoints=("relapse",)), model=model)
    table = associate(FitPlan("x", obs, scores, config=settings()))
    fit = of_one(table.assign(check="fit"), model=model)
    fit = fit[fit["method"] == "zscore"].iloc[0]
    low, high = rows.loc["left_out_lowest"], rows.loc["left_out_highest"]
    assert low["estimate"] < fit["log_hr"] < high["estimate"]
    change = rows.loc["left_out_change"]
    assert change["estimate"] + fit["log_hr"] == pytest.approx(
        (low if change["estimate"] < 0 else high)["estimate"]
    )
    # the refit, from the cohort without that sample
    without = obs.index != low["sample"]
    again = associate(
        FitPlan(
            "x", obs[without], scores[scores["sample"] != low["sample"]], config=settings(models=(model,))
        )
    )
    again = again[
        (again["signature"] == "ISG") & (again["method"] == "zscore") & (again["endpoint"] == "relapse")
    ]
    for ours, theirs in (("estimate", "log_hr"), ("ci_low", "ci_low"), ("ci_high", "ci_high"), ("p", "p")):
        assert low[ours] == pytest.approx(again[theirs].iloc[0], rel=1e-7)
    assert (low["n"], low["n_events"]) == (again["n"].iloc[0], again["n_events"].iloc[0])


def test_a_fit_that_is_not_there_has_no_checks():
    obs, scores = made_up()
    few = obs.assign(relapse_event=0.0)
    few.iloc[:4, few.columns.get_loc("relapse_event")] = 1.0
    found = of_one(run(few, scores, **ONE))
    assert set(found["status"]) == {"too_few_events"}
    assert set(found["reason"]) == {"4 events among 160 samples, 5 needed"}
    assert (set(found["n"]), set(found["n_events"])) == ({160}, {4})
    low = scores.copy()
    isg = low["signature"] == "ISG"
    low.loc[isg, ["status", "reason"]] = ["low_coverage", "2 of 9 genes"]
    low.loc[isg, "score_z"] = np.nan
    assert set(of_one(run(obs, low, **ONE))["status"]) == {"low_coverage"}
    flat = scores.assign(score_z=scores["score_z"].where(~isg, 0.3))
    assert set(of_one(run(obs, flat, **ONE))["reason"]) == {"the score has no variance"}
    same = obs.assign(relapse_time_months=12.0)
    assert set(of_one(run(same, scores, **ONE))["reason"]) == {"all follow-up times are the same"}
    bare = obs.drop(columns=["er", "age"])
    assert (
        of_one(run(bare, scores, models=("clinical",)), model="clinical")["reason"]
        .iloc[0]
        .startswith("no clinical covariate")
    )


def test_a_sample_that_alone_keeps_the_fit_finite_is_named():
    """Of 12 events 11 come in the order of the score, before and above all others; one does not."""
    obs, scores = made_up(n=60)
    rank = np.arange(60.0)
    obs["relapse_time_months"] = 10 + rank
    obs["relapse_event"] = (rank < 11).astype(float)
    obs.iloc[40, obs.columns.get_loc("relapse_event")] = 1.0
    isg = scores["signature"] == "ISG"
    scores.loc[isg, "score_z"] = np.tile((30 - rank) / 17, 2)
    stray = scores["sample"].isin(["S050"]) & isg
    scores.loc[stray, "score_z"] = 3.0
    found = of_one(run(obs, scores, **ONE))
    rows = found.loc[["left_out_lowest", "left_out_highest", "left_out_change"]]
    assert set(rows["status"]) == {"separated"}
    assert set(rows["reason"].str.partition(":")[0]) == {"without S050"}


def test_few_events_are_checked_by_firth():
    obs, scores = made_up()
    kept = np.flatnonzero(obs["relapse_event"])[:9]
    obs["relapse_event"] = 0.0
    obs.iloc[kept, obs.columns.get_loc("relapse_event")] = 1.0
    found = of_one(run(obs, scores, **ONE))
    done = found[found["status"] == "ok"]
    assert set(done["estimator"]) == {"firth"}
    assert {"linearity", "left_out_lowest", "left_out_change"} <= set(done.index)


def test_order_of_samples_changes_nothing():
    obs, scores = made_up()
    mixed = np.random.default_rng(2).permutation(len(obs))
    one, two = (
        run(*tables, models=("proliferation",))
        for tables in ((obs, scores), (obs.iloc[mixed], scores.sample(frac=1, random_state=1)))
    )
    two = two.set_index(list(CHECKS.key)).loc[one.set_index(list(CHECKS.key)).index].reset_index()
    for name in ("estimate", "ci_low", "ci_high", "p"):
        assert two[name].to_numpy() == pytest.approx(one[name].to_numpy(), rel=1e-6, abs=1e-9, nan_ok=True)
    assert two["sample"].tolist() == one["sample"].tolist()


def test_curves_hold_line_spline_and_every_sample():
    obs, scores = made_up()
    found = check_curves(FitPlan("x", obs, scores, config=settings(endpoints=("relapse", "death"))))
    CHECK_CURVES.check(found, "curves")
    assert set(found["endpoint"]) == {"relapse"}
    parts = {part: rows.set_index("position") for part, rows in found.groupby("part")}
    log_hr = of_one(run(obs, scores, **ONE)).loc["left_out_lowest", "estimate"]
    change = parts["left_out"]["estimate"]
    line = parts["line"]
    slope = np.polyfit(line["score_z"], line["estimate"], 1)[0]
    assert slope + change.min() == pytest.approx(log_hr)
    assert sorted(parts["left_out"]["sample"]) == sorted(obs.index)
    ended = parts["left_out"].set_index("sample")["ended"]
    assert (ended == "event").sum() == obs["relapse_event"].sum()
    # both are 0 at the median score
    for part in ("line", "spline"):
        curve = parts[part]
        median = float(np.median(scores.loc[scores["signature"] == "ISG", "score_z"].iloc[: len(obs)]))
        assert np.interp(median, curve["score_z"], curve["estimate"]) == pytest.approx(0, abs=0.02)
    assert check_curves(
        FitPlan("x", obs, scores[scores["signature"] != "ISG"], config=settings())
    ).columns.tolist() == (CHECK_CURVES.names)


def test_tables_say_who_is_not_refitted_and_rest_on_refits_alone(monkeypatch):
    obs, scores = made_up(n=300)
    plan = FitPlan("x", obs, scores, config=settings(**ONE))
    all_refitted = check_curves(plan).set_index(["part", "position"])["estimate"]
    refit_few(monkeypatch)
    # the first is said to move the estimate most, by a dfbeta that no refit confirms
    residuals = score_residuals

    def exaggerated(risk, design, beta):
        found, information = residuals(risk, design, beta)
        some = (risk.rows == 7) & (np.abs(found[0]) < 1e9)
        information[:, :, some] = -1e12 * np.eye(len(found))[:, :, None]  # not chosen
        found[:, some] = 1e6
        return found, information

    monkeypatch.setattr("irf7bone.statistics.leave_one_patient_out.score_residuals", exaggerated)
    curves, rows = check_curves(plan), of_one(checks(plan))
    CHECK_CURVES.check(curves, "curves")
    parts = {part: own.set_index("sample") for part, own in curves.groupby("part")}
    assert len(parts["left_out"]) + len(parts["dfbeta"]) == 300 and len(parts["dfbeta"]) > 200
    assert parts["dfbeta"]["estimate"].abs().idxmax() == "S007"
    refits = parts["left_out"]
    assert all_refitted["left_out"][refits["position"]].to_numpy() == pytest.approx(refits["estimate"])
    largest = rows.loc["left_out_change"]
    assert largest["sample"] == refits["estimate"].abs().idxmax()
    assert largest["estimate"] == pytest.approx(refits["estimate"][largest["sample"]])
    assert {rows.loc["left_out_lowest", "sample"], rows.loc["left_out_highest", "sample"]} <= set(
        refits.index
    )
    strip = plot_checks(rows.reset_index(), curves, endpoint="relapse", simulated=False).axes[1]
    assert sum(len(line.get_xdata()) for line in strip.lines if line.get_marker() == ".") == 300


# -- the figure ---------------------------------------------------------------------------------------------


def words_of(figure):
    texts = [text.get_text() for text in figure.texts]
    return texts + [text.get_text() for axes in figure.axes for text in axes.texts]


def test_figure_shows_the_numbers_of_its_table():
    obs, scores = made_up()
    rows = of_one(run(obs, scores, models=("unadjusted",)), endpoint="bone").reset_index()
    curves = check_curves(FitPlan("x", obs, scores, config=settings(endpoints=("bone",))))
    figure = plot_checks(rows, curves, endpoint="bone", simulated=True)
    said = words_of(figure)
    assert "SIMULATED DATA, NOT PATIENTS" in said
    assert "bone metastasis, unadjusted" in said
    table = rows.set_index("check")
    early = table.loc["hr_to_60_months"]
    assert any(text.startswith(f"{np.exp(early['estimate']):.2f}\n(") for text in said)
    assert table.loc["left_out_change", "sample"] in said
    shape, strip, forest = figure.axes
    assert [line.get_label() for line in shape.lines[:2]] == ["line", "spline"]
    drawn = sum(len(line.get_xdata()) for line in strip.lines if line.get_marker() == ".")
    assert drawn == len(obs)
    assert [line.get_xdata()[0] for line in forest.lines if line.get_marker() == "s"] == pytest.approx(
        table.loc[
            ["hr_to_60_months", "hr_after_60_months", "left_out_lowest", "left_out_highest"], "estimate"
        ].tolist()
    )
    steep = curves.assign(estimate=curves["estimate"].where(curves["part"] != "spline", -3.4))
    low, high = plot_checks(rows, steep, endpoint="bone", simulated=False).axes[0].get_ylim()
    assert low <= -3.4 and high >= np.log(2), "a curve stays within its axis"
    with pytest.raises(ValueError, match="one fit"):
        plot_checks(pd.concat([rows, rows]), curves, endpoint="bone", simulated=False)


def test_figure_without_a_fit_says_why():
    obs, scores = made_up()
    rows = of_one(run(obs, scores, endpoints=("death",)), endpoint="death").reset_index()
    curves = check_curves(FitPlan("x", obs, scores, config=settings(endpoints=("death",))))
    said = " ".join(words_of(plot_checks(rows, curves, endpoint="death", simulated=False)))
    assert "the cohort has no endpoint" in said.replace("\n", " ")
