"""Benjamini and Hochberg's q values against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from irf7bone.statistics.false_discovery import benjamini_hochberg


@pytest.mark.parametrize("n", [0, 1, 2, 7, 400])
def test_every_digit_is_scipys(n):
    p = np.random.default_rng(n).beta(0.5, 2.0, size=n).round(2)  # with ties
    assert benjamini_hochberg(p).tolist() == np.atleast_1d(false_discovery_control(p)).tolist()


@pytest.mark.parametrize("p", [[0.1, np.nan], [-0.1], [1.1]])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg(p)
