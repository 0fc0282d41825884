"""Immune link: correlation of one interferon score with each immune score, by cohort and pooled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from irf7bone.base import phrases
from irf7bone.figures import style
from irf7bone.tables.outcome import ADJUSTMENTS

ROW_MM, HEAD_MM, FOOT_MM = 4.2, 17.0, 9.0
LABEL_MM, NUMBER_MM, TEXT_MM, GAP_MM = 40.0, 10.0, 23.0, 2.0
HALF_DIAMOND = 0.32
TITLES = {
    "none": "Unadjusted",
    "proliferation": "Given proliferation",
    "proliferation,leukocytes": "Given also leukocytes",
}
SIMULATED = "simulated"
TICKS = (-1, -0.5, 0, 0.5, 1)


def plot_immune(
    links: pd.DataFrame, pooled: pd.DataFrame, roles: Mapping[str, str], signature: str
) -> Figure:
    """Draw one signature's correlations, a panel for each adjustment and a block for each immune signature.

    Diamonds span the pooled 95 % interval. Simulated cohorts stand below the real ones, on their own
    ground, and are in no diamond.

    Args:
        links: :data:`irf7bone.tables.outcome.IMMUNE_LINKS` of every cohort.
        pooled: :data:`irf7bone.tables.pooled.IMMUNE_POOLED`.
        roles: Role of each cohort.
        signature: The interferon signature to show.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        own = links[links["signature"] == signature]
        if own.empty:
            sheet = style.new_sheet(wide, 24.0)
            words = f"No immune signature is selected to hold {signature} against."
            style.say_instead(sheet.axes(2, 2, wide - 4, 20), words, 90)
            return sheet.figure
        lines = _lines(own, pooled[pooled["signature"] == signature], roles)
        sheet = style.new_sheet(wide, HEAD_MM + ROW_MM * len(lines) + FOOT_MM)
        title = f"{phrases.signature_name(signature).replace('_', ' ')}: correlation with immune scores"
        sheet.text(1, 2, title, va="top", weight="bold", size=style.FONT_POINTS + 1)
        _write_labels(sheet, lines)
        pitch = (wide - LABEL_MM - NUMBER_MM) / len(ADJUSTMENTS)
        for i, adjustment in enumerate(ADJUSTMENTS):
            left = LABEL_MM + NUMBER_MM + i * pitch
            axes = sheet.axes(left, HEAD_MM, pitch - TEXT_MM, ROW_MM * len(lines))
            _plot_panel(axes, lines, adjustment)
            sheet.text(left, HEAD_MM - 6, TITLES[adjustment], va="center", weight="bold")
            _write_estimates(sheet, lines, adjustment, left + pitch - TEXT_MM + GAP_MM)
        return sheet.figure


def _lines(own: pd.DataFrame, pools: pd.DataFrame, roles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of the picture: a heading for each immune signature, its cohorts, and what they pool to."""
    lines: list[dict[str, Any]] = []
    cohorts = sorted(dict.fromkeys(own["cohort"]), key=lambda name: roles[name] == SIMULATED)
    for immune in dict.fromkeys(own["immune"]):
        lines.append(
            {"kind": "heading", "label": phrases.signature_name(immune).replace("_", " "), "fits": {}}
        )
        here, pool = own[own["immune"] == immune], pools[pools["immune"] == immune]
        pooled = {"kind": "pooled", "label": "pooled", "fits": _by_adjustment(pool)}
        made = [name for name in cohorts if roles[name] == SIMULATED]
        for name in (each for each in cohorts if each not in made):
            rows = here[here["cohort"] == name]
            lines.append({"kind": "cohort", "label": name, "fits": _by_adjustment(rows)})
        lines.append(pooled)
        for name in made:
            rows = here[here["cohort"] == name]
            label = f"{name} (simulated)"
            lines.append({"kind": SIMULATED, "label": label, "fits": _by_adjustment(rows)})
    return lines


def _by_adjustment(rows: pd.DataFrame) -> dict[str, Mapping]:
    return {row["adjustment"]: row for row in rows.to_dict("records")}


def _write_labels(sheet: style.Sheet, lines: list[dict[str, Any]]) -> None:
    number: dict[str, Any] = {"va": "center", "ha": "right", "size": style.SMALL_POINTS}
    sheet.text(LABEL_MM + NUMBER_MM - 2, HEAD_MM - 2, "n", color=style.GREY, **number)
    for i, line in enumerate(lines):
        middle = HEAD_MM + (i + 0.5) * ROW_MM
        if line["kind"] == "heading":
            sheet.text(1, middle, style.shorten(line["label"], 34), va="center", weight="bold")
            continue
        if line["kind"] == SIMULATED:
            share, bottom = ROW_MM / sheet.height_mm, 1 - (HEAD_MM + ROW_MM * (i + 1)) / sheet.height_mm
            ground = style.simulated_ground((0, bottom), 1, share, sheet.figure.transFigure, hatched=False)
            sheet.figure.add_artist(ground)
        sheet.text(3, middle, style.shorten(line["label"], 30), va="center", size=style.SMALL_POINTS)
        n = next(iter(line["fits"].values()))["n"]
        sheet.text(
            LABEL_MM + NUMBER_MM - 2, middle, "–" if phrases.is_missing(n) else f"{int(n):,}", **number
        )


def _write_estimates(sheet: style.Sheet, lines: list[dict[str, Any]], adjustment: str, left: float) -> None:
    sheet.text(left, HEAD_MM - 2, "r (95 % CI)", va="center", size=style.SMALL_POINTS, color=style.GREY)
    for i, line in enumerate(lines):
        if adjustment not in line["fits"]:
            continue
        fit = line["fits"][adjustment]
        middle, small = HEAD_MM + (i + 0.5) * ROW_MM, style.SMALL_POINTS
        if fit["status"] == "ok":
            said = f"{fit['r']:.2f} ({fit['ci_low']:.2f}, {fit['ci_high']:.2f})".replace("-", "−")
            look = {"weight": "bold"} if line["kind"] == "pooled" else {}
        else:
            said, look = phrases.STATUS_WORDS[fit["status"]], {"color": style.GREY}
        sheet.text(left, middle, said, va="center", size=small - 0.4, **look)


def _plot_panel(axes: Axes, lines: list[dict[str, Any]], adjustment: str) -> None:
    axes.patch.set_alpha(0)
    axes.set(xlim=(-1, 1), ylim=(len(lines), 0))
    axes.axvline(0, color=style.INK, linewidth=0.6, zorder=0)
    for i, line in enumerate(lines):
        fit = line["fits"].get(adjustment)
        if fit is None or fit["status"] != "ok":
            continue
        y = i + 0.5
        if line["kind"] == "pooled":
            ends = [
                (fit["ci_low"], y),
                (fit["r"], y - HALF_DIAMOND),
                (fit["ci_high"], y),
                (fit["r"], y + HALF_DIAMOND),
            ]
            axes.add_patch(Polygon(ends, closed=True, facecolor=style.INK, edgecolor="none", zorder=3))
            continue
        colour = style.SIMULATED_INK if line["kind"] == SIMULATED else style.BLUE
        axes.plot([fit["ci_low"], fit["ci_high"]], [y, y], color=colour, linewidth=1)
        axes.scatter([fit["r"]], [y], s=14, marker="s", color=colour, linewidth=0, zorder=3)
    axes.set_xticks(TICKS, labels=["−1", "", "0", "", "1"])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("correlation", size=style.SMALL_POINTS)
