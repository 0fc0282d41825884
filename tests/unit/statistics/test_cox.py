"""The batch Cox engine, Firth's penalty and the test of proportional hazards."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.special import ndtr
from scipy.stats import binom

from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.firth import fit_firth
from irf7bone.statistics.likelihood import FastLikelihood, Likelihood
from irf7bone.statistics.risk_sets import RiskSets
from irf7bone.statistics.schoenfeld import proportional_hazards_p

FITTERS = [fit_cox, fit_firth]
NUMBERS = ("log_hr", "se", "ci_low", "ci_high", "p", "loglik", "score_chi2")


def cohort(seed=0, n=120, scores=8, tied=True, strata=3, covariates=2):
    """Follow-up with ties and censoring, scores, covariates and strata that matter."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(scores, n))
    shared = random.normal(size=(n, covariates))
    stratum = random.integers(0, strata, n)
    clock = random.exponential(20 * np.exp(-0.4 * x[0] - 0.3 * shared[:, 0]) * (1 + stratum))
    end = random.uniform(5, 40, n)
    time = np.minimum(clock, end)
    return (np.ceil(time / 2) if tied else time), (clock <= end).astype(float), x, shared, stratum


def brute_force(beta, time, event, columns, strata, penalty):
    """Efron's partial likelihood, with or without Firth's penalty, written down term by term."""
    loglik, information = 0.0, np.zeros((columns.shape[1],) * 2)
    weight = np.exp(columns @ beta)
    for stratum in np.unique(strata):
        inside = strata == stratum
        for now in np.unique(time[inside & (event == 1)]):
            at_risk = inside & (time >= now)
            failing = inside & (time == now) & (event == 1)
            count = failing.sum()
            for k in range(count):
                share = weight * at_risk - k / count * weight * failing
                total = share.sum()
                mean = share @ columns / total
                loglik -= np.log(total)
                information += (columns * share[:, None]).T @ columns / total - np.outer(mean, mean)
            loglik += (columns[failing] @ beta).sum()
    return loglik + penalty * np.linalg.slogdet(information)[1] / 2


@pytest.mark.parametrize("covariates", [0, 1, 3])
@pytest.mark.parametrize("tied", [False, True])
def test_one_compiled_pass_is_the_sums_written_out(covariates, tied):
    time, event, x, shared, strata = cohort(seed=5, scores=300, tied=tied, covariates=max(covariates, 1))
    risk = RiskSets(time, event, strata)
    shared, x = shared[risk.rows, :covariates], np.ascontiguousarray(x[:, risk.rows].T)
    random = np.random.default_rng(6)
    beta = random.normal(0, 0.5, (1 + covariates, 300))
    start = np.zeros_like(beta)
    start[1:] = random.normal(0, 0.5, (covariates, 1))
    fast, plain = FastLikelihood(risk, shared), Likelihood(risk, shared)
    for at in (beta, start):
        found, expected = (kind.evaluate(x, at, penalised=False) for kind in (fast, plain))
        assert found.definite.all()
        for name in ("value", "gradient", "information", "inverse"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-11, abs=1e-11), name
    # a fit has the same digits whoever its neighbours are
    few = [5, 131, 299]
    alone, among = (
        fast.evaluate(x[:, few], beta[:, few], penalised=False),
        fast.evaluate(x, beta, penalised=False),
    )
    assert (alone.information == among.information[..., few]).all()


def test_two_events_by_hand():
    # U = 1 - e/(e+1) - e/(e+2) = 0 with e = exp(beta) gives e = sqrt(2)
    fits = fit_cox(CoxProblem([1, 2, 3, 4], [1, 1, 0, 0]), [[1, 0, 1, 0]])
    e = np.sqrt(2)
    information = e / (e + 1) ** 2 + 2 * e / (e + 2) ** 2
    assert fits.log_hr[0] == pytest.approx(np.log(2) / 2, rel=1e-12)
    assert fits.se[0] == pytest.approx(information**-0.5, rel=1e-12)
    assert fits.loglik[0] == pytest.approx(np.log(e) - np.log(2 * e + 2) - np.log(e + 2), rel=1e-12)
    assert fits.p[0] == pytest.approx(2 * ndtr(-np.log(2) / 2 * information**0.5), rel=1e-12)


