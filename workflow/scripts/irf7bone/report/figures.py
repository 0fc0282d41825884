"""Figures inside the page: an SVG as an image of its own, so that ids of two figures never meet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

# matplotlib writes these before and into every file; none is drawn
_NOT_DRAWN = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
_BLANKS = re.compile(r"\s*\n\s*")
# Hundredths of a point are far below what a screen or a printer shows. A scale is no coordinate.
_LONG = re.compile(r"scale\([^)]*\)|(-?\d+\.\d{3,})")
_GROUP_ID = re.compile(r'<g id="[^"]*"')  # nothing in the file refers to a group
_GLYPH = re.compile(r'xlink:href="#DejaVuSans-([\w-]+)"(?: transform="translate\(([\d.-]+)(?: 0)?\)")?/>')
_LINE = re.compile(r"([ML] -?[\d.]+ -?[\d.]+)((?: L -?[\d.]+ -?[\d.]+)+)")
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
    drawn = slim(svg)
    if "'" in drawn:
        raise ValueError("an SVG with single quotes cannot stand in a data URI with double quotes replaced")
    return Markup("data:image/svg+xml," + _CODE.sub(lambda match: _CODED[match[0]], drawn))


def slim(svg: str) -> str:
    """The same picture in two thirds of the characters: most of matplotlib's are those of its letters.

    Args:
        svg: As matplotlib writes it.
    """
    drawn = _BLANKS.sub(" ", _NOT_DRAWN.sub("", svg)).strip().replace("> <", "><")
    drawn = _LINE.sub(_line, _GROUP_ID.sub("<g", _LONG.sub(_hundredths, drawn)))
    return _GLYPH.sub(_letter, drawn).replace('id="DejaVuSans-', 'id="').replace("xlink:href", "href")


def _hundredths(match: re.Match[str]) -> str:
    return match[0] if match[1] is None else f"{float(match[1]):.2f}".rstrip("0").rstrip(".")


def _line(match: re.Match[str]) -> str:
    """Points after the first need no letter of their own: M and L both go on with lines."""
    return match[1] + match[2].replace(" L", "")


def _letter(match: re.Match[str]) -> str:
    """A letter at its place in the line; x of ``use`` is the same as a shift by it."""
    place = f' x="{match[2]}"' if match[2] else ""
    return f'href="#{match[1]}"{place}/>'


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
