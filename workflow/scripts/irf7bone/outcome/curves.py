"""Event-free share and cumulative incidence of one cohort by tertile of a score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.statistics.incidence import aalen_johansen, incidence_se, log_log_interval
from irf7bone.tables.outcome import CURVES

GROUPS = ("low", "middle", "high")
MOST_TIMES = 1000  # of a curve; a figure is less than so many points wide


def tertiles(score: np.ndarray) -> np.ndarray:
    """Group of each sample: low, middle, high by the 1/3 and 2/3 quantiles (linear interpolation).

    A score equal to a quantile belongs to the lower group, so tied scores always stay together; a group may
    be empty where many are tied.
    """
    lower, upper = np.quantile(score, [1 / 3, 2 / 3])
    return np.where(score <= lower, GROUPS[0], np.where(score <= upper, GROUPS[1], GROUPS[2]))


def curves(plan: FitPlan) -> pd.DataFrame:
    """Curves by tertile for every signature (by the primary method) and endpoint of the cohort.

    Kaplan-Meier's event-free share, or Aalen-Johansen's cumulative incidence where competing events
    occurred. One row for time 0 and for each distinct time of the group, so that numbers at risk can be
    read at any time; of more than 1,000 times those that a figure can show apart. Tertiles are of the samples
    that have the endpoint.

    Args:
        plan: Scores and follow-up of the cohort.

    Returns:
        Table of :data:`irf7bone.tables.outcome.CURVES`; no rows for a signature without a score.
    """
    parts: list[dict[str, Any]] = []
    for endpoint in plan.config.endpoints:
        data = plan.follow_up(endpoint)
        if data is None:
            continue
        kind = "cumulative_incidence" if data.competing[data.known].any() else "event_free"
        for row in plan.primary_rows:
            (signature, method), score = plan.table.keys[row], plan.table.values[row]
            used = data.known & np.isfinite(score)
            if not used.any():
                continue
            group = tertiles(score[used])
            labels = {"signature": signature, "method": method, "endpoint": endpoint, "kind": kind}
            for name in GROUPS:
                members = group == name
                if members.any():
                    entry = data.entry_of(used)
                    curve = _curve(
                        data.time[used][members],
                        data.cause[used][members],
                        kind,
                        None if entry is None else entry[members],
                    )
                    parts.append({"cohort": plan.cohort, **labels, "group": name, **thinned(curve)})
    if not parts:
        return CURVES.empty()
    lengths = [part["time_months"].size for part in parts]
    columns = {
        name: np.concatenate([np.broadcast_to(part[name], k) for part, k in zip(parts, lengths, strict=True)])
        for name in CURVES.names
    }
    return CURVES.cast(pd.DataFrame(columns))


def thinned(curve: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """At most 1,000 rows of a curve: the last at or before each of as many times, evenly spread.

    Every row kept is as it was; a step is displaced by less than a thousandth of the follow-up.

    Args:
        curve: Columns, by rising ``time_months``.
    """
    time = curve["time_months"]
    if time.size <= MOST_TIMES:
        return curve
    at = np.searchsorted(time, np.linspace(time[0], time[-1], MOST_TIMES), side="right") - 1
    kept = np.unique(at)
    return {name: values[kept] for name, values in curve.items()}


def _curve(time: np.ndarray, cause: np.ndarray, kind: str, entry: np.ndarray | None) -> dict[str, np.ndarray]:
    """Columns of one curve, starting at time 0."""
    found = aalen_johansen(time, cause, entry)
    share = found.incidence if kind == "cumulative_incidence" else found.free
    low, high = log_log_interval(share, incidence_se(time, cause, found, entry))
    columns = {
        "time_months": found.time,
        "estimate": share,
        "ci_low": low,
        "ci_high": high,
        "n_at_risk": found.n_at_risk,
        "n_events": found.n_events,
    }
    if found.time[0] > 0:
        there = time.size if entry is None else int((entry <= 0).sum())
        start = (0.0, float(kind == "event_free"), np.nan, np.nan, there, 0)
        columns = {
            name: np.concatenate([[first], values])
            for (name, values), first in zip(columns.items(), start, strict=True)
        }
    return columns
