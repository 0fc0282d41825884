"""Genes of one contrast: all of them as a volcano, and those of the interferon panel sample by sample."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.figures import style

PANEL_COLOURS = {"irf7": style.RED, "interferon": style.BLUE}
LABELLED = 13  # genes named on each side of the volcano
CLOUD_DPI = 220
NAMES_AT = 1.5  # the names stand outside the largest fold change
ROW_MM, HEAD_MM, FOOT_MM, LABEL_MM = 2.9, 12.0, 9.0, 22.0
Z_LIMIT = 2.5
MOST_GENES = 40


def plot_volcano(genes: pd.DataFrame, *, title: str, effect: str, fdr: float, simulated: bool) -> Figure:
    """Draw fold change against p for every gene; the interferon panel is coloured, its strongest genes named.

    Args:
        genes: Rows of :data:`irf7bone.tables.experiment.GENES` of one contrast.
        title: Title.
        effect: What the fold change is, in words ("bone - primary").
        fdr: False discovery rate that the horizontal line stands for.
        simulated: Whether the counts are simulated.
    """
    with style.in_style():
        wide, height = style.TWO_COLUMNS_MM, 82.0
        sheet = style.new_sheet(wide, height, title=title, simulated=simulated)
        sheet.figure.set_dpi(CLOUD_DPI)
        axes = sheet.axes(14, 3, wide - 20, height - 14)
        y = -np.log10(np.clip(genes["p"].to_numpy(), 1e-300, 1))
        x, panel = genes["log2_fc"].to_numpy(), genes["panel"].to_numpy(dtype=object)
        inside = np.isin(panel.astype(str), list(PANEL_COLOURS))
        # a cloud of points is a picture in the file: as outlines it would weigh megabytes
        axes.scatter(
            x[~inside], y[~inside], s=2.2, color=style.GREY, alpha=0.35, linewidth=0, rasterized=True
        )
        for name, colour in PANEL_COLOURS.items():
            own = panel == name
            axes.scatter(x[own], y[own], s=13, color=colour, linewidth=0.4, edgecolor="white", zorder=4)
        limit = 1.05 * max(float(np.abs(x).max()), 0.5)
        top = 1.08 * max(float(y.max()), 1.0)
        axes.set(xlim=(-NAMES_AT * limit, NAMES_AT * limit), ylim=(0, top))
        axes.axvline(0, color=style.INK, linewidth=0.6, zorder=0)
        _threshold(axes, genes, fdr)
        for side, keep in ((-1, x < 0), (1, x >= 0)):
            _name_genes(axes, genes[inside & keep], side, limit, top)
        axes.set_xlabel(f"log2 fold change, {effect}")
        axes.set_ylabel("−log10 p")
        return sheet.figure


def _threshold(axes: Axes, genes: pd.DataFrame, fdr: float) -> None:
    passed = genes.loc[genes["q"] <= fdr, "p"]
    if len(passed):
        level = -np.log10(max(float(passed.max()), 1e-300))
        axes.axhline(level, color=style.ORANGE, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        axes.annotate(
            f"FDR {fdr:g}",
            (1, level),
            xycoords=("axes fraction", "data"),
            xytext=(-2, 2),
            textcoords="offset points",
            ha="right",
            size=style.SMALL_POINTS,
            color=style.SIMULATED_INK,
        )


def _name_genes(axes: Axes, genes: pd.DataFrame, side: int, limit: float, top: float) -> None:
    """Names in a column at the side, in the order of their points, each with a line to its point."""
    first = genes["panel"].eq("irf7").to_numpy()
    order = np.lexsort((-genes["t"].abs().to_numpy(), ~first))[:LABELLED]
    named = genes.iloc[order].sort_values("p", kind="stable")
    for place, row in enumerate(named.to_dict("records")):
        height = top * (0.97 - 0.94 * place / max(LABELLED - 1, 1))
        point = (row["log2_fc"], -np.log10(max(row["p"], 1e-300)))
        axes.annotate(
            row["gene"],
            point,
            xytext=(side * limit * (NAMES_AT - 0.02), height),
            ha="left" if side < 0 else "right",
            va="center",
            size=style.SMALL_POINTS,
            color=PANEL_COLOURS[row["panel"]],
            arrowprops={"arrowstyle": "-", "color": style.GREY, "linewidth": 0.3, "shrinkA": 1, "shrinkB": 1},
        )


def heatmap_table(
    values: pd.DataFrame, panel: pd.DataFrame, obs: pd.DataFrame, order: list[str]
) -> pd.DataFrame:
    """The numbers of the heatmap: one row a gene and sample.

    Args:
        values: Samples x genes, log2.
        panel: Rows of :data:`irf7bone.tables.experiment.PANEL` of one contrast.
        obs: Samples with ``group`` and ``pair``.
        order: The two groups, reference first.

    Returns:
        Columns gene, panel, sample, group, pair, z: the genes with the smallest p, at most ``MOST_GENES``, by
        rising fold change, samples by group and pair;
        z is the log2 value centred and scaled over the samples shown.
    """
    shown = panel[(panel["status"] == "ok") & panel["gene"].isin(values.columns)]
    strongest = shown.drop_duplicates("gene").sort_values(["p", "gene"], kind="stable").head(MOST_GENES)
    shown = strongest.sort_values(["log2_fc", "gene"], kind="stable")
    own = obs[obs["group"].astype(object).isin(order)]
    place = own["group"].astype(object).map(order.index)
    own = own.iloc[np.lexsort((own.index.astype(str), own["pair"].fillna("").astype(str), place))]
    block = values.loc[own.index, shown["gene"]]
    z = (block - block.mean()) / block.std(ddof=1).replace(0, np.nan)
    return pd.DataFrame(
        {
            "gene": np.repeat(shown["gene"].to_numpy(dtype=object), len(own)),
            "panel": np.repeat(shown["panel"].to_numpy(dtype=object), len(own)),
            "sample": np.tile(own.index.to_numpy(dtype=object), len(shown)),
            "group": np.tile(own["group"].to_numpy(dtype=object), len(shown)),
            "pair": np.tile(own["pair"].to_numpy(dtype=object), len(shown)),
            "z": z.to_numpy(dtype=float).T.ravel(),
        }
    )


def plot_heatmap(table: pd.DataFrame, *, title: str, simulated: bool) -> Figure:
    """Draw the panel's genes (rows) in every sample of a contrast (columns).

    Args:
        table: What :func:`heatmap_table` returned.
        title: Title.
        simulated: Whether the counts are simulated.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        if table.empty:
            sheet = style.new_sheet(wide, 24.0, title=title, simulated=simulated)
            words = "None of the interferon panel's genes is measured."
            style.say_instead(sheet.axes(2, 2, wide - 4, 20), words, 90)
            return sheet.figure
        genes, samples = table["gene"].drop_duplicates(), table.drop_duplicates("sample")
        body = ROW_MM * len(genes)
        sheet = style.new_sheet(wide, HEAD_MM + body + FOOT_MM, title=title, simulated=simulated)
        axes = sheet.axes(LABEL_MM, HEAD_MM, wide - LABEL_MM - 24, body)
        grid = table["z"].to_numpy().reshape(len(genes), len(samples))
        mesh = axes.pcolormesh(
            np.ma.masked_invalid(grid), cmap="RdBu_r", vmin=-Z_LIMIT, vmax=Z_LIMIT, linewidth=0
        )
        axes.invert_yaxis()
        axes.set_yticks(np.arange(len(genes)) + 0.5, labels=genes.tolist(), size=style.SMALL_POINTS - 0.6)
        for label, panel in zip(axes.get_yticklabels(), table.drop_duplicates("gene")["panel"], strict=True):
            label.set_color(PANEL_COLOURS[panel])
        axes.set_xticks([])
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        _head_groups(axes, samples)
        legend = sheet.axes(wide - 19, HEAD_MM, 3, min(30.0, body))
        bar = sheet.figure.colorbar(mesh, cax=legend)
        bar.set_label("z over the samples")
        bar.outline.set_visible(False)
        return sheet.figure


def _head_groups(axes: Axes, samples: pd.DataFrame) -> None:
    """Group names above their samples, and a line between the groups."""
    groups = samples["group"].to_numpy(dtype=object)
    for name in dict.fromkeys(groups):
        own = np.flatnonzero(groups == name)
        axes.annotate(
            f"{name} (n = {len(own)})",
            ((own[0] + own[-1] + 1) / 2, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            weight="bold",
        )
        if own[0] > 0:
            axes.axvline(own[0], color="white", linewidth=2.5)
