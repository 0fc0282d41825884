"""Forest plots: hazard ratios of cohorts and their pooled value, with the numbers beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from irf7bone.base import phrases
from irf7bone.figures import style

ROW_MM, HEAD_MM, FOOT_MM = 4.4, 10.0, 9.0
LABEL_MM, NUMBER_MM, TEXT_MM = 49.0, 9.0, 27.5
NUMBERS = {"k": "k", "n": "n", "n_events": "events"}
MOST_LETTERS, MOST_IN_HEADING = 38, 47  # beside a heading stand no numbers
WIDEST_RATIO, NARROWEST_RATIO = 8.0, 1.6
# half-width of the axis as a ratio, up to which these ticks are used
TICKS_BY_LIMIT = (
    (2.2, (0.5, 0.7, 1, 1.4, 2)),
    (4.4, (0.25, 0.5, 1, 2, 4)),
    (math.inf, (0.2, 0.5, 1, 2, 5)),
)
LARGEST_SQUARE, SMALLEST_SQUARE = 30.0, 6.0  # points squared
HALF_DIAMOND = 0.32  # rows
_SUBTLE = {"va": "center", "size": style.SMALL_POINTS, "color": style.GREY}
SIMULATED_HEADING = "SIMULATED, not patients, never pooled"


@dataclass
class Line:
    """One row of the picture; ``fits`` holds the table's rows by model, empty for a heading."""

    kind: str
    label: str
    simulated: bool
    fits: dict[str, Mapping] = field(default_factory=dict)


def plot_forest(table: pd.DataFrame, models: Sequence[str], *, title: str, nothing: str) -> Figure:
    """Draw the numbers of :mod:`irf7bone.figures.forest_tables`, one panel a model, on a log axis.

    Squares have an area in proportion to the precision (1 / se^2) within their panel, diamonds span the
    pooled 95 % interval, arrows mark an interval that runs out of the axis.

    Args:
        table: The numbers.
        models: Models in panel order.
        title: Words above the figure.
        nothing: What to say where the table is empty.
    """
    with style.in_style():
        lines = picture_lines(table)
        wide = style.TWO_COLUMNS_MM
        sheet = style.new_sheet(wide, HEAD_MM + ROW_MM * len(lines) + FOOT_MM if lines else 24.0, title=title)
        if not lines:
            style.say_instead(sheet.axes(2, 2, wide - 4, 20), nothing, 90)
            return sheet.figure
        _ground_simulated(sheet, lines)
        _write_labels(sheet, lines)
        limit = axis_limit(table)
        pitch = (wide - LABEL_MM - len(NUMBERS) * NUMBER_MM) / len(models)
        for i, model in enumerate(models):
            left = LABEL_MM + len(NUMBERS) * NUMBER_MM + i * pitch
            axes = sheet.axes(left, HEAD_MM, pitch - TEXT_MM, ROW_MM * len(lines))
            axes.patch.set_alpha(0)
            axes.set(xscale="log", xlim=(1 / limit, limit), ylim=(len(lines), 0))
            _plot_panel(axes, lines, model, limit)
            _label_axis(axes, limit)
            said = phrases.capital(phrases.MODEL_WORDS[model])
            sheet.text(left, HEAD_MM - 7, said, va="center", weight="bold")
            sheet.text(left, HEAD_MM - 3, "HR, log scale", **_SUBTLE)
            _write_estimates(sheet, lines, model, left + pitch - TEXT_MM + 2)
        return sheet.figure


def picture_lines(table: pd.DataFrame) -> list[Line]:
    """Rows of the picture from top to bottom: headings, then one line for each label with its models."""
    lines: list[Line] = []
    block = heading = None
    for row in table.to_dict("records"):
        simulated = row["block"] == "simulated"
        if simulated and block != "simulated":
            lines.append(Line("simulated", SIMULATED_HEADING, simulated))
        if (row["block"], row["heading"]) != (block, heading):
            block, heading = row["block"], row["heading"]
            lines.append(Line("heading", str(heading), simulated))
        if (lines[-1].label, lines[-1].kind) != (row["label"], row["kind"]):
            lines.append(Line(row["kind"], str(row["label"]), simulated))
        lines[-1].fits[row["model"]] = row
    return lines


def axis_limit(table: pd.DataFrame) -> float:
    """Half-width of the axis as a ratio: holds every interval, within fixed bounds."""
    ends = table.loc[table["status"] == "ok", ["hr_low", "hr_high"]].to_numpy(dtype=float)
    if not ends.size:
        return NARROWEST_RATIO
    widest = float(np.maximum(ends, 1 / np.maximum(ends, 1 / WIDEST_RATIO)).max()) * 1.06
    return min(WIDEST_RATIO, max(NARROWEST_RATIO, widest))


def _ground_simulated(sheet: style.Sheet, lines: Sequence[Line]) -> None:
    """Put every simulated row on the simulated ground, right across, hatched where it says so."""
    total = sheet.height_mm + sheet.top_mm
    for i, line in enumerate(lines):
        if line.simulated:
            bottom = 1 - (sheet.top_mm + HEAD_MM + ROW_MM * (i + 1)) / total
            band = style.simulated_ground(
                (0, bottom), 1, ROW_MM / total, sheet.figure.transFigure, hatched=line.kind == "simulated"
            )
            sheet.figure.add_artist(band)


