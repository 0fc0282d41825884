"""Decimal points that are thousands, in expression and times, and numbers that only look so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.cases import TRUTH, log_hr

from irf7bone.acquire.thousands import are_thousands, thousands_among
from irf7bone.base.errors import InputError


def pointed(value: float) -> str:
    return f"{int(value)}" if value < 1000 else f"{int(value) // 1000}.{int(value) % 1000:03d}"


def test_linear_values_above_999_with_a_point_are_refused(case, symbols):
    linear = np.round(2**case.expression)
    case.card["expression"]["scale"] = "linear"
    case.expression = linear.map(pointed)
    with pytest.raises(InputError, match=r"1\.234 seems to be 1234"):
        case.harmonise(symbols)
    case.expression = linear
    assert log_hr(case.harmonise(symbols), symbols) == pytest.approx(TRUTH, abs=0.03)


def test_days_above_999_with_a_point_are_refused(case, symbols):
    days = (case.clinical["months"].astype(float) * 365.25 / 12).round()
    case.bone["time"] = {"from": "days", "unit": "days"}
    case.clinical["days"] = days.map(pointed)
    with pytest.raises(InputError, match="with three decimals"):
        case.harmonise(symbols)
    case.clinical["days"] = days.astype(int).astype(str)
    assert log_hr(case.harmonise(symbols), symbols) == pytest.approx(TRUTH, abs=5e-3)


def test_numbers_that_are_what_they_seem(rng=np.random.default_rng(0)):  # noqa: B008
    log2 = rng.normal(8, 2, (200, 30)).clip(0).round(3)
    log2[:20] = log2[:20].round()
    assert not are_thousands(log2)
    counts = rng.poisson(300, (200, 30)) * rng.integers(1, 10, (200, 1)).astype(float)
    assert not are_thousands(counts)
    expected = np.where(rng.random((200, 30)) < 0.3, counts + rng.random((200, 30)).round(2), counts)
    assert not are_thousands(expected)
    assert not are_thousands(np.array([[np.nan]]))
    assert not thousands_among(["12.345", "3.100", "7", "64"])  # months with three decimals
    assert not thousands_among(["1.5", "120", "1.234"])
    assert thousands_among(["1.234", "120", "999"]) == ["1.234"]


def test_a_table_of_clean_cohorts_is_not_touched(expression):
    assert not are_thousands(expression.to_numpy())
    assert not are_thousands(pd.DataFrame(2**expression).round().to_numpy())
