"""Hedges' g by metafor, by hand, and without bias for a planted difference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from irf7bone.statistics.hedges import hedges_g, hedges_g_of_pairs, small_sample

ONE = np.array([2, 2.2, 4.5, 6, 6.1, 7.5, 3.3])
OTHER = np.array([1, 2.5, 3, 4.2, 5.9])
# R metafor 3.8-1: escalc(measure = "SMD", n1i = 7, n2i = 5) with the means and standard deviations of both
METAFOR = (0.548435432343, 0.355389702168)


def test_independent_groups_equal_metafor():
    n, m = len(ONE), len(OTHER)
    sd = np.sqrt((((ONE - ONE.mean()) ** 2).sum() + ((OTHER - OTHER.mean()) ** 2).sum()) / (n + m - 2))
    difference = ONE.mean() - OTHER.mean()
    se = sd * np.sqrt(1 / n + 1 / m)
    assert difference / se == pytest.approx(ttest_ind(ONE, OTHER).statistic)
    g, error = hedges_g(np.array([difference]), np.array([sd]), np.array([se]), df=n + m - 2, n=n + m)
    assert (g[0], error[0] ** 2) == pytest.approx(METAFOR, rel=1e-9)


def test_the_small_sample_factor_by_hand():
    """J(2) = Gamma(1) / Gamma(1/2) = 1 / sqrt(pi); near 1 - 3 / (4 df - 1) otherwise."""
    assert small_sample(2) == pytest.approx(1 / np.sqrt(np.pi))
    assert small_sample(40) == pytest.approx(1 - 3 / 159, abs=1e-4)


@pytest.mark.parametrize("r", [0.0, 0.8])
@pytest.mark.parametrize("n", [4, 8])
def test_pairs_are_unbiased_and_their_error_is_honest(n, r):
    """A planted difference of one standard deviation, 20,000 times; the mean variance is that of g."""
    rng, true = np.random.default_rng(5), 1.0
    shared = rng.normal(size=(20_000, n)) * np.sqrt(r)
    case, reference = (shared + rng.normal(size=shared.shape) * np.sqrt(1 - r) for _ in range(2))
    case += true
    change = case - reference
    g, error = hedges_g_of_pairs(
        case, reference, change.mean(axis=1), change.std(axis=1, ddof=1) / np.sqrt(n)
    )
    assert g.mean() == pytest.approx(true, abs=0.04)
    assert (error**2).mean() == pytest.approx(g.var(), rel=0.25)


def test_swapped_groups_turn_the_sign_and_a_scale_changes_nothing():
    rng = np.random.default_rng(6)
    case, reference = rng.normal(1, 1, (3, 6)), rng.normal(0, 1, (3, 6))
    change = case - reference
    se = change.std(axis=1, ddof=1) / np.sqrt(6)
    g, error = hedges_g_of_pairs(case, reference, change.mean(axis=1), se)
    swapped, same = hedges_g_of_pairs(reference, case, -change.mean(axis=1), se)
    np.testing.assert_allclose(swapped, -g)
    np.testing.assert_allclose(same, error)
    scaled, _ = hedges_g_of_pairs(7 * case, 7 * reference, 7 * change.mean(axis=1), 7 * se)
    np.testing.assert_allclose(scaled, g)
