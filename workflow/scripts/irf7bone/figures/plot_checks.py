"""The checks of one model: line and spline, each sample's pull, and the hazard ratio in parts of the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.base import phrases
from irf7bone.figures import style
from irf7bone.tables.outcome_checks import DFBETA, LEFT_OUT

WIDTH_MM, LEFT_MM, TOP_MM = 156.0, 17.0, 13.0
CURVE_MM, STRIP_MM, SHAPE_MM = 33.0, 21.0, 62.0
FOREST_LEFT_MM, FOREST_MM, FOREST_HIGH_MM, NUMBERS_MM = 110.0, 24.0, 33.0, 136.0
HEIGHT_MM = TOP_MM + CURVE_MM + STRIP_MM + 14.0
# intervals beyond the first and curves beyond the second are cut off: at the rim of the scores a spline knows
# next to nothing
WIDEST, WIDEST_CURVE = np.log(16), np.log(64)
RATIO_TICKS = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32, 64)
MOST_TICKS = 5
CURVES = {"line": (style.GREY, (0, (4, 1.2))), "spline": (style.BLUE, "solid")}
ENDED = {
    "censored": (style.GREY, "no event"),
    "competing": (style.ORANGE, "competing event"),
    "event": (style.RED, "event"),
}
PARTS = {
    "hr_to_60_months": "up to 5 years",
    "hr_after_60_months": "after 5 years",
    "left_out_lowest": "lowest, one left out",
    "left_out_highest": "highest, one left out",
}


def plot_checks(checks: pd.DataFrame, curves: pd.DataFrame, *, endpoint: str, simulated: bool) -> Figure:
    """Draw the checks of one signature, endpoint and model in one cohort.

    Args:
        checks: Rows of :data:`irf7bone.tables.outcome_checks.CHECKS` of one fit.
        curves: Rows of :data:`irf7bone.tables.outcome_checks.CHECK_CURVES` of the same fit; none where
            there is no fit.
        endpoint: Endpoint that the rows are of.
        simulated: Marks the figure as not being about patients.

    Raises:
        ValueError: The rows are of more than one fit.
    """
    rows = checks.set_index("check")
    if not rows.index.is_unique or curves.duplicated(["part", "position"]).any():
        raise ValueError("a figure of checks shows one fit")
    with style.in_style():
        sheet = style.new_sheet(WIDTH_MM, HEIGHT_MM, simulated=simulated)
        first = checks.iloc[0]
        title = phrases.signature_label(first["signature"], 60)
        sheet.text(LEFT_MM, 1.2, title, va="top", weight="bold")
        said = f"{phrases.ENDPOINT_WORDS[endpoint]}, {phrases.MODEL_WORDS[first['model']]}"
        sheet.text(LEFT_MM, 5.2, said, va="top", size=style.SMALL_POINTS)
        shape = sheet.axes(LEFT_MM, TOP_MM, SHAPE_MM, CURVE_MM)
        if curves.empty:
            style.say_instead(shape, _why(rows.loc["linearity"]), 44)
            return sheet.figure
        _plot_shape(shape, curves, rows.loc["linearity"])
        strip = sheet.axes(LEFT_MM, TOP_MM + CURVE_MM + 4, SHAPE_MM, STRIP_MM)
        strip.sharex(shape)
        _plot_pull(strip, curves[curves["part"].isin([LEFT_OUT, DFBETA])], rows.loc["left_out_change"])
        forest = sheet.axes(FOREST_LEFT_MM, TOP_MM, FOREST_MM, FOREST_HIGH_MM)
        _plot_parts(forest, sheet, rows)
        return sheet.figure


def _why(row: pd.Series) -> str:
    return f"{phrases.STATUS_WORDS[row['status']]}: {row['reason']}"


def _plot_shape(axes: Axes, curves: pd.DataFrame, test: pd.Series) -> None:
    for part, (colour, dashes) in CURVES.items():
        curve = curves[curves["part"] == part].sort_values("position")
        if curve.empty:
            continue
        score, estimate, low, high = (
            curve[name].to_numpy() for name in ("score_z", "estimate", "ci_low", "ci_high")
        )
        axes.fill_between(score, low, high, color=colour, alpha=0.14, linewidth=0)
        axes.plot(score, estimate, color=colour, linestyle=dashes, label=part)
    drawn = curves[curves["part"].isin(list(CURVES))]
    ends, middle = drawn[["ci_low", "ci_high"]].to_numpy(), drawn["estimate"].to_numpy()
    shown = np.r_[np.clip(ends, -WIDEST, WIDEST).ravel(), np.clip(middle, -WIDEST_CURVE, WIDEST_CURVE)]
    _ratio_axis(axes, shown, axis="y")
    axes.axhline(0, color=style.PALE, linewidth=0.6, zorder=0)
    axes.set_ylabel("hazard ratio against\nthe median score")
    axes.tick_params(labelbottom=False)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=style.SMALL_POINTS, ncols=2,
        borderaxespad=0, handlelength=1.6, columnspacing=1, borderpad=0.2,
    )  # fmt: skip
    said = phrases.p_clause(test["p"]) if test["status"] == "ok" else phrases.STATUS_WORDS[test["status"]]
    axes.text(
        1, 1.02, f"linearity: {said}", ha="right", va="bottom", transform=axes.transAxes,
        size=style.SMALL_POINTS,
    )  # fmt: skip


def _plot_pull(axes: Axes, samples: pd.DataFrame, largest: pd.Series) -> None:
    axes.axhline(0, color=style.PALE, linewidth=0.6, zorder=0)
    for ended, (colour, said) in ENDED.items():
        chosen = samples[samples["ended"] == ended]
        if len(chosen):
            axes.vlines(chosen["score_z"], 0, chosen["estimate"], color=colour, linewidth=0.5)
            axes.plot(
                chosen["score_z"], chosen["estimate"], ".", color=colour, markersize=2.2, label=said,
                markeredgewidth=0,
            )  # fmt: skip
    axes.set(xlabel="score (standard deviations)", ylabel="change in log HR\nwithout it")
    # room at the top for the key and at the bottom for a name, whatever the data
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.1 * (high - low), high + 0.35 * (high - low))
    axes.locator_params(axis="y", nbins=4)
    axes.legend(
        loc="upper left", frameon=False, fontsize=style.SMALL_POINTS, ncols=3, borderaxespad=0,
        handletextpad=0.1, columnspacing=1, markerscale=2,
    )  # fmt: skip
    if largest["status"] == "ok":
        at = samples[samples["sample"] == largest["sample"]].iloc[0]
        right = at["score_z"] > samples["score_z"].median()
        axes.annotate(
            style.shorten(str(largest["sample"]), 18),
            (at["score_z"], at["estimate"]),
            xytext=(-3 if right else 3, 0),
            textcoords="offset points",
            ha="right" if right else "left",
            va="center",
            size=style.SMALL_POINTS,
        )


def _plot_parts(axes: Axes, sheet: style.Sheet, rows: pd.DataFrame) -> None:
    shown = []
    sheet.text(FOREST_LEFT_MM, TOP_MM - 2, "HR per SD of the score", va="bottom", size=style.SMALL_POINTS)
    for place, (check, words) in enumerate(PARTS.items()):
        row = rows.loc[check]
        height = TOP_MM + FOREST_HIGH_MM * (place + 0.5) / len(PARTS)
        rule = {"va": "center", "size": style.SMALL_POINTS}
        sheet.text(FOREST_LEFT_MM - 2, height, words, ha="right", **rule)
        if row["status"] != "ok":
            sheet.text(NUMBERS_MM, height, phrases.STATUS_WORDS[row["status"]], color=style.GREY, **rule)
            continue
        said = phrases.estimate(row["estimate"], row["ci_low"], row["ci_high"])
        sheet.text(NUMBERS_MM, height, said.replace(" (", "\n("), linespacing=1.05, **rule)
        axes.hlines(place, row["ci_low"], row["ci_high"], color=style.INK, linewidth=0.9)
        axes.plot(row["estimate"], place, "s", color=style.INK, markersize=3)
        shown += [row["ci_low"], row["ci_high"]]
    axes.set_ylim(len(PARTS) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=style.GREY, linewidth=0.6, zorder=0)
    _ratio_axis(axes, np.clip(shown, -WIDEST, WIDEST), axis="x")
    change = rows.loc["hr_change_at_60_months"]
    if change["status"] == "ok":
        said = f"change at 5 years: {phrases.p_clause(change['p'])}"
        sheet.text(FOREST_LEFT_MM, TOP_MM + FOREST_HIGH_MM + 9, said, va="center", size=style.SMALL_POINTS)


def _ratio_axis(axes: Axes, log_values: np.ndarray, *, axis: str) -> None:
    """Limits and ticks of an axis of log hazard ratios, labelled as ratios."""
    low, high = min(np.log(1 / 2), log_values.min(initial=0)), max(np.log(2), log_values.max(initial=0))
    ticks = [tick for tick in RATIO_TICKS if low <= np.log(tick) + 1e-9 and np.log(tick) - 1e-9 <= high]
    if len(ticks) > MOST_TICKS:
        ticks = [tick for tick in ticks if round(np.log2(tick)) % 2 == 0]
    axes.set(**{f"{axis}lim": (low, high), f"{axis}ticks": np.log(ticks)})
    axes.set(**{f"{axis}ticklabels": [f"{tick:g}" if tick >= 1 else f"1/{1 / tick:g}" for tick in ticks]})
