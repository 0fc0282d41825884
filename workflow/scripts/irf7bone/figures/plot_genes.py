"""All genes of an endpoint, effect against p, with the interferon genes and IRF7 marked."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.base.phrases import MODEL_WORDS, capital
from irf7bone.base.vocabulary import POOLED_ROW
from irf7bone.figures import IRF7_SIGNATURE, style
from irf7bone.tables.every_gene import GENE_MODELS

CLOUD_DPI = 200
SMALLEST_P = 1e-300
COLUMNS = ["gene", "cohort", "endpoint", "model", "k", "log_hr", "p", "rank", "n_ranked", "interferon"]


def shown_genes(genes: pd.DataFrame, endpoint: str) -> pd.DataFrame:
    """The genes that stand for an endpoint: pooled over the most cohorts, or those of the one cohort.

    Where several cohorts share no gene, it is the cohort with the most events.

    Args:
        genes: :data:`irf7bone.tables.every_gene.EVERY_GENE`.
        endpoint: Endpoint.
    """
    rows = genes[(genes["endpoint"] == endpoint) & (genes["status"] == "ok")]
    pooled = rows[rows["cohort"] == POOLED_ROW]
    if len(pooled):
        return pooled[pooled["k"] == pooled["k"].max()]
    if rows.empty:
        return rows
    most = rows.sort_values(["n_events", "cohort"], ascending=[False, True], kind="stable")["cohort"].iloc[0]
    return rows[rows["cohort"] == most]


def drawn_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """The marked genes with their numbers; all others are a cloud whose numbers are in the table of genes."""
    marked = rows["interferon"].astype(bool) | (rows["gene"] == IRF7_SIGNATURE)
    return rows.loc[marked, COLUMNS]


def plot_every_gene(rows: pd.DataFrame, *, title: str, nothing: str) -> Figure:
    """Draw log hazard ratio against p, unadjusted and given proliferation.

    Args:
        rows: Result of :func:`shown_genes`.
        title: Title.
        nothing: Said where there are no rows.
    """
    with style.in_style():
        wide, height, gap = style.TWO_COLUMNS_MM, 74.0, 16.0
        sheet = style.new_sheet(wide, height, title=title)
        sheet.figure.set_dpi(CLOUD_DPI)
        width = (wide - 15 - gap - 4) / 2
        if rows.empty:
            style.say_instead(sheet.axes(14, 3, wide - 20, height - 14), nothing)
            return sheet.figure
        limit = 1.05 * float(np.abs(rows["log_hr"].to_numpy(dtype=float)).max())
        top = 1.08 * max(1.0, float(_height(rows).max()))
        for place, model in enumerate(GENE_MODELS):
            axes = sheet.axes(14 + place * (width + gap), 8, width, height - 19)
            axes.set(xlim=(-limit, limit), ylim=(0, top))
            axes.set_title(capital(MODEL_WORDS[model]))
            _panel(axes, rows[rows["model"] == model])
        return sheet.figure


def _height(rows: pd.DataFrame) -> np.ndarray:
    return -np.log10(np.clip(rows["p"].to_numpy(dtype=float), SMALLEST_P, 1))


def _panel(axes: Axes, rows: pd.DataFrame) -> None:
    x, y = rows["log_hr"].to_numpy(dtype=float), _height(rows)
    interferon = rows["interferon"].to_numpy(dtype=bool)
    irf7 = (rows["gene"] == IRF7_SIGNATURE).to_numpy()
    # a cloud of points is a picture in the file: as outlines it would weigh megabytes
    axes.scatter(x, y, s=1.6, color=style.GREY, alpha=0.3, linewidth=0, rasterized=True)
    axes.scatter(x[interferon], y[interferon], s=5, color=style.BLUE, linewidth=0, zorder=3)
    axes.scatter(x[irf7], y[irf7], s=22, color=style.RED, linewidth=0.5, edgecolor="white", zorder=5)
    axes.axvline(0, color=style.INK, linewidth=0.6, zorder=0)
    for row in rows[irf7].to_dict("records"):
        said = f"{row['gene']}, {int(row['rank']):,} of {int(row['n_ranked']):,} by p"
        axes.annotate(
            said,
            (float(x[irf7][0]), float(y[irf7][0])),
            xytext=(0.98, 0.97),
            textcoords="axes fraction",
            ha="right",
            va="top",
            size=style.SMALL_POINTS,
            color=style.RED,
            arrowprops={"arrowstyle": "-", "color": style.RED, "linewidth": 0.4, "shrinkA": 1, "shrinkB": 2},
        )
    axes.set_xlabel("log hazard ratio per SD of expression")
    axes.set_ylabel("−log10 p")
