"""Named signatures among random ones: the histogram of random hazard ratios, and where the named one lies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.base import phrases
from irf7bone.base.vocabulary import ALPHA
from irf7bone.figures import style
from irf7bone.figures.forest import TICKS_BY_LIMIT

ROW_MM, HEAD_MM, FOOT_MM = 8.6, 21.0, 9.0
LABEL_MM, GAP_MM = 48.0, 3.0
# columns of numbers at the right of each panel: left edge from the panel, and heading
NUMBERS = ((2.5, "per-\ncentile"), (11.5, "p"), (22.0, "random\np < 0.05"))
NUMBERS_MM = 31.5
MOST_LETTERS = 38
HIGHEST = 0.88  # of a row
NARROWEST_RATIO, WIDEST_RATIO = 1.6, 8.0


def plot_null(
    null: pd.DataFrame,
    histogram: pd.DataFrame,
    models: Sequence[str],
    *,
    title: str,
    nothing: str,
    simulated: bool = False,
) -> Figure:
    """Draw one row a signature, one panel a model, on a common log axis of hazard ratios.

    Grey is the histogram of the random signatures, dark grey those of them that are significant at 0.05
    on their own; the line is the named signature, coloured where its p against the random ones is below 0.05.

    Args:
        null: Rows of :data:`irf7bone.tables.random_signatures.NULL` or
            :data:`irf7bone.tables.random_signatures.POOLED_NULL`, of one cohort
            or of the pooled result, one endpoint and one method; signatures in row order.
        histogram: The rows of :data:`irf7bone.tables.random_signatures.NULL_HISTOGRAM` that belong to them.
        models: Models in panel order.
        title: Words above the figure.
        nothing: What to say where no signature has a null.
        simulated: Marks the figure as not being about patients.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        fits = {(row["signature"], row["model"]): row for row in null.to_dict("records")}
        shown = null.loc[null["status"] == "ok", "signature"].unique()
        signatures = [name for name in null["signature"].unique() if name in shown]
        height = ROW_MM * len(signatures)
        sheet = style.new_sheet(wide, HEAD_MM + height + FOOT_MM if signatures else 24.0, simulated=simulated)
        if not signatures:
            style.say_instead(sheet.axes(2, 2, wide - 4, 20), nothing, 90)
            return sheet.figure
        sheet.text(1, 2, title, va="top", weight="bold", size=style.FONT_POINTS + 1)
        for i, name in enumerate(signatures):
            said = style.shorten(phrases.signature_name(name).replace("_", " "), MOST_LETTERS)
            sheet.text(1, HEAD_MM + (i + 0.5) * ROW_MM, said, va="center", size=style.SMALL_POINTS)
        limit = null_axis_limit(null, histogram)
        pitch = (wide - LABEL_MM) / len(models)
        bins = dict(list(histogram.groupby(["signature", "model"])))
        for i, model in enumerate(models):
            left = LABEL_MM + i * pitch
            axes = sheet.axes(left, HEAD_MM, pitch - NUMBERS_MM - GAP_MM, height)
            axes.patch.set_alpha(0)
            axes.set(xscale="log", xlim=(1 / limit, limit), ylim=(len(signatures), 0))
            for row, name in enumerate(signatures):
                _plot_row(axes, row, fits.get((name, model)), bins.get((name, model)))
            _label_axis(axes, limit)
            said = phrases.capital(phrases.MODEL_WORDS[model])
            sheet.text(left, HEAD_MM - 10, said, va="center", weight="bold")
            _write_numbers(sheet, signatures, model, fits, left + pitch - NUMBERS_MM - GAP_MM)
        return sheet.figure


def null_axis_limit(null: pd.DataFrame, histogram: pd.DataFrame) -> float:
    """Half-width of the axis as a ratio: holds all named and nearly all random signatures."""
    ends = null.loc[null["status"] == "ok", ["log_hr", "null_q025", "null_q975"]].to_numpy(dtype=float)
    if not len(histogram):
        return NARROWEST_RATIO
    # as logarithms, since an estimate may be beyond what a ratio can be
    widest = min(1.15 * float(np.abs(ends).max(initial=0.0)), math.log(WIDEST_RATIO))
    return max(NARROWEST_RATIO, math.exp(widest))


def _plot_row(axes: Axes, row: int, fit: Mapping[str, Any] | None, bins: pd.DataFrame | None) -> None:
    floor = row + 0.96
    axes.axhline(floor, color=style.PALE, linewidth=0.5, zorder=0)
    if fit is None or fit["status"] != "ok" or bins is None:
        reason = "not in this run" if fit is None else str(fit["reason"])
        axes.text(
            0.01, row + 0.5, style.shorten(reason, 62), transform=axes.get_yaxis_transform(),
            va="center", color=style.GREY, size=style.SMALL_POINTS - 1,
        )  # fmt: skip
        return
    edges = np.exp(bins["log_hr_low"].to_numpy(dtype=float))
    widths = np.exp(bins["log_hr_high"].to_numpy(dtype=float)) - edges
    scale = HIGHEST / bins["n_draws"].max()
    for column, colour in (("n_draws", style.PALE), ("n_significant", style.GREY)):
        tops = bins[column].to_numpy(dtype=float) * scale
        axes.bar(edges, -tops, widths, bottom=floor, align="edge", color=colour, linewidth=0)
    colour = style.RED if fit["null_p"] < ALPHA else style.INK
    low, high = axes.get_xlim()
    inside = math.exp(min(max(fit["log_hr"], math.log(low)), math.log(high)))
    axes.plot([inside, inside], [row + 0.04, floor], color=colour, linewidth=1.4, clip_on=False)
    if not math.log(low) <= fit["log_hr"] <= math.log(high):
        beyond = "<" if fit["log_hr"] < 0 else ">"
        axes.plot([inside], [row + 0.3], marker=beyond, color=colour, clip_on=False)


def _label_axis(axes: Axes, limit: float) -> None:
    wide_enough = next(values for end, values in TICKS_BY_LIMIT if limit <= end)
    ticks = [tick for tick in wide_enough if 1 / limit <= tick <= limit]
    axes.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.axvline(1, color=style.INK, linewidth=0.5, zorder=0.5)
    axes.set_xlabel("HR, log scale")


def _write_numbers(
    sheet: style.Sheet,
    signatures: Sequence[str],
    model: str,
    fits: Mapping[tuple[str, str], Mapping[str, Any]],
    left: float,
) -> None:
    subtle = {"size": style.SMALL_POINTS, "color": style.GREY}
    for shift, heading in NUMBERS:
        sheet.text(left + shift, HEAD_MM - 1.5, heading, va="bottom", linespacing=1.05, **subtle)
    for i, name in enumerate(signatures):
        fit = fits.get((name, model))
        if fit is None or fit["status"] != "ok":
            continue
        share = "" if pd.isna(fit["share_significant"]) else f"{fit['share_significant']:.0%}"
        said = (f"{100 * fit['null_percentile']:.1f}", phrases.p_value(fit["null_p"]), share)
        for (shift, _), words in zip(NUMBERS, said, strict=True):
            top = HEAD_MM + (i + 0.5) * ROW_MM
            sheet.text(left + shift, top, words, va="center", size=style.SMALL_POINTS)
