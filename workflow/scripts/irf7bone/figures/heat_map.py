"""A table as coloured cells, each with a word in it."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh

LIGHT = 0.408  # relative luminance from which dark letters read better than white ones
DARK_LETTERS, LIGHT_LETTERS = "0.15", "white"


def draw_heat_map(
    axes: Axes,
    table: pd.DataFrame,
    colours: str,
    limits: tuple[float, float],
    words: pd.DataFrame | None,
    points: float,
) -> QuadMesh:
    """Draw a table as it is read, its first row on top; cells without a number stay empty.

    Args:
        axes: Where; the middle of the first cell is at 0.5, 0.5.
        table: Numbers, NaN where there is none.
        colours: Name of a colour map.
        limits: Values at its two ends.
        words: What stands in each cell, as text; None for nothing.
        points: Size of the letters.

    Returns:
        What a colour bar is made for.
    """
    rows, columns = table.shape
    values = np.ma.masked_invalid(table.to_numpy(dtype=float))
    mesh = axes.pcolormesh(
        values, cmap=colours, vmin=limits[0], vmax=limits[1], linewidths=0.4, edgecolors="white"
    )
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    for spine in axes.spines.values():
        spine.set_visible(False)
    if words is not None:
        fill = mpl.colormaps[colours](np.clip((values - limits[0]) / (limits[1] - limits[0]), 0, 1))
        for (row, column), word in np.ndenumerate(words.to_numpy()):
            if word and not np.ma.is_masked(values[row, column]):
                letters = DARK_LETTERS if luminance(fill[row, column]) > LIGHT else LIGHT_LETTERS
                axes.text(column + 0.5, row + 0.5, word, ha="center", va="center", size=points, color=letters)
    return mesh


def luminance(colour: np.ndarray) -> float:
    """Relative luminance of a colour, 0 to 1 (WCAG 2.2).

    Args:
        colour: Red, green and blue from 0 to 1; more is passed over.
    """
    red, green, blue = colour[:3]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)
    ]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
