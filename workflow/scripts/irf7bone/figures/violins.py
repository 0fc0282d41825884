"""Violins: how values are spread, one row each, in whole or as two halves that face each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from irf7bone.figures import style

POINTS = 100
ROW_SHARE = 0.86  # of a row's height that a violin takes
GAP_SHARE = 0.06  # of that, between two halves
LINE_POINTS = 0.5
# dashes of the lower quartile, the median and the upper quartile
QUARTILES = ((25, (1.25, 0.75)), (50, (2.5, 1)), (75, (1.25, 0.75)))


class Half(NamedTuple):
    """Which part of a row a violin takes: how far it may reach up and down from the row's middle."""

    up: bool
    down: bool


WHOLE, UPPER, LOWER = Half(True, True), Half(True, False), Half(False, True)


def draw_violins(axes: Axes, rows: Sequence[np.ndarray], colour: str, half: Half = WHOLE) -> None:
    """Draw one violin a row, the first on top, each as wide as the others and cut at its extremes.

    Args:
        axes: Where; its rows are numbered from 0.
        rows: The values of each row, any shape (n,); a row without any is left empty.
        colour: What fills them.
        half: The part of each row that they take.
    """
    reach = ROW_SHARE / 2 if half == WHOLE else ROW_SHARE * (1 - GAP_SHARE) / 2
    # the gap is left in the middle of the row
    middle = 0.0 if half == WHOLE else ROW_SHARE * GAP_SHARE / 4
    for place, values in enumerate(rows):
        if values.size:
            _draw_violin(axes, place, values, colour, half, middle, reach)
    axes.set_ylim(len(rows) - 0.5, -0.5)


def _draw_violin(
    axes: Axes, place: int, values: np.ndarray, colour: str, half: Half, middle: float, reach: float
) -> None:
    up, down = (side * reach for side in half)
    top = place - (middle if half.up else -middle)
    bottom = place + (middle if half.down else -middle)
    if np.ptp(values) == 0:  # a line where there is nothing to spread
        axes.plot(values[[0, 0]], [top - up, bottom + down], color=style.INK, linewidth=LINE_POINTS)
        return
    at, height = density(values)
    axes.fill_between(
        at,
        top - up * height,
        bottom + down * height,
        facecolor=colour,
        edgecolor=style.INK,
        linewidth=LINE_POINTS,
    )
    for percent, dashes in QUARTILES:
        value = np.percentile(values, percent)
        share = np.interp(value, at, height)
        axes.plot(
            [value, value],
            [top - up * share, bottom + down * share],
            color=style.INK,
            linewidth=LINE_POINTS,
            dashes=dashes,
        )


def density(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A smoothed histogram between the smallest and the largest value, its peak at 1.

    Gaussian kernels with Scott's bandwidth, n^(-1/5) standard deviations, as scipy's gaussian_kde.

    Args:
        values: Shape (n,), not all equal.

    Returns:
        Places and heights, shapes (100,).
    """
    at = np.linspace(values.min(), values.max(), POINTS)
    bandwidth = values.std(ddof=1) * values.size ** (-1 / 5)
    height = np.exp(-(((at[:, None] - values) / bandwidth) ** 2) / 2).sum(axis=1)
    return at, height / height.max()
