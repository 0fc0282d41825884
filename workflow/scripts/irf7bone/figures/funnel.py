"""Funnel plot: each cohort's hazard ratio against its standard error, around the pooled value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.base import phrases
from irf7bone.figures import style

HEIGHT_MM = 78.0
EDGE = 1.959963984540054  # of the pseudo 95 % limits, in standard errors
HEADROOM = 1.08


def plot_funnel(points: pd.DataFrame, test: Mapping[str, Any], *, title: str) -> Figure:
    """Draw one pooled result's funnel, precise cohorts on top, with Egger's test in words.

    Args:
        points: The rows of :data:`irf7bone.tables.pooled.FUNNEL` of one result; none below ten cohorts.
        test: The row of :data:`irf7bone.tables.pooled.ASYMMETRY` of the same result.
        title: Words above the figure.
    """
    with style.in_style():
        if points.empty:
            sheet = style.new_sheet(style.ONE_COLUMN_MM, 26.0)
            words = f"No funnel plot: {test['reason']}."
            style.say_instead(sheet.axes(2, 2, style.ONE_COLUMN_MM - 4, 22), words, 56)
            return sheet.figure
        sheet = style.new_sheet(style.ONE_COLUMN_MM, HEIGHT_MM)
        sheet.text(1, 2, title, va="top", weight="bold")
        axes = sheet.axes(14, 9, style.ONE_COLUMN_MM - 18, HEIGHT_MM - 20)
        _plot_points(axes, points)
        said = (
            f"Egger's test: {phrases.p_clause(float(test['p']))}"
            if test["status"] == "ok"
            else f"Egger's test: {test['reason']}"
        )
        axes.text(
            0.02, 0.98, f"{len(points)} cohorts\n{said}", va="top", size=style.SMALL_POINTS,
            color=style.GREY, transform=axes.transAxes,
        )  # fmt: skip
        return sheet.figure


def _plot_points(axes: Axes, points: pd.DataFrame) -> None:
    middle = float(points["pooled"].iloc[0])
    deepest = float(points["se"].max()) * HEADROOM
    axes.scatter(
        np.exp(points["log_hr"]), points["se"], s=16, color=style.BLUE, alpha=0.85, linewidth=0, zorder=3
    )
    corners = np.exp([middle - EDGE * deepest, middle, middle + EDGE * deepest])
    axes.fill(corners, [deepest, 0, deepest], facecolor=style.PALE, edgecolor="none", alpha=0.6, zorder=0)
    axes.plot(
        corners, [deepest, 0, deepest], color=style.GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1
    )
    axes.plot([np.exp(middle)] * 2, [0, deepest], color=style.INK, linewidth=0.8, zorder=1)
    axes.axvline(1, color=style.GREY, linewidth=0.5, zorder=0)
    axes.set(xscale="log", ylim=(deepest, 0), ylabel="standard error of the log hazard ratio")
    axes.set_xlabel("hazard ratio per SD of the score, log scale")
    ticks = [
        tick for tick in (0.1, 0.25, 0.5, 1, 2, 4, 10) if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]
    ]
    axes.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
