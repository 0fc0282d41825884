"""Figures inside the page: the picture, its finding in words, its caption, and the numbers behind it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from irf7bone.report.html.svg import inline_svg

_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


@dataclass(frozen=True)
class FigureView:
    """A figure as the page shows it.

    Args:
        id: Id of the element.
        title: Heading.
        drawn: The picture, an ``<svg>`` element.
        width: Width in points, for the place to be kept free while the page loads.
        height: Height in points.
        alt: The finding, in words.
        caption: Full sentences.
        folder: Where the figure was read.
        name: File below it, without ending.
        numbers: The numbers drawn, as the workflow writes them.
        simulated: Whether it shows simulated data only.
    """

    id: str
    title: str
    drawn: Markup
    width: float
    height: float
    alt: str
    caption: str
    folder: Path
    name: str
    numbers: str
    simulated: bool

    @property
    def file(self) -> str:
        """Where a run leaves the figure, without ending."""
        return f"results/figures/{self.name}"


def figure_id(name: str) -> str:
    """Id of the element of a figure, from its file below the folder of figures."""
    return "figure-" + re.sub(r"[^A-Za-z0-9_-]", "-", name)


def read_figure(
    folder: Path, name: str, *, title: str, alt: str, caption: str, simulated: bool = False
) -> FigureView:
    """Read ``folder/name.svg`` and the numbers beside it.

    Args:
        folder: ``results/figures``.
        name: File below it without ending, for instance ``gse1992/scores``.
        title: Heading.
        alt: The finding, in words.
        caption: Full sentences.
        simulated: Whether it shows simulated data only.

    Raises:
        FileNotFoundError: The figure or its numbers are not there.
        ValueError: The file is not an SVG that matplotlib wrote.
    """
    svg = (folder / f"{name}.svg").read_text(encoding="utf-8")
    size = _VIEW.search(svg)
    if size is None:
        raise ValueError(f"{folder / name}.svg has no viewBox")
    return FigureView(
        id=figure_id(name),
        title=title,
        drawn=Markup(inline_svg(svg, f"f{zlib.crc32(name.encode()):x}-")),
        width=round(float(size[1]), 2),
        height=round(float(size[2]), 2),
        alt=alt,
        caption=caption,
        folder=folder,
        name=name,
        numbers=(folder / f"{name}.tsv").read_text(encoding="utf-8"),
        simulated=simulated,
    )
