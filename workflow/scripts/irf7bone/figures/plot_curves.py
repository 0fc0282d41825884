"""Event-free and incidence curves by tertile of a score, with the numbers at risk under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.base import phrases
from irf7bone.figures import style

GROUPS = ("high", "middle", "low")
TICK_STEPS_MONTHS = (3, 6, 12, 24, 36, 48, 60, 120, 240)
MOST_TICKS = 6
PANEL_MM, PITCH_MM, LEFT_MM, RIGHT_MM = 35.0, 54.0, 21.0, 14.0
HEAD_MM, CURVE_MM, RISK_MM = 17.5, 40.0, 43.5
RISK_LINE_MM = 3.3
LABEL_GAP = 0.085


def numbers_at_risk(curve: pd.DataFrame, months: Sequence[float]) -> list[int]:
    """Samples still under observation just before each of ``months``.

    Args:
        curve: Rows of one group of :data:`irf7bone.tables.outcome.CURVES`, one for each time at which
            somebody has an event or leaves.
        months: Times to read the numbers at.

    Returns:
        One number a time: that of the first row at or after it, 0 past the last row.
    """
    ordered = curve.sort_values("time_months")
    first = np.searchsorted(ordered["time_months"].to_numpy(), np.asarray(months, dtype=float), side="left")
    at_risk = np.append(ordered["n_at_risk"].to_numpy(dtype=int), 0)
    return [int(number) for number in at_risk[first]]


def month_ticks(last: float) -> list[int]:
    """Times for the axis and the numbers at risk: 0, then steps of whole quarters or years."""
    fitting = [step for step in TICK_STEPS_MONTHS if last / step < MOST_TICKS]
    step = fitting[0] if fitting else TICK_STEPS_MONTHS[-1]
    return list(range(0, int(last) + 1, step))


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move label positions as little as needed to lie ``gap`` apart between ``low`` and ``high``."""
    order = np.argsort(positions, kind="stable")
    moved = np.clip(np.asarray(positions, dtype=float)[order], low, high)
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    if len(moved) and moved[-1] > high:
        moved[-1] = high
        for i in range(len(moved) - 2, -1, -1):
            moved[i] = min(moved[i], moved[i + 1] - gap)
    placed = np.empty(len(moved))
    placed[order] = moved
    return placed.tolist()


def plot_curves(
    curves: pd.DataFrame,
    estimates: pd.DataFrame,
    tests: pd.DataFrame,
    summary: pd.DataFrame,
    signatures: Sequence[str],
    *,
    endpoint: str,
    title: str,
    simulated: bool,
) -> Figure:
    """Draw one panel a signature: curves by tertile with pointwise intervals and numbers at risk.

    Kaplan-Meier curves are drawn from 0 to 1 as the event-free share; where others events compete the
    table holds the Aalen-Johansen cumulative incidence and the axis starts at 0.

    Args:
        curves: :data:`irf7bone.tables.outcome.CURVES` of one cohort, endpoint and method.
        estimates: :data:`irf7bone.tables.outcome.ASSOCIATIONS` of the same for one model, for the hazard
            ratio above each panel.
        tests: :data:`irf7bone.tables.outcome_checks.GROUP_TESTS` of the same, for the p value.
        summary: :data:`irf7bone.tables.outcome_checks.CURVE_SUMMARY` of the same, for what stands below.
        signatures: Signatures in panel order; one without curves shows the reason instead.
        endpoint: Endpoint that the rows are of.
        title: Words above the figure.
        simulated: Marks the figure as not being about patients.
    """
    with style.in_style():
        width = max(style.ONE_COLUMN_MM, LEFT_MM + PITCH_MM * (len(signatures) - 1) + PANEL_MM + RIGHT_MM)
        sheet = style.new_sheet(width, HEAD_MM + CURVE_MM + RISK_MM, title=title, simulated=simulated)
        last = float(curves["time_months"].max()) if len(curves) else 1.0
        top = _top_of_axis(curves)
        named = False
        for i, signature in enumerate(signatures):
            left = LEFT_MM + i * PITCH_MM
            rows = curves[curves["signature"] == signature]
            fits = estimates[estimates["signature"] == signature]
            fit = None if fits.empty else fits.iloc[0]
            sheet.text(
                left, 1.2, phrases.signature_label(signature, 26), va="top", weight="bold", linespacing=1.1
            )
            axes = sheet.axes(left, HEAD_MM, PANEL_MM, CURVE_MM)
            if rows.empty:
                style.say_instead(axes, _why_missing(fit), 22)
                continue
            said = f"{_numbers(rows, fit)}\n{group_test_words(tests[tests['signature'] == signature])}"
            sheet.text(left, 8.2, said, va="top", size=style.SMALL_POINTS, linespacing=1.25)
            _plot_panel(axes, rows, last, top)
            _write_risk_table(sheet, rows, left, last, named=not named)
            _write_summary(sheet, summary[summary["signature"] == signature], left, named=not named)
            if not named:
                axes.set_ylabel(_axis_words(rows["kind"].iloc[0], endpoint))
            named = True
        return sheet.figure