def _write_labels(sheet: style.Sheet, lines: Sequence[Line]) -> None:
    number = {"va": "center", "ha": "right", "size": style.SMALL_POINTS}
    for column, said in enumerate(NUMBERS.values(), start=1):
        sheet.text(LABEL_MM + column * NUMBER_MM - 2, HEAD_MM - 3, said, **number, color=style.GREY)
    for i, line in enumerate(lines):
        middle = HEAD_MM + (i + 0.5) * ROW_MM
        room = MOST_IN_HEADING if line.kind == "heading" else MOST_LETTERS
        label = style.shorten(phrases.signature_name(line.label), room)
        if line.kind == "simulated":
            backing = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
            sheet.text(2, middle, label, va="center", weight="bold", bbox=backing)
            continue
        if line.kind == "heading":
            sheet.text(1, middle, label, va="center", weight="bold")
            continue
        numbers = next(iter(line.fits.values()))
        sheet.text(3, middle, label, va="center", size=style.SMALL_POINTS)
        if line.kind == "prediction":
            continue
        for column, name in enumerate(NUMBERS, start=1):
            if name == "k" and line.kind != "pooled":
                continue
            said = "\u2013" if phrases.is_missing(numbers[name]) else f"{int(numbers[name]):,}"
            sheet.text(LABEL_MM + column * NUMBER_MM - 2, middle, said, **number)


def _write_estimates(sheet: style.Sheet, lines: Sequence[Line], model: str, left: float) -> None:
    sheet.text(left, HEAD_MM - 3, "HR (95 % interval)", **_SUBTLE)
    for i, line in enumerate(lines):
        if model not in line.fits:
            continue
        fit = line.fits[model]
        low, high = phrases.said_ratio(fit["hr_low"]), phrases.said_ratio(fit["hr_high"])
        if fit["status"] != "ok":
            said, look = phrases.STATUS_WORDS[fit["status"]], {"color": style.GREY}
        elif line.kind == "prediction":
            said, look = f"({low} to {high})", {"color": style.GREY}
        else:
            said = f"{phrases.said_ratio(fit['hr'])} ({low} to {high})"
            look = {"weight": "bold"} if line.kind == "pooled" else {}
        middle = HEAD_MM + (i + 0.5) * ROW_MM
        sheet.text(left, middle, said, va="center", size=style.SMALL_POINTS, **look)


def _plot_panel(axes: Axes, lines: Sequence[Line], model: str, limit: float) -> None:
    axes.axvline(1, color=style.INK, linewidth=0.6, zorder=0)
    shown = [
        (i + 0.5, line, line.fits[model])
        for i, line in enumerate(lines)
        if model in line.fits and line.fits[model]["status"] == "ok"
    ]
    precisions = [fit["se"] ** -2.0 for _, line, fit in shown if line.kind == "cohort"]
    for y, line, fit in shown:
        colour = style.SIMULATED_INK if line.simulated else style.BLUE if line.kind == "cohort" else style.INK
        low, high = max(fit["hr_low"], 1 / limit), min(fit["hr_high"], limit)
        if line.kind == "pooled":
            middle = min(max(fit["hr"], low), high)
            corners = [(low, y), (middle, y - HALF_DIAMOND), (high, y), (middle, y + HALF_DIAMOND)]
            axes.add_patch(Polygon(corners, closed=True, facecolor=style.INK, edgecolor="none", zorder=3))
        elif line.kind == "prediction":
            axes.plot([low, high], [y, y], color=style.GREY, linewidth=1, linestyle=(0, (2, 1.5)))
        else:
            axes.plot([low, high], [y, y], color=colour, linewidth=1)
            if 1 / limit <= fit["hr"] <= limit:
                area = max(SMALLEST_SQUARE, LARGEST_SQUARE * fit["se"] ** -2.0 / max(precisions))
                axes.scatter([fit["hr"]], [y], s=area, marker="s", color=colour, linewidth=0, zorder=3)
        for beyond, at, marker in ((fit["hr_low"] < low, low, "<"), (fit["hr_high"] > high, high, ">")):
            if beyond:
                axes.scatter([at], [y], s=9, marker=marker, color=colour, linewidth=0, clip_on=False)


def _label_axis(axes: Axes, limit: float) -> None:
    ticks = next(ticks for most, ticks in TICKS_BY_LIMIT if limit <= most)
    shown = [tick for tick in ticks if 1 / limit <= tick <= limit]
    axes.set_xticks(shown, labels=[f"{tick:g}" for tick in shown])
    axes.set_xticks([], minor=True)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for offset, side, arrow in ((-4, "right", "← lower risk"), (4, "left", "higher risk →")):
        axes.annotate(
            arrow,
            xy=(0.5, 0),
            xytext=(offset, -17),
            xycoords="axes fraction",
            textcoords="offset points",
            ha=side,
            color=style.GREY,
            size=style.SMALL_POINTS - 0.6,
        )
