"""Pooling over real cohorts: worked by hand, metamorphic, planted truth, and what is refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from madeup.settings import primary
from madeup.settings import settings as study_settings
from scipy.optimize import minimize_scalar
from scipy.stats import norm, t

from irf7bone.base.errors import InputError
from irf7bone.pool.pool import pool_associations
from irf7bone.pool.real_cohorts import roles_in_pools
from irf7bone.statistics.normal_normal import pool_normal_normal
from irf7bone.statistics.random_effects import leave_one_cohort_out, pool_many, random_effects, reml_tau2
from irf7bone.study.settings import SignatureSettings
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.pooled import POOLED

ROLES = {"a": "validation", "b": "validation", "c": "validation", "sim": "simulated"}
CONFIG = study_settings(
    signatures=SignatureSettings(("IFN", "PROLIF"), (), 0.5),
    methods=("zscore", "ssgsea"),
    endpoints=("bone", "death"),
    models=("unadjusted", "proliferation"),
    primary=primary(signature="IFN", method="zscore", endpoint="death", model="unadjusted"),
)
KEY = ["signature", "method", "endpoint", "model"]
PRIMARY = ("IFN", "zscore", "death", "unadjusted")


def associations(*cohorts: str, **estimates: tuple[float, float]) -> pd.DataFrame:
    """Complete tables: an estimate where one is given as ``cohort_death=(log_hr, se)``, else why not."""
    plan = itertools.product(
        cohorts, CONFIG.signatures.select, CONFIG.methods, CONFIG.endpoints, CONFIG.models
    )
    rows = []
    for cohort, signature, method, endpoint, model in plan:
        row = dict(zip(["cohort", *KEY], (cohort, signature, method, endpoint, model), strict=True))
        found = estimates.get(f"{cohort}_{endpoint}")
        if found is None:
            row |= {"status": "not_available", "reason": f"no endpoint {endpoint}"}
        else:
            log_hr, se = found
            row |= {"n": 100, "n_events": 40, "log_hr": log_hr, "se": se, "status": "ok"}
            row |= {"ci_low": log_hr - 2 * se, "ci_high": log_hr + 2 * se, "p": 2 * norm.sf(abs(log_hr / se))}
        rows.append(row)
    frame = pd.DataFrame(rows, columns=ASSOCIATIONS.names)
    frame = ASSOCIATIONS.cast(frame)
    ASSOCIATIONS.check(frame, "made by the test")
    return frame


def result(pooled: pd.DataFrame, key: tuple[str, ...] = PRIMARY) -> pd.Series:
    """One row of the pooled table."""
    return pooled.set_index(KEY).loc[key]


def test_two_studies_worked_by_hand():
    # Equal variances v: REML tau2 = s^2 - v with s^2 = (0.9 - 0.1)^2 / 2 = 0.32, so the weights are equal,
    # q = 1, se^2 = s^2 / 2 = 0.16, and t(1) at 0.975 is tan(0.475 pi).
    found = random_effects([0.1, 0.9], [0.2, 0.2])
    assert found.tau2 == pytest.approx(0.28, rel=1e-12)
    assert found.log_hr == pytest.approx(0.5, rel=1e-12)
    assert found.se == pytest.approx(0.4, rel=1e-12)
    assert found.ci_high == pytest.approx(0.5 + 0.4 * math.tan(0.475 * math.pi), rel=1e-12)
    assert found.p == pytest.approx(1 - 2 * math.atan(0.5 / 0.4) / math.pi, rel=1e-12)
    assert found.i2 == pytest.approx(100 * 0.28 / 0.32, rel=1e-12)
    assert found.q == pytest.approx(0.32 / 0.04, rel=1e-12)
    assert math.isnan(found.pi_low) and math.isnan(found.pi_high)
    low, high = leave_one_cohort_out([[0.1, 0.9]], [[0.2, 0.2]])
    assert (low[0], high[0]) == (0.1, 0.9)


def test_agreeing_studies_are_not_narrower_than_a_fixed_effect():
    # Unmodified Knapp-Hartung would give an interval of width 0 here (Roever 2015).
    found = random_effects([-0.3, -0.3, -0.3], [0.1, 0.2, 0.2])
    fixed_se = (100 + 25 + 25) ** -0.5
    assert (found.tau2, found.i2) == (0, 0)
    assert found.se == pytest.approx(fixed_se, rel=1e-12)
    assert found.ci_high - found.log_hr == pytest.approx(t.ppf(0.975, 2) * fixed_se, rel=1e-9)
    assert (found.pi_low, found.pi_high) == (found.ci_low, found.ci_high)


def test_one_study_passes_through():
    found = random_effects([-0.4], [0.15])
    assert (found.k, found.log_hr, found.se) == (1, -0.4, pytest.approx(0.15, rel=1e-15))
    assert found.ci_low == pytest.approx(-0.4 - norm.ppf(0.975) * 0.15, rel=1e-12)
    assert found.p == pytest.approx(2 * norm.sf(0.4 / 0.15), rel=1e-12)
    assert all(math.isnan(getattr(found, name)) for name in ("tau2", "i2", "q", "pi_low", "pi_high"))


def test_rows_are_independent_and_absent_studies_do_not_count():
    log_hr = np.array(
        [[0.1, np.nan, -0.4, 0.3], [np.nan] * 4, [0.2, 0.3, -0.5, np.nan], [np.nan, 0.7, np.nan, np.nan]]
    )
    se = np.where(np.isnan(log_hr), np.nan, [0.1, 0.2, 0.15, 0.3])
    together = vars(pool_many(log_hr, se))
    loo = np.array(leave_one_cohort_out(log_hr, se))
    for row in range(4):
        there = ~np.isnan(log_hr[row])
        if not there.any():
            assert together["k"][row] == 0
            assert all(np.isnan(values[row]) for name, values in together.items() if name != "k")
            continue
        alone = vars(random_effects(log_hr[row, there], se[row, there]))
        np.testing.assert_allclose(
            [values[row] for values in together.values()], list(alone.values()), rtol=1e-12
        )
        np.testing.assert_allclose(
            loo[:, row],
            np.ravel(leave_one_cohort_out(log_hr[row : row + 1, there], se[row : row + 1, there])),
            rtol=1e-12,
        )


def test_leave_one_cohort_out_is_the_pooling_of_the_rest():
    log_hr, se = np.array([0.1, -0.4, 0.5, 0.2, -0.1]), np.array([0.1, 0.3, 0.15, 0.2, 0.12])
    rest = [random_effects(np.delete(log_hr, i), np.delete(se, i)).log_hr for i in range(5)]
    low, high = leave_one_cohort_out([log_hr], [se])
    assert (low[0], high[0]) == (pytest.approx(min(rest), rel=1e-12), pytest.approx(max(rest), rel=1e-12))


def minus_restricted_likelihood(tau2: float, y: np.ndarray, v: np.ndarray) -> float:
    """Profiled numerically over mu, a second formulation of what the module maximises."""
    w = 1 / (v + tau2)
    mu = np.average(y, weights=w)
    return -norm.logpdf(y, mu, np.sqrt(v + tau2)).sum() + 0.5 * np.log(w.sum())


studies = st.integers(2, 9).flatmap(
    lambda k: st.tuples(
        arrays(float, k, elements=st.floats(-2, 2)), arrays(float, k, elements=st.floats(0.02, 1.5))
    )
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(studies)
def test_no_tau2_has_a_higher_restricted_likelihood(drawn):
    y, se = drawn
    found = reml_tau2(y[None], se[None] ** 2)[0]
    best = minus_restricted_likelihood(found, y, se**2)
    for low, high in itertools.pairwise([0, *np.geomspace(1e-6, 20, 12)]):
        other = minimize_scalar(
            minus_restricted_likelihood, bounds=(low, high), args=(y, se**2), method="bounded"
        )
        assert best <= min(other.fun, minus_restricted_likelihood(low, y, se**2)) + 1e-8


@settings(max_examples=60, deadline=None, derandomize=True)
@given(studies, st.floats(0.1, 10), st.randoms(use_true_random=False))
def test_sign_scale_and_order_of_the_studies(drawn, scale, random):
    y, se = drawn
    found = random_effects(y, se)
    order = list(range(len(y)))
    random.shuffle(order)
    turned = random_effects(-scale * y[order], scale * se[order])
    close = {"rel": 1e-6, "abs": 1e-9 * scale}
    assert turned.log_hr == pytest.approx(-scale * found.log_hr, **close)
    assert turned.ci_low == pytest.approx(-scale * found.ci_high, **close)
    assert turned.tau2 == pytest.approx(scale**2 * found.tau2, rel=1e-6, abs=1e-9 * scale**2)
    assert turned.p == pytest.approx(found.p, rel=1e-6, abs=1e-12)


def test_nominal_coverage_and_uniform_p_under_heterogeneity():
    random = np.random.default_rng(20120512)
    se = random.uniform(0.1, 0.25, (4000, 8))
    log_hr = -0.25 + random.normal(size=se.shape) * np.sqrt(se**2 + 0.15**2)
    found = pool_many(log_hr, se)
    covered = ((found.ci_low <= -0.25) & (found.ci_high >= -0.25)).mean()
    assert 0.94 <= covered <= 0.97
    null = pool_many(log_hr + 0.25, se)
    assert 0.03 <= (null.p < 0.05).mean() <= 0.06
    assert abs(np.mean(found.log_hr) + 0.25) < 4 * np.std(found.log_hr) / math.sqrt(4000)


@pytest.mark.parametrize(
    ("log_hr", "se"),
    [
        ([0.1, 0.2], [0.1, 0.0]),
        ([0.1, 0.2], [0.1, -0.2]),
        ([0.1, 0.2], [0.1]),
        ([0.1, math.nan], [0.1, 0.2]),
        ([0.1, math.inf], [0.1, 0.2]),
        ([0.1, 0.2], [0.1, math.inf]),
    ],
)
def test_impossible_studies_are_refused(log_hr, se):
    with pytest.raises(ValueError, match="log_hr"):
        random_effects(log_hr, se)


def test_every_planned_result_has_a_row():
    table = associations("a", "b", "sim", a_death=(0.1, 0.2), b_death=(0.3, 0.2), sim_bone=(-0.5, 0.1))
    pooled = pool_associations(table, ROLES, config=CONFIG)
    POOLED.check(pooled, "pooled")
    assert len(pooled) == 16
    assert list(pooled[KEY].itertuples(index=False, name=None)) == list(
        itertools.product(CONFIG.signatures.select, CONFIG.methods, CONFIG.endpoints, CONFIG.models)
    )
    bone = pooled[pooled["endpoint"] == "bone"]
    assert set(bone["status"]) == {"not_available"}
    assert set(bone["reason"]) == {"no real cohort has the endpoint bone"}
    assert set(bone["k"]) == {0}
    expected = random_effects([0.1, 0.3], [0.2, 0.2])
    row = result(pooled)
    assert (row["k"], row["n"], row["n_events"]) == (2, 200, 80)
    for name in ("log_hr", "se", "ci_low", "ci_high", "p", "tau2", "i2"):
        assert row[name] == pytest.approx(getattr(expected, name), rel=1e-12), name
    assert (row["loo_low"], row["loo_high"]) == (0.1, 0.3)


def test_simulated_cohorts_and_the_order_of_rows_change_nothing():
    real = associations("a", "b", "c", a_death=(0.1, 0.2), b_death=(0.3, 0.1), c_death=(-0.2, 0.3))
    simulated = associations("sim", sim_death=(-2.0, 0.01), sim_bone=(-2.0, 0.01))
    pooled = pool_associations(real, ROLES, config=CONFIG)
    mixed = pd.concat([simulated, real]).sample(frac=1, random_state=1)
    again = pool_associations(mixed, ROLES, config=CONFIG)
    pd.testing.assert_frame_equal(pooled, again, rtol=1e-12)


def test_one_cohort_keeps_its_own_interval():
    table = associations("a", a_death=(-0.4, 0.2))
    table["ci_low"], table["ci_high"], table["p"] = (
        table["ci_low"] - 0.3,
        table["ci_high"] - 0.1,
        table["p"] * 0.9,
    )
    row = result(pool_associations(table, ROLES, config=CONFIG))
    own = table.set_index(["cohort", *KEY]).loc[("a", *PRIMARY)]
    assert list(row[["log_hr", "se", "ci_low", "ci_high", "p"]]) == list(
        own[["log_hr", "se", "ci_low", "ci_high", "p"]]
    )
    assert (row["k"], row["status"], row["reason"]) == (1, "ok", None)
    assert row[["tau2", "i2", "pi_low", "pi_high", "loo_low", "loo_high"]].isna().all()


def test_failed_fits_are_counted_in_the_reason():
    table = associations("a", "b", "c", a_death=(0.1, 0.2), b_death=(0.1, 0.2), c_death=(0.1, 0.2))
    failed = table["model"] == "proliferation"
    table.loc[failed, ["log_hr", "se", "ci_low", "ci_high", "p"]] = np.nan
    table.loc[failed, "status"] = table.loc[failed, "cohort"].map(
        {"a": "too_few_events", "b": "low_coverage", "c": "too_few_events"}
    )
    table.loc[failed, "reason"] = table.loc[failed, "cohort"].map(
        {"a": "3 events", "b": "9 of 97 genes", "c": "4 events"}
    )
    row = result(pool_associations(table, ROLES, config=CONFIG), (*PRIMARY[:3], "proliferation"))
    assert row["status"] == "not_available"
    assert (
        row["reason"]
        == "real cohorts without an estimate: 2 too_few_events (a, c), 1 low_coverage (b: 9 of 97 genes)"
    )
    assert (row["k"], row["n"], row["n_events"]) == (0, 0, 0)


def test_real_cohorts_without_any_estimate():
    pooled = pool_associations(associations("a", "b"), ROLES, config=CONFIG)
    assert set(pooled["reason"]) == {
        "no real cohort has the endpoint bone",
        "no real cohort has the endpoint death",
    }
    POOLED.check(pooled, "pooled")


def test_nothing_real_in_the_run():
    pooled = pool_associations(associations("sim", sim_bone=(-0.5, 0.1)), ROLES, config=CONFIG)
    assert set(pooled["reason"]) == {"no real cohort in this run"}


def test_q_is_benjamini_hochberg_without_the_primary():
    table = associations("a", "b", a_death=(0.1, 0.2), b_death=(0.3, 0.2))
    table["log_hr"] += np.where(table["status"] == "ok", np.arange(len(table)) % 8 * 0.5, 0)
    pooled = pool_associations(table, ROLES, config=CONFIG)
    named = (pooled[KEY] == list(PRIMARY)).all(axis=1)
    assert pooled.loc[named, "q"].isna().all()
    rest = pooled[~named & (pooled["status"] == "ok")].sort_values("p")
    assert len(rest) == 7
    raw = rest["p"].to_numpy() * 7 / np.arange(1, 8)
    expected = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1)
    np.testing.assert_allclose(rest["q"], expected, rtol=1e-12)
    assert pooled.loc[pooled["status"] != "ok", "q"].isna().all()


def test_what_is_wrong_with_the_associations_is_said_at_once():
    table = associations("a", "b", a_death=(0.1, 0.2), b_death=(0.1, 0.2))
    table.loc[(table["cohort"] == "b") & (table["endpoint"] == "death"), "se"] = 0.0
    table = table[~((table["cohort"] == "a") & (table["signature"] == "PROLIF"))]
    with pytest.raises(InputError) as refused:
        pool_associations(table, ROLES, config=CONFIG)
    text = str(refused.value)
    assert len(refused.value.problems) == 2
    assert "cohort a" in text and "8 missing" in text and "PROLIF / zscore / bone / unadjusted" in text
    assert "standard error above 0" in text and "b / IFN / zscore / death / unadjusted" in text


def test_a_cohort_without_a_role_is_refused():
    with pytest.raises(InputError, match=r"(?s)a role for every cohort.*first:    c"):
        pool_associations(associations("a", "c"), {"a": "validation"}, config=CONFIG)


def primary_of(pooled: pd.DataFrame) -> pd.Series:
    return pooled[(pooled[KEY] == list(PRIMARY)).all(axis=1)].iloc[0]


def test_discovery_and_chosen_cohorts_are_shown_and_not_pooled():
    table = associations("a", "b", "c", a_death=(-0.2, 0.1), b_death=(0.4, 0.1), c_death=(-0.1, 0.2))
    whole = primary_of(pool_associations(table, ROLES, config=CONFIG))
    for role in ("discovery", "selected_on_outcome", "simulated"):
        found = primary_of(pool_associations(table, {**ROLES, "b": role}, config=CONFIG))
        assert (whole["k"], found["k"]) == (3, 2)
        assert found["log_hr"] < -0.1 < whole["log_hr"]


def test_what_a_cohort_is_to_a_pool():
    rows = pd.DataFrame(
        {
            "cohort": ["a", "b", "c", "d"],
            "role": ["validation", "validation", "simulated", "discovery"],
            "selected_on_outcome": [None, "true", "true", "false"],
        }
    )
    expected = {"a": "validation", "b": "selected_on_outcome", "c": "simulated", "d": "discovery"}
    assert roles_in_pools(rows) == expected


def test_pooled_rows_carry_the_bayesian_pool():
    table = associations("a", "b", "c", a_death=(-0.2, 0.1), b_death=(-0.4, 0.1), c_death=(-0.1, 0.2))
    found = primary_of(pool_associations(table, ROLES, config=CONFIG))
    pool = pool_normal_normal([[-0.2, -0.4, -0.1]], [[0.1, 0.1, 0.2]], scale=0.5)
    assert found["bayes_log_hr"] == pytest.approx(pool.mu.centre[0])
    assert found["further_below_1"] == pytest.approx(pool.further.below(0.0)[0])
    assert found["narrow_low"] > found["bayes_low"] > found["wide_low"]
    weight = np.array([100, 100, 25])
    assert found["common_log_hr"] == pytest.approx((weight * [-0.2, -0.4, -0.1]).sum() / weight.sum())


def test_positive_controls_have_no_q():
    table = associations("a", "b", "c", a_death=(-0.2, 0.1), b_death=(-0.4, 0.1), c_death=(-0.1, 0.2))
    found = pool_associations(table, ROLES, config=CONFIG, controls=["PROLIF"])
    of_control = found["signature"] == "PROLIF"
    assert found.loc[of_control, "q"].isna().all()
    assert found.loc[~of_control & found["k"].gt(0), "q"].notna().sum() == 3
