import numpy as np
import pytest
from scipy.stats import rankdata

from irf7bone.statistics.ranks import mid_ranks


def test_by_hand():
    np.testing.assert_array_equal(
        mid_ranks(np.array([2.0, -1.0, 2.0, 5.0, 0.0, -0.0])), [4.5, 1, 4.5, 6, 2.5, 2.5]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("decimals", [0, 2, 9])
def test_ranks_are_those_of_scipy(dtype, decimals):
    values = np.round(np.random.default_rng(decimals).normal(size=(7, 400)), decimals).astype(dtype)
    np.testing.assert_array_equal(mid_ranks(values), rankdata(values, axis=1))
    np.testing.assert_array_equal(mid_ranks(values[0]), rankdata(values[0]))
