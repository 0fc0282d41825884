"""Samples of one experiment: principal components, and their distances from each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.figures import style

COLOURS = (style.BLUE, style.RED, style.GREEN, style.PINK, style.ORANGE, style.SKY)
MARKS = ("o", "s", "^", "D", "v", "P")
SIDE_MM = 62.0


def plot_samples(quality: pd.DataFrame, distances: pd.DataFrame, *, title: str, simulated: bool) -> Figure:
    """Draw the samples by their first two components, with a line within pairs, and all distances.

    Args:
        quality: :data:`irf7bone.tables.experiment_samples.QUALITY` of one experiment.
        distances: :data:`irf7bone.tables.experiment_samples.DISTANCES` of the same.
        title: Title.
        simulated: Whether the experiment is simulated.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        sheet = style.new_sheet(wide, SIDE_MM + 22, title=title, simulated=simulated)
        _plot_components(sheet.axes(14, 6, SIDE_MM - 8, SIDE_MM), quality)
        axes = sheet.axes(wide - SIDE_MM - 26, 6, SIDE_MM, SIDE_MM)
        order = quality.sort_values("leaf")["sample"].tolist()
        grid = distances.pivot(index="sample", columns="other", values="distance").loc[order, order]
        values = grid.to_numpy(dtype=float, copy=True)
        np.fill_diagonal(values, np.nan)  # a sample's distance from itself would use up the colours
        mesh = axes.pcolormesh(np.ma.masked_invalid(values), cmap="viridis_r", linewidth=0)
        axes.invert_yaxis()
        places = np.arange(len(order)) + 0.5
        size = max(2.5, min(style.SMALL_POINTS - 0.8, 180 / len(order)))
        axes.set_yticks(places, labels=order, size=size)
        axes.set_xticks([])
        axes.tick_params(length=0)
        bar = sheet.figure.colorbar(mesh, cax=sheet.axes(wide - 20, 6, 3, 30))
        bar.set_label("distance, log2")
        bar.outline.set_visible(False)
        return sheet.figure


def _plot_components(axes: Axes, quality: pd.DataFrame) -> None:
    for _, pair in quality[quality["pair"].notna()].groupby("pair", sort=True):
        if len(pair) == 2:
            axes.plot(pair["pc1"], pair["pc2"], color=style.PALE, linewidth=0.8, zorder=1)
    for place, (group, rows) in enumerate(quality.groupby("group", sort=False)):
        look: dict[str, Any] = {"color": COLOURS[place % len(COLOURS)], "marker": MARKS[place % len(MARKS)]}
        label = f"{group} (n = {len(rows)})"
        axes.scatter(
            rows["pc1"], rows["pc2"], s=18, linewidth=0.4, edgecolor="white", label=label, zorder=2, **look
        )
    flagged = quality[quality["outlier"]]
    axes.scatter(
        flagged["pc1"], flagged["pc2"], s=60, facecolor="none", edgecolor=style.ORANGE, linewidth=1, zorder=3
    )
    first, second = quality["pc1_variance"].iloc[0], quality["pc2_variance"].iloc[0]
    axes.set_xlabel(f"first component ({100 * first:.0f} % of variance)")
    axes.set_ylabel(f"second component ({100 * second:.0f} %)")
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, fontsize=style.SMALL_POINTS
    )