def _top_of_axis(curves: pd.DataFrame) -> float:
    if curves.empty or curves["kind"].iloc[0] == "event_free":
        return 1.0
    highest = float(curves[["estimate", "ci_high"]].max().max())
    return min(1.0, max(0.4, np.ceil(highest * 5) / 5))


def _axis_words(kind: str, endpoint: str) -> str:
    said = phrases.ENDPOINT_WORDS[endpoint]
    return phrases.SURVIVAL_WORDS[endpoint] if kind == "event_free" else f"cumulative incidence\nof {said}"


def _why_missing(fit: pd.Series | None) -> str:
    if fit is None or fit["status"] == "ok" or phrases.is_missing(fit["reason"]):
        return "no curve for this score"
    return f"{phrases.STATUS_WORDS[fit['status']]}: {fit['reason']}"


def _numbers(rows: pd.DataFrame, fit: pd.Series | None) -> str:
    n, events = curve_counts(rows)
    first = f"n = {n:,}, {phrases.counted(events, 'event')}"
    if fit is None:
        return first
    if fit["status"] == "not_available":  # as proliferation adjusted for itself; the caption says why
        return f"{first}\nHR per SD: not in this model"
    if fit["status"] != "ok":
        return f"{first}\nHR per SD: {phrases.STATUS_WORDS[fit['status']]}"
    said = phrases.estimate(fit["log_hr"], fit["ci_low"], fit["ci_high"])
    adjusted = "unadjusted" if fit["model"] == "unadjusted" else "adjusted"
    return f"{first}\nHR per SD {said}, {adjusted}"


TEST_WORDS = {"gray": "Gray's test", "logrank": "log-rank"}


def group_test_words(tests: pd.DataFrame) -> str:
    """``log-rank p = 0.031, unadjusted``, or that there is no test."""
    ok = tests[tests["status"] == "ok"]
    if ok.empty:
        return "no test of the groups"
    row = ok.iloc[0]
    return f"{TEST_WORDS[row['test']]} {phrases.p_clause(row['p'])}, unadjusted"


def median_words(row: Mapping[str, Any]) -> str:
    """``71 (40 to NR)``: months, NR where an end is not reached."""
    if phrases.is_missing(row["median_months"]):
        return "NR"
    ends = [
        "NR" if phrases.is_missing(row[name]) else f"{row[name]:.0f}"
        for name in ("median_low", "median_high")
    ]
    return f"{row['median_months']:.0f} ({ends[0]} to {ends[1]})"


def five_year_words(row: Mapping[str, Any]) -> str:
    """``0.61 (0.42 to 0.78)``, or a dash where nobody was followed so long."""
    if phrases.is_missing(row["at_60_months"]):
        return "\u2013"
    if phrases.is_missing(row["at_60_low"]):
        return f"{row['at_60_months']:.2f}"
    return f"{row['at_60_months']:.2f} ({row['at_60_low']:.2f} to {row['at_60_high']:.2f})"


def curve_counts(rows: pd.DataFrame) -> tuple[int, int]:
    """Samples and events behind the curves of one score (all groups together)."""
    groups = rows.groupby("group", sort=False)
    return int(groups["n_at_risk"].max().sum()), int(groups["n_events"].max().sum())


