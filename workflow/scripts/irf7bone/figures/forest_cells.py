"""The forest of single-cell data sets: each of them, and what is pooled of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.base.cells_vocabulary import OK
from irf7bone.figures import style
from irf7bone.figures.cell_words import MEASURE_WORDS, compartment_words
from irf7bone.figures.experiment_words import MEANING_WORDS

ROW_MM, HEAD_MM, FOOT_MM, GAP_MM = 4.6, 9.0, 9.0, 4.0
LABEL_MM, SAID_MM = 60.0, 48.0
POOLED = "pooled"
LIMITS = {"clr_cytotoxic": 1.0}


def forest_cells(table: pd.DataFrame) -> Figure:
    """A panel each for malignant cells, all cells, and the correlation with cytotoxic cells.

    Args:
        table: :data:`irf7bone.tables.pooled_cells.POOLED_FOREST`, in the order drawn; simulated data
            sets stand on the simulated ground.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        panels = [(str(name), part) for name, part in table.groupby("panel", sort=False)]
        high = sum(HEAD_MM + FOOT_MM + ROW_MM * len(part) + GAP_MM for _, part in panels) or 24.0
        sheet = style.new_sheet(wide, high, title="Single-cell data sets together: a square is a data set")
        if not panels:
            style.say_instead(sheet.axes(2, 2, wide - 4, 20), "no contrast that the claim speaks of", 90)
            return sheet.figure
        top = 0.0
        for name, part in panels:
            _panel(sheet, name, part.reset_index(drop=True), top)
            top += HEAD_MM + FOOT_MM + ROW_MM * len(part) + GAP_MM
        return sheet.figure


def _panel(sheet: style.Sheet, name: str, part: pd.DataFrame, top: float) -> None:
    correlation = name in LIMITS
    words = MEASURE_WORDS[name] if correlation else compartment_words(name)
    head = f"tumour interferon against {words}" if correlation else f"primary signature, {words}"
    sheet.text(1, top + 3, head[0].upper() + head[1:], va="center", weight="bold")
    axes = sheet.axes(LABEL_MM, top + HEAD_MM, sheet.width_mm - LABEL_MM - SAID_MM, ROW_MM * len(part))
    axes.patch.set_alpha(0)
    ends = part[["ci_low", "ci_high"]].abs().max(axis=None)
    limit = LIMITS.get(name, 1.0 if np.isnan(ends) else float(np.clip(1.05 * ends, 1, 6)))
    axes.set(xlim=(-limit, limit), ylim=(len(part) - 0.5, -0.5), yticks=[])
    axes.axvline(0, color=style.INK, linewidth=0.6)
    axes.set_xlabel("correlation" if correlation else "Hedges' g, case minus reference")
    for place, row in enumerate(part.to_dict("records")):
        middle = top + HEAD_MM + (place + 0.5) * ROW_MM
        if row["role"] == "simulated":
            total = sheet.height_mm + sheet.top_mm
            bottom = 1 - (sheet.top_mm + middle + ROW_MM / 2) / total
            sheet.figure.add_artist(
                style.simulated_ground(
                    (0, bottom), 1, ROW_MM / total, sheet.figure.transFigure, hatched=False
                )
            )
        sheet.text(2, middle, style.shorten(_label(row), 48), va="center", weight=_weight(row))
        sheet.text(sheet.width_mm - SAID_MM + 2, middle, _said(row), va="center", size=style.SMALL_POINTS)
        if row["status"] == OK:
            _mark(axes, row, place, limit)


def _label(row: Mapping) -> str:
    stratum = MEANING_WORDS.get(row["stratum"], row["stratum"])
    made = " (simulated)" if row["role"] == "simulated" else ""
    return f"{row['data_set']}{made}, {stratum}"


def _weight(row: Mapping) -> str:
    return "bold" if row["data_set"] == POOLED else "normal"


def _said(row: Mapping) -> str:
    patients = f"{int(row['n_patients'])} patients"
    if row["status"] != OK:
        return f"{patients}: {str(row['status']).replace('_', ' ')}"
    said = f"{row['estimate']:+.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f})".replace("-", "−")
    return f"{said}, {patients}"


def _mark(axes: Axes, row: Mapping, place: int, limit: float) -> None:
    pooled = row["data_set"] == POOLED
    colour = style.RED if pooled else style.INK
    low, high = max(row["ci_low"], -limit), min(row["ci_high"], limit)
    axes.plot([low, high], [place, place], color=colour, linewidth=1.4 if pooled else 0.9)
    axes.scatter(
        row["estimate"], place, s=26 if pooled else 14, marker="D" if pooled else "s", color=colour, zorder=3
    )
