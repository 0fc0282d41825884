"""Figures inside the page: an SVG as an image of its own, so that ids of two figures never meet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

# matplotlib writes these before and into every file; none is drawn
_NOT_DRAWN = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
_BLANKS = re.compile(r"\s*\n\s*")
_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
# What would end a URL or an attribute; the rest stays readable, which is a quarter smaller than base64.
_CODED = {"%": "%25", "#": "%23", '"': "'", "&": "%26", "<": "%3C", ">": "%3E"}
_CODE = re.compile("|".join(map(re.escape, _CODED)))


@dataclass(frozen=True)
class FigureView:
    """A figure as the page shows it.

    Args:
        id: Id of the element.
        title: Heading.
        source: Data URI of the SVG.
        width: Width in points, for the place to be kept free while the page loads.
        height: Height in points.
        alt: The finding, in words.
        caption: Full sentences.
        file: Where the workflow writes the figure, without ending.
        simulated: Whether it shows simulated data only.
    """

    id: str
    title: str
    source: Markup
    width: float
    height: float
    alt: str
    caption: str
    file: str
    simulated: bool


def svg_uri(svg: str) -> Markup:
    """An SVG as a data URI that may stand between double quotes.

    Double quotes of the SVG become single ones, so its text and attributes must hold no single quotes;
    matplotlib writes text as outlines.

    Raises:
        ValueError: The SVG holds single quotes.
    """
    drawn = _BLANKS.sub(" ", _NOT_DRAWN.sub("", svg)).strip()
    if "'" in drawn:
        raise ValueError("an SVG with single quotes cannot stand in a data URI with double quotes replaced")
    return Markup("data:image/svg+xml," + _CODE.sub(lambda match: _CODED[match[0]], drawn))


def read_figure(
    folder: Path, name: str, *, title: str, alt: str, caption: str, simulated: bool = False
) -> FigureView:
    """Read ``folder/name.svg``.

    Args:
        folder: ``results/figures``.
        name: File below it without ending, for instance ``gse1992/scores``.
        title: Heading.
        alt: The finding, in words.
        caption: Full sentences.
        simulated: Whether it shows simulated data only.

    Raises:
        ValueError: The file is not an SVG that matplotlib wrote.
    """
    svg = (folder / f"{name}.svg").read_text(encoding="utf-8")
    size = _VIEW.search(svg)
    if size is None:
        raise ValueError(f"{folder / name}.svg has no viewBox")
    return FigureView(
        id="figure-" + re.sub(r"[^A-Za-z0-9_-]", "-", name),
        title=title,
        source=svg_uri(svg),
        width=float(size[1]),
        height=float(size[2]),
        alt=alt,
        caption=caption,
        file=f"results/figures/{name}",
        simulated=simulated,
    )
