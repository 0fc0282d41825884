"""Medians and five-year estimates of curves: by hand, and as R's survfit gives them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from irf7bone.outcome.curve_summary import summarise_curve
from irf7bone.outcome.curves import _curve
from irf7bone.statistics.incidence import median_time

# R 4.2.2, survival 3.5-3, with these as time and status:
# f <- survfit(Surv(time, status) ~ 1, conf.type = "log-log")
TIME = np.array([3, 5, 5, 9, 12, 20, 30, 34, 41, 58, 61, 66, 70, 90], dtype=float)
STATUS = np.array([1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0])


def curve(time: np.ndarray, cause: np.ndarray, kind: str = "event_free") -> pd.DataFrame:
    return pd.DataFrame(_curve(time, cause, kind, None)).assign(kind=kind)


def test_a_median_by_hand():
    time = np.array([0.0, 2.0, 4.0, 8.0])
    assert median_time(time, np.array([1.0, 0.8, 0.4, 0.1])) == 4
    assert median_time(time, np.array([1.0, 0.5, 0.4, 0.1])) == 3  # midway to the next step
    assert median_time(time, np.array([1.0, 0.5, 0.5, 0.1])) == 5
    assert median_time(time, np.array([1.0, np.nan, 0.4, 0.1])) == 4
    assert np.isnan(median_time(time, np.array([1.0, 0.9, 0.8, 0.51])))


def test_it_is_what_r_gives():
    # quantile(f, 0.5); summary(f, times = 60)
    found = summarise_curve(curve(TIME, STATUS))
    assert (found["median_months"], found["median_low"]) == (58, 9) and np.isnan(found["median_high"])
    values = [found[name] for name in ("at_60_months", "at_60_low", "at_60_high")]
    np.testing.assert_allclose(values, [0.409090909090909, 0.136640699453358, 0.669394475052435], rtol=1e-12)


def test_the_five_year_estimate_is_the_last_step_before():
    found = summarise_curve(curve(TIME, STATUS))
    rows = curve(TIME, STATUS).set_index("time_months")
    assert found["at_60_months"] == rows.loc[58.0, "estimate"] and found["n_at_risk_60"] == 4
    assert (found["at_60_low"], found["at_60_high"]) == tuple(rows.loc[58.0, ["ci_low", "ci_high"]])
    assert (found["n"], found["n_events"]) == (14, 8)


def test_nobody_followed_for_five_years_has_no_estimate():
    assert "at_60_months" not in summarise_curve(curve(TIME[:8], STATUS[:8]))


def test_changing_the_unit_of_time_changes_the_median_alike():
    once, twice = summarise_curve(curve(TIME, STATUS)), summarise_curve(curve(2 * TIME, STATUS))
    for name in ("median_months", "median_low", "median_high"):
        assert twice[name] == pytest.approx(2 * once[name], nan_ok=True)


def test_incidence_without_competing_events_has_the_median_of_kaplan_meier():
    free, gone = (
        summarise_curve(curve(TIME, STATUS)),
        summarise_curve(curve(TIME, STATUS, "cumulative_incidence")),
    )
    assert gone["median_months"] == free["median_months"]
    assert gone["at_60_months"] == pytest.approx(1 - free["at_60_months"], abs=1e-12)
