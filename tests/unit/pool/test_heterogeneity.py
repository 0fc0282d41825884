"""Disagreement between cohorts: worked by hand, metamorphic, planted truth, and what cannot be computed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from irf7bone.base.errors import InputError
from irf7bone.figures.funnel import plot_funnel
from irf7bone.pool.heterogeneity import asymmetry, funnel, heterogeneity, leave_one_cohort_out_table
from irf7bone.statistics.q_profile import q_profile
from irf7bone.statistics.random_effects import pool_many, random_effects
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.pooled import ASYMMETRY, FUNNEL, HETEROGENEITY, LEAVE_ONE_COHORT_OUT

KEY = ["signature", "method", "endpoint", "model"]


def tables(**signatures):
    """Associations, what to pool, and roles, from ``signature=(log_hr, se)``; NaN is a fit that failed."""
    parts = []
    for name, (log_hr, se) in signatures.items():
        log_hr, se = np.asarray(log_hr, float), np.asarray(se, float)
        ok = np.isfinite(log_hr)
        parts.append(
            pd.DataFrame(
                {
                    "cohort": [f"c{i}" for i in range(log_hr.size)],
                    "signature": name,
                    "method": "zscore",
                    "endpoint": "bone",
                    "model": "unadjusted",
                    "log_hr": log_hr,
                    "se": se,
                    "status": np.where(ok, "ok", "too_few_events"),
                    "reason": [None if fine else "3 events" for fine in ok],
                }
            )
        )
    associations = ASSOCIATIONS.cast(pd.concat(parts).reindex(columns=ASSOCIATIONS.names))
    pooled = associations[KEY].drop_duplicates(ignore_index=True)
    matrix = [np.array([values[column] for values in signatures.values()], float) for column in (0, 1)]
    fit = pool_many(*matrix)
    pooled = pooled.assign(log_hr=fit.log_hr, reason=[None if k else "no events anywhere" for k in fit.k])
    return associations, pooled, dict.fromkeys(associations["cohort"].unique(), "validation")


def test_interval_of_two_studies_worked_by_hand():
    # Equal variances v: Q(tau2) = d^2 / 2 / (v + tau2), so an end of the interval is d^2 / (2 quantile) - v.
    low, high = q_profile([[0.1, 0.9]], [[0.2, 0.2]])
    assert low[0] == pytest.approx(max(0.0, 0.32 / chi2.ppf(0.975, 1) - 0.04), rel=1e-10)
    assert high[0] == pytest.approx(0.32 / chi2.ppf(0.025, 1) - 0.04, rel=1e-10)


def test_ends_solve_their_equation():
    random = np.random.default_rng(1)
    y, se = random.normal(0, 0.6, (50, 7)), random.uniform(0.05, 0.4, (50, 7))
    y[:20, 5:] = se[:20, 5:] = np.nan
    for tau2, quantile in zip(q_profile(y, se), (0.975, 0.025), strict=True):
        w = 1 / (se**2 + tau2[:, None])
        mean = np.nansum(w * y, axis=1) / np.nansum(w, axis=1)
        q = np.nansum(w * (y - mean[:, None]) ** 2, axis=1)
        inside = tau2 > 0
        assert inside.sum() > 20
        expected = chi2.ppf(quantile, np.isfinite(y).sum(axis=1) - 1)
        np.testing.assert_allclose(q[inside], expected[inside], rtol=1e-9)


def test_scale_sign_and_order_of_the_studies():
    random = np.random.default_rng(2)
    y, se = random.normal(0, 0.5, (30, 6)), random.uniform(0.05, 0.4, (30, 6))
    low, high = q_profile(y, se)
    order = random.permutation(6)
    again = q_profile(3 - 2 * y[:, order], 2 * se[:, order])
    np.testing.assert_allclose(again[0], 4 * low, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(again[1], 4 * high, rtol=1e-8)


def test_interval_covers_the_planted_variance_at_its_level():
    random = np.random.default_rng(3)
    se = random.uniform(0.1, 0.3, (4000, 6))
    low, high = q_profile(random.normal(0, np.sqrt(se**2 + 0.2**2)), se)
    low, high = np.nan_to_num(low), np.nan_to_num(high)
    assert 0.94 <= ((low <= 0.04) & (high >= 0.04)).mean() <= 0.96


def test_every_result_has_a_row_and_a_reason():
    inputs = tables(
        apart=([0.9, -0.4, 0.2], [0.1, 0.1, 0.1]),
        alike=([0.2, 0.2, 0.2], [0.3, 0.3, 0.3]),
        one=([0.2, np.nan, np.nan], [0.3, np.nan, np.nan]),
        none=([np.nan] * 3, [np.nan] * 3),
    )
    table = heterogeneity(*inputs)
    HETEROGENEITY.check(table, "heterogeneity")
    assert table["status"].tolist() == ["ok", "not_available", "not_available", "not_available"]
    assert "agree more closely" in table["reason"][1]
    assert table["reason"][2] == "1 real cohort with an estimate, 2 needed"
    assert table["reason"][3] == "0 real cohorts with an estimate, 2 needed (no events anywhere)"
    assert (table["tau2"][1], table["i2"][1], table["cochran_q"][1]) == (0, 0, pytest.approx(0, abs=1e-12))
    found = random_effects([0.9, -0.4, 0.2], [0.1] * 3)
    assert table["i2"][0] == pytest.approx(found.i2)
    assert table["i2_low"][0] < found.i2 < table["i2_high"][0]
    assert table["tau2_low"][0] < found.tau2 < table["tau2_high"][0]


def test_leaving_a_cohort_out_is_pooling_the_rest():
    y, se = [0.1, -0.4, 0.5, 0.2], [0.1, 0.3, 0.15, 0.2]
    lost = [np.nan, np.nan]
    two, one = ([0.1, 0.5, *lost], [0.1, 0.2, *lost]), ([0.1, np.nan, *lost], [0.1, np.nan, *lost])
    table = leave_one_cohort_out_table(*tables(four=(y, se), two=two, one=one))
    LEAVE_ONE_COHORT_OUT.check(table, "leave-one-out")
    assert table["signature"].tolist() == ["four"] * 4 + ["two"] * 2 + ["one"]
    for i in range(4):
        rest = random_effects(np.delete(y, i), np.delete(se, i))
        row = table.iloc[i]
        assert (row["left_out"], row["k"]) == (f"c{i}", 3)
        for name in ("log_hr", "se", "ci_low", "ci_high", "p", "tau2"):
            assert row[name] == pytest.approx(getattr(rest, name), rel=1e-12)
        assert row["change"] == pytest.approx(rest.log_hr - random_effects(y, se).log_hr, rel=1e-9)
    assert table["log_hr"][4:6].tolist() == [0.5, 0.1]
    assert (table["left_out"][6], table["status"][6]) == ("none", "not_available")


def asymmetric(k, seed=4, slope=2.0):
    random = np.random.default_rng(seed)
    se = random.uniform(0.05, 0.5, k)
    return random.normal(-0.2 + slope * se, se), se


def test_small_study_effects_are_found_and_mirrored():
    y, se = asymmetric(25)
    table = asymmetry(*tables(here=(y, se), mirrored=(-y, se), moved=(y + 1, se)))
    ASYMMETRY.check(table, "asymmetry")
    slope, other, moved = table["slope"]
    assert slope == pytest.approx(2, abs=3 * table["slope_se"][0]) and table["p"][0] < 0.01
    assert other == pytest.approx(-slope, rel=1e-9) and moved == pytest.approx(slope, rel=1e-9)
    assert table["p"][1] == pytest.approx(table["p"][0], rel=1e-9)


def test_p_of_egger_is_uniform_without_small_study_effects():
    p = asymmetry(*tables(**{f"s{seed}": asymmetric(12, seed, slope=0) for seed in range(300)}))["p"]
    assert 0.02 <= (p < 0.05).mean() <= 0.09
    assert 0.43 <= p.mean() <= 0.57


def test_what_cannot_be_tested_says_why():
    y, se = asymmetric(12)
    table = asymmetry(
        *tables(
            nine=([*y[:9], *[np.nan] * 3], [*se[:9], *[np.nan] * 3]),
            equal=(y, np.full(12, 0.2)),
            line=(1 + se, se),
        )
    )
    ASYMMETRY.check(table, "asymmetry")
    assert set(table["status"]) == {"not_available"}
    assert table["reason"].tolist() == [
        "9 real cohorts with an estimate, 10 needed",
        "all cohorts have the same standard error",
        "the estimates lie on a line against their standard errors: no residual to test with",
    ]


def test_funnel_has_points_from_ten_cohorts_on():
    y, se = asymmetric(10)
    inputs = tables(ten=(y, se), nine=([*y[:9], np.nan], [*se[:9], np.nan]))
    table = funnel(*inputs)
    FUNNEL.check(table, "funnel")
    assert table["signature"].tolist() == ["ten"] * 10
    middle = random_effects(y, se).log_hr
    np.testing.assert_allclose(table["pooled"], middle, rtol=1e-12)
    np.testing.assert_allclose(table["high"] - middle, 1.959963984540054 * se, rtol=1e-12)
    np.testing.assert_allclose(middle - table["low"], 1.959963984540054 * se, rtol=1e-12)


def test_simulated_cohorts_take_no_part():
    y, se = asymmetric(11)
    associations, pooled, roles = tables(x=(y, se))
    roles["c10"] = "simulated"
    without = tables(x=(y[:10], se[:10]))
    for function in (heterogeneity, leave_one_cohort_out_table, asymmetry):
        mine = function(associations, without[1], roles)
        pd.testing.assert_frame_equal(mine, function(*without), rtol=1e-12)
    assert len(funnel(associations, pooled, roles)) == 10
    with pytest.raises(InputError, match="a role for every cohort"):
        heterogeneity(associations, pooled, {"c0": "validation"})


def test_funnel_figure_draws_its_points_or_says_why_not():
    y, se = asymmetric(10)
    inputs = tables(ten=(y, se), nine=([*y[:9], np.nan], [*se[:9], np.nan]))
    points, tests = funnel(*inputs), asymmetry(*inputs)
    figure = plot_funnel(points, tests.iloc[0], title="x")
    offsets = figure.axes[0].collections[0].get_offsets()
    np.testing.assert_allclose(np.asarray(offsets), np.column_stack([np.exp(y), se]), rtol=1e-9)
    said = [text.get_text() for text in figure.axes[0].texts]
    assert any("Egger" in words for words in said)
    empty = plot_funnel(points[points["signature"] == "nine"], tests.iloc[1], title="x")
    assert "9 real cohorts" in " ".join(text.get_text() for text in empty.axes[0].texts).replace("\n", " ")
