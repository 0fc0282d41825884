"""One look for every figure: sizes in millimetres, one palette, the same bytes for the same input."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from irf7bone.base.whole_file import whole_file
from irf7bone.figures.fonts import use_light_fonts

mpl.use("Agg")
use_light_fonts()

MM_PER_INCH = 25.4
ONE_COLUMN_MM = 88.0
TWO_COLUMNS_MM = 180.0
FONT_POINTS = 7.0
SMALL_POINTS = 6.2

# Okabe and Ito's palette, distinct in the common forms of colour blindness.
BLUE, ORANGE, GREEN, RED, SKY, PINK = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7"
INK, GREY, PALE = "#1A1A1A", "#6B6B6B", "#E4E4E4"
TERTILE_COLOURS = {"low": RED, "middle": GREY, "high": BLUE}
TERTILE_LINES = {"low": "solid", "middle": (0, (4, 1.2)), "high": "solid"}
SIMULATED_PAPER, SIMULATED_LINE, SIMULATED_INK = "#FBF3E3", "#C08A2B", "#9A5B00"
SIMULATED_HATCH = "////"
SIMULATED_TEXT = "SIMULATED DATA, NOT PATIENTS"
BAND_MM, TITLE_MM = 6.0, 7.0

SETTINGS: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib, so every machine draws the same glyphs
    "font.size": FONT_POINTS,
    "axes.labelsize": FONT_POINTS,
    "axes.titlesize": FONT_POINTS,
    "axes.titlelocation": "left",
    "xtick.labelsize": SMALL_POINTS,
    "ytick.labelsize": SMALL_POINTS,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.1,
    "hatch.linewidth": 0.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",  # glyphs travel inside the file
    "svg.hashsalt": "irf7bone",  # ids from content instead of random ones
    "pdf.fonttype": 42,  # TrueType, embedded: text stays text in an editor
    "axes.unicode_minus": True,
}


@contextmanager
def in_style() -> Iterator[None]:
    """Draw inside this block to get the project's look."""
    with mpl.rc_context(SETTINGS):
        yield


@dataclass(frozen=True)
class Sheet:
    """A figure whose parts are placed in millimetres from its upper left corner.

    Args:
        figure: The matplotlib figure.
        width_mm: Width.
        height_mm: Height available to the parts.
        top_mm: Height of the simulated band and the title, above the parts.
    """

    figure: Figure
    width_mm: float
    height_mm: float
    top_mm: float

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes whose box starts ``left``, ``top`` and measures ``width`` x ``height`` (mm)."""
        total = self.height_mm + self.top_mm
        bottom = total - self.top_mm - top - height
        return self.figure.add_axes(
            (left / self.width_mm, bottom / total, width / self.width_mm, height / total)
        )

    def text(self, left: float, top: float, words: str, **rules: Any) -> None:
        """Words at ``left``, ``top`` (mm); ``rules`` are those of matplotlib's text."""
        total = self.height_mm + self.top_mm
        self.figure.text(left / self.width_mm, 1 - (top + self.top_mm) / total, words, **rules)


def new_sheet(width_mm: float, height_mm: float, *, title: str = "", simulated: bool = False) -> Sheet:
    """An empty white figure with its title; ``simulated`` puts a hatched band that says so above all."""
    band_mm = BAND_MM if simulated else 0.0
    top_mm = band_mm + (TITLE_MM if title else 0.0)
    figure = Figure(figsize=(width_mm / MM_PER_INCH, (height_mm + top_mm) / MM_PER_INCH))
    sheet = Sheet(figure, width_mm, height_mm, top_mm)
    if simulated:
        share = (BAND_MM - 1) / (height_mm + top_mm)
        figure.add_artist(simulated_ground((0, 1 - share), 1, share, figure.transFigure))
        figure.text(
            0.5,
            1 - share / 2,
            SIMULATED_TEXT,
            ha="center",
            va="center_baseline",
            weight="bold",
            size=FONT_POINTS,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
    sheet.text(1, band_mm - top_mm + 1, title, va="top", weight="bold", size=FONT_POINTS + 1)
    return sheet


def simulated_ground(
    corner: tuple[float, float], width: float, height: float, transform: object, *, hatched: bool = True
) -> Rectangle:
    """The tinted, mostly hatched rectangle that lies behind everything simulated."""
    return Rectangle(
        corner,
        width,
        height,
        transform=transform,
        facecolor=SIMULATED_PAPER,
        edgecolor=SIMULATED_LINE if hatched else "none",
        hatch=SIMULATED_HATCH if hatched else None,
        linewidth=0,
        zorder=-10,
    )


def say_instead(axes: Axes, words: str, width: int = 60) -> None:
    """Fill a panel that has nothing to draw with the reason, in lines of ``width`` characters."""
    axes.set_axis_off()
    axes.add_patch(
        Rectangle((0, 0), 1, 1, transform=axes.transAxes, facecolor="#F6F6F6", edgecolor=PALE, linewidth=0.6)
    )
    said = "\n".join(textwrap.wrap(words, width))
    axes.text(0.5, 0.5, said, ha="center", va="center", color=GREY, transform=axes.transAxes)


def shorten(words: str, width: int) -> str:
    """Cut ``words`` to ``width`` characters, the last of them an ellipsis where something was cut."""
    return words if len(words) <= width else words[: width - 1] + "…"


def save(figure: Figure, base: str | Path) -> None:
    """Write ``base``.svg and ``base``.pdf whole or not at all; equal figures give equal bytes."""
    base = Path(base)
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with in_style():
        for kind, metadata in dates.items():
            stream = BytesIO()
            figure.savefig(stream, format=kind, metadata=metadata)
            with whole_file(base.with_name(f"{base.name}.{kind}")) as partial:
                partial.write_bytes(stream.getvalue())


def save_drawings(drawings: Mapping[str, tuple[Figure, pd.DataFrame]], folder: str | Path) -> None:
    """Write each figure into ``folder`` as .svg and .pdf, and its numbers beside it as .tsv."""
    folder = Path(folder)
    for name, (figure, table) in drawings.items():
        save(figure, folder / name)
        text = table.to_csv(sep="\t", index=False, na_rep="NA", lineterminator="\n")
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
