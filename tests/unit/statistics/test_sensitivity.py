"""E-values of the published examples, and Rubin's rules against mice."""

from __future__ import annotations

import math

import pytest
from scipy.stats import t

from irf7bone.statistics.sensitivity import combine_imputed, e_value, e_value_of_interval


def test_published_example():
    """VanderWeele and Ding 2017: RR 3.9 (1.8 to 8.7) has E-values 7.26 and 3.0."""
    assert e_value(3.9, 0.01) == pytest.approx(7.26, abs=0.005)
    assert e_value_of_interval(1.8, 8.7, 0.01) == pytest.approx(3.0, abs=0.005)


def test_common_outcome_by_hand():
    risk_ratio = (1 - 0.5 ** math.sqrt(0.7)) / (1 - 0.5 ** math.sqrt(1 / 0.7))
    assert risk_ratio == pytest.approx(0.78, abs=0.005)
    inverse = 1 / risk_ratio
    assert e_value(0.7, 0.4) == pytest.approx(inverse + math.sqrt(inverse * (inverse - 1)))
    assert e_value(0.7, 0.4) < e_value(0.7, 0.1)


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_inverse_ratio_needs_the_same_confounder(share):
    assert e_value(0.6, share) == pytest.approx(e_value(1 / 0.6, share))
    assert e_value_of_interval(0.5, 0.8, share) == pytest.approx(e_value_of_interval(1 / 0.8, 2.0, share))


def test_no_effect_needs_nothing():
    assert e_value(1.0, 0.5) == 1.0
    assert e_value_of_interval(0.6, 1.2, 0.1) == 1.0
    with pytest.raises(ValueError, match="above 0"):
        e_value(0.0, 0.1)


# mice 3.15 in R: pool.scalar(Q, U, n, k), columns qbar, t, df, fmi
MICE = [
    (
        (-0.31, -0.28, -0.35, -0.30, -0.26),
        (0.021, 0.02, 0.023, 0.0215, 0.0207),
        119,
        (-0.3, 0.02262, 99.7109292641790859, 0.0792921274949993),
    ),
    (
        (0.1, 0.16, 0.05),
        (0.04, 0.05, 0.06),
        59,
        (0.1033333333333333, 0.0540444444444445, 46.0172097013679462, 0.1125840835805002),
    ),
    (
        (0.5, -0.2, 0.9, 0.1),
        (0.04, 0.05, 0.06, 0.05),
        42,
        (0.325, 0.336458333333333, 2.443233188413132, 0.905995593712633),
    ),
]


@pytest.mark.parametrize(("estimates", "variances", "complete_df", "expected"), MICE)
def test_rubins_rules_against_mice(estimates, variances, complete_df, expected):
    found = combine_imputed(estimates, variances, complete_df)
    ours = (found.estimate, found.se**2, found.df, found.missing_information)
    assert ours == pytest.approx(expected, rel=1e-6)
    half = t.ppf(0.975, found.df) * found.se
    assert (found.ci_low, found.ci_high) == pytest.approx((found.estimate - half, found.estimate + half))
    assert found.p == pytest.approx(2 * t.sf(abs(found.estimate) / found.se, found.df))


@pytest.mark.parametrize(("estimates", "variances"), [((0.1,), (0.1,)), ((0.1, 0.2), (0.1,))])
def test_one_data_set_is_not_imputed(estimates, variances):
    with pytest.raises(ValueError, match="two or more"):
        combine_imputed(estimates, variances, 50)
