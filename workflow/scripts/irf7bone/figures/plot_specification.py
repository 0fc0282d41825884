"""Specification curve: every pooled hazard ratio in order, and below it the choices that each one made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.base import phrases
from irf7bone.figures import style
from irf7bone.pool.specification import SHOWN
from irf7bone.tables.pooled import CHOICES

LABEL_MM, HEAD_MM, CURVE_MM, GAP_MM, ROW_MM, FOOT_MM = 56.0, 13.0, 42.0, 4.0, 3.8, 6.0
BLOCK_GAP_ROWS = 0.7
HEADINGS = {"signature": "Signature", "method": "Method", "model": "Model"}
WIDEST_RATIO = 8.0
TICKS = (0.125, 0.25, 0.5, 0.7, 1, 1.4, 2, 4, 8)
MOST_LETTERS = 38


def plot_specifications(curve: pd.DataFrame, summary: pd.DataFrame, *, title: str) -> Figure:
    """Draw the curve; filled where the interval lacks 1, the primary analysis is ringed.

    Args:
        curve: :data:`irf7bone.tables.pooled.SPECIFICATIONS`.
        summary: :data:`irf7bone.tables.pooled.SPECIFICATION_SUMMARY` of the same curve.
        title: Words above the figure.
    """
    with style.in_style():
        shown = curve[curve["status"] == "ok"].reset_index(drop=True)
        wide = style.TWO_COLUMNS_MM
        if shown.empty:
            sheet = style.new_sheet(wide, 24.0)
            reasons = curve["reason"].unique()
            why = reasons[0] if len(reasons) == 1 else "no specification has a pooled estimate"
            style.say_instead(sheet.axes(2, 2, wide - 4, 20), f"No specification curve: {why}.", 90)
            return sheet.figure
        levels = {choice: list(dict.fromkeys(curve[choice])) for choice in CHOICES}
        n_rows = sum(map(len, levels.values())) + len(levels) * (1 + BLOCK_GAP_ROWS) - BLOCK_GAP_ROWS
        below = HEAD_MM + CURVE_MM + GAP_MM
        sheet = style.new_sheet(wide, below + ROW_MM * n_rows + FOOT_MM)
        sheet.text(1, 2, title, va="top", weight="bold", size=style.FONT_POINTS + 1)
        sheet.text(1, 7, _said(summary), va="top", size=style.SMALL_POINTS, color=style.GREY)
        panel = wide - LABEL_MM - 4
        _plot_curve(sheet.axes(LABEL_MM, HEAD_MM, panel, CURVE_MM), shown)
        _plot_choices(
            sheet, sheet.axes(LABEL_MM, below, panel, ROW_MM * n_rows), shown, levels, below, n_rows
        )
        return sheet.figure


def _said(summary: pd.DataFrame) -> str:
    whole = summary[summary["choice"] == "none"].iloc[0]
    n = int(whole["n_estimated"])
    return (
        f"{n} of {int(whole['n_planned'])} specifications estimated; median HR "
        f"{phrases.hazard_ratio(whole['median_log_hr'])}; HR < 1 in {whole['share_below_1']:.0%}; "
        f"95 % interval without 1 in {whole['share_apart']:.0%} "
        f"({whole['share_apart_below']:.0%} below 1, {whole['share_apart_above']:.0%} above)"
    )


def _colours(shown: pd.DataFrame) -> np.ndarray:
    below, above = (shown["shown_high"] < 0).to_numpy(), (shown["shown_low"] > 0).to_numpy()
    return np.where(below, style.BLUE, np.where(above, style.RED, style.GREY))


def _plot_curve(axes: Axes, shown: pd.DataFrame) -> None:
    x = np.arange(1, len(shown) + 1)
    middle, low, high = (np.exp(shown[name].to_numpy(dtype=float)) for name in SHOWN)
    limit = min(WIDEST_RATIO, 1.05 * max(high.max(), 1 / low.min(), 1.6))
    low, high = np.maximum(low, 1 / limit), np.minimum(high, limit)
    colours = _colours(shown)
    axes.vlines(x, low, high, color=colours, linewidth=0.8, alpha=0.55)
    filled = colours != style.GREY
    axes.scatter(
        x,
        middle,
        s=11,
        facecolor=np.where(filled, colours, "white"),
        edgecolor=colours,
        linewidth=0.7,
        zorder=3,
    )
    primary = shown["is_primary"].to_numpy(dtype=bool)
    if primary.any():
        axes.scatter(
            x[primary], middle[primary], s=52, facecolor="none", edgecolor=style.INK, linewidth=0.9, zorder=4
        )
        axes.annotate(
            # above all intervals, where it hides none and crosses no line
            "primary", (x[primary][0], middle[primary][0]), xytext=(x[primary][0], limit),
            textcoords="data", ha="left" if x[primary][0] < len(shown) / 2 else "right", va="top",
            size=style.SMALL_POINTS, weight="bold",
            arrowprops={"arrowstyle": "-", "color": style.INK, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 4},
        )  # fmt: skip
    axes.axhline(1, color=style.INK, linewidth=0.6, zorder=0)
    axes.axhline(np.median(middle), color=style.GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
    axes.set(
        yscale="log", ylim=(1 / limit, limit), xlim=(0.3, len(shown) + 0.7), ylabel="pooled HR, log scale"
    )
    ticks = [tick for tick in TICKS if 1 / limit <= tick <= limit]
    axes.set_yticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _plot_choices(
    sheet: style.Sheet,
    axes: Axes,
    shown: pd.DataFrame,
    levels: Mapping[str, Sequence[str]],
    top_mm: float,
    n_rows: float,
) -> None:
    """A mark for each specification in the rows of the signature, method and model that it uses."""
    x, colours = np.arange(1, len(shown) + 1), _colours(shown)
    y = 0.0
    for choice, names in levels.items():
        middle = {"va": "center", "size": style.SMALL_POINTS}
        sheet.text(1, top_mm + (y + 0.5) * ROW_MM, HEADINGS[choice], weight="bold", **middle)
        y += 1
        for name in names:
            uses = (shown[choice] == name).to_numpy()
            axes.axhline(y + 0.5, color=style.PALE, linewidth=0.5, zorder=0)
            axes.scatter(
                x[uses], np.full(uses.sum(), y + 0.5), s=7, marker="|", color=colours[uses], linewidth=1.1
            )
            words = (
                phrases.MODEL_WORDS.get(name, name)
                if choice == "model"
                else phrases.signature_name(name).replace("_", " ")
            )
            sheet.text(3, top_mm + (y + 0.5) * ROW_MM, style.shorten(words, MOST_LETTERS), **middle)
            y += 1
        y += BLOCK_GAP_ROWS
    axes.set(xlim=(0.3, len(shown) + 0.7), ylim=(n_rows, 0), xlabel="specifications, by pooled hazard ratio")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
