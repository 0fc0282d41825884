import numpy as np
import pytest
from scipy.stats import kruskal, spearmanr

from irf7bone.statistics.rank_tests import kruskal_wallis, spearman_test

RANDOM = np.random.default_rng(5)
MANY = RANDOM.normal(size=90)
# with and without ties, for and against, few and many, perfect both ways
PAIRS = [
    (np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4])),
    (np.arange(6.0), np.arange(6.0) ** 3),
    (np.arange(6.0), -np.arange(6.0)),
    (MANY, MANY + RANDOM.normal(size=90)),
    (np.round(MANY), -MANY),
    (np.round(MANY), np.round(RANDOM.normal(size=90))),
]


def test_spearman_by_hand():
    # ranks differ by 1 twice: 1 - 6 * 2 / (4 * 15)
    rho, p = spearman_test(*PAIRS[0])
    assert rho == pytest.approx(0.8, abs=1e-15)
    assert p == pytest.approx(0.2, abs=1e-12)  # with two degrees of freedom 1 - |rho|


@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_spearman_is_that_of_scipy(x, y):
    theirs = spearmanr(x, y)
    np.testing.assert_allclose(
        spearman_test(x, y), (theirs.statistic, theirs.pvalue), rtol=1e-14, atol=1e-300
    )


def test_kruskal_wallis_by_hand():
    # ranks 1, 2 and 3, 4: 12 / 20 * (9 / 2 + 49 / 2) - 15
    h, p = kruskal_wallis([np.array([0.1, 0.2]), np.array([0.3, 0.4])])
    assert h == pytest.approx(2.4, abs=1e-12)
    assert p == pytest.approx(0.12133525, abs=1e-8)  # R: kruskal.test


@pytest.mark.parametrize("decimals", [0, 1, 9])
@pytest.mark.parametrize("sizes", [(3, 5), (40, 7, 30), (5, 5, 5, 5)])
def test_kruskal_wallis_is_that_of_scipy(sizes, decimals):
    groups = [np.round(RANDOM.normal(k / 3, 1, size=n), decimals) for k, n in enumerate(sizes)]
    theirs = kruskal(*groups)
    np.testing.assert_allclose(kruskal_wallis(groups), (theirs.statistic, theirs.pvalue), rtol=1e-12)
