"""How numbers are said: nothing is rounded into another statement."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from irf7bone.base import phrases
from irf7bone.base.vocabulary import ENDPOINTS, MODELS, STATUSES


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.0, "1.00"),
        (0.966, "0.97"),
        (0.0949, "0.095"),
        (0.012, "0.012"),
        (14.23, "14.2"),
        (2e5, "> 1000"),
        (1e-9, "< 0.001"),
    ],
)
def test_ratios(value, said):
    assert phrases.said_ratio(value) == said


def test_hazard_ratios_come_from_logs_and_survive_any_size():
    assert phrases.hazard_ratio(math.log(0.82)) == "0.82"
    assert phrases.estimate(0.0, math.log(0.9), math.log(1.2)) == "1.00 (0.90 to 1.20)"
    assert phrases.interval(-5000.0, 5000.0) == "< 0.001 to > 1000"


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.0, "< 0.001"),
        (0.00099, "< 0.001"),
        (0.001, "0.001"),
        (0.0312, "0.031"),
        (0.0496, "0.050"),
        (0.42, "0.42"),
        (0.995, "> 0.99"),
    ],
)
def test_p_values_keep_sensible_digits(p, said):
    assert phrases.p_value(p) == said


def test_p_clause_has_one_sign():
    assert phrases.p_clause(0.0001) == "p < 0.001"
    assert phrases.p_clause(0.25) == "p = 0.25"


def test_missing_is_seen_in_every_dress():
    assert all(phrases.is_missing(value) for value in (None, np.nan, pd.NA, float("nan"), pd.NaT))
    assert not any(phrases.is_missing(value) for value in (0, 0.0, "", "none", False))


def test_counts_and_lists():
    assert phrases.counted(1, "cohort") == "1 cohort"
    assert phrases.counted(1234, "patient") == "1,234 patients"
    assert phrases.listed([]) == "none"
    assert phrases.listed(["a"]) == "a"
    assert phrases.listed(["a", "b", "c"]) == "a, b and c"


def test_every_word_of_the_contracts_has_words():
    assert set(phrases.STATUS_WORDS) == set(STATUSES)
    assert set(phrases.MODEL_WORDS) == set(MODELS)
    assert set(phrases.ENDPOINT_WORDS) == set(ENDPOINTS)
