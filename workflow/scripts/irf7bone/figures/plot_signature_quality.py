"""Signature quality of one cohort: a row for each signature, a strip for each measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.base import phrases
from irf7bone.base.vocabulary import LOW_SHARE
from irf7bone.figures import style

ROW_MM, HEAD_MM, FOOT_MM, LABEL_MM, GAP_MM = 4.4, 10.0, 7.0, 53.0, 3.4
MOST_LETTERS = 36
# measures that log ratios to a reference do not have
SCALE_BOUND = ("median_decile", "share_low_expressed")


@dataclass(frozen=True)
class Strip:
    """One measure: its column, words above it, axis, and what to expect of genes drawn at random."""

    column: str
    title: str
    low: float
    high: float
    reference: str | float | None = None


STRIPS = (
    Strip("coverage", "genes\nmeasured", 0, 1),
    Strip("median_decile", "expression\ndecile", 1, 10, 5.5),
    Strip("share_low_expressed", "low\nexpression", 0, 1, LOW_SHARE),
    Strip("share_low_variance", "low\nvariance", 0, 1, LOW_SHARE),
    Strip("mean_correlation", "mean pair\ncorrelation", -0.2, 1, "background_correlation"),
    Strip("pc1_share", "first\ncomponent", 0, 1),
    Strip("agreement", "summaries\nagree", -0.2, 1),
    Strip("irf7_correlation", "IRF7 with\nthe others", -1, 1, 0.0),
)


def plot_signature_quality(table: pd.DataFrame, *, simulated: bool) -> Figure:
    """Draw every measure; dashed lines mark what genes drawn at random would give.

    Agreement is the smallest of the three correlations between mean, median and first component.

    Args:
        table: :data:`irf7bone.tables.cohort.SIGNATURE_QUALITY` of one cohort.
        simulated: Marks the figure as not being about patients.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        if table.empty:
            sheet = style.new_sheet(wide, 24.0, simulated=simulated)
            style.say_instead(sheet.axes(2, 2, wide - 4, 20), "No signature is selected.")
            return sheet.figure
        shown = table.assign(agreement=table[["mean_median", "mean_pc1", "median_pc1"]].min(axis=1))
        height = ROW_MM * len(shown)
        sheet = style.new_sheet(wide, HEAD_MM + height + FOOT_MM, simulated=simulated)
        for i, row in enumerate(shown.to_dict("records")):
            middle = HEAD_MM + (i + 0.5) * ROW_MM
            words = style.shorten(
                phrases.signature_name(str(row["signature"])).replace("_", " "), MOST_LETTERS
            )
            look = {} if row["status"] == "ok" else {"color": style.GREY}
            sheet.text(1, middle, words, va="center", size=style.SMALL_POINTS, **look)
        pitch = (wide - LABEL_MM - 2) / len(STRIPS)
        for i, strip in enumerate(STRIPS):
            _plot_strip(sheet.axes(LABEL_MM + i * pitch, HEAD_MM, pitch - GAP_MM, height), shown, strip)
            sheet.text(
                LABEL_MM + i * pitch,
                HEAD_MM - 4,
                strip.title,
                va="center",
                size=style.SMALL_POINTS,
                linespacing=1.1,
            )
        # across the strips that have no point there
        for i, row in enumerate(shown.to_dict("records")):
            if row["status"] != "ok":
                words = f"{phrases.STATUS_WORDS[row['status']]}: {row['reason']}"
                sheet.text(
                    LABEL_MM + pitch + 1, HEAD_MM + (i + 0.5) * ROW_MM, style.shorten(words, 96), va="center",
                    size=style.SMALL_POINTS - 0.6, color=style.GREY,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
                )  # fmt: skip
        return sheet.figure


def _scored_rows(ok: Sequence[bool]) -> list[tuple[int, int]]:
    """First and last edge of each run of scored rows; between them stand the reasons of the others."""
    edges = np.flatnonzero(np.diff(np.r_[False, np.asarray(ok, dtype=bool), False]))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _plot_strip(axes: Axes, shown: pd.DataFrame, strip: Strip) -> None:
    values = shown[strip.column].to_numpy(dtype=float)
    rows = np.arange(len(shown)) + 0.5
    there = np.isfinite(values)
    reference = strip.reference
    if isinstance(reference, str):
        known = shown[reference].dropna()
        reference = float(known.iloc[0]) if len(known) else None
    blocks = _scored_rows((shown["status"] == "ok").tolist())
    if reference is not None and there.any():
        first, last = [start for start, _ in blocks], [end for _, end in blocks]
        axes.vlines(
            [reference] * len(blocks), first, last, color=style.RED, linewidth=0.7, linestyle=(0, (3, 2)),
            zorder=2,
        )  # fmt: skip
    axes.hlines(rows[there], max(strip.low, 0), values[there], color=style.PALE, linewidth=2.2, zorder=1)
    axes.scatter(values[there], rows[there], s=13, color=style.BLUE, linewidth=0, zorder=3, clip_on=False)
    if blocks and not there.any():
        words = "not for\nthis scale" if strip.column in SCALE_BOUND else "–"
        start, end = max(blocks, key=lambda block: block[1] - block[0])
        middle: dict[str, Any] = {"ha": "center", "va": "center", "linespacing": 1.0}
        axes.text(
            (strip.low + strip.high) / 2, (start + end) / 2, words, color=style.GREY,
            size=style.SMALL_POINTS - 0.6, **middle,
        )  # fmt: skip
    axes.set(xlim=(strip.low, strip.high), ylim=(len(shown), 0))
    ends = [max(strip.low, 0), strip.high]
    axes.set_xticks(ends, labels=[f"{end:g}" for end in ends])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