def _plot_panel(axes: Axes, rows: pd.DataFrame, last: float, top: float) -> None:
    ends = {}
    for group in GROUPS:
        curve = rows[rows["group"] == group].sort_values("time_months")
        if curve.empty:
            continue
        start = 1.0 if curve["kind"].iloc[0] == "event_free" else 0.0
        time = np.concatenate([[0.0], curve["time_months"]])
        share = np.concatenate([[start], curve["estimate"]])
        low = np.concatenate([[start], curve["ci_low"].fillna(curve["estimate"])])
        high = np.concatenate([[start], curve["ci_high"].fillna(curve["estimate"])])
        colour = style.TERTILE_COLOURS[group]
        axes.fill_between(time, low, high, step="post", color=colour, alpha=0.13, linewidth=0)
        axes.step(time, share, where="post", color=colour, linestyle=style.TERTILE_LINES[group])
        ends[group] = (time[-1], share[-1])
    axes.set(xlim=(0, last), ylim=(0, top), xlabel="months", xticks=month_ticks(last))
    axes.spines["left"].set_bounds(0, top)
    axes.set_yticks(np.linspace(0, top, 6 if top == 1 else round(top * 5) + 1))
    axes.yaxis.set_major_formatter("{x:.1f}")
    heights = spread([ends[group][1] / top for group in ends], LABEL_GAP, 0.02, 0.98)
    for (group, (_, share)), height in zip(ends.items(), heights, strict=True):
        colour = style.TERTILE_COLOURS[group]
        axes.annotate(
            group,
            xy=(1.0, share / top),
            xytext=(1.06, height),
            xycoords="axes fraction",
            textcoords="axes fraction",
            color=colour,
            weight="bold",
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0},
        )


def _write_summary(sheet: style.Sheet, summary: pd.DataFrame, left: float, *, named: bool) -> None:
    """Below the numbers at risk: estimate at five years and median of each group."""
    top = HEAD_MM + CURVE_MM + 11.0 + (len(GROUPS) + 1.6) * RISK_LINE_MM
    rule = {"va": "center", "size": style.SMALL_POINTS}
    for x, words in ((left, "at 5 years (95 % CI)"), (left + 25, "median, months")):
        sheet.text(x, top, words, color=style.GREY, **rule)
    for i, group in enumerate(GROUPS):
        rows = summary[(summary["group"] == group) & (summary["status"] == "ok")]
        if rows.empty:
            continue
        line, colour = top + (i + 1) * RISK_LINE_MM, style.TERTILE_COLOURS[group]
        row = rows.iloc[0].to_dict()
        if named:
            sheet.text(left - 3.5, line, group, ha="right", color=colour, weight="bold", **rule)
        sheet.text(left, line, five_year_words(row), color=colour, **rule)
        sheet.text(left + 25, line, median_words(row), color=colour, **rule)


def _write_risk_table(
    sheet: style.Sheet, rows: pd.DataFrame, left: float, last: float, *, named: bool
) -> None:
    ticks = month_ticks(last)
    top = HEAD_MM + CURVE_MM + 11.0
    rule = {"va": "center", "size": style.SMALL_POINTS}
    if named:
        sheet.text(left - 3.5, top, "at risk", ha="right", color=style.GREY, **rule)
    sheet.text(left + PANEL_MM + 11, top, "events", ha="right", color=style.GREY, **rule)
    for i, group in enumerate(GROUPS):
        curve = rows[rows["group"] == group]
        if curve.empty:
            continue
        line = top + (i + 1) * RISK_LINE_MM
        colour = style.TERTILE_COLOURS[group]
        if named:
            sheet.text(left - 3.5, line, group, ha="right", color=colour, weight="bold", **rule)
        for tick, number in zip(ticks, numbers_at_risk(curve, ticks), strict=True):
            sheet.text(left + PANEL_MM * tick / last, line, str(number), ha="center", color=colour, **rule)
        sheet.text(
            left + PANEL_MM + 11, line, str(int(curve["n_events"].max())), ha="right", color=colour, **rule
        )
