"""A forest as a table of the page: cohorts with their weights, the pooled value, the prediction interval."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from irf7bone.base.phrases import STATUS_WORDS, hazard_ratio, is_missing
from irf7bone.pool.quoted import FURTHER, OWN, quoted_columns
from irf7bone.report.sentences.quote import quote

WIDEST, NARROWEST = 8.0, 1.6
TICKS = (
    (2.2, (0.5, 0.7, 1.0, 1.4, 2.0)),
    (4.4, (0.25, 0.5, 1.0, 2.0, 4.0)),
    (math.inf, (0.2, 0.5, 1.0, 2.0, 5.0)),
)
EDGE = 4.0  # percent of the width that stays free on either side
LARGEST, SMALLEST = 12.0, 5.0  # pixels, side of a square


@dataclass(frozen=True)
class Row:
    """One row; places are percent of the width of the picture, None where there is nothing to draw."""

    kind: str
    label: str
    n: str
    n_events: str
    said: str
    weight: str
    low: float | None = None
    middle: float | None = None
    high: float | None = None
    side: float = SMALLEST
    beyond_low: bool = False
    beyond_high: bool = False


@dataclass(frozen=True)
class SmallForest:
    """Rows, ticks of the axis as (label, place), and what is said of heterogeneity."""

    rows: list[Row]
    ticks: list[tuple[str, float]]
    heterogeneity: str
    unity: float = 50.0  # where a hazard ratio of 1 stands
    axis: str = "\u2190 lower risk | higher risk \u2192"


def small_forest(
    associations: pd.DataFrame,
    pooled: Mapping[str, Any] | None,
    simulated: Collection[str],
    alone: Collection[str] = (),
    *,
    table: str = "pooled",
) -> SmallForest:
    """The forest of one signature, method, endpoint and model.

    Args:
        associations: Rows of :data:`irf7bone.tables.outcome.ASSOCIATIONS` of that combination, one a cohort.
        pooled: The row of ``table``; None where it was not planned.
        simulated: Ids of simulated cohorts, which stand last and have no weight.
        alone: Ids of cohorts that are shown and not pooled: of discovery, or chosen for having the event.
        table: Where the pooled row stands: pooled, or verdict_models.
    """
    fits = [row for row in associations.to_dict("records") if row["status"] != "not_available"]
    fits.sort(key=lambda row: row["cohort"] in simulated)
    whole = pooled if pooled is not None and pooled["status"] == "ok" else None
    ends = [row[name] for row in fits if row["status"] == "ok" for name in ("ci_low", "ci_high")]
    if whole is not None:
        ends += [whole[name] for name in quoted_columns(whole["k"])[1:]]
    limit = math.log(small_axis_limit(ends))
    weights = random_effects_weights(
        {
            row["cohort"]: row["se"]
            for row in fits
            if row["status"] == "ok" and row["cohort"] not in (*simulated, *alone)
        },
        0.0 if whole is None or is_missing(whole["tau2"]) else whole["tau2"],
    )
    rows = [_cohort(row, weights.get(row["cohort"]), limit, row["cohort"] in simulated) for row in fits]
    if whole is not None:
        at = next((i for i, row in enumerate(rows) if row.kind == "simulated"), len(rows))
        rows[at:at] = _pooled(whole, limit, table)
    ticks = next(ticks for most, ticks in TICKS if math.exp(limit) <= most)
    inside = [tick for tick in ticks if abs(math.log(tick)) <= limit]
    labelled = [(f"{tick:g}", place_on_axis(math.log(tick), limit)) for tick in inside]
    return SmallForest(rows, labelled, _heterogeneity(whole, table))


def small_axis_limit(log_ends: list[float]) -> float:
    """Half-width of the axis as a ratio: holds every interval, within fixed bounds."""
    widest = max((math.exp(min(abs(end), 5.0)) for end in log_ends), default=NARROWEST)
    return min(WIDEST, max(NARROWEST, 1.06 * widest))


def place_on_axis(log_hr: float, limit: float) -> float:
    """Where a log hazard ratio stands, percent of the width; the axis ends at -limit and limit."""
    share = (max(-limit, min(limit, log_hr)) + limit) / (2 * limit)
    return round(EDGE + (100 - 2 * EDGE) * share, 2)


def random_effects_weights(errors: Mapping[str, float], tau2: float) -> dict[str, float]:
    """Share of each cohort in the pooled value: 1 / (se^2 + tau2), scaled to one."""
    raw = {name: 1 / (se**2 + tau2) for name, se in errors.items()}
    return {name: value / sum(raw.values()) for name, value in raw.items()}


def _marks(low: float, middle: float, high: float, limit: float) -> dict[str, Any]:
    return {
        "low": place_on_axis(low, limit),
        "middle": place_on_axis(middle, limit),
        "high": place_on_axis(high, limit),
        "beyond_low": low < -limit,
        "beyond_high": high > limit,
    }


def _estimate(row: Mapping[str, Any], table: str, columns: tuple[str, str, str] = OWN) -> str:
    value, low, high = (quote(hazard_ratio(row[name]), table, row, name) for name in columns)
    return f"{value} ({low} to {high})"


def _count(row: Mapping[str, Any], table: str, column: str) -> str:
    return "\u2013" if is_missing(row[column]) else quote(f"{int(row[column]):,}", table, row, column)


def _cohort(row: Mapping[str, Any], weight: float | None, limit: float, simulated: bool) -> Row:
    n, n_events = (_count(row, "associations", name) for name in ("n", "n_events"))
    kind = "simulated" if simulated else "cohort"
    if row["status"] != "ok":
        return Row(kind, row["cohort"], n, n_events, said=STATUS_WORDS[row["status"]], weight="\u2013")
    side = SMALLEST if weight is None else max(SMALLEST, LARGEST * math.sqrt(weight))
    return Row(
        kind,
        row["cohort"],
        n,
        n_events,
        said=_estimate(row, "associations"),
        weight="\u2013" if weight is None else f"{100 * weight:.0f} %",
        side=round(side, 1),
        **_marks(row["ci_low"], row["log_hr"], row["ci_high"], limit),
    )


def _pooled(row: Mapping[str, Any], limit: float, table: str) -> list[Row]:
    label = "One cohort, not pooled" if row["k"] == 1 else "Pooled"
    n, n_events = (_count(row, table, name) for name in ("n", "n_events"))
    columns = quoted_columns(row["k"])
    middle, low, high = (row[name] for name in columns)
    marks = _marks(low, middle, high, limit)
    said = _estimate(row, table, columns)
    rows = [Row("pooled", label, n, n_events, said=said, weight="100 %", **marks)]
    if row["k"] > 1:
        low, high = (quote(hazard_ratio(row[name]), table, row, name) for name in FURTHER)
        marks = _marks(row["further_low"], middle, row["further_high"], limit)
        rows.append(Row("prediction", "Prediction interval", "", "", f"{low} to {high}", "", **marks))
    return rows


def _heterogeneity(row: Mapping[str, Any] | None, table: str) -> str:
    if row is None and table != "pooled":
        return "No cohort of patients gives every model of the verdict, so there is no pooled value."
    if row is None:
        return "No cohort of patients gives an estimate, so there is no pooled value."
    if row["k"] == 1:
        return "One cohort of patients: nothing is pooled, and heterogeneity cannot be told."
    if table != "pooled":
        tau = quote(f"{row['tau']:.2f}", table, row, "tau")
        return f"Standard deviation between cohorts: {tau}; it and the intervals are Bayesian."
    i2, tau2 = (
        quote(f"{row['i2']:.0f}", "pooled", row, "i2"),
        quote(f"{row['tau2']:.3f}", "pooled", row, "tau2"),
    )
    return f"Heterogeneity: I² {i2} %, tau² {tau2} (REML); pooled and prediction intervals are Bayesian."