def test_tied_events_by_hand():
    # Efron: U = 1 - 2e/(2e+3) - 1.5e/(1.5e+2.5) = 0 gives e = sqrt(5/2)
    fits = fit_cox(CoxProblem([1, 1, 2, 2, 3], [1, 1, 0, 0, 0]), [[1, 0, 1, 0, 0]])
    assert fits.log_hr[0] == pytest.approx(np.log(2.5) / 2, rel=1e-12)


def test_firth_by_hand():
    # one event, one other: 1.5 log q + 0.5 log(1 - q) with q = e/(1+e) is greatest at q = 3/4
    fits = fit_firth(CoxProblem([1, 2], [1, 0]), [[1, 0]])
    assert fits.log_hr[0] == pytest.approx(np.log(3), rel=1e-9)
    assert fits.se[0] == pytest.approx((3 / 16) ** -0.5, rel=1e-8)

    def drop(b):
        q = 1 / (1 + np.exp(-b))
        return (
            1.5 * np.log(q) + 0.5 * np.log1p(-q) - 1.5 * np.log(0.75) - 0.5 * np.log(0.25) + 1.920729410347062
        )

    assert fits.ci_low[0] == pytest.approx(brentq(drop, -20, 1, xtol=1e-13), rel=1e-8)
    assert fits.ci_high[0] == pytest.approx(brentq(drop, 1.2, 30, xtol=1e-13), rel=1e-8)


@pytest.mark.parametrize("penalty", [0, 1])
def test_any_direction_from_the_estimate_lowers_the_likelihood_written_term_by_term(penalty):
    time, event, x, shared, strata = cohort(n=50, scores=2)
    fits = (fit_cox, fit_firth)[penalty](CoxProblem(time, event, shared, strata), x)
    for score, best, loglik in zip(x, fits.coefficients, fits.loglik, strict=True):
        columns = np.column_stack([score, shared])
        at_best = brute_force(best, time, event, columns, strata, penalty)
        assert at_best == pytest.approx(loglik, rel=1e-10)
        found = minimize(
            lambda b, c=columns: -brute_force(b, time, event, c, strata, penalty), best * 0.5, tol=1e-10
        )
        assert found.x == pytest.approx(best, abs=2e-5)
        assert -found.fun <= at_best + 1e-9


def test_profile_ends_and_p_of_firth_by_brute_force():
    time, event, x, shared, _ = cohort(seed=4, n=40, scores=1, covariates=1)
    event[np.flatnonzero(event)[8:]] = 0
    fits = fit_firth(CoxProblem(time, event, shared), x)
    columns = np.column_stack([x[0], shared])
    strata = np.zeros(40)

    def profile(b):
        inner = minimize(
            lambda g: -brute_force(np.array([b, g[0]]), time, event, columns, strata, 1), [0.0], tol=1e-12
        )
        return -inner.fun

    peak = brute_force(fits.coefficients[0], time, event, columns, strata, 1)
    for end in (fits.ci_low[0], fits.ci_high[0]):
        assert peak - profile(end) == pytest.approx(1.920729410347062, abs=1e-6)
    assert fits.ci_low[0] < fits.log_hr[0] < fits.ci_high[0]
    # two-sided normal tail of the signed root of the likelihood ratio
    assert fits.p[0] == pytest.approx(2 * ndtr(-np.sqrt(2 * (peak - profile(0)))), rel=1e-6)


@pytest.mark.parametrize("fit", FITTERS)
def test_many_fits_equal_one_by_one(fit):
    time, event, x, shared, strata = cohort(scores=700)
    problem = CoxProblem(time, event, shared, strata)
    together = fit(problem, x)
    for row in (0, 1, 350, 699):
        alone = fit(problem, x[row])
        for name in NUMBERS:
            assert getattr(together, name)[row] == pytest.approx(getattr(alone, name)[0], rel=1e-7), name


@pytest.mark.parametrize("fit", FITTERS)
def test_the_sign_of_the_score_is_the_sign_of_the_effect(fit):
    time, event, x, shared, strata = cohort()
    problem = CoxProblem(time, event, shared, strata)
    plus, minus = fit(problem, x), fit(problem, -x)
    assert minus.log_hr == pytest.approx(-plus.log_hr, rel=1e-7)
    assert minus.ci_low == pytest.approx(-plus.ci_high, rel=1e-6)
    assert minus.p == pytest.approx(plus.p, rel=1e-7)


