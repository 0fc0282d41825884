"""What a single-cell data set holds: composition, markers, the map, quality, calls against labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.base.cells_vocabulary import BULK, COMPARTMENTS
from irf7bone.figures import style
from irf7bone.figures.cell_words import compartment_words
from irf7bone.figures.drawing_library import load_seaborn

RASTER_DPI = 200
ABSENT_LOG2 = 6.0  # a gene that no compartment has at this level is not drawn as if one had it
SHOWN_LISTS = {
    "EPITHELIAL": ("EPCAM", "KRT8", "KRT19"),
    "FIBROBLAST": ("COL1A1", "DCN"),
    "ENDOTHELIAL": ("PECAM1", "VWF"),
    "MYELOID": ("CD68", "CD14"),
    "T_CELL": ("CD3D", "CD3E"),
    "T_CD8": ("CD8A",),
    "T_CD4": ("CD4",),
    "NK": ("NCR1", "KLRF1"),
    "B": ("MS4A1",),
    "PLASMA": ("MZB1",),
    "OSTEOBLAST": ("IBSP",),
    "OSTEOCLAST": ("ACP5",),
}


def colour_of(compartment: str) -> tuple[float, ...]:
    """One colour a compartment, the same in every figure; the malignant one red."""
    if compartment == "malignant":
        return (0.835, 0.369, 0.0, 1.0)
    others = [name for name in COMPARTMENTS if name != "malignant"]
    return (
        colormaps["tab20"](others.index(compartment) % 20) if compartment in others else (0.6, 0.6, 0.6, 1.0)
    )


def bars_composition(table: pd.DataFrame, *, title: str, simulated: bool) -> Figure:
    """Share of each compartment in every patient and group.

    Args:
        table: :data:`irf7bone.tables.cells.COMPARTMENT_TABLE`.
        title: Title.
        simulated: Whether the cells are simulated.
    """
    own = table[table["compartment"] != BULK]
    wide = own.pivot_table(
        index=["group", "patient"], columns="compartment", values="fraction", fill_value=0
    ).sort_index()
    order = [name for name in COMPARTMENTS if name in wide]
    with style.in_style():
        sheet = style.new_sheet(style.TWO_COLUMNS_MM, 62, title=title, simulated=simulated)
        axes = sheet.axes(12, 3, 128, 42)
        bottom = np.zeros(len(wide))
        for name in order:
            axes.bar(
                range(len(wide)),
                wide[name],
                bottom=bottom,
                color=colour_of(name),
                width=0.85,
                label=compartment_words(name),
            )
            bottom += wide[name].to_numpy()
        axes.set_xticks(
            range(len(wide)), [f"{patient} {group}" for group, patient in wide.index], rotation=90
        )
        axes.set_ylabel("share of cells")
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.02), fontsize=style.SMALL_POINTS)
        return sheet.figure


def dot_markers(
    levels: pd.DataFrame, genes: Mapping[str, Sequence[str]], *, title: str, simulated: bool
) -> Figure:
    """Level of marker genes in every compartment, over all patients: colour scaled by gene, size by level.

    Args:
        levels: Compartments x genes, log2 counts per million.
        genes: Marker list -> its genes that are shown.
        title: Title.
        simulated: Whether the cells are simulated.
    """
    shown = [gene for listed in genes.values() for gene in listed if gene in levels]
    order = [name for name in COMPARTMENTS if name in levels.index]
    values = levels.loc[order, shown]
    scaled = values / values.max(axis=0).clip(lower=ABSENT_LOG2)
    with style.in_style():
        sheet = style.new_sheet(style.TWO_COLUMNS_MM, 8 * len(order) + 34, title=title, simulated=simulated)
        axes = sheet.axes(38, 3, 134, 8 * len(order))
        x, y = np.meshgrid(range(len(shown)), range(len(order)))
        axes.scatter(
            x,
            y,
            s=60 * scaled.to_numpy() ** 2,
            c=scaled.to_numpy(),
            cmap="Blues",
            vmin=0,
            vmax=1,
            linewidths=0.3,
            edgecolors=style.GREY,
        )
        axes.set_xticks(range(len(shown)), shown, rotation=90)
        axes.set_yticks(range(len(order)), [compartment_words(name) for name in order])
        axes.set_ylim(len(order) - 0.5, -0.5)
        return sheet.figure


def scatter_map(cells: pd.DataFrame, *, title: str, simulated: bool) -> Figure:
    """The map three times: by compartment, by patient, by the primary signature; for display.

    Args:
        cells: Rows of :data:`irf7bone.tables.cells.CELLS` that are on the map.
        title: Title.
        simulated: Whether the cells are simulated.
    """
    with style.in_style():
        sheet = style.new_sheet(style.TWO_COLUMNS_MM, 84, title=title, simulated=simulated)
        panels = [sheet.axes(2 + 60 * place, 6, 56, 50) for place in range(3)]
        names = [name for name in COMPARTMENTS if (cells["compartment"] == name).any()]
        _map(panels[0], cells, [colour_of(name) for name in cells["compartment"]])
        for number, name in enumerate(names):
            sheet.text(
                3 + 30 * (number % 2),
                58 + 4 * (number // 2),
                "● " + compartment_words(name),
                va="top",
                size=style.SMALL_POINTS,
                color=colour_of(name),
            )
        patients = sorted(cells["patient"].unique())
        hues = {name: colormaps["tab20"](number % 20) for number, name in enumerate(patients)}
        _map(panels[1], cells, [hues[name] for name in cells["patient"]])
        values = cells["ucell_primary"].to_numpy(dtype=float)
        drawn = _map(panels[2], cells, values, cmap="viridis")
        sheet.figure.colorbar(
            drawn, ax=panels[2], orientation="horizontal", fraction=0.05, pad=0.04, label="UCell score"
        )
        for axes, words in zip(
            panels, ("compartment", f"patient ({len(patients)})", "interferon score"), strict=True
        ):
            axes.set_title(words)
        return sheet.figure


def _map(axes: Axes, cells: pd.DataFrame, colours, **rules):
    axes.set_axis_off()
    drawn = axes.scatter(
        cells["umap1"], cells["umap2"], c=colours, s=1.5, linewidths=0, rasterized=True, **rules
    )
    axes.figure.set_dpi(RASTER_DPI)
    return drawn


def bars_quality(table: pd.DataFrame, *, title: str, simulated: bool) -> Figure:
    """Cells and depth of every sample, by group.

    Args:
        table: :data:`irf7bone.tables.cells.CELL_QUALITY`.
        title: Title.
        simulated: Whether the cells are simulated.
    """
    table = table.sort_values(["group", "sample"])
    shown = {
        "n_cells": "cells",
        "median_counts": "median counts",
        "median_genes": "median genes",
        "median_mito": "median mito",
    }
    groups = list(dict.fromkeys(table["group"]))
    colours = [
        (style.BLUE, style.RED, style.GREEN, style.ORANGE)[groups.index(name) % 4] for name in table["group"]
    ]
    with style.in_style():
        height = 3.4 * len(table)
        sheet = style.new_sheet(style.TWO_COLUMNS_MM, height + 16, title=title, simulated=simulated)
        for place, (name, words) in enumerate(shown.items()):
            axes = sheet.axes(34 + 37 * place, 2, 32, height)
            axes.barh(range(len(table)), table[name].astype(float), color=colours, height=0.7)
            axes.set_yticks(range(len(table)), table["sample"] if place == 0 else [])
            axes.invert_yaxis()
            axes.set_xlabel(words)
        return sheet.figure


def heat_confusion(table: pd.DataFrame, *, title: str, simulated: bool) -> Figure:
    """The authors' labels against the calls made here, as shares of each label.

    Args:
        table: :data:`irf7bone.tables.cells.CONFUSION`.
        title: Title.
        simulated: Whether the cells are simulated.
    """
    sns = load_seaborn()

    wide = table.pivot(index="label", columns="called", values="n_cells").fillna(0).astype(float)
    wide = wide.reindex(
        index=[n for n in COMPARTMENTS if n in wide.index], columns=[n for n in COMPARTMENTS if n in wide]
    )
    shares = wide.div(wide.sum(axis=1), axis=0)
    with style.in_style():
        height = 6.0 * len(wide)
        sheet = style.new_sheet(style.TWO_COLUMNS_MM, height + 30, title=title, simulated=simulated)
        axes = sheet.axes(40, 2, 110, height)
        sns.heatmap(
            shares,
            ax=axes,
            cmap="Blues",
            vmin=0,
            vmax=1,
            cbar=False,
            linewidths=0.4,
            linecolor="white",
            annot=wide.astype(int),
            fmt="d",
            annot_kws={"size": 5},
        )
        axes.set(xlabel="called here", ylabel="the authors' label")
        axes.set_yticks(
            np.arange(len(wide)) + 0.5, [compartment_words(name) for name in wide.index], rotation=0
        )
        axes.set_xticks(
            np.arange(wide.shape[1]) + 0.5,
            [compartment_words(name) for name in wide],
            rotation=35,
            ha="right",
        )
        return sheet.figure
