"""Copy number of clusters along the genome, as expression shows it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from irf7bone.base.cells_vocabulary import COMPARTMENTS, EPITHELIAL_UNCERTAIN
from irf7bone.figures import style
from irf7bone.figures.cell_words import compartment_words

ROW_MM, LABEL_MM = 3.4, 44.0
RASTER_DPI = 200
SHOWN_QUANTILE = 0.99


def heat_copy_number(table: pd.DataFrame, calls: pd.DataFrame, *, title: str, simulated: bool) -> Figure:
    """A row a cluster, malignant ones first; red as after a gain, blue as after a loss.

    Args:
        table: :data:`irf7bone.tables.cells.COPY_NUMBER`.
        calls: :data:`irf7bone.tables.cells.CALLS`.
        title: Title.
        simulated: Whether the cells are simulated.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        if table.empty:
            sheet = style.new_sheet(wide, 22, title=title, simulated=simulated)
            style.say_instead(sheet.axes(2, 2, wide - 4, 16), why_not(calls), 100)
            return sheet.figure
        place = {name: number for number, name in enumerate(COMPARTMENTS)}
        shown = calls[calls["cluster"].isin(table["cluster"])]
        shown = shown.sort_values(
            ["compartment", "cluster"], key=lambda c: c.map(place) if c.name == "compartment" else c
        )
        values = table.pivot(index="cluster", columns="window", values="change").loc[shown["cluster"]]
        sheet = style.new_sheet(wide, ROW_MM * len(values) + 20, title=title, simulated=simulated)
        axes = sheet.axes(LABEL_MM, 3, wide - LABEL_MM - 4, ROW_MM * len(values))
        reach = float(np.quantile(np.abs(values.to_numpy()), SHOWN_QUANTILE))
        axes.imshow(
            values.to_numpy(), cmap="RdBu_r", vmin=-reach, vmax=reach, aspect="auto", interpolation="nearest"
        )
        labels = [
            f"{compartment_words(name)}, cluster {number}"
            for name, number in zip(shown["compartment"], shown["cluster"], strict=True)
        ]
        axes.set_yticks(range(len(labels)), labels, size=style.SMALL_POINTS)
        chromosomes = table.drop_duplicates("window").sort_values("window")["chromosome"].to_numpy()
        starts = np.flatnonzero(np.r_[True, chromosomes[1:] != chromosomes[:-1]])
        for start in starts[1:]:
            axes.axvline(start - 0.5, color=style.INK, linewidth=0.4)
        middles = (starts + np.r_[starts[1:], len(chromosomes)] - 1) / 2
        names = [name if number % 2 == 0 else f"\n{name}" for number, name in enumerate(chromosomes[starts])]
        axes.set_xticks(middles, names, size=style.SMALL_POINTS)
        axes.tick_params(length=0)
        axes.set_xlabel(f"chromosome; colours from −{reach:.2f} (blue) to {reach:.2f} (red), ln")
        return sheet.figure


def why_not(calls: pd.DataFrame) -> str:
    """Why there is no copy number."""
    # a cluster without a share of changed cells is uncertain only where copy number could not be called
    said = calls.loc[(calls["compartment"] == EPITHELIAL_UNCERTAIN) & calls["cnv_share"].isna(), "reason"]
    return "Not called: " + (said.iloc[0] if len(said) else "the card does not ask, or nothing is epithelial")