@pytest.mark.parametrize("fit", FITTERS)
def test_units_order_of_samples_and_unit_of_time_change_nothing(fit):
    time, event, x, shared, strata = cohort()
    mixed = np.random.default_rng(1).permutation(time.size)
    other = CoxProblem(
        np.exp(time / 10)[mixed], event[mixed], shared[mixed] @ [[2.0, 1.0], [0, -3]] + 7, strata[mixed]
    )
    one, two = fit(CoxProblem(time, event, shared, strata), x), fit(other, 3 * x[:, mixed] - 5)
    assert two.log_hr == pytest.approx(one.log_hr / 3, rel=1e-7)
    assert two.se == pytest.approx(one.se / 3, rel=1e-7)
    assert two.p == pytest.approx(one.p, rel=1e-6)
    assert two.ci_high == pytest.approx(one.ci_high / 3, rel=1e-6)


@pytest.mark.parametrize("fit", FITTERS)
def test_samples_censored_before_the_first_event_change_nothing(fit):
    time, event, x, shared, strata = cohort()
    more = 10
    longer = CoxProblem(
        np.append(time, np.full(more, time[event == 1].min() / 2)),
        np.append(event, np.zeros(more)),
        np.vstack([shared, np.ones((more, 2)) * 9]),
        np.append(strata, np.zeros(more)),
    )
    one, two = (
        fit(CoxProblem(time, event, shared, strata), x),
        fit(longer, np.hstack([x, np.ones((8, more)) * 5])),
    )
    assert two.log_hr == pytest.approx(one.log_hr, rel=1e-7)
    assert two.se == pytest.approx(one.se, rel=1e-7)


def test_a_stratum_without_events_changes_nothing():
    time, event, x, shared, strata = cohort()
    event[strata == 2] = 0
    kept = strata != 2
    one = fit_cox(CoxProblem(time, event, shared, strata), x)
    two = fit_cox(CoxProblem(time[kept], event[kept], shared[kept], strata[kept]), x[:, kept])
    assert one.log_hr == pytest.approx(two.log_hr, rel=1e-9)


def test_proportional_hazards_test_does_not_depend_on_units_or_sign():
    time, event, x, shared, strata = cohort()
    problem = CoxProblem(time, event, shared, strata)
    p = proportional_hazards_p(problem, x, fit_cox(problem, x))
    assert ((p > 0) & (p < 1)).all()
    assert proportional_hazards_p(problem, 4 - 9 * x, fit_cox(problem, 4 - 9 * x)) == pytest.approx(
        p, rel=1e-7
    )


def test_proportional_hazards_test_finds_an_effect_that_turns():
    random = np.random.default_rng(5)
    x = random.normal(size=400)
    early = random.exponential(np.exp(-x))
    time = np.where(early < 0.7, early, 0.7 + random.exponential(np.exp(x)))
    problem = CoxProblem(time, np.ones(400))
    assert proportional_hazards_p(problem, x, fit_cox(problem, x))[0] < 1e-8


# -- degenerate data ----------------------------------------------------------------------------------------


def test_a_score_that_separates_is_said_to():
    time, event, x, *_ = cohort(n=60, scores=4, tied=False)
    event[np.flatnonzero(event)[6:]] = 0
    for row, gap in enumerate((3.0, 1e-2, 1e-5)):
        x[row, event == 1] = x[row].max() + gap
    fits = fit_cox(CoxProblem(time, event), x)
    assert fits.status.tolist() == ["separated"] * 3 + ["ok"]
    assert all("the score separates" in reason for reason in fits.reason[:3])
    assert np.isnan([getattr(fits, name)[:3] for name in NUMBERS]).all()
    assert np.isfinite([getattr(fits, name)[3] for name in NUMBERS]).all()


def test_firth_stays_finite_where_the_score_separates():
    time, event, x, *_ = cohort(n=60, scores=1, tied=False)
    event[np.flatnonzero(event)[6:]] = 0
    x[0, event == 1] += 20
    fits = fit_firth(CoxProblem(time, event), x)
    assert fits.status[0] == "ok"
    assert 0 < fits.ci_low[0] < fits.log_hr[0] < fits.ci_high[0] < np.inf


def test_a_covariate_that_separates_is_named():
    time, event, x, shared, _ = cohort()
    er = (np.random.default_rng(2).random(time.size) < 0.5).astype(float)
    event[er == 0] = 0
    fits = fit_cox(
        CoxProblem(time, event, np.column_stack([shared, er]), covariate_names=["a", "b", "er"]), x
    )
    assert set(fits.status) == {"separated"}
    assert "er separates" in fits.reason[0]


