"""Curves in the numbers that papers give: median times and the estimate at five years, with intervals.

The intervals come from the pointwise ones of the curve: the median's ends are the times at which these
reach one half (Brookmeyer and Crowley 1982, Biometrics 38:29), as R's ``survfit(conf.type = "log-log")``
gives them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from irf7bone.outcome.curves import GROUPS
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.reasons import Code, because
from irf7bone.statistics.incidence import median_time
from irf7bone.tables.outcome_checks import CURVE_SUMMARY, SPLIT_MONTHS


def curve_summary(plan: FitPlan, curves: pd.DataFrame) -> pd.DataFrame:
    """Median and five-year estimate of each tertile, by signature (of the primary method) and endpoint.

    Args:
        plan: Scores and follow-up of the cohort.
        curves: :data:`irf7bone.tables.outcome.CURVES` of the cohort.

    Returns:
        Table of :data:`CURVE_SUMMARY`; a median that is not reached is empty.
    """
    drawn = dict(tuple(curves.groupby(["signature", "endpoint", "group"], sort=False)))
    rows: list[dict[str, Any]] = []
    for endpoint in plan.config.endpoints:
        for k in plan.primary_rows:
            signature, method = plan.table.keys[k]
            about = {"cohort": plan.cohort, "signature": signature, "method": method, "endpoint": endpoint}
            reason = plan.refusal(k, endpoint) or because(Code.EMPTY_GROUP)
            for group in GROUPS:
                curve = drawn.get((signature, endpoint, group))
                found = reason.columns if curve is None else summarise_curve(curve)
                rows.append({**dict.fromkeys(CURVE_SUMMARY.names), **about, "group": group, **found})
    return CURVE_SUMMARY.cast(pd.DataFrame(rows, columns=CURVE_SUMMARY.names))


def summarise_curve(curve: pd.DataFrame) -> dict[str, Any]:
    """One curve in numbers.

    Args:
        curve: Rows of one group of :data:`irf7bone.tables.outcome.CURVES`.
    """
    curve = curve.sort_values("time_months")
    names = ("time_months", "estimate", "ci_low", "ci_high")
    time, estimate, low, high = (curve[name].to_numpy("float64", na_value=np.nan) for name in names)
    kind = curve["kind"].iloc[0]
    free = kind == "event_free"
    # cumulative incidence rises to one half: the complement falls to it, and its ends change places
    falling = (estimate, low, high) if free else (1 - estimate, 1 - high, 1 - low)
    median, first, last = (median_time(time, share) for share in falling)
    found: dict[str, Any] = {
        "kind": kind,
        "n": int(curve["n_at_risk"].max()),
        "n_events": int(curve["n_events"].max()),
        "median_months": median,
        "median_low": first,
        "median_high": last,
        "status": "ok",
    }
    if time[-1] >= SPLIT_MONTHS:
        at = int(np.searchsorted(time, SPLIT_MONTHS, side="right")) - 1
        after = int(np.searchsorted(time, SPLIT_MONTHS, side="left"))
        found |= {
            "at_60_months": estimate[at],
            "at_60_low": low[at],
            "at_60_high": high[at],
            "n_at_risk_60": int(curve["n_at_risk"].iloc[after]),
        }
    return found