@pytest.mark.parametrize("fit", FITTERS)
def test_what_cannot_be_estimated_has_a_reason(fit):
    time, event, x, shared, _ = cohort()
    x[0] = 3.3
    x[1] = 2 * shared[:, 0] - 1
    x[2] = shared[:, 0] - shared[:, 1] + 1e-5 * x[2]
    fits = fit(CoxProblem(time, event, shared, covariate_names=["grade", "age"]), x)
    assert fits.status[:4].tolist() == ["not_available"] * 3 + ["ok"]
    assert fits.reason[0] == "the score has no variance"
    assert fits.reason[1] == fits.reason[2] == "the score is collinear with grade, age among those at risk"
    collinear = fit(CoxProblem(time, event, np.column_stack([shared, shared @ [1, 1]])), x)
    assert set(collinear.status) == {"not_available"}
    constant = fit(CoxProblem(time, event, np.ones((time.size, 1)), covariate_names=["er"]), x)
    assert set(constant.reason) == {"er has no variance"}
    nobody = fit(CoxProblem(time, np.zeros(time.size)), x)
    assert set(nobody.reason) == {"no events"}
    # the only event is of the last one under observation: nobody to compare with
    last = np.where(time == time.max(), 0, 0.0)
    last[np.argmax(time)] = 1
    alone = fit(CoxProblem(time + last, last), x[3:])
    assert set(alone.reason) == {"the score does not vary among those at risk at the events"}
    assert np.isnan(alone.log_hr).all()


def test_an_outlying_score_is_fitted():
    time, event, x, *_ = cohort(n=300, scores=1)
    x[0, 7] = 1e4
    fits = fit_cox(CoxProblem(time, event), x)
    assert fits.status[0] == "ok"
    columns = x.T
    best = brute_force(fits.coefficients[0], time, event, columns, np.zeros(300), 0)
    for factor in (0.99, 1.01):
        assert brute_force(fits.coefficients[0] * factor, time, event, columns, np.zeros(300), 0) < best


def test_wrong_shapes_and_values_are_refused():
    with pytest.raises(ValueError, match="same samples"):
        CoxProblem([1, 2, 3], [1, 0])
    with pytest.raises(ValueError, match="finite"):
        CoxProblem([1, np.nan], [1, 0])
    with pytest.raises(ValueError, match="event 0 or 1"):
        CoxProblem([1, 2], [1, 2])
    with pytest.raises(ValueError, match="one column for each of 2 samples"):
        fit_cox(CoxProblem([1, 2], [1, 0]), [[1, 2, 3]])
    with pytest.raises(ValueError, match="finite"):
        fit_cox(CoxProblem([1, 2], [1, 0]), [[1, np.nan]])


# -- calibration --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fit", "events"), [(fit_cox, 60), (fit_firth, 14)])
def test_null_scores_are_significant_as_often_as_they_should(fit, events):
    random = np.random.default_rng(11)
    n, draws = 150, 2000
    time, event = random.exponential(size=n), np.zeros(n)
    event[random.choice(n, events, replace=False)] = 1
    confounder = random.normal(size=(n, 1))
    scores = random.normal(size=(draws, n)) + 0.5 * confounder[:, 0]
    fits = fit(CoxProblem(time, event, confounder), scores)
    assert set(fits.status) == {"ok"}
    low, high = binom.ppf([0.0005, 0.9995], draws, 0.05)
    assert low <= (fits.p < 0.05).sum() <= high
    assert (fits.p < 0.5).sum() == pytest.approx(draws / 2, abs=4 * np.sqrt(draws / 4))


def test_a_planted_effect_lies_in_its_interval_as_often_as_it_should():
    random = np.random.default_rng(12)
    n, draws, log_hr = 100, 300, np.log(0.7)
    covered = 0
    for _ in range(draws):
        x, z = random.normal(size=(2, n))
        clock = random.exponential(np.exp(-log_hr * x - 0.5 * z))
        end = random.uniform(0.2, 2, n)
        fits = fit_cox(CoxProblem(np.minimum(clock, end), clock <= end, z[:, None]), x)
        covered += fits.ci_low[0] <= log_hr <= fits.ci_high[0]
    low, high = binom.ppf([0.0005, 0.9995], draws, 0.95)
    assert low <= covered <= high
